import { aborted, link, sleep, type LinkedController } from '@x/abort';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2Session } from 'node:http2';
import type { ListenOptions, Server, Socket } from 'node:net';
import { Connection, LINGER } from './connection.js';
import { turns } from './turns.js';

// A server from its start to its end.
//
//               listen()            stop()                    all are accepted
//   (its owner) ────────▶ listens ────────▶ accepts the rest ──────────────────▶ closes ────▶ over
//
// Invariants
// 1. Its own listeners and methods stay as they are; ours stand before all others, since what one throws keeps those behind it from being called, and
//    are gone when it is over.
// 2. A connection that the system has made before the end of the listener is accepted: it would be reset. In a program that computes all the time some are:
//    that the listener ends comes first.
// 3. It is over when it has closed, by whomever, or failed to listen, and in any case a moment after the cut: a stop ends.

/** With so many connections, nobody is told that theirs ends while the server still listens: they would come back, and be reset. */
const MANY = 5;

/** How long to wait for one that is sent no more of them, in milliseconds. */
const PATIENCE = 1_000;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as Node declares listeners of any event
type Listener = (...args: any[]) => void;

/** What Node does not tell of a socket: of which server it is, and how much it has not yet sent, also for TLS above it. */
type OlderSocket = Socket & { server?: unknown; _handle?: { writeQueueSize?: number } | null };

/** Nor which of its `listen`s a server is at: a `close` ends it, also where it still looks up its host. `NaN` where that is not known. */
const listeningOf = (server: object): number => Number((server as { _listeningId?: number })._listeningId);

/** Whether a server is sent its connections, as in a worker of `node:cluster`: what stands in for its handle there is not of the system. */
function isSentThem(server: object): boolean {
  const handle = (server as { _handle?: object | null })._handle ?? {};
  return Object.hasOwn(handle, 'close') && !('fd' in handle);
}

/**
 * What was sent to another process (`child.send('socket', socket)`) has only lost its handle: Node tells nobody, and it never closes. To Node it is
 * `pending` like one that still connects, such as a server is handed by who connects to its clients.
 */
const isSent = (socket: Socket): boolean => socket.pending && !socket.connecting;

/** A server while it is served: which connections it has, and how it stops without losing a request. */
export class Serving {
  /** Aborts when the server is over, and when it fails. */
  readonly gone: LinkedController = link();
  /** What it has failed with. */
  readonly errors: unknown[] = [];
  readonly #server: Server & { closeIdleConnections?: () => void; closeAllConnections?: () => void };
  readonly #listeners: [name: string, listener: Listener][] = [];
  readonly #sockets = new Map<Socket, Connection>();
  /** Where the look at them that never ends has come to. */
  #looked = this.#sockets.entries();
  readonly #sessions = new Set<Http2Session>();
  readonly #over = link();
  /** How many connections it had before, of which nobody tells. */
  #older = 0;
  /** The `listen` that has not yet come to listen. */
  #starting = NaN;
  /** How many it has accepted since. */
  #accepted = 0;
  #draining = false;
  #ending = false;
  #stopped: Promise<void> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #closingOlder: ReturnType<typeof setInterval> | undefined;

