import { once } from 'node:events';
import * as net from 'node:net';
import { jest } from '@jest/globals';
import { serve, type Server, type ServeOptions } from '@x/proc/node';

/** A clock that stands still until the test moves it, for what waits by `setTimeout`; what comes from outside comes as ever. */
export function stopTheClock(): void {
  jest.useFakeTimers({
    doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'hrtime', 'Date'],
  });
}

/** Waits for what no event tells, without a clock. */
export async function turnsUntil(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    if (turn > 200_000) throw new Error('It did not come to be.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export interface Serving {
  port: number;
  stop: AbortController;
  over: Promise<void>;
  ended: () => boolean;
}

/** What is to be undone when a test has ended. */
export class CleanUps {
  readonly #all: (() => unknown)[] = [];

  add(cleanUp: () => unknown): void {
    this.#all.push(cleanUp);
  }

  async run(): Promise<void> {
    for (const each of this.#all.splice(0).reverse()) await each();
  }

  /** Serves until the test stops it, and in any case until the test ends. */
  async serving(server: Server, options?: ServeOptions): Promise<Serving> {
    const accepted = new Set<net.Socket>();
    server.on('connection', (socket: net.Socket) => void accepted.add(socket.on('error', () => {})));
    const stop = new AbortController();
    let ended = false;
    const listening = once(server, 'listening');
    const over = Promise.resolve(serve(server, { port: 0, host: '127.0.0.1' }, options)(stop.signal)).finally(() => {
      ended = true;
    });
    over.catch(() => {});
    this.add(() => {
      stop.abort();
      for (const socket of accepted) socket.destroy();
      server.close();
    });
    await listening;
    return { port: (server.address() as net.AddressInfo).port, stop, over, ended: () => ended };
  }

  /** A client that says what it is told to, and ends its side when it is told to. */
  async client(port: number): Promise<Client> {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.add(() => socket.destroy());
    const client = new Client(socket);
    await once(socket, 'connect');
    return client;
  }
}

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
