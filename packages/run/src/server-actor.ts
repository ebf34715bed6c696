import { sleep } from '@x/abort';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { ListenOptions, Server, Socket } from 'node:net';
import type { Actor } from './actor.js';
import { check, checkLimit, checkName } from './arguments.js';

/** How a server comes down. */
export interface ServerActorOptions {
  /** How long what is under way may take after the interrupt, in milliseconds; then all connections are cut. Default: no limit. */
  drain?: number | undefined;
  /** Default: `'server'`. */
  name?: string | undefined;
}

/** What has to be told to end: a socket, or a session of HTTP/2. */
interface Ending {
  close?(): void;
  destroy(): void;
}

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
 * @throws TypeError when `server` is no server, or an option is not of its kind; RangeError when `drain` is negative or `NaN`.
 *
 * Source: oklog/run README, net.Listener
 */
export function serverActor(
  server: Server,
  listenOptions: ListenOptions | number,
  options: ServerActorOptions = {},
): Actor {
  check(typeof (server as Partial<Server> | null)?.listen === 'function', 'server', 'a server', server);
  const { drain = Infinity, name = 'server' } = options;
  checkLimit('drain', drain);
  checkName(name);
  const http = server as Partial<HttpServer>;
  let close: (() => Promise<void>) | undefined;

  const execute = (ready: () => void): Promise<void> =>
    new Promise((resolve, reject) => {
      /** How many requests each connection has under way; none for one that has not had any, undefined for what is not HTTP. */
      const requests = new Map<Socket, number>();
      const endings = new Set<Ending>();
      const closed = new AbortController();
      let closing: Promise<void> | undefined;

      const opened = (ending: Ending): void => {
        endings.add(ending);
        (ending as Socket).once('close', () => endings.delete(ending));
        if (closing) ending.close?.();
      };
      const connected = (socket: Socket): void => {
        // While it closes none is let in that was waiting.
        opened(socket);
        if (!http.closeIdleConnections) return;
        requests.set(socket, 0);
        socket.once('close', () => requests.delete(socket));
      };
      const requested = ({ socket }: IncomingMessage, response: ServerResponse): void => {
        requests.set(socket, (requests.get(socket) ?? 0) + 1);
        if (closing && !response.headersSent) response.shouldKeepAlive = false;
        response.once('close', () => {
          requests.set(socket, (requests.get(socket) ?? 1) - 1);
          // In a while: now the connection still counts as one with a request.
          if (closing) setImmediate(() => http.closeIdleConnections?.());
        });
      };
      const listeners: [string, (...args: never[]) => void][] = [
        ['connection', connected],
        ['session', opened],
        ['request', requested],
        ['listening', listening],
        ['error', failed],
        ['close', ended],
      ];
      const finish = (): void => {
        for (const [event, listener] of listeners) server.off(event, listener as () => void);
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
      for (const [event, listener] of listeners) server.on(event, listener as () => void);
      close = () =>
        (closing ??= new Promise((down) => {
          closed.signal.addEventListener('abort', () => down());
          server.close();
          for (const ending of endings) ending.close?.();
          http.closeIdleConnections?.();
          // One that has sent nothing yet is not idle to Node, until its time for headers is over.
          for (const [socket, count] of requests) if (count === 0 && socket.bytesRead === 0) socket.destroy();
          if (drain === Infinity) return;
          sleep(drain, { signal: closed.signal }).then(
            () => endings.forEach((ending) => ending.destroy()),
            () => {},
          );
        }));
      try {
        server.listen(listenOptions as ListenOptions);
      } catch (error) {
        finish();
        reject(error as Error);
      }
    });
  return { name, execute, interrupt: () => close?.() };
}
