import type { ListenOptions, Server as NetServer, Socket } from 'node:net';
import { link, shield, sleep } from '@x/abort';
import { check, checkNumber, checkSignal } from './arguments.js';
import { MultiError } from './errors.js';
import type { Proc } from './proc.js';
import { markRequest, markServer } from './request-signal.js';
import { Serving } from './serving.js';

/**
 * Stands for a server of `node:net`, `node:tls`, `node:http`, `node:https` or `node:http2`.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createServer as createSessions } from 'node:http2';
 * import { concurrentGroup } from '@x/proc';
 * import { serve, type Server } from '@x/proc/node';
 *
 * const servers: Server[] = [createServer(), createSessions()];
 * export const all = concurrentGroup(...servers.map((server) => serve(server, { port: 0 })));
 * ```
 *
 * Source: net/http Server, net.Listener
 */
export type Server = NetServer;

/**
 * Configures how `serve` stops a server.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { serve, type ServeOptions } from '@x/proc/node';
 *
 * let ready = true;
 * const server = createServer((request, response) => response.writeHead(ready ? 200 : 503).end());
 * // A load balancer that asks every two seconds knows of it before the first connection is refused.
 * const options: ServeOptions = { onDraining: () => void (ready = false), drainDelay: 5_000, gracePeriod: 10_000 };
 * export const web = serve(server, { port: 8080 }, options);
 * ```
 *
 * Source: net/http Server.Shutdown, whose context has the grace period, Server.RegisterOnShutdown; none in go-proc
 */
export interface ServeOptions {
  /** How long connections may take to end, in milliseconds, counted from when the server begins to stop listening. Then they are cut. Default: no limit. */
  gracePeriod?: number | undefined;
  /**
   * Called when the server is going to stop, because the process has been asked to stop or the server has failed. Use it to turn a readiness check red. If
   * other code closes the server, `serve` learns of it when the last connection has closed, and calls it then. May be async: `serve` waits for it until
   * `gracePeriod` is over.
   */
  onDraining?: (() => unknown) | undefined;
  /**
   * How long the server goes on listening after the process has been asked to stop, in milliseconds. Meanwhile each HTTP/1 connection ends with its next
   * answer, unless the handler sets `Connection: keep-alive`. So few are left that a request can be on its way to when they are closed. Default: 0.
   */
  drainDelay?: number | undefined;
}

const NOWHERE = 'listenOptions must be what server.listen takes, since the server does not listen yet; got undefined';

/**
 * Returns a process that serves until its signal aborts, and then stops without losing a request.
 *
 * Takes any server of Node, and the argument of its `listen`. A server that already listens needs no `listenOptions`. The server's own listeners and handlers
 * stay as they are. The process ends when the server and all of its connections have closed, even if other code closes the server.
 *
 * On abort: calls `onDraining` and waits for `drainDelay`; meanwhile requests are answered with `Connection: close` over HTTP/1, those in flight included, so that
 * clients come back on new connections, which a load balancer can lead elsewhere. Then it accepts the clients that have already connected (for a second at most, a little
 * longer in a worker of `node:cluster`) and stops listening. Requests in flight are answered, over HTTP/1 with `Connection: close` unless the headers have
 * already been sent. With five connections or more, answers that leave before the listener has closed go without that header: otherwise the client would
 * reconnect too early, and be reset. Connections without a request are closed at once, HTTP/2 sessions when their streams have ended. When `gracePeriod` is
 * over, everything that is left is cut and the process ends; that is no error. If the signal has already aborted, the server never starts to listen.
 *
 * On error: throws at once if listening fails, such as for a port in use. If the server fails later, it is stopped as on abort, but without `drainDelay`, and
 * the process throws that error.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { main, serve } from '@x/proc/node';
 *
 * const server = createServer((request, response) => response.end('hello'));
 * await main(serve(server, { port: 8080 }, { gracePeriod: 10_000 }));
 * ```
 * @throws TypeError when `server` is not a server or an option has the wrong type; RangeError when a time is negative or `NaN`, or a port is not valid.
 *
 * Source: go-proc httpproc Serve, ServeTLS, ListenAndServe, ListenAndServeTLS
 */
export function serve(
  server: Server,
  listenOptions?: ListenOptions | number | string | { fd: number } | { handle: object } | NetServer | Socket,
  options: ServeOptions = {},
): Proc {
  const isServer = typeof (server as Partial<Server> | null | undefined)?.listen === 'function';
  check('server', server, 'a server of node:net, http, https or http2', isServer);
  if (typeof listenOptions === 'number') {
    const isPort = Number.isInteger(listenOptions) && listenOptions >= 0 && listenOptions <= 65_535;
    check('listenOptions', listenOptions, 'a port from 0 to 65535', isPort, RangeError);
  } else if (listenOptions !== undefined && typeof listenOptions !== 'string') {
    const isObject = typeof listenOptions === 'object' && listenOptions !== null;
    check('listenOptions', listenOptions, 'what server.listen takes', isObject);
  }
  check('options', options, 'object');
  const { gracePeriod = Infinity, onDraining, drainDelay = 0 } = options;
  checkNumber('gracePeriod', gracePeriod);
  checkNumber('drainDelay', drainDelay);
  if (onDraining !== undefined) check('onDraining', onDraining, 'function');

  return async (signal) => {
    checkSignal(signal);
    const listens = listenOptions === undefined && server.listening;
    if (!listens) {
      if (signal.aborted) return;
      if (listenOptions === undefined) throw new TypeError(NOWHERE);
    }
    const serving = new Serving(server, (request, response) => markRequest(request, response, signal));
    if (!listens && !(await serving.listen(listenOptions))) return;
    const forget = markServer(server, signal);
    const { errors, gone } = serving;
    // `aborted` would resolve with the reason, and wait for one that is a promise.
    await sleep(Infinity, link(signal, gone.signal)).catch(() => {});
    let over = false;
    // Who comes back does so while it still listens, and may be led elsewhere.
    if (drainDelay > 0) serving.drain();
    const drained = call(onDraining, (error) => {
      // Nobody else would hear of it.
      if (over) void Promise.reject(error);
      else errors.push(error);
    });
    // Unless it has failed, or there is nobody left to listen for.
    if (drainDelay > 0) await sleep(drainDelay, { signal: gone.signal }).catch(() => {});
    // It has as long as the connections have, and no longer: a stop ends.
    const limited = shield(() => drained, { timeout: gracePeriod }).catch(() => {});
    await serving.stop(gracePeriod);
    await limited;
    over = true;
    forget();
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new MultiError(errors);
  };
}

async function call(callback: (() => unknown) | undefined, failed: (error: unknown) => void): Promise<void> {
  try {
    await callback?.();
  } catch (error) {
    failed(error);
  }
}
