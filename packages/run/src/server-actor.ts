import { sleep } from '@x/abort';
import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Session as Session } from 'node:http2';
import type { ListenOptions, Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Actor } from './actor.js';
import { check, textOf } from './arguments.js';

/** How a server comes down. */
export interface ServerActorOptions {
  /** How long what is under way may take after the interrupt, in milliseconds; then all connections are cut. Default: no limit. */
  drain?: number | undefined;
  /** Default: `'server'`. */
  name?: string | undefined;
}

/**
 * A connection on which there is no request is closed unless there was one, or it was made, so many milliseconds ago: then the next one may be on its
 * way, and would be met by a reset.
 */
const LINGER = 50;

/**
 * Returns an actor that listens with a server, of `net`, `http`, `https` or `http2`, until it is interrupted.
 *
 * It is ready when the server listens. Its interrupt stops listening and closes the connections that are idle; requests in flight are
 * answered to the last byte, and so are those of HTTP/2's streams; then their connections are closed, too. Who has been answered less than 50 ms ago
 * may ask once more. Upgraded connections and those of `net` go on until their ends close them. What is still open after `drain` is cut. It returns
 * when the server has closed.
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
 * @throws TypeError when `server` is no server, an option is not of its kind, or `listenOptions` do not say where; RangeError when the port is none, or `drain` is negative or `NaN`.
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
  checkListenOptions(listenOptions);
  check({ options }, { options: 'object' });
  const { drain = Infinity, name = 'server' } = options;
  check({ drain, name }, { drain: 'number >= 0', name: 'string' });
  let serving: Serving | undefined;
  const execute = (ready: () => void): Promise<void> => {
    serving = new Serving(server, drain);
    return serving.run(listenOptions, ready);
  };
  return { name, execute, interrupt: () => serving?.stop() };
}

/** What `server.listen` would throw, sooner: but for what only the system can tell. */
function checkListenOptions(value: unknown): void {
  let [name, port] = ['listenOptions', value];
  if (typeof value !== 'number') {
    check({ listenOptions: value }, { listenOptions: 'object' });
    const { port: given, fd, handle, _handle } = value as Record<string, unknown>;
    if (!['port', 'path', 'fd', 'handle', '_handle'].some((key) => key in (value as object))) {
      throw new TypeError(`listenOptions must have a port, a path, a handle or an fd, got ${textOf(value)}`);
    }
    // What comes before a port to `listen`; none is any.
    if (handle || _handle || typeof fd === 'number' || given === undefined || given === null) return;
    [name, port] = ['listenOptions.port', given];
  }
  if (typeof port !== 'number' && typeof port !== 'string') {
    throw new TypeError(`${name} must be a port from 0 to 65535, got ${textOf(port)}`);
  }
  const number = typeof port === 'string' && port.trim() === '' ? NaN : Number(port);
  if (!Number.isInteger(number) || number < 0 || number > 65_535) {
    throw new RangeError(`${name} must be a port from 0 to 65535, got ${port}`);
  }
}

// As Node declares listeners of any event.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Listener = (...args: any[]) => void;

/** What is known of a connection of HTTP/1. */
interface Connection {
  /** Responses that have not left, in the order of their requests: there may be more than one (pipelining). */
  answering: Set<ServerResponse>;
  /** The one that it has been told to end with. */
  last: ServerResponse | undefined;
  /** Since when there is no request. */
  idleSince: number;
  /** How much had been read by then: if it is more now, a request has begun to arrive, or it is no longer HTTP/1 that is spoken. To Bun it is nothing, ever. */
  idleBytes: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** A server from its start to its end: which connections it has, and what they are busy with. */
class Serving {
  readonly #server: Server & { closeIdleConnections?: () => void; closeAllConnections?: () => void };
  readonly #drain: number;
  readonly #listeners: [name: string, listener: Listener][] = [];
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Map<Socket, Connection>();
  readonly #sessions = new Set<Session>();
  /** Aborts when all is over. */
  readonly #over = new AbortController();
  #listened = false;
  #stopping: Promise<void> | undefined;

  constructor(server: Server, drain: number) {
    this.#server = server;
    this.#drain = drain;
  }

