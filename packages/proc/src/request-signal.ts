import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { link } from '@x/abort';
import { check } from './arguments.js';
import { inherit } from './tracing.js';

interface Mark {
  readonly response: ServerResponse | undefined;
  readonly process: AbortSignal | undefined;
  signal: AbortSignal | undefined;
}

// On the request, under a registered symbol: another copy of this package may ask for what this one has marked.
const MARK: unique symbol = Symbol.for('@x/proc/request/1');
type Marked = (IncomingMessage | Http2ServerRequest) & { [MARK]?: Mark };

/** Remembers which process serves a request. */
export function markRequest(request: IncomingMessage, response: ServerResponse, process: AbortSignal): void {
  (request as Marked)[MARK] ??= { response, process, signal: undefined };
}

/** The response to a request that `serve` has not seen: the one that its connection is busy with. */
function responseTo(request: Marked): ServerResponse | undefined {
  const { _httpMessage: response } = request.socket as { _httpMessage?: ServerResponse };
  return response?.req === request ? response : undefined;
}

/**
 * Returns a signal that aborts when the client has gone away before the response was complete, or when the process that serves it is asked to stop.
 *
 * It is the same each time for a request. Tasks begun under it belong to the task that the server is served in. Once the response has left completely
 * the signal has had its time: it does not abort any more. For a request to a server that is not served by `serve` it is the client alone that counts.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { sleep } from '@x/abort';
 * import { requestSignal } from '@x/proc/node';
 *
 * export const server = createServer(async (request, response) => {
 *   await sleep(1_000, { signal: requestSignal(request) }).catch(() => {});
 *   response.end('done, or interrupted');
 * });
 * ```
 * @throws TypeError when `request` is no request of a server's.
 *
 * Source: go-proc httpproc, http.Request.Context
 */
export function requestSignal(request: IncomingMessage | Http2ServerRequest): AbortSignal {
  const received = typeof (request as IncomingMessage | null | undefined)?.socket === 'object';
  check('request', request, 'a request that an HTTP server has received', received);
  const marked = request as Marked;
  const mark = (marked[MARK] ??= { response: responseTo(marked), process: undefined, signal: undefined });
  return (mark.signal ??= follow(marked, mark));
}

function follow(request: Marked, { response, process }: Mark): AbortSignal {
  const own = link(process);
  const gone = (): void => own.abort(new DOMException('The client has gone away', 'AbortError'));
  const over = (): void => (isComplete(request, response) ? own.unlink() : gone());
  // Of HTTP/2 it is the stream that says so.
  const stream = (response as Partial<Http2ServerResponse> | undefined)?.stream;
  if (response?.closed || stream?.destroyed || request.socket.destroyed) over();
  // Without a response it waits behind another one on its connection (pipelining), and all that is known of the client is that.
  else (response ?? request.socket).once('close', over);
  return process === undefined ? own.signal : inherit(own.signal, process);
}

/** Whether all of it has left. That it was ended is not enough: the client may go away before. Nor is that it is finished: Node 20 says so in that case, too. */
function isComplete(request: Marked, response: ServerResponse | undefined): boolean {
  if (!response?.writableEnded || !response.writableFinished) return false;
  return request.httpVersionMajor > 1 || !request.socket.errored;
}
