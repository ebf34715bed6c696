import { EventEmitter, once } from 'node:events';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import * as net from 'node:net';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// @ts-expect-error It has no types.
import autocannon from 'autocannon';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { subscribe, task, type Proc, type Span } from '@x/proc';
import { requestSignal, serve, type Server, type ServeOptions } from '@x/proc/node';
import { cert, key } from '../../../test/test-support/certificate.js';
import { catching, portOf } from '../../../test/test-support/connections.js';
import { deferred, live, microtasks, thrownBy } from './test-support/deferred.js';
import { Program, programs } from './test-support/program.js';

type Load = PromiseLike<Record<'2xx' | 'non2xx' | 'mismatches', number>> & {
  on(name: 'reqError', listener: (error: NodeJS.ErrnoException) => void): void;
  on(name: 'response', listener: () => void): void;
  stop(): void;
};
const startLoad = autocannon as unknown as (options: object) => Load;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of cleanUps.splice(0).reverse()) await each();
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Served {
  port: number;
  stop: AbortController;
  over: Promise<void>;
  ended: () => boolean;
}

/** Serves until the test stops it, and in any case until the test ends. */
async function begin(
  server: Server,
  options?: ServeOptions,
  wrap = (proc: Proc): Proc => proc,
  listen: object = { port: 0, host: '127.0.0.1' },
): Promise<Served> {
  const stop = new AbortController();
  let ended = false;
  const listening = once(server, 'listening');
  const over = Promise.resolve(wrap(serve(server, listen, options))(stop.signal)).finally(() => {
    ended = true;
  });
  over.catch(() => {});
  cleanUps.push(async () => {
    stop.abort();
    (server as Partial<http.Server>).closeAllConnections?.();
    await over.catch(() => {});
  });
  await Promise.race([listening, over]);
  return { port: portOf(server), stop, over, ended: () => ended };
}

function connect(port: number): {
  socket: net.Socket;
  text: () => string;
  closed: Promise<unknown>;
  errors: unknown[];
} {
  let text = '';
  const errors: unknown[] = [];
  const socket = net.connect(port, '127.0.0.1');
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  socket.on('error', (error) => errors.push(error));
  cleanUps.push(() => socket.destroy());
  return { socket, text: () => text, closed: once(socket, 'close'), errors };
}

type Answering = (request: http.IncomingMessage, response: http.ServerResponse) => Promise<void>;
const listening = (answer: Answering): http.Server =>
  http.createServer((request, response) => void answer(request, response));
const secured = (answer: Answering): https.Server =>
  https.createServer({ key, cert }, (request, response) => void answer(request, response));

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 1_000) throw new Error('It did not come to be.');
    await pause(5);
  }
}