  /** Listens, and resolves when the server has closed. */
  run(listenOptions: ListenOptions | number, ready: () => void): Promise<void> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      const isHttp1 = 'maxHeadersCount' in server && !('updateSettings' in server);
      // What is below TLS is idle until something comes.
      this.#on('connection', (socket: Socket) => this.#connected(socket, isHttp1));
      // A server of HTTP/2 may speak both: with who has agreed on HTTP/1, or on nothing, as only TLS lets them.
      const isHttp2 = 'updateSettings' in server;
      this.#on('secureConnection', (socket: TLSSocket) =>
        this.#connected(socket, isHttp1 || (isHttp2 && socket.alpnProtocol !== 'h2')),
      );
      this.#on('session', (session: Session) => this.#begun(session));
      // Before the server's own listeners, which may answer at once. One that speaks HTTP/2 would change its ways if it were asked for what nobody else
      // asks it for, and any one with what is expected.
      for (const name of ['request', 'checkContinue', 'checkExpectation']) {
        if (server.listenerCount(name) > 0 || (name === 'request' && isHttp1)) this.#on(name, this.#requested, true);
      }
      // The first of all: what another listener throws keeps those after it from being called.
      this.#on(
        'listening',
        () => {
          this.#listened = true;
          // The interrupt came while it looked up its host.
          if (this.#stopping) server.close();
          else ready();
        },
        true,
      );
      this.#on(
        'close',
        () => {
          this.#leave();
          resolve();
        },
        true,
      );
      this.#on('error', (error: unknown) => {
        reject(error);
        // Else it has to close yet.
        if (!this.#listened) this.#leave();
      });
      try {
        server.listen(listenOptions as ListenOptions);
      } catch (error) {
        this.#leave();
        reject(error);
      }
    });
  }

  /** Resolves when all is over. */
  stop(): Promise<void> | undefined {
    if (this.#over.signal.aborted) return undefined;
    return (this.#stopping ??= new Promise((resolve) => {
      this.#over.signal.addEventListener('abort', () => resolve());
      // One that does not listen yet would say that it has closed, and listen then.
      if (this.#server.listening) closeListener(this.#server);
      for (const session of this.#sessions) session.close();
      for (const [socket, connection] of this.#connections) {
        endAfterAnswers(socket, connection);
        this.#closeIfIdle(socket, connection);
      }
      if (this.#drain === Infinity) return;
      sleep(this.#drain, { signal: this.#over.signal }).then(
        () => this.#cut(),
        () => {},
      );
    }));
  }

  #on(name: string, listener: Listener, first = false): void {
    const server = this.#server as EventEmitter;
    if (first) server.prependListener(name, listener);
    else server.on(name, listener);
    this.#listeners.push([name, listener]);
  }

  #leave(): void {
    for (const [name, listener] of this.#listeners) this.#server.off(name, listener);
    for (const { timer } of this.#connections.values()) clearTimeout(timer);
    this.#over.abort();
  }

  #cut(): void {
    for (const session of this.#sessions) session.destroy();
    // Those that were upgraded the server no longer knows, and Bun tells nobody of one on which nothing was sent.
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections?.();
  }

  #connected(socket: Socket, isHttp1: boolean): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (isHttp1) this.#connectionOf(socket);
  }

  #connectionOf(socket: Socket): Connection {
    const known = this.#connections.get(socket);
    if (known) return known;
    const connection: Connection = {
      answering: new Set(),
      last: undefined,
      idleSince: performance.now(),
      idleBytes: 0,
      timer: undefined,
    };
    this.#connections.set(socket, connection);
    socket.once('close', () => {
      this.#connections.delete(socket);
      clearTimeout(connection.timer);
    });
    if (this.#stopping) this.#closeIfIdle(socket, connection);
    return connection;
  }

  #begun(session: Session): void {
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    if (this.#stopping) session.close();
  }

  readonly #requested = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.httpVersionMajor > 1) return;
    const { socket } = request;
    const connection = this.#connectionOf(socket);
    connection.answering.add(response);
    // It was sent before its client could know: what was to be the last is not.
    if (this.#stopping) endAfterAnswers(socket, connection);
    const free = (): void => {
      connection.answering.delete(response);
      connection.idleSince = performance.now();
      connection.idleBytes = socket.bytesRead;
      // Its headers may have been on their way before it was to be the last.
      if (this.#stopping) this.#closeIfIdle(socket, connection);
    };
    response.once('close', free);
    // It may have been answered before all of it had come.
    request.once('close', () => !connection.answering.has(response) && free());
  };

  /** Closes a connection without a request, as soon as none can be on its way. */
  #closeIfIdle(socket: Socket, connection: Connection): void {
    if (connection.answering.size > 0 || socket.bytesRead > connection.idleBytes || socket.destroyed) return;
    const wait = connection.idleSince + LINGER - performance.now();
    clearTimeout(connection.timer);
    if (wait > 0) connection.timer = setTimeout(() => this.#closeIfIdle(socket, connection), wait);
    else closeGently(socket, connection);
  }
}

/** Stops listening. Connections are another matter: that of HTTP would cut those with an answer that has ended, though most of it may be on its way. */
function closeListener(server: Server): void {
  const own = Object.getOwnPropertyDescriptor(server, 'closeIdleConnections');
  Object.defineProperty(server, 'closeIdleConnections', { value: () => {}, configurable: true, writable: true });
  try {
    server.close();
  } finally {
    if (own) Object.defineProperty(server, 'closeIdleConnections', own);
    else Reflect.deleteProperty(server, 'closeIdleConnections');
  }
}

/** Says of a connection that it ends with the last of the responses on which it is busy. */
function endAfterAnswers(socket: Socket, connection: Connection): void {
  const response = [...connection.answering].at(-1);
  // Another has come after it.
  if (connection.last) connection.last.shouldKeepAlive = true;
  if (!response || response.headersSent) return;
  connection.last = response;
  response.shouldKeepAlive = false;
  // What Node calls after it. A client that has sent the next request all the same would be met by a reset, and might lose what it has not yet read.
  socket.destroySoon = () => closeGently(socket, connection);
}

/** Ends a connection from our side, and reads what still comes: to close it with something unread is to reset it. */
function closeGently(socket: Socket, connection: Connection): void {
  // The HTTP parser lets go of a socket that somebody else reads.
  socket.removeAllListeners('data');
  socket.on('data', () => {});
  socket.end();
  clearTimeout(connection.timer);
  connection.timer = setTimeout(() => socket.destroy(), 10 * LINGER);
}