  /** @param onRequest is told of each request before anybody else, if there is anybody else */
  constructor(server: Server, onRequest?: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#server = server;
    server.getConnections((_error, count) => (this.#older = count));
    this.#on('connection', (socket: Socket) => {
      this.#accepted++;
      this.#connected(socket);
    });
    this.#on('secureConnection', (socket: Socket) => this.#connected(socket));
    this.#on('session', (session: Http2Session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
      if (this.#ending) session.close();
    });
    const isHttp1 = 'closeIdleConnections' in server && !('updateSettings' in server);
    for (const name of ['request', 'checkContinue', 'checkExpectation']) {
      // Where nobody listens, our listening would change what the server does; but for requests where there is HTTP/1 alone.
      if (server.listenerCount(name) === 0 && !(name === 'request' && isHttp1)) continue;
      this.#on(name, (request: IncomingMessage, response: ServerResponse) => {
        onRequest?.(request, response);
        // What is injected, by a test, has no connection, and something or nothing that stands for one.
        const socket = request.socket as Partial<Socket> | null | undefined;
        if (request.httpVersionMajor === 1 && typeof socket?.isPaused === 'function')
          this.#connected(request.socket).asked(request, response, this.#draining);
      });
    }
    // If it listens, or will, that is the end of a listener of before, whose last connection has closed only now.
    this.#on('close', () => server.listening || listeningOf(server) === this.#starting || this.#closed());
    this.#on('error', (error: unknown) => {
      this.errors.push(error);
      this.gone.abort();
    });
  }

  /** Resolves with whether the server listens: it may be over before that. Rejects when it cannot. */
  listen(options: unknown): Promise<boolean> {
    return new Promise<boolean>((resolve, reject) => {
      this.#on('listening', () => {
        this.#starting = NaN;
        resolve(true);
      });
      void aborted(this.#over.signal).then(() => resolve(false));
      this.#on('error', reject);
      this.#server.listen(options as ListenOptions);
      this.#starting = listeningOf(this.#server);
    }).catch((error: unknown) => {
      this.leave();
      throw error;
    });
  }

  /** From now on each connection of HTTP/1 ends with its next answer, though the server listens on. */
  drain(): void {
    this.#draining = true;
    for (const connection of this.#sockets.values()) connection.sayLast();
  }

  /** Resolves when everything has closed, cut if need be when so many milliseconds have passed. */
  stop(gracePeriod: number): Promise<void> {
    return (this.#stopped ??= this.#stop(gracePeriod));
  }

  /** Lets go of the server: it is to be served anew, and what is open is older to who does that. */
  leave(): void {
    this.#closed();
    clearTimeout(this.#deadline);
  }

  #closed(): void {
    for (const [name, listener] of this.#listeners) this.#server.off(name, listener);
    clearInterval(this.#closingOlder);
    this.#over.abort();
    this.gone.abort();
    // A server says that it has closed before the last of its connections does; and it does not wait for what it was handed by its 'connection' event:
    // that goes on to its end, or until it is cut, and keeps the program up itself, if it is to be kept up.
    for (const [socket, connection] of this.#sockets)
      if (socket.destroyed || isSent(socket)) this.#forget(socket, connection);
    (this.#deadline as { unref?: () => void } | undefined)?.unref?.();
    if (this.#sockets.size === 0) clearTimeout(this.#deadline);
  }

  async #stop(gracePeriod: number): Promise<void> {
    if (this.#over.aborted) return;
    // A timer that is longer rings at once.
    if (gracePeriod <= 2 ** 31 - 1) this.#deadline = setTimeout(() => this.#cut(), gracePeriod);
    // Who is told that a connection ends comes back with another, which is reset if the listener closes before it is accepted. Of few, all are accepted;
    // of many, who come back all the time, some are not.
    for (const [socket, connection] of this.#sockets) this.#forgetSent(socket, connection);
    const connections = [...this.#sockets.keys()].filter((socket) => !('encrypted' in socket));
    this.#draining = false;
    if (connections.length < MANY) this.#endConnections();
    else for (const connection of this.#sockets.values()) connection.sayNothing();
    await this.#acceptAll();
    this.#closeListener();
    if (!this.#ending) this.#endConnections();
    for (const session of this.#sessions) session.close();
    if (this.#older > 0 && !this.#over.aborted) this.#closingOlder = setInterval(() => this.#closeOlder(), LINGER);
    await aborted(this.#over.signal);
  }

  /** Waits until no connection is left that the system has made and the server has not accepted. */
  async #acceptAll(): Promise<void> {
    await this.#acceptAtHand();
    const until = performance.now() + PATIENCE;
    // A worker is sent the next when it has answered to the one before, which takes as long as its primary is busy.
    for (let before = -1; isSentThem(this.#server) && before !== this.#accepted && performance.now() < until;) {
      before = this.#accepted;
      await sleep(LINGER, { signal: this.#over.signal }).catch(() => {});
      await this.#acceptAtHand();
    }
  }

  /** Node accepts one a turn. */
  async #acceptAtHand(): Promise<void> {
    let idle = 0;
    let before = this.#accepted;
    for await (const short of turns()) {
      idle = short && this.#accepted === before ? idle + 1 : 0;
      // The first may be but the rest of a turn.
      if (idle === 2 || !this.#server.listening) return;
      before = this.#accepted;
    }
  }

  /** Connections are another matter: the server's own way would close idle ones, a request to which may be on its way, or an answer. */
  #closeListener(): void {
    const server = this.#server;
    // What listens after the end is not ours.
    if (server.listening && !this.#over.aborted) hiding('closeIdleConnections', [server], () => server.close());
  }

  #endConnections(): void {
    this.#ending = true;
    for (const [socket, connection] of this.#sockets) this.#end(socket, connection);
  }

  /** Ends a connection of HTTP/1, also one below TLS on which nothing has come, and of HTTP/2 with its session; others end by themselves. */
  #end(socket: Socket & { alpnProtocol?: unknown }, connection: Connection): void {
    // A server of HTTP/2 may speak both over TLS: HTTP/1 with who has agreed on that, or on nothing.
    if ('closeIdleConnections' in this.#server && socket.alpnProtocol !== 'h2') connection.end();
    // What a client of HTTP/2 says while it reads would be met by a reset, and the rest of its answer be lost: who has spoken closes it.
    // But nobody else cuts what was handed over, which the server does not wait for, and which may be no socket.
    else if ('updateSettings' in this.#server)
      connection.cutWhenEnded(() => this.#over.aborted || !((socket as Partial<Socket>).bytesRead! > 0));
  }

  /** Closes those of the older connections that have no request, as only the server can tell. */
  #closeOlder(): void {
    const older = this.#olderSockets();
    // One that has never asked is to the server as one that is about to.
    for (const socket of older) if (socket.bytesRead === 0) this.#connected(socket);
    // To the server, one with an answer that has ended has no request, though most of it may be on its way: it would be cut.
    if (older.some(({ _handle: handle }) => Number(handle?.writeQueueSize) > 0)) return;
    // The others are closed in another way, and when it is time.
    hiding('destroy', this.#sockets.keys(), () => this.#server.closeIdleConnections?.());
  }

  /** The older connections: below TLS where there is TLS. */
  #olderSockets(): OlderSocket[] {
    // Nothing else knows them all (its deprecation, DEP0161, names nothing). Where it is missing, or finds nothing, they are left to what the server knows.
    const { _getActiveHandles: handles } = process as { _getActiveHandles?: () => unknown[] };
    const all = (handles?.call(process) ?? []) as OlderSocket[];
    return all.filter((each) => each?.server === this.#server && !this.#sockets.has(each));
  }

  #cut(): void {
    this.#closeListener();
    for (const session of this.#sessions) session.destroy();
    // Sockets that were upgraded are not among those that the server knows (nodejs/node #53536).
    for (const socket of this.#sockets.keys()) socket.destroy();
    // What somebody else has it listen to since is not ours.
    if (this.#over.aborted) return;
    for (const socket of this.#olderSockets()) socket.destroy();
    this.#server.closeAllConnections?.();
    // What has been cut is gone in a moment. What could not be found is left to itself.
    this.#deadline = setTimeout(() => this.leave(), LINGER);
  }

  #connected(socket: Socket): Connection {
    const known = this.#sockets.get(socket);
    if (known) return known;
    const connection = new Connection(socket);
    this.#sockets.set(socket, connection);
    socket.once('close', () => this.#forget(socket, connection));
    // With two looks for each that comes, of those that were sent no more are kept than there are others.
    for (let looks = 0; looks < 2; looks++) {
      const { done, value } = this.#looked.next();
      if (done) this.#looked = this.#sockets.entries();
      else this.#forgetSent(...value);
    }
    if (this.#ending) this.#end(socket, connection);
    return connection;
  }

  #forgetSent(socket: Socket, connection: Connection): void {
    if (isSent(socket)) this.#forget(socket, connection);
  }

  #forget(socket: Socket, connection: Connection): void {
    this.#sockets.delete(socket);
    connection.leave();
    if (this.#over.aborted && this.#sockets.size === 0) clearTimeout(this.#deadline);
  }

  #on(name: string, listener: Listener): void {
    this.#server.prependListener(name, listener);
    this.#listeners.push([name, listener]);
  }
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