interface Answer {
  status: number | undefined;
  headers: http.IncomingHttpHeaders;
  body: string;
}
function get(
  port: number,
  options: https.RequestOptions = {},
  from: { get: typeof https.get } = http,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = from.get({ port, host: '127.0.0.1', agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}
function keepAlive(): http.Agent {
  const agent = new http.Agent({ keepAlive: true });
  cleanUps.push(() => agent.destroy());
  return agent;
}

describe('serve', () => {
  test('listens and serves until the signal aborts', async () => {
    const server = http.createServer((_request, response) => response.end('hello'));
    const { port, stop, over, ended } = await begin(server);
    expect(await get(port)).toMatchObject({ status: 200, body: 'hello' });
    expect(ended()).toBe(false);
    stop.abort();
    await over;
    expect(server.listening).toBe(false);
    await expect(get(port)).rejects.toHaveProperty('code', 'ECONNREFUSED');
  });

  test('listens where listeners of that are handed something, as Bun does', async () => {
    const server = http.createServer((_request, response) => response.end('hello'));
    const emit = server.emit.bind(server) as (...args: unknown[]) => boolean;
    Object.assign(server, {
      emit: (name: string, ...args: unknown[]) => emit(name, ...(name === 'listening' ? [null] : args)),
    });
    const { port, ended } = await begin(server);
    expect(await get(port)).toMatchObject({ status: 200, body: 'hello' });
    expect(ended()).toBe(false);
  });

  test('takes what listen takes: a port, a path, and options', async () => {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'serve-'));
    cleanUps.push(() => rmSync(folder, { recursive: true }));
    for (const options of [0, { port: 0 }, join(folder, 'a.sock'), { path: join(folder, 'b.sock') }]) {
      const server = http.createServer((_request, response) => response.end('hello'));
      const stop = new AbortController();
      const over = serve(server, options)(stop.signal);
      await once(server, 'listening');
      const address = server.address();
      const where = typeof address === 'string' ? { socketPath: address } : { port: address?.port };
      expect(await get(0, { agent: false, ...where })).toMatchObject({ body: 'hello' });
      stop.abort();
      await over;
    }
  });

  test('takes the handle of what listens', async () => {
    const listener = net.createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const server = http.createServer((_request, response) => response.end('hello'));
    const stop = new AbortController();
    const over = serve(server, listener)(stop.signal);
    await once(server, 'listening');
    expect(await get(portOf(server), { agent: false })).toMatchObject({ body: 'hello' });
    stop.abort();
    await over;
    listener.close();
  });

  test.each(['fd', 'handle'])(
    'takes a socket that another program listens on, by its %s: what a supervisor hands on',
    async (kind) => {
      const all = programs();
      cleanUps.push(() => all.remove());
      const program = await all.make(
        'inherits',
        `import { createServer } from 'node:http';
         import { main, serve } from '@x/proc/node';
         const server = createServer((request, response) => response.end('hello from ' + process.pid));
         const run = (listenOptions) => main(serve(server, listenOptions, { gracePeriod: 5_000 }))
           .then((signal) => { console.log('ended by', signal); if (process.connected) process.disconnect(); });
         server.on('listening', () => console.log('listening'));
         if (process.argv[2] === 'fd') run({ fd: 3 });
         else process.once('message', (message, handle) => run(handle));`,
      );
      const listener = net.createServer().listen(0, '127.0.0.1');
      await once(listener, 'listening');
      const { port } = listener.address() as net.AddressInfo;
      const { fd } = (listener as unknown as { _handle: { fd: number } })._handle;
      const inherited = kind === 'fd' ? fd : ('ipc' as const);
      const child = new Program(process.execPath, [program, kind], { stdio: ['ignore', 'pipe', 'pipe', inherited] });
      cleanUps.push(() => child.child.kill('SIGKILL'));
      if (kind === 'handle') child.child.send('listen', listener);
      await child.printed('listening');
      // From here on the child alone accepts.
      listener.close();
      expect(await get(port, { agent: false })).toMatchObject({ body: `hello from ${child.child.pid}` });
      child.child.kill('SIGTERM');
      expect(await child.exit).toEqual({ status: 0, signal: null });
      expect(child.stdout).toBe('listening\nended by SIGTERM\n');
      await expect(get(port, { agent: false })).rejects.toHaveProperty('code', 'ECONNREFUSED');
    },
    20_000,
  );

  test('takes a server that listens already, with connections that it already has', async () => {
    const server = http.createServer((_request, response) => response.end('hello'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const agent = keepAlive();
    await get(portOf(server), { agent });
    const stop = new AbortController();
    const over = serve(server)(stop.signal);
    for (const options of [{}, { agent }, { agent }]) {
      expect(await get(portOf(server), options)).toMatchObject({ body: 'hello' });
    }
    stop.abort();
    await over;
    expect(server.listening).toBe(false);
  });

  test('fails at once when the port is in use', async () => {
    const first = http.createServer();
    const { port } = await begin(first);
    const second = http.createServer();
    expect(await thrownBy(serve(second, { port, host: '127.0.0.1' })(live()))).toHaveProperty('code', 'EADDRINUSE');
    expect(second.listenerCount('error')).toBe(0);
  });

  test('fails at once when listening throws, and when there is nothing to listen on', async () => {
    expect(await thrownBy(serve(http.createServer(), { port: 1e6 })(live()))).toHaveProperty(
      'code',
      'ERR_SOCKET_BAD_PORT',
    );
    expect(await thrownBy(serve(http.createServer())(live()))).toHaveProperty('name', 'TypeError');
    const server = http.createServer();
    await begin(server);
    expect(await thrownBy(serve(server, { port: 0 })(live()))).toHaveProperty('code', 'ERR_SERVER_ALREADY_LISTEN');
  });

  test('never listens when the signal has aborted already', async () => {
    const server = http.createServer();
    let listened = false;
    server.on('listening', () => (listened = true));
    const onDraining = jest.fn();
    await serve(server, { port: 0 }, { onDraining })(AbortSignal.abort());
    expect([server.listening, listened, onDraining.mock.calls]).toEqual([false, false, []]);
  });

  test('stops when the signal aborts while it begins to listen', async () => {
    const server = http.createServer();
    const stop = new AbortController();
    const over = serve(server, { port: 0, host: 'localhost' })(stop.signal);
    stop.abort();
    await over;
    expect(server.listening).toBe(false);
  });

  test.each([
    ['pending', () => new Promise(() => {})],
    ['rejected', () => Promise.reject(new Error('of the reason'))],
  ])('stops also where the reason to stop is a promise that is %s', async (_what, make) => {
    const server = http.createServer();
    const { stop, over } = await begin(server);
    const reason = make();
    reason.catch(() => {});
    stop.abort(reason);
    await over;
    expect(server.listening).toBe(false);
  });

  test('ends when somebody else closes the server', async () => {
    const server = http.createServer();
    const { over } = await begin(server);
    server.close();
    await over;
  });

  test('ends when somebody else closes the server before it listens', async () => {
    const server = http.createServer();
    const listeners = (): number[] => ['listening', 'close', 'error'].map((name) => server.listenerCount(name));
    const before = listeners();
    const onDraining = jest.fn();
    const over = serve(server, { port: 0 }, { onDraining })(new AbortController().signal);
    server.close();
    await over;
    expect(listeners()).toEqual(before);
    expect(onDraining).not.toHaveBeenCalled();
  });

  test.each(['listening', 'close'])("ends although what listens to the server's %p throws", async (name) => {
    const server = http.createServer();
    const stop = new AbortController();
    let others = 0;
    server.on(name, () => {
      others++;
      throw new Error('of a listener');
    });
    catching(server);
    const over = serve(server, { port: 0 })(stop.signal);
    while (!server.listening || (name === 'listening' && others === 0)) await pause(1);
    stop.abort();
    await over;
    expect([others, server.listening]).toEqual([1, false]);
  });

  test('waits for the connections of a server that somebody else has closed', async () => {
    const finish = deferred();
    const server = listening(async (_request, response) => {
      await finish.promise;
      response.end('late');
    });
    const { port, stop, over, ended } = await begin(server);
    const answer = get(port);
    await once(server, 'request');
    server.close();
    stop.abort();
    await pause(20);
    expect(ended()).toBe(false);
    finish.resolve();
    expect(await answer).toMatchObject({ body: 'late' });
    await over;
  });

  test('closes a session of HTTP/2 that begins while it stops', async () => {
    const server = http2.createServer();
    const { stop, over } = await begin(server, { gracePeriod: 200 });
    const held = net.connect(portOf(server), '127.0.0.1');
    cleanUps.push(() => held.destroy());
    held.on('error', () => {});
    await once(server, 'connection');
    stop.abort();
    await pause(20);
    const session = Object.assign(new EventEmitter(), { closed: 0, close: () => session.closed++, destroy: () => {} });
    server.emit('session', session);
    expect(session.closed).toBe(1);
    session.emit('close');
    await over;
  });

  test('a server that fails while it is served is stopped, and its error thrown', async () => {
    const server = http.createServer();
    const { over } = await begin(server);
    const failure = new Error('failed');
    server.emit('error', failure);
    expect(await thrownBy(over)).toBe(failure);
    expect(server.listening).toBe(false);
  });

  test('leaves no listener on the server and none on the signal', async () => {
    const server = http.createServer((_request, response) => response.end());
    const names = ['connection', 'secureConnection', 'session', 'request', 'error', 'close', 'listening'];
    const count = (): number[] => names.map((name) => server.listenerCount(name));
    const before = count();
    const { port, stop, over } = await begin(server);
    await get(port);
    stop.abort();
    await over;
    expect(count()).toEqual(before);
    expect(Object.hasOwn(server, 'closeIdleConnections')).toBe(false);
  });

  test.each([
    [{}, undefined, 'server must be'],
    [null, undefined, 'server must be'],
    [net.createServer(), { gracePeriod: -1 }, 'gracePeriod must be from 0'],
    [net.createServer(), { gracePeriod: 'x' }, 'gracePeriod must be number'],
    [net.createServer(), { drainDelay: NaN }, 'drainDelay must be from 0'],
    [net.createServer(), { onDraining: 1 }, 'onDraining must be function'],
    [net.createServer(), 1, 'options must be object'],
  ])('rejects bad arguments', async (server, options, message) => {
    expect(() => serve(server as Server, 0, options as ServeOptions)).toThrow(message);
    expect(await thrownBy(serve(net.createServer(), 0)(undefined as never))).toHaveProperty('name', 'TypeError');
  });
});

describe('a graceful stop', () => {
  test('lets a request in flight finish, with Connection: close, and accepts no other', async () => {
    const work = deferred();
    const server = listening(async (_request, response) => {
      await work.promise;
      response.end('finished');
    });
    const { port, stop, over, ended } = await begin(server);
    const answer = get(port, { agent: keepAlive() });
    await once(server, 'request');
    stop.abort();
    await until(() => !server.listening);
    await expect(get(port)).rejects.toHaveProperty('code', 'ECONNREFUSED');
    expect(ended()).toBe(false);
    work.resolve();
    expect(await answer).toMatchObject({ body: 'finished', headers: { connection: 'close' } });
    await over;
  });

  test('closes an idle keep-alive connection at once, and does not reset it', async () => {
    const server = http.createServer((_request, response) => response.end('x'));
    server.keepAliveTimeout = 60_000;
    const { port, stop, over } = await begin(server);
    const client = connect(port);
    client.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => client.text().includes('200'));
    await pause(60);
    const from = performance.now();
    stop.abort();
    await over;
    await client.closed;
    expect(client.errors).toEqual([]);
    // Long before the server would have by itself.
    expect(performance.now() - from).toBeLessThan(5_000);
  });

  test('closes a connection on which nothing has ever been sent', async () => {
    const server = http.createServer();
    const { port, stop, over } = await begin(server);
    const client = connect(port);
    await once(server, 'connection');
    stop.abort();
    await over;
    await client.closed;
    expect(client.errors).toEqual([]);
  });

  test('cuts an idle connection whose client does not close its side', async () => {
    const server = http.createServer((_request, response) => response.end('x'));
    const { port, stop, over } = await begin(server);
    const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    cleanUps.push(() => client.destroy());
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(client, 'data');
    stop.abort();
    await over;
  });

  test('a request that is on its way on an idle connection is answered', async () => {
    const server = http.createServer((_request, response) => response.end('x'));
    const { port, stop, over } = await begin(server);
    const agent = keepAlive();
    await get(port, { agent });
    stop.abort();
    expect(await get(port, { agent })).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await over;
  });

  test('waits for a request of which only a part has arrived', async () => {
    const server = http.createServer((_request, response) => response.end('x'));
    const { port, stop, over, ended } = await begin(server);
    const client = connect(port);
    client.socket.write('GET / HTTP/1.1\r\nHo');
    await until(() => client.socket.bytesWritten > 0);
    await pause(60);
    stop.abort();
    await pause(100);
    expect(ended()).toBe(false);
    client.socket.write('st: x\r\n\r\n');
    await over;
    await client.closed;
    expect(client.text()).toMatch(/^HTTP\/1.1 200 [^]*Connection: close/);
  });

  test('ends a connection after a response whose headers had been sent before', async () => {
    const work = deferred();
    const server = listening(async (_request, response) => {
      response.write('begun ');
      await work.promise;
      response.end('ended');
    });
    server.keepAliveTimeout = 60_000;
    const { port, stop, over } = await begin(server);
    const client = connect(port);
    client.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => client.text().includes('begun'));
    stop.abort();
    work.resolve();
    await over;
    expect(client.text()).toContain('ended');
  });

  test('cuts what is left when the grace period ends, without an error', async () => {
    const server = http.createServer(() => {});
    const { port, stop, over } = await begin(server, { gracePeriod: 50 });
    const answer = get(port).catch((error: NodeJS.ErrnoException) => error.code);
    await once(server, 'request');
    stop.abort();
    await over;
    expect(await answer).toBe('ECONNRESET');
  });

  test('upgraded sockets are cut when the grace period ends', async () => {
    const server = http.createServer();
    server.on('upgrade', (_request, socket: net.Socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    });
    const { port, stop, over, ended } = await begin(server, { gracePeriod: 200 });
    const client = connect(port);
    client.socket.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    await until(() => client.text().includes('101'));
    await pause(60);
    stop.abort();
    await pause(100);
    expect(ended()).toBe(false);
    await over;
    await client.closed;
  });

  test('tells onDraining while it still listens, for drainDelay', async () => {
    const server = http.createServer((_request, response) => response.end('x'));
    let draining = false;
    const { port, stop, over } = await begin(server, {
      drainDelay: 100,
      onDraining: () => void (draining = server.listening),
    });
    stop.abort();
    await pause(10);
    expect(draining).toBe(true);
    expect(await get(port, { agent: false })).toMatchObject({ status: 200 });
    expect(server.listening).toBe(true);
    await over;
    expect(server.listening).toBe(false);
  });

  test('during drainDelay each connection ends with its next answer, and those who come back are answered', async () => {
    let draining = false;
    let requests = 0;
    const server = http.createServer(
      (_request, response) => void response.writeHead(draining ? 503 : 200).end(`${++requests}`),
    );
    const { port, stop, over } = await begin(server, {
      drainDelay: 60_000,
      onDraining: () => void (draining = true),
    });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const idle = net.connect(port);
    let idleEnded = false;
    idle.on('end', () => (idleEnded = true)).resume();
    const asks = async (): Promise<unknown[]> => {
      const { status, headers, body } = await get(port, { agent });
      return [status, headers.connection, body];
    };
    expect([await asks(), await asks()]).toEqual([
      [200, 'keep-alive', '1'],
      [200, 'keep-alive', '2'],
    ]);
    stop.abort();
    await until(() => draining);
    expect([await asks(), await asks()]).toEqual([
      [503, 'close', '3'],
      [503, 'close', '4'],
    ]);
    expect([server.listening, idleEnded]).toEqual([true, false]);
    idle.destroy();
    server.close();
    await over;
    agent.destroy();
  });

  test.each([
    ['somebody else closes the server', (server: http.Server) => void server.close(), []],
    ['the server fails', (server: http.Server) => void server.emit('error', new Error('failed')), ['failed']],
  ])('drainDelay ends at once when %s', async (_what, what, errors) => {
    const server = http.createServer();
    let draining = false;
    const { stop, over } = await begin(server, { drainDelay: 60_000, onDraining: () => void (draining = true) });
    stop.abort();
    await until(() => draining);
    what(server);
    expect(
      await over.then(
        () => [],
        (error: Error) => [error.message],
      ),
    ).toEqual(errors);
    expect(server.listening).toBe(false);
  });

  test('stops although onDraining never settles, when gracePeriod is over', async () => {
    const { stop, over } = await begin(http.createServer(), {
      gracePeriod: 10,
      onDraining: () => new Promise(() => {}),
    });
    stop.abort();
    await over;
  });

  test('what onDraining fails with is thrown when the server has stopped', async () => {
    const server = http.createServer();
    const { stop, over } = await begin(server, { onDraining: () => Promise.reject(new Error('draining')) });
    stop.abort();
    expect(await thrownBy(over)).toHaveProperty('message', 'draining');
    expect(server.listening).toBe(false);
  });

  test('what the server fails with on the way is thrown, too', async () => {
    const server = http.createServer();
    const { stop, over } = await begin(server, {
      drainDelay: 50,
      onDraining: () => Promise.reject(new Error('draining')),
    });
    stop.abort();
    await pause(10);
    server.emit('error', new Error('server'));
    expect(await thrownBy(over)).toMatchObject({ errors: [{ message: 'draining' }, { message: 'server' }] });
  });

  test('answers requests that ask before they send their body', async () => {
    const server = http.createServer();
    server.on('checkContinue', (request: http.IncomingMessage, response: http.ServerResponse) => {
      response.writeContinue();
      request.resume().on('end', () => response.end('taken'));
    });
    const { port, stop, over } = await begin(server);
    const client = connect(port);
    client.socket.write('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n');
    await until(() => client.text().includes('100'));
    stop.abort();
    client.socket.write('x');
    await over;
    await client.closed;
    expect(client.text()).toMatch(/Connection: close[^]*taken/);
  });

  test.each([
    ['few connections, a client is told at once', 4, 'close'],
    ['many, none is before the listener has closed: it would come back', 5, 'keep-alive'],
  ])('that its connection ends: with %s', async (_who, count, connection) => {
    const responses: http.ServerResponse[] = [];
    const server = http.createServer((_request, response) => void responses.push(response));
    const { port, stop, over } = await begin(server);
    const answers = Array.from({ length: count }, () => get(port, { agent: keepAlive() }));
    await until(() => responses.length === count);
    stop.abort();
    await microtasks();
    expect(server.listening).toBe(true);
    const [last, ...first] = responses as [http.ServerResponse, ...http.ServerResponse[]];
    for (const response of first) response.end('early');
    await until(() => !server.listening);
    last.end('late');
    const seen = (await Promise.all(answers)).map(({ body, headers }) => [body, headers.connection]);
    expect(seen.sort()).toEqual([...first.map(() => ['early', connection]), ['late', 'close']]);
    await over;
  });

  test('connections that are made at the moment of the stop are accepted, and answered for the last time', async () => {
    const server = http.createServer((_request, response) => response.end('x'));
    const { port, stop, over } = await begin(server);
    const clients = Array.from({ length: 3 }, () => connect(port));
    for (const { socket } of clients) socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    stop.abort();
    await over;
    await Promise.all(clients.map(({ closed }) => closed));
    expect(clients.flatMap(({ errors }) => errors)).toEqual([]);
    for (const { text } of clients) expect(text()).toMatch(/^HTTP\/1.1 200 [^]*Connection: close/);
  });

  /** Loads a server until it has stopped in the middle of it, and returns what went wrong; ECONNREFUSED is right. */
  async function stopUnderLoad(
    server: http.Server,
    options: object,
    counts: Counts,
    listen?: object,
  ): Promise<string[]> {
    const { port, stop, over } = await begin(server, { gracePeriod: 10_000 }, undefined, listen);
    const url = `${'setSecureContext' in server ? 'https' : 'http'}://127.0.0.1:${port}`;
    const load = startLoad({ url, connections: 50, duration: 20, expectBody: 'hello', ...options });
    const codes = new Set<string>();
    load.on('reqError', ({ code, message }) => codes.add(code ?? message));
    let received = 0;
    load.on('response', () => received++);
    await until(() => counts.answered > 500);
    stop.abort();
    await over;
    // What was answered last is on its way to the client.
    await until(() => received >= counts.answered);
    load.stop();
    const result = await load;
    expect(counts.accepted).toBe(counts.answered);
    expect(result['2xx']).toBe(counts.answered);
    expect([result.non2xx, result.mismatches]).toEqual([0, 0]);
    codes.delete('ECONNREFUSED');
    return [...codes];
  }

  interface Counts {
    accepted: number;
    answered: number;
  }
  const answering =
    (counts: Counts, ms: number) =>
    (_request: http.IncomingMessage, response: http.ServerResponse): void => {
      counts.accepted++;
      response.on('finish', () => counts.answered++);
      setTimeout(() => response.end('hello'), Math.random() * 2 * ms);
    };

  test.each([1, 10])(
    'under load, of %i ms a request, loses none that was accepted, and resets none',
    async (ms) => {
      const counts = { accepted: 0, answered: 0 };
      expect(await stopUnderLoad(http.createServer(answering(counts, ms)), {}, counts)).toEqual([]);
    },
    30_000,
  );

  test('under load on what somebody else listens on, loses none that was accepted, and resets none', async () => {
    const counts = { accepted: 0, answered: 0 };
    const listener = net.createServer().listen(0, '127.0.0.1');
    cleanUps.push(() => void listener.close());
    await once(listener, 'listening');
    expect(await stopUnderLoad(http.createServer(answering(counts, 5)), {}, counts, listener)).toEqual([]);
  }, 30_000);

  test('under load over TLS, loses none that was accepted, and resets none', async () => {
    const counts = { accepted: 0, answered: 0 };
    const server = https.createServer({ key, cert }, answering(counts, 5));
    const tlsOptions = { rejectUnauthorized: false };
    expect(await stopUnderLoad(server, { connections: 20, tlsOptions }, counts)).toEqual([]);
  }, 30_000);

  test('under load over HTTP/2, loses no stream that was accepted, and resets none', async () => {
    let [accepted, answered, received] = [0, 0, 0];
    const server = http2.createServer((_request, response) => {
      accepted++;
      response.on('finish', () => answered++);
      setTimeout(() => response.end('hello'), Math.random() * 10);
    });
    const { port, stop, over } = await begin(server, { gracePeriod: 10_000 });
    const errors = new Set<string | undefined>();
    const failed = ({ code, message }: NodeJS.ErrnoException): void => void errors.add(code ?? message);
    // What is on its way when the session ends is refused, which is to say that nothing of it was done.
    const refused = (stream: http2.ClientHttp2Stream): boolean =>
      stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM;
    const ask = (session: http2.ClientHttp2Session): Promise<void> =>
      new Promise((resolve) => {
        const stream = session.request();
        let body = '';
        stream.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        stream.on('error', (error) => refused(stream) || failed(error)).on('close', resolve);
        stream.on('end', () => void (body === 'hello' && received++));
      });
    const client = async (): Promise<void> => {
      const session = http2.connect(`http://127.0.0.1:${port}`).on('error', failed);
      const closed = once(session, 'close');
      const each = async (): Promise<void> => {
        while (!session.closed && !session.destroyed) await ask(session);
      };
      await Promise.all(Array.from({ length: 10 }, each));
      await closed;
    };
    const clients = Promise.all(Array.from({ length: 10 }, client));
    await until(() => answered > 500);
    stop.abort();
    await over;
    await clients;
    expect([answered, received]).toEqual([accepted, accepted]);
    expect([...errors]).toEqual([]);
  }, 30_000);
});

