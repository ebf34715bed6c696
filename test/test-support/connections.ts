// Servers whose answers the test gives, and clients that do what the test tells them.
import { afterEach, beforeEach, jest } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { cert, key } from './certificate.js';

/** How long a connection without a request is kept, how long its client may take to close its side, and an answer that no buffer takes. */
export const LINGER = 50;
export const CUT = 500;
export const BIG: number = 32 * 1024 * 1024;

/** What a server needs to speak TLS, and a client to believe it. */
export const ssl = { key, cert, ca: cert, servername: 'localhost' };

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Waits as long as anything takes that has begun. */
export async function turns(): Promise<void> {
  for (let count = 0; count < 20; count++) await turn();
}

/** Waits for what no event tells, without a clock. */
export async function turnsUntil(holds: () => boolean): Promise<void> {
  for (let turns = 0; !holds(); turns++) {
    if (turns > 200_000) throw new Error('It did not come to be.');
    await turn();
  }
}

/** Has the program compute for so many milliseconds a turn, as far as the clock knows, while something holds; counts the turns. */
export async function computing(ms: number, holds: (turn: number) => boolean): Promise<number> {
  let count = 0;
  for (; holds(count) && count < 5_000; count++) {
    jest.advanceTimersByTime(ms);
    await turn();
  }
  return count;
}

/** Waits until a server no longer listens. */
export const stopped = (server: net.Server): Promise<void> => turnsUntil(() => !server.listening);

/** What a server accepts, whose errors are left to the test. */
export function acceptedBy(server: net.Server): net.Socket[] {
  const sockets: net.Socket[] = [];
  server.on('connection', (socket: net.Socket) => void sockets.push(socket.on('error', () => {})));
  server.on('secureConnection', (socket: net.Socket) => void socket.on('error', () => {}));
  return sockets;
}

/** Has something stand in for the handle of a server, as `node:cluster` does. */
export function standingIn(server: net.Server, own: object = {}): void {
  const standing = server as unknown as { _handle: net.Server };
  const handle = standing._handle;
  Object.assign(standing, { _handle: { close: () => handle.close(), ...own } });
}

export const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port;

export interface Answering {
  server: http.Server;
  responses: http.ServerResponse[];
}

/** A server whose responses are ended by the test. */
export function answering(): Answering {
  const responses: http.ServerResponse[] = [];
  const server = http.createServer((_request, response) => void responses.push(response));
  server.keepAliveTimeout = 0;
  return { server, responses };
}

/** A server that answers at once, with so much that its clients have to read. */
export function giving(secure: boolean): Answering {
  const responses: http.ServerResponse[] = [];
  const answer = (_request: http.IncomingMessage, response: http.ServerResponse): void => {
    responses.push(response);
    response.end(Buffer.alloc(BIG));
  };
  const server = secure ? https.createServer(ssl, answer) : http.createServer(answer);
  server.keepAliveTimeout = 0;
  return { server, responses };
}

/** Whether a response has been ended, and not all of it has left. */
export const onItsWay = (response?: http.ServerResponse): boolean =>
  response?.writableEnded === true && !response.writableFinished;

/** What a listener throws somebody catches, as those may who listen to what is uncaught. */
export function catching(server: net.Server): void {
  const emit = server.emit.bind(server) as (...args: unknown[]) => boolean;
  server.emit = (...args: unknown[]) => {
    try {
      return emit(...args);
    } catch {
      return true;
    }
  };
}

