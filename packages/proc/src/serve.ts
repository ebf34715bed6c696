import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2Session } from 'node:http2';
import type { ListenOptions, Server as NetServer, Socket } from 'node:net';
import { abortable, link, onAbort, sleep, withTimeout, type LinkedController } from '@x/abort';
import { check, checkNumber, checkSignal } from './arguments.js';
import { dispose } from './dispose.js';
import { MultiError } from './errors.js';
import type { Proc } from './proc.js';
import { markRequest } from './request-signal.js';

/** A server of `node:net`, `node:tls`, `node:http`, `node:https` or `node:http2`. */
export type Server = NetServer;

/** How to stop a server. */
export interface ServeOptions {
  /** How long the connections may take to end when the server no longer listens, in milliseconds; then they are cut. Default: no limit. */
  gracePeriod?: number | undefined;
  /**
   * Is called when the server is going to stop, because the process has been asked to, or because the server has failed or somebody has closed it:
   * for a readiness check to turn red. May be async, and is waited for until `gracePeriod` is over.
   */
  onDraining?: (() => unknown) | undefined;
  /** How long the server goes on listening when the process has been asked to stop, in milliseconds. Default: 0. */
  drainDelay?: number | undefined;
}

/**
 * A connection on which there is no request is closed at once, unless there was one, or it was made, so many milliseconds ago: then the next one
 * may be on its way, and would be met by a reset.
 */
const LINGER = 50;

/** How many connections wait to be accepted at most, unless `listen` is told otherwise. */
const MOST_WAITING = 511;

/** With so many connections, nobody is told that theirs ends while the server still listens: they would come back, and be reset. */
const MANY = 5;

type Listener = (...args: unknown[]) => void;

/** What Node does not tell of a socket: of which server it is, and how much it has not yet sent, also for TLS above it. */
type OlderSocket = Socket & { server?: unknown; _handle?: { writeQueueSize?: number } | null };

/** What is known of a connection. */
interface Connection {
  /** Requests that have not been answered. */
  requests: number;
  /** Since when there are none. */
  idleSince: number;
  /** How much had been read by then: if it is more now, a request has begun to arrive, or it is no longer HTTP/1 that is spoken. */
  idleBytes: number;
  /** Runs while it is waited for that none is on its way. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Returns a process that serves until its signal aborts, and then stops without losing a request.
 *
 * Takes any server of Node's, and what its `listen` takes; a server that already listens needs no options. Its own listeners and handlers
 * stay as they are. It ends when the server and all of its connections have closed, also when somebody else closes it.
 *
 * On abort: calls `onDraining`, and after `drainDelay` accepts who has already connected, and stops listening. Requests in flight are answered, with
 * `Connection: close`; where there are five connections or more, what is answered before the listener has closed goes without, since its client would
 * come back, and be reset. Connections without a request are closed at once, HTTP/2 sessions when their streams have ended. When `gracePeriod` has
 * passed, everything that is left is cut, and it ends: that is no error. If the signal has aborted already, the server never listens.
 *
 * On error: throws at once what listening fails with, such as a port in use. If the server fails later, it is stopped as on abort, but without `drainDelay`, and the process throws that error.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { main, serve } from '@x/proc/node';
 *
 * const server = createServer((request, response) => response.end('hello'));
 * await main(serve(server, { port: 8080 }, { gracePeriod: 10_000 }));
 * ```
 * @throws TypeError when `server` is no server or an option of the wrong kind; RangeError when a time is negative or `NaN`.
 *
 * Source: go-proc httpproc Serve, ServeTLS, ListenAndServe, ListenAndServeTLS
 */
export function serve(
  server: Server,
  listenOptions?: ListenOptions | number | string | { fd: number } | object,
  options: ServeOptions = {},
): Proc {
  const listens = typeof (server as Partial<Server> | null | undefined)?.listen === 'function';
  check('server', server, 'a server of node:net, http, https or http2', listens);
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
    const serving = new Serving(server, signal);
    const errors: unknown[] = [];
    try {
      if (listenOptions !== undefined || !server.listening) {
        if (signal.aborted || !(await listen(server, listenOptions))) return;
      }
      await serving.untilAbort(signal, errors);
      const drained = call(onDraining, errors);
      // Unless it has failed, or there is nobody left to listen for.
      if (drainDelay > 0) await sleep(drainDelay, { signal: serving.gone.signal }).catch(() => {});
      const limit = withTimeout(gracePeriod);
      try {
        await serving.stop(gracePeriod);
        // It has as long as the connections have, and no longer: a stop ends.
        await abortable(drained, limit.signal).catch(() => {});
      } finally {
        limit[dispose]();
      }
    } finally {
      serving.leave();
    }
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new MultiError(errors);
  };
}