describe('servers of other protocols', () => {
  test('https stops gracefully, too', async () => {
    const work = deferred();
    const server = secured(async (request, response) => {
      if (request.url === '/slow') await work.promise;
      response.end('secure');
    });
    const { port, stop, over } = await begin(server);
    const agent = new https.Agent({ keepAlive: true, ca: cert, servername: 'localhost' });
    cleanUps.push(() => agent.destroy());
    await get(port, { agent }, https);
    const slow = get(port, { agent, path: '/slow' }, https);
    const idle = get(port, { agent }, https);
    await idle;
    stop.abort();
    await until(() => !server.listening);
    work.resolve();
    expect(await slow).toMatchObject({ body: 'secure', headers: { connection: 'close' } });
    await over;
  });

  const client = (port: number, secure: boolean): http2.ClientHttp2Session => {
    const session = secure
      ? http2.connect(`https://localhost:${port}`, {
          ca: cert,
          lookup: (_h, _o, done) => done(null, [{ address: '127.0.0.1', family: 4 }] as never, 4),
        })
      : http2.connect(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    cleanUps.push(() => session.destroy());
    return session;
  };

  test.each([true, false])('http2, secure: %p, lets streams finish and closes its sessions', async (secure) => {
    const work = deferred();
    const answer = async (_request: http2.Http2ServerRequest, response: http2.Http2ServerResponse): Promise<void> => {
      await work.promise;
      response.end('finished');
    };
    const listener = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse): void =>
      void answer(request, response);
    const server = secure ? http2.createSecureServer({ key, cert }, listener) : http2.createServer(listener);
    const { port, stop, over, ended } = await begin(server);
    const idle = client(port, secure);
    await once(idle, 'remoteSettings');
    const session = client(port, secure);
    const stream = session.request({ ':path': '/' });
    let body = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    await once(server, 'request');
    stop.abort();
    await once(idle, 'close');
    expect(ended()).toBe(false);
    work.resolve();
    await once(stream, 'end');
    expect(body).toBe('finished');
    await over;
  });

  test('http2 sessions are cut when the grace period ends', async () => {
    const server = http2.createServer();
    server.on('stream', () => {});
    const { port, stop, over } = await begin(server, { gracePeriod: 50 });
    const session = client(port, false);
    const stream = session.request({ ':path': '/' });
    stream.on('error', () => {});
    await once(server, 'stream');
    stop.abort();
    await over;
    expect(server.listening).toBe(false);
    expect(server.listenerCount('request')).toBe(0);
  });

  test('an http2 server that speaks HTTP/1 as well closes those connections, too', async () => {
    const server = http2.createSecureServer({ key, cert, allowHTTP1: true }, (_request, response) => {
      response.end('either');
    });
    const { port, stop, over } = await begin(server);
    const agent = new https.Agent({ keepAlive: true, ca: cert, servername: 'localhost' });
    cleanUps.push(() => agent.destroy());
    expect(await get(port, { agent }, https)).toMatchObject({ body: 'either' });
    stop.abort();
    await over;
  });

  test('net: connections are waited for, and cut when the grace period ends', async () => {
    const server = net.createServer((socket) => socket.on('error', () => {}));
    const { port, stop, over, ended } = await begin(server, { gracePeriod: 150 });
    const staying = connect(port);
    const leaving = connect(port);
    await until(() => leaving.socket.readyState === 'open');
    stop.abort();
    leaving.socket.end();
    await leaving.closed;
    await pause(50);
    expect(ended()).toBe(false);
    await over;
    await staying.closed;
  });

  test('net: without a grace period it waits until the connections have ended', async () => {
    const server = net.createServer((socket) => socket.resume());
    const { port, stop, over, ended } = await begin(server);
    const client = connect(port);
    await once(server, 'connection');
    stop.abort();
    await pause(100);
    expect(ended()).toBe(false);
    client.socket.end();
    await over;
  });
});