/** A client that says what it is told to, and ends its side when it is told to. */
export class Client {
  readonly socket: net.Socket;
  readonly errors: unknown[] = [];
  text = '';
  /** Whether the server has ended its side. */
  ended = false;

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('error', (error) => this.errors.push(error)).on('end', () => (this.ended = true));
    socket.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
  }

  ask(path = '/', ...headers: string[]): void {
    this.socket.write([`GET ${path} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n'));
  }

  /** Waits until it has read this. */
  async read(what: string): Promise<void> {
    await turnsUntil(() => this.text.includes(what));
  }
}

/** Two streams, each of which reads what the other writes. */
export function duplexPair(): [Duplex, Duplex] {
  const end = (other: () => Duplex): Duplex =>
    new Duplex({
      read() {},
      write: (chunk, _encoding, done) => (other().push(chunk), done()),
      final: (done) => (other().push(null), done()),
    });
  const pair: [Duplex, Duplex] = [end(() => pair[1]), end(() => pair[0])];
  return pair;
}

/** Reads everything that comes, and counts it. */
export async function bytesOf(socket: net.Socket): Promise<number> {
  let bytes = 0;
  socket
    .on('data', (chunk: Buffer) => (bytes += chunk.length))
    .on('end', () => socket.end())
    .resume();
  await once(socket, 'close');
  return bytes;
}

/** What is to be undone when a test has ended; clients among it. */
export class CleanUps {
  readonly #all: (() => unknown)[] = [];

  add(cleanUp: () => unknown): void {
    this.#all.push(cleanUp);
  }

  async run(): Promise<void> {
    for (const each of this.#all.splice(0).reverse()) await each();
  }

  /** Lets a server listen, without anybody who serves it. */
  async listening<S extends net.Server>(server: S): Promise<{ server: S; port: number; sockets: net.Socket[] }> {
    const sockets = acceptedBy(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.add(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return { server, port: portOf(server), sockets };
  }

  async client(port: number): Promise<Client> {
    const client = this.#client(net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
    await once(client.socket, 'connect');
    return client;
  }

  /** One that another server has accepted, and handed to this one. */
  async handed(server: net.Server): Promise<{ client: Client; socket: net.Socket }> {
    const { server: front, port } = await this.listening(net.createServer({ allowHalfOpen: true }));
    const handed = once(front, 'connection') as Promise<[net.Socket]>;
    const client = await this.client(port);
    const [socket] = await handed;
    server.emit('connection', socket);
    return { client, socket };
  }

  /** One that speaks TLS. */
  async secure(port: number, ...ALPNProtocols: string[]): Promise<Client> {
    const client = this.#client(tls.connect({ ...ssl, port, host: '127.0.0.1', ALPNProtocols }));
    client.socket.on('end', () => client.socket.end());
    await once(client.socket, 'secureConnect');
    return client;
  }

  /** One that has asked, and reads nothing until it is told to. */
  async slow(port: number, secure: boolean): Promise<net.Socket> {
    const socket = secure ? tls.connect({ ...ssl, port, host: '127.0.0.1' }) : net.connect(port, '127.0.0.1');
    this.add(() => socket.destroy());
    socket.on('error', () => {}).pause();
    await once(socket, secure ? 'secureConnect' : 'connect');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    return socket;
  }

  /** One in the middle of the handshake of TLS: what it says after its hello is held back until it goes on. */
  async shaking(port: number, ...ALPNProtocols: string[]): Promise<{ socket: tls.TLSSocket; goOn: () => void }> {
    const below = net.connect(port, '127.0.0.1').on('error', () => {});
    this.add(() => below.destroy());
    let holds = false;
    const held: (() => void)[] = [];
    const duplex: Duplex = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        const send = (): void => void below.write(chunk, () => done());
        if (holds) held.push(send);
        else send();
      },
      final: (done) => void below.end(() => done()),
    });
    below.once('data', () => (holds = true));
    below.on('data', (chunk) => duplex.push(chunk)).on('close', () => duplex.push(null));
    const socket = tls.connect({ ...ssl, socket: duplex, maxVersion: 'TLSv1.2', ALPNProtocols });
    for (const each of [duplex, socket]) each.on('error', () => {});
    await once(below, 'data');
    const goOn = (): void => {
      holds = false;
      for (const send of held) send();
    };
    return { socket, goOn };
  }

  /** Another process, which ends the sockets that it is sent. */
  child(): ChildProcess {
    const code = "process.on('message', (_message, socket) => socket.resume().end('taken'))";
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.add(() => child.kill());
    return child;
  }

  /** Holds back what any server is told of its host. */
  lookingUp(): (() => void)[] {
    const { lookup } = dns;
    const lookups: (() => void)[] = [];
    const spy = jest.spyOn(dns, 'lookup').mockImplementation((...args: Parameters<typeof lookup>) => {
      lookups.push(() => void lookup(...args));
    });
    this.add(() => spy.mockRestore());
    return lookups;
  }

  #client(socket: net.Socket): Client {
    this.add(() => socket.destroy());
    return new Client(socket);
  }
}

/**
 * What is to be undone after each of the tests of a file, whose clock stands still until they move it, for what waits by `setTimeout`; what comes from
 * outside comes as ever.
 */
export function withTheClockStopped(): CleanUps {
  const cleanUps = new CleanUps();
  beforeEach(() => {
    jest.useFakeTimers({
      doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'hrtime', 'Date'],
    });
  });
  afterEach(async () => {
    jest.useRealTimers();
    await cleanUps.run();
  });
  return cleanUps;
}
