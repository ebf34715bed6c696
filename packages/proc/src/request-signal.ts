import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, ServerHttp2Stream } from 'node:http2';
import type { Server, Socket } from 'node:net';
import { link } from '@x/abort';
import { check } from './arguments.js';
import { inherit } from './tracing.js';

interface Mark {
  readonly response: ServerResponse | undefined;
  readonly process: AbortSignal | undefined;
  signal: AbortSignal | undefined;
  /** That all of the response has left, told when it had: of a connection that has failed since, nobody could say. Missing where nobody was there to see. */
  hasLeft?: boolean;
}

// On the request, under a registered symbol: another copy of this package may ask for what this one has marked.
const MARK: unique symbol = Symbol.for('@x/proc/request/1');
type Marked = (IncomingMessage | Http2ServerRequest) & { [MARK]?: Mark };

// On the server, for the requests that are not marked: of those that nobody has listened for yet, or that are no more than an upgrade, one is told too
// late or not at all, and to listen for them would change what the server does.
const SERVED: unique symbol = Symbol.for('@x/proc/server/1');
type Served = Server & { [SERVED]?: AbortSignal };

/** What Node does not tell of a socket: which response it is busy with, null between two. Undefined with runtimes that know no such thing. */
type Busy = Socket & { server?: Served; _httpMessage?: ServerResponse | null };

/** Nor of a stream: that it has no last step while a file is sent by it, whose end it does not wait for. */
type Sending = ServerHttp2Stream & { _final: unknown };

/** What Node's types do not tell of a request: whether its connection has become something else. */
type Upgradable = IncomingMessage & { upgrade?: boolean };

/** Remembers which process serves a request. */
export function markRequest(request: IncomingMessage, response: ServerResponse, process: AbortSignal): void {
  const mark = ((request as Marked)[MARK] ??= { response, process, signal: undefined });
  // What an adapter or a test makes up need not be what it looks like.
  if (request.httpVersionMajor !== 1) return;
  // Before Node lets go of its socket.
  response.prependOnceListener('finish', () => (mark.hasLeft = isComplete(request.socket, response)));
}

/** Remembers which process serves a server. Returns what forgets it. */
export function markServer(server: Served, process: AbortSignal): () => void {
  server[SERVED] = process;
  // It may have been served again by then.
  return () => server[SERVED] === process && Reflect.deleteProperty(server, SERVED);
}

/**
 * Returns a signal that aborts when the client goes away before the response is complete, or when the process that serves the request is asked to stop. After
 * an upgrade or a `CONNECT`, the client counts as gone when the connection closes.
 *
 * For one request it is always the same signal. Tasks begun under it belong to the task in which the server is served. After the whole response has been
 * sent, the signal does not abort any more. If the server is not served by `serve`, only the client's leaving aborts the signal.
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
 * @throws TypeError when `request` is not a request that a server has received.
 *
 * Source: go-proc httpproc, http.Request.Context
 */
export function requestSignal(request: IncomingMessage | Http2ServerRequest): AbortSignal {
  const received = typeof (request as IncomingMessage | null | undefined)?.socket === 'object';
  check('request', request, 'a request that an HTTP server has received', received);
  const marked = request as Marked;
  const process = (request.socket as Busy).server?.[SERVED];
  const mark = (marked[MARK] ??= { response: undefined, process, signal: undefined });
  return (mark.signal ??= follow(marked, mark));
}

function follow(request: Marked, mark: Mark): AbortSignal {
  const { process } = mark;
  const own = link(process);
  const over = (isComplete: boolean): void => {
    if (isComplete) own.unlink();
    else own.abort(new DOMException('The client has gone away', 'AbortError'));
  };
  if (request.httpVersionMajor > 1) watchStream(request as Http2ServerRequest, over);
  else watchSocket(request as Upgradable, mark, over);
  return process ? inherit(own.signal, process) : own.signal;
}

/** Calls back with whether all of the answer has left, when it has, or never will; maybe twice, with the same. */
function watchStream({ stream, method }: Http2ServerRequest, tell: (isComplete: boolean) => void): void {
  // Node ends its side of these at once, which says nothing: it sends a file past it. How the stream closes tells.
  const endsAtOnce = (): boolean => method === 'HEAD' || (stream as Sending)._final === null;
  const hasClosedWell = (): boolean => stream.headersSent && stream.rstCode === 0;
  // Node ends by itself what its client has aborted.
  const hasEnded = (): boolean => stream.writableFinished && !stream.aborted;
  const finished = (): void => {
    if (!endsAtOnce() && hasEnded()) tell(true);
  };
  const closed = (): void => tell(endsAtOnce() ? hasClosedWell() : hasEnded());
  if (stream.destroyed) return closed();
  // The request may go on: the stream does not close before that has ended, too.
  stream.once('finish', finished).once('close', closed);
  finished();
}

/** The same. */
function watchSocket(request: Upgradable, mark: Mark, tell: (isComplete: boolean) => void): void {
  let { response } = mark;
  const socket = request.socket as Busy;
  const stops: (() => void)[] = [];
  // What has become something else has no response.
  const busyWith = (): Busy['_httpMessage'] => (request.upgrade ? undefined : socket._httpMessage);
  const over = (): void => {
    for (const stop of stops) stop();
    tell(response ? mark.hasLeft || isComplete(socket, response) : busyWith() === null);
  };
  const watchResponse = (): void => {
    const current = busyWith();
    if (current?.req === request) response = current;
    if (socket.destroyed || response?.closed || (!response && current === null)) over();
    else if (response) stops.push(on('close', response, over));
    // It waits behind another one on its connection (pipelining): whoever it is, that one is told when it has left, and has made room by then. By the time
    // it closes the next one may have left, too.
    else if (current) stops.push(on('finish', current, watchResponse));
  };
  // A response that waits behind another one is not told when its client goes away.
  stops.push(on('close', socket, over));
  watchResponse();
}

/**
 * Whether all of it has left. That it was ended is not enough: the client may go away before. Nor is that it is finished: Node 20 says so in that case, too, and of
 * what is ended later; but that one keeps its socket.
 */
function isComplete(socket: Socket, response: ServerResponse): boolean {
  return response.writableEnded && response.writableFinished && !socket.errored && !response.socket?.destroyed;
}

const waiting = {
  close: new WeakMap<EventEmitter, Set<() => void>>(),
  finish: new WeakMap<EventEmitter, Set<() => void>>(),
};

/** Calls back when that happens to it, which it does once. However many ask, it has one listener: Node warns of more than ten. Returns what takes the callback back. */
function on(event: keyof typeof waiting, what: EventEmitter, callback: () => void): () => void {
  const callbacks = waiting[event].get(what) ?? new Set();
  if (!waiting[event].has(what)) what.once(event, () => callbacks.forEach((each) => each()));
  waiting[event].set(what, callbacks.add(callback));
  return () => callbacks.delete(callback);
}