describe('requestSignal', () => {
  /** A server whose requests wait until they are told, and what becomes of their signals. */
  function waiting(): {
    server: http.Server;
    signals: AbortSignal[];
    responses: http.ServerResponse[];
    finish: () => void;
  } {
    const signals: AbortSignal[] = [];
    const responses: http.ServerResponse[] = [];
    const server = http.createServer((request, response) => {
      signals.push(requestSignal(request));
      expect(requestSignal(request)).toBe(signals.at(-1));
      responses.push(response);
    });
    return { server, signals, responses, finish: () => responses.forEach((response) => response.end()) };
  }

  test('aborts when the client goes away', async () => {
    const { server, signals } = waiting();
    const { port, stop } = await begin(server);
    const client = connect(port);
    client.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => signals.length === 1);
    expect(signals[0]?.aborted).toBe(false);
    client.socket.destroy();
    await until(() => signals[0]?.aborted === true);
    expect(signals[0]?.reason).toMatchObject({ name: 'AbortError', message: 'The client has gone away' });
    expect(stop.signal.aborted).toBe(false);
  });

  test('aborts when the client goes away while the last of the response is on its way', async () => {
    const { server, signals, responses } = waiting();
    const { port } = await begin(server);
    const client = connect(port);
    client.socket.pause();
    client.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => signals.length === 1);
    responses[0]?.end(Buffer.alloc(64 * 1024 * 1024));
    expect(responses[0]).toMatchObject({ writableEnded: true, writableFinished: false });
    expect(signals[0]?.aborted).toBe(false);
    client.socket.destroy();
    await until(() => signals[0]?.aborted === true);
  });

  test('has aborted when it is asked for after the client of HTTP/2 has gone away', async () => {
    const requests: http2.Http2ServerRequest[] = [];
    const server = http2.createServer((request) => void requests.push(request));
    const { port } = await begin(server, { gracePeriod: 0 });
    const session = http2.connect(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    const stream = session.request({ ':path': '/' });
    stream.on('error', () => {});
    await until(() => requests.length === 1);
    const [request] = requests as [http2.Http2ServerRequest];
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await until(() => request.stream.destroyed);
    expect(requestSignal(request).aborted).toBe(true);
    session.destroy();
  });

  test('aborts when the process is asked to stop, with its reason', async () => {
    const { server, signals, finish } = waiting();
    const { port, stop, over } = await begin(server);
    const answer = get(port);
    await until(() => signals.length === 1);
    stop.abort('stop');
    expect(signals[0]?.reason).toBe('stop');
    finish();
    expect(await answer).toMatchObject({ status: 200 });
    await over;
  });

  test('does not abort once the response is complete, and is held by nobody', async () => {
    const { server, signals, finish } = waiting();
    const { port, stop, over } = await begin(server);
    const answer = get(port, { agent: keepAlive() });
    await until(() => signals.length === 1);
    finish();
    await answer;
    await pause(10);
    stop.abort();
    await over;
    expect(signals[0]?.aborted).toBe(false);
  });

  test('aborts for HTTP/2, too', async () => {
    const signals: AbortSignal[] = [];
    const server = http2.createServer((request) => void signals.push(requestSignal(request)));
    const { port } = await begin(server, { gracePeriod: 0 });
    const session = http2.connect(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    const stream = session.request({ ':path': '/' });
    stream.on('error', () => {});
    await until(() => signals.length === 1);
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await until(() => signals[0]?.aborted === true);
    session.destroy();
  });

  test('follows the client alone where the server is not served', async () => {
    const { server, signals, finish } = waiting();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUps.push(() => (server.closeAllConnections(), server.close()));
    const client = connect(portOf(server));
    client.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => signals.length === 1);
    const answer = get(portOf(server), { agent: false });
    await until(() => signals.length === 2);
    client.socket.destroy();
    await until(() => signals[0]?.aborted === true);
    finish();
    await answer;
    expect(signals[1]?.aborted).toBe(false);
  });

  test('of a request that waits behind another one on its connection follows the connection', async () => {
    const { server, signals } = waiting();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUps.push(() => (server.closeAllConnections(), server.close()));
    const client = connect(portOf(server));
    client.socket.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => signals.length === 2);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    client.socket.destroy();
    await until(() => signals.every(({ aborted }) => aborted));
  });

  test('has aborted when it is asked for after the client has gone away', async () => {
    const gone: http.IncomingMessage[] = [];
    const server = http.createServer((request) => void gone.push(request));
    const { port } = await begin(server);
    const client = connect(port);
    client.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => gone.length === 1);
    client.socket.destroy();
    await once(gone[0]?.socket as net.Socket, 'close');
    expect(requestSignal(gone[0] as http.IncomingMessage).aborted).toBe(true);
  });

  test('tasks under it belong to the task that the server is served in', async () => {
    const spans: Span[] = [];
    const subscription = subscribe({ start: (span) => void spans.push(span) });
    cleanUps.push(() => subscription[Symbol.dispose ?? (Symbol.for('Symbol.dispose') as never)]());
    const server = listening(async (request, response) => {
      await task('request', () => {})(requestSignal(request));
      response.end();
    });
    const { port } = await begin(server, {}, (proc) => task('web', proc));
    await get(port);
    expect(spans.map(({ type }) => type)).toEqual(['web', 'request']);
    expect(spans[1]?.parentId).toBe(spans[0]?.id);
  });

  test('rejects what is no request', () => {
    expect(() => requestSignal(undefined as never)).toThrow(TypeError);
    expect(() => requestSignal({} as never)).toThrow(TypeError);
  });
});
