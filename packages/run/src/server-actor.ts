import { sleep } from '@x/abort';
import type { Server as HttpServer, ServerResponse } from 'node:http';
import type { ServerHttp2Session as Session } from 'node:http2';
import type { ListenOptions, Server, Socket } from 'node:net';
import type { Actor } from './actor.js';
import { check, textOf } from './arguments.js';

/** How a server comes down. */
export interface ServerActorOptions {
  /** How long what is under way may take after the interrupt, in milliseconds; then all connections are cut. Default: no limit. */
  drain?: number | undefined;
  /** Default: `'server'`. */
  name?: string | undefined;
}

// As Node declares listeners of any event.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Listener = (...args: any[]) => void;

/**
 * Returns an actor that listens with a server, of `net`, `http`, `https` or `http2`, until it is interrupted.
 *
 * It is ready when the server listens. Its interrupt stops listening and closes the connections that are idle; requests in flight are
 * answered, and so are those of HTTP/2's streams; then their connections are closed, too. Upgraded connections and those of `net` go on until their ends
 * close them. What is still open after `drain` is cut. It returns when the server has closed.
 *
 * On error: fails with what the server fails with, such as `EADDRINUSE`.
 *
 * @param listenOptions as `server.listen` takes them, or a port
 * @example
 * ```ts
 * import { Group } from '@x/run';
 * import { serverActor } from '@x/run/node';
 * import { createServer } from 'node:http';
 *
 * const server = createServer((request, response) => response.end('hello'));
 * const group = new Group().add(serverActor(server, { port: 0 }, { drain: 5_000 }));
 * server.once('listening', () => console.log('listening'));
 * await group.run(AbortSignal.timeout(50)).catch((error) => console.log(error.name));
 * // Output:
 * // listening
 * // TimeoutError
 * ```
 * @throws TypeError when `server` is no server, or an option is not of its kind; RangeError when the port is none, or `drain` is negative or `NaN`.
 *
 * Source: oklog/run README, net.Listener
 */
export function serverActor(
  server: Server,
  listenOptions: ListenOptions | number,
  options: ServerActorOptions = {},
): Actor {
  if (typeof (server as Partial<Server> | null)?.listen !== 'function') {
    throw new TypeError(`server must be a server, got ${textOf(server)}`);
  }
  if (typeof listenOptions !== 'number') check({ listenOptions }, { listenOptions: 'object' });
  else if (!Number.isInteger(listenOptions) || listenOptions < 0 || listenOptions > 65_535) {
    throw new RangeError(`listenOptions must be a port from 0 to 65535, got ${listenOptions}`);
  }
  check({ options }, { options: 'object' });
  const { drain = Infinity, name = 'server' } = options;
  check({ drain, name }, { drain: 'number >= 0', name: 'string' });
  const http = server as Partial<HttpServer>;
  const isHttp1 = 'maxHeadersCount' in server && !('updateSettings' in server);
  let close: (() => Promise<void>) | undefined;

  const execute = (ready: () => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const responses = new Set<ServerResponse>();
      const sockets = new Set<Socket>();
      const sessions = new Set<Session>();
      const closed = new AbortController();
      let closing: Promise<void> | undefined;

      /** In a while: at first the connection of a response that has ended still counts as one with a request. */
      const closeIdle = (): void => void setImmediate(() => http.closeIdleConnections?.());
      const connected = (socket: Socket): void => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        // Its handshake was under way when the server closed.
        if (closing && isHttp1) socket.destroy();
      };
      const joined = (session: Session): void => {
        sessions.add(session);
        session.once('close', () => sessions.delete(session));
        if (closing) session.close();
      };
      const requested = (_request: unknown, response: ServerResponse): void => {
        if (closing) response.shouldKeepAlive = false;
        responses.add(response);
        response.once('close', () => {
          responses.delete(response);
          if (closing) closeIdle();
        });
      };
      const listeners: [string, Listener][] = [
        ['connection', connected],
        ['secureConnection', connected],
        ['session', joined],
        ['error', failed],
      ];
      // The first of all: what another listener throws keeps those after it from being called.
      const first: [string, Listener][] = [
        ['listening', listening],
        ['close', ended],
      ];
      // Before the server's own listeners, which may answer at once. One of HTTP/2 would change its ways if it were asked for requests.
      if (isHttp1) server.prependListener('request', requested);
      const finish = (): void => {
        for (const [event, listener] of [...listeners, ...first]) server.off(event, listener);
        server.off('request', requested);
        closed.abort();
        close = undefined;
      };
      function listening(): void {
        // The interrupt came while it looked up its host.
        if (closing) server.close();
        else ready();
      }
      function failed(error: Error): void {
        reject(error);
        if (!server.listening) finish();
      }
      function ended(): void {
        finish();
        resolve();
      }
      for (const [event, listener] of listeners) server.on(event, listener);
      for (const [event, listener] of first) server.prependListener(event, listener);
      close = () =>
        (closing ??= new Promise((down) => {
          closed.signal.addEventListener('abort', () => down());
          // One that does not listen yet would say that it has closed, and listen then.
          if (server.listening) server.close();
          for (const session of sessions) session.close();
          for (const response of responses) if (!response.headersSent) response.shouldKeepAlive = false;
          http.closeIdleConnections?.();
          // One that has sent nothing yet is not idle to Node, until its time for headers is over. To Bun none has read anything, ever.
          const busy = new Set([...responses].map(({ req }) => req.socket));
          for (const socket of sockets) if (isHttp1 && socket.bytesRead === 0 && !busy.has(socket)) socket.destroy();
          if (drain === Infinity) return;
          sleep(drain, { signal: closed.signal }).then(
            () => {
              for (const session of sessions) session.destroy();
              for (const socket of sockets) socket.destroy();
            },
            () => {},
          );
        }));
      try {
        server.listen(listenOptions as ListenOptions);
      } catch (error) {
        finish();
        reject(error);
      }
    });
  return { name, execute, interrupt: () => close?.() };
}