async function call(callback: (() => unknown) | undefined, errors: unknown[]): Promise<void> {
  try {
    await callback?.();
  } catch (error) {
    errors.push(error);
  }
}

/** Resolves with true when the server listens, with false when somebody has closed it before that; rejects when it cannot. */
function listen(server: Server, options: unknown): Promise<boolean> {
  if (options === undefined) {
    throw new TypeError(
      'listenOptions must be what server.listen takes, since the server does not listen yet; got undefined',
    );
  }
  return new Promise((resolve, reject) => {
    // Two listeners: Bun hands one of 'listening' null, as if it were an error.
    const settle = (outcome: () => void): void => {
      server.off('listening', listening).off('close', closed).off('error', failed);
      outcome();
    };
    const listening = (): void => settle(() => resolve(true));
    const closed = (): void => settle(() => resolve(false));
    const failed = (error: unknown): void => settle(() => reject(error));
    // The first of all: what another listener throws keeps those after it from being called.
    server.prependListener('listening', listening).prependListener('close', closed).on('error', failed);
    try {
      server.listen(options as ListenOptions);
    } catch (error) {
      failed(error);
    }
  });
}

/** A server while it is served: which connections it has, and what they are busy with. */
class Serving {
  readonly #server: Server & { closeIdleConnections?: () => void; closeAllConnections?: () => void };
  readonly #signal: AbortSignal;
  readonly #sockets = new Map<Socket, Connection>();
  readonly #sessions = new Set<Http2Session>();
  readonly #answering = new Map<ServerResponse, Socket>();
  readonly #listeners: [name: string, listener: Listener][] = [];
  #stopping = false;
  /** How many connections there have been. */
  #accepted = 0;
  /** Aborts when the server has been closed, by whomever, and when it fails. */
  readonly gone: LinkedController = link();

  constructor(server: Server, signal: AbortSignal) {
    this.#server = server;
    this.#signal = signal;
    this.#on('connection', (socket: Socket) => {
      this.#accepted++;
      const connection = this.#connected(socket);
      // What is below TLS is not looked at: it lives as long as what is above it.
      if ('setSecureContext' in server) connection.requests = 1;
    });
    this.#on('secureConnection', (socket: Socket) => this.#connected(socket));
    this.#on('session', (session: Http2Session) => this.#begun(session));
    for (const name of ['request', 'checkContinue', 'checkExpectation']) {
      // Where nobody listens, our listening would change what the server does; but for requests where there is HTTP/1 alone.
      const isHttp1 = 'closeIdleConnections' in server && !('updateSettings' in server);
      if (server.listenerCount(name) > 0 || (name === 'request' && isHttp1)) this.#on(name, this.#requested, true);
    }
  }

  leave(): void {
    for (const [name, listener] of this.#listeners) this.#server.off(name, listener);
  }

  /** Resolves when the signal aborts, when the server has been closed, and when it fails. Adds to `errors` what it fails with, then and later. */
  untilAbort(signal: AbortSignal, errors: unknown[]): Promise<void> {
    return new Promise((resolve) => {
      const aborting = onAbort(signal, () => resolve());
      const end = (): void => {
        aborting[dispose]();
        resolve();
        this.gone.abort();
      };
      this.#on('close', end, true);
      this.#on('error', (error: unknown) => {
        errors.push(error);
        end();
      });
    });
  }

  /** Resolves when everything has closed, cut if need be. */
  async stop(gracePeriod: number): Promise<void> {
    const server = this.#server;
    // Who is told that a connection ends comes back with another, which is reset if the listener closes before it is accepted. Of few, all are accepted
    // (see below); of many, who come back all the time, some are not.
    this.#stopping = this.#sockets.size < MANY;
    if (this.#stopping) this.#endAfterAnswers();
    await this.#acceptAll();
    let deadline: ReturnType<typeof setTimeout> | undefined;
    const closed = new Promise<void>((resolve) => {
      if (server.listening) closeListener(server, resolve);
      else
        server.getConnections((error, count) =>
          error || count === 0 ? resolve() : void server.prependOnceListener('close', resolve),
        );
      const cut = (): void => {
        this.#cut();
        // What has been cut is gone in a moment. What could not be found is left to itself: a stop ends.
        deadline = setTimeout(resolve, LINGER);
      };
      if (gracePeriod < 2 ** 31) deadline = setTimeout(cut, gracePeriod);
    });
    this.#stopping = true;
    this.#endAfterAnswers();
    for (const session of this.#sessions) if (!session.closed) session.close();
    for (const socket of this.#sockets.keys()) this.#closeIfIdle(socket);
    const others = setInterval(() => this.#closeOlder(), LINGER);
    await closed;
    clearInterval(others);
    clearTimeout(deadline);
  }

  /** Waits until no connection is left that the system has made and the server has not accepted: they would be reset. Node accepts one a turn. */
  async #acceptAll(): Promise<void> {
    let idle = 0;
    // The first may be but the rest of a turn.
    for (let turn = 0; idle < 2 && turn < MOST_WAITING; turn++) {
      const before = this.#accepted;
      await new Promise((resolve) => setImmediate(resolve));
      idle = this.#accepted === before ? idle + 1 : 0;
    }
  }

  /** Says of each connection that it ends with what it is busy with: of more than one request (pipelining) with the last. */
  #endAfterAnswers(): void {
    const last = new Map<Socket, ServerResponse>();
    for (const [response, socket] of this.#answering) last.set(socket, response);
    for (const [socket, response] of last) lastOnConnection(response, socket);
  }

  #cut(): void {
    for (const session of this.#sessions) session.destroy();
    // Sockets that were upgraded are not among those that the server knows (nodejs/node #53536).
    for (const socket of [...this.#sockets.keys(), ...this.#older()]) socket.destroy();
    this.#server.closeAllConnections?.();
  }

  /** The connections that are older than this process, which has not been told of them: below TLS where there is TLS. */
  #older(): OlderSocket[] {
    // Nothing else knows them all (its deprecation, DEP0161, names nothing). Where it is missing, or finds nothing, they are left to what the server knows.
    const { _getActiveHandles: handles } = process as { _getActiveHandles?: () => unknown[] };
    const all = (handles?.call(process) ?? []) as OlderSocket[];
    return all.filter((each) => each?.server === this.#server && !this.#sockets.has(each));
  }

  /** Closes those of the older connections that have no request, as only the server can tell. */
  #closeOlder(): void {
    // To the server, one with an answer that has ended has no request, though most of it may be on its way: it would be cut.
    if (this.#older().some((each) => each.writableLength > 0 || (each._handle?.writeQueueSize ?? 0) > 0)) return;
    // The others are closed in another way, and when it is time.
    hiding('destroy', this.#sockets.keys(), () => this.#server.closeIdleConnections?.());
  }

  #on<A extends unknown[]>(name: string, listener: (...args: A) => void, first = false): void {
    const server = this.#server as EventEmitter;
    if (first) server.prependListener(name, listener);
    else server.on(name, listener);
    this.#listeners.push([name, listener as unknown as Listener]);
  }

  #connected(socket: Socket): Connection {
    const connection: Connection = { requests: 0, idleSince: performance.now(), idleBytes: 0, timer: undefined };
    this.#sockets.set(socket, connection);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      clearTimeout(connection.timer);
    });
    if (this.#stopping) this.#closeIfIdle(socket);
    return connection;
  }

  #begun(session: Http2Session): void {
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    if (this.#stopping) session.close();
  }

  readonly #requested = (request: IncomingMessage, response: ServerResponse): void => {
    markRequest(request, response, this.#signal);
    if (request.httpVersionMajor > 1) return;
    const { socket } = request;
    const connection = this.#sockets.get(socket) ?? this.#connected(socket);
    connection.requests++;
    if (this.#stopping) {
      // It was sent before its client could know: what was to be the last is not.
      if (connection.requests > 1) for (const [before, its] of this.#answering) if (its === socket) notLast(before);
      lastOnConnection(response, socket);
    }
    this.#answering.set(response, socket);
    const idle = (): void => {
      connection.idleSince = performance.now();
      connection.idleBytes = socket.bytesRead;
      // Its headers may have been on their way before it was to be the last.
      if (this.#stopping) this.#closeIfIdle(socket);
    };
    response.once('close', () => {
      this.#answering.delete(response);
      connection.requests--;
      idle();
    });
    // It may have been answered before all of it had come.
    request.once('close', idle);
  };

  /** Closes a connection without a request, as soon as none can be on its way. */
  #closeIfIdle(socket: Socket): void {
    const connection = this.#sockets.get(socket);
    if (connection === undefined || !this.#speaksHttp1(socket)) return;
    if (connection.requests > 0 || socket.bytesRead > connection.idleBytes || socket.destroyed) return;
    const wait = connection.idleSince + LINGER - performance.now();
    clearTimeout(connection.timer);
    if (wait > 0) connection.timer = setTimeout(() => this.#closeIfIdle(socket), wait);
    else closeGently(socket);
  }

  #speaksHttp1(socket: Socket & { alpnProtocol?: unknown }): boolean {
    // A server of HTTP/2 may speak both: with who has agreed on HTTP/1, or on nothing, as only TLS lets them.
    if ('updateSettings' in this.#server) return 'setSecureContext' in this.#server && socket.alpnProtocol !== 'h2';
    return 'closeIdleConnections' in this.#server;
  }
}

/** Stops listening. Connections are another matter: that of HTTP would close idle ones, a request to which may be on its way. */
function closeListener(server: Server, closed: () => void): void {
  // Before all who listen: what one of them throws keeps those after it from being called.
  server.prependOnceListener('close', closed);
  hiding('closeIdleConnections', [server], () => server.close(() => closed()));
}

/** Does something, in which a method of these does nothing. */
function hiding(method: string, objects: Iterable<object>, something: () => void): void {
  const all = Array.from(objects, (object) => [object, Object.getOwnPropertyDescriptor(object, method)] as const);
  for (const [object] of all)
    Object.defineProperty(object, method, { value: () => object, configurable: true, writable: true });
  try {
    something();
  } finally {
    for (const [object, own] of all) {
      if (own) Object.defineProperty(object, method, own);
      else Reflect.deleteProperty(object, method);
    }
  }
}

/** Says that the connection ends with this response. */
function lastOnConnection(response: ServerResponse, socket: Socket): void {
  if (response.headersSent) return;
  response.setHeader('Connection', 'close');
  // What Node calls after it. A client that has sent the next request all the same would be met by a reset, and might lose what it has not yet read.
  socket.destroySoon = () => closeGently(socket);
}

function notLast(response: ServerResponse): void {
  if (!response.headersSent) response.removeHeader('Connection');
}

/** Ends a connection from our side, and reads what still comes: to close it with something unread is to reset it. */
function closeGently(socket: Socket): void {
  // The HTTP parser lets go of a socket that somebody else reads.
  socket.removeAllListeners('data');
  socket.on('data', () => {});
  socket.end();
  const timer = setTimeout(() => socket.destroy(), 10 * LINGER);
  socket.once('end', () => socket.destroy());
  socket.once('close', () => clearTimeout(timer));
}
