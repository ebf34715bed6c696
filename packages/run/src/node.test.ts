import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex, PassThrough, Readable, Writable } from 'node:stream';
import { build } from 'esbuild';
import { ssl } from '../../../test/test-support/connections.js';
import { abortActor, Group, type GroupEvent } from './index.js';
import { serverActor, signalActor, streamActor } from './node.js';

jest.setTimeout(5_000);

const folder = mkdtempSync(join(tmpdir(), 'run-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('it has resolved');
    },
    (error: unknown) => error,
  );
const port = (server: net.Server): number => (server.address() as AddressInfo).port;

/** Runs a server in a group until `stop`. */
async function serve(server: net.Server, options: { drain?: number } = {}) {
  const controller = new AbortController();
  const group = new Group().add(serverActor(server, { port: 0, host: '127.0.0.1' }, options));
  const down = failure(group.run(controller.signal));
  await once(server, 'listening');
  return { down, group, stop: () => controller.abort('stop') };
}

describe('serverActor', () => {
  test('net: stops listening, waits for connections, cuts them after drain', async () => {
    const server = net.createServer((socket) => socket.on('error', () => {}).write('hi'));
    const { down, stop } = await serve(server, { drain: 20 });
    const socket = net.connect(port(server), '127.0.0.1').on('error', () => {});
    await once(socket, 'data');
    stop();
    expect(await down).toBe('stop');
    expect(server.listening).toBe(false);
    expect(server.eventNames().filter((name) => name !== 'connection')).toEqual([]);
    expect(server.listenerCount('connection')).toBe(1);
    socket.destroy();
  });

  test('http: a keep-alive connection that is idle, and one that has sent nothing, hold nobody up', async () => {
    const server = http.createServer((_, response) => response.end('hello'));
    server.keepAliveTimeout = 60_000;
    const agent = new http.Agent({ keepAlive: true });
    const { down, stop } = await serve(server);
    const [response] = (await once(http.get({ port: port(server), agent }), 'response')) as [http.IncomingMessage];
    response.resume();
    await once(response, 'end');
    const silent = net.connect(port(server), '127.0.0.1').on('error', () => {});
    await once(server, 'connection');
    stop();
    expect(await down).toBe('stop');
    agent.destroy();
    silent.destroy();
  });

  test.each([[false], [true]])('http: a request in flight is answered (headers sent before: %s)', async (sent) => {
    const asked = resolvers<http.ServerResponse>();
    const server = http.createServer((_, response) => {
      if (sent) response.write('a');
      asked.resolve(response);
    });
    server.keepAliveTimeout = 60_000;
    const agent = new http.Agent({ keepAlive: true });
    const { down, stop } = await serve(server);
    const answer = once(http.get({ port: port(server), agent }), 'response') as Promise<[http.IncomingMessage]>;
    const response = await asked.promise;
    if (sent) await answer;
    stop();
    response.end('b');
    const [message] = await answer;
    let body = '';
    for await (const chunk of message) body += String(chunk);
    expect(body).toBe(sent ? 'ab' : 'b');
    expect(message.headers.connection).toBe(sent ? 'keep-alive' : 'close');
    expect(await down).toBe('stop');
    agent.destroy();
  });

  test('http: a request in flight is answered where sockets do not count what they read, as in Bun', async () => {
    const asked = resolvers<http.ServerResponse>();
    const server = http.createServer((_, response) => asked.resolve(response));
    server.prependListener('connection', (socket) => Object.defineProperty(socket, 'bytesRead', { value: 0 }));
    const { down, stop } = await serve(server);
    const answer = once(http.get({ port: port(server), agent: false }), 'response') as Promise<[http.IncomingMessage]>;
    const response = await asked.promise;
    stop();
    response.end('b');
    const [message] = await answer;
    expect(message.statusCode).toBe(200);
    message.resume();
    expect(await down).toBe('stop');
  });

  test('http: an upgraded socket goes on until drain', async () => {
    const server = http.createServer();
    server.on('upgrade', (_, socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    });
    const { down, stop } = await serve(server, { drain: 20 });
    const request = http.get({ port: port(server), headers: { connection: 'Upgrade', upgrade: 'x' } });
    const [, socket] = (await once(request, 'upgrade')) as [unknown, net.Socket];
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    stop();
    expect(await down).toBe('stop');
    await closed;
  });

  test('https and HTTP/2: requests in flight are answered, idle connections and sessions closed', async () => {
    const secure = https.createServer(ssl, (_, response) => response.end('hello'));
    const first = await serve(secure);
    const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
    const [answer] = (await once(https.get({ port: port(secure), agent }), 'response')) as [http.IncomingMessage];
    answer.resume();
    await once(answer, 'end');
    first.stop();
    expect(await first.down).toBe('stop');
    agent.destroy();

    for (const server of [http2.createServer(), http2.createSecureServer(ssl)]) {
      const asked = resolvers<http2.ServerHttp2Stream>();
      server.on('stream', (stream: http2.ServerHttp2Stream) => asked.resolve(stream));
      const { down, stop } = await serve(server);
      const scheme = server instanceof net.Server && 'setSecureContext' in server ? 'https' : 'http';
      const client = http2.connect(`${scheme}://localhost:${port(server)}`, {
        rejectUnauthorized: false,
        family: 4,
      } as never);
      client.on('error', () => {});
      const stream = client.request({ ':path': '/' });
      const answering = await asked.promise;
      stop();
      answering.respond({ ':status': 200 });
      answering.end('two');
      let body = '';
      for await (const chunk of stream) body += String(chunk);
      expect(body).toBe('two');
      expect(await down).toBe('stop');
    }
  });

  test('HTTP/2: a stream that does not end is cut after drain', async () => {
    const server = http2.createServer();
    const { down, stop } = await serve(server, { drain: 20 });
    const client = http2.connect(`http://127.0.0.1:${port(server)}`).on('error', () => {});
    const asked = once(server, 'stream');
    client.request({ ':path': '/' }).on('error', () => {});
    ((await asked) as [http2.ServerHttp2Stream])[0].on('error', () => {});
    stop();
    expect(await down).toBe('stop');
    client.destroy();
  });

  test('a port in use is its failure, and the group comes down', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const server = http.createServer();
    const group = new Group().add(serverActor(server, { port: port(other), host: '127.0.0.1' }));
    expect(await failure(group.run())).toMatchObject({ code: 'EADDRINUSE' });
    other.close();
    // The same server can run again, and one that listens already is left alone.
    const again = await serve(server);
    expect(await failure(new Group().add(serverActor(server, 0)).run())).toMatchObject({
      code: 'ERR_SERVER_ALREADY_LISTEN',
    });
    again.stop();
    expect(await again.down).toBe('stop');
  });

  test('an interrupt before it listens keeps it from listening', async () => {
    const server = net.createServer();
    const group = new Group().add(serverActor(server, { port: 0, host: 'localhost' })).go(() => {});
    const listened = once(server, 'listening');
    await group.run();
    await listened;
    expect(server.listening).toBe(false);
    expect(server.eventNames()).toEqual([]);
  });

  test('bad arguments are told at the call', () => {
    expect(() => serverActor({} as never, 0)).toThrow('server');
    expect(() => serverActor(net.createServer(), 0, { drain: -1 })).toThrow(RangeError);
    expect(() => serverActor(net.createServer(), 0, { name: 1 as never })).toThrow('name');
  });
});

test.each([
  [
    'serverActor',
    (end: () => void) => {
      const server = net.createServer().on('close', end);
      return serverActor(server, { port: 0, host: '127.0.0.1' }, { name: 'shared' });
    },
  ],
  [
    'streamActor',
    (end: () => void) => {
      return streamActor(new Readable({ read() {} }).on('close', end), () => {}, { name: 'shared' });
    },
  ],
])('%s: in a second place while it runs in one it fails, and leaves the first alone', async (kind, make) => {
  let ends = 0;
  const actor = make(() => ends++);
  const up = resolvers<void>();
  const controller = new AbortController();
  const first = new Group({ startup: 'sequential', until: 'all' }).add(actor).go(() => up.resolve()).run(controller.signal); // prettier-ignore
  await up.promise;
  const message = `shared runs already: make a ${kind} for each place in a group`;
  for (const until of ['first-exit', 'all'] as const)
    await expect(new Group({ until }).add(actor).run()).rejects.toThrow(message);
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
  expect(ends).toBe(0);
  controller.abort('stop');
  await expect(first).rejects.toBe('stop');
  expect(ends).toBe(1);
});

describe('streamActor', () => {
  test('reads to the end', async () => {
    const chunks: unknown[] = [];
    await new Group().add(streamActor(Readable.from(['a', 'b']), (chunk) => void chunks.push(chunk))).run();
    expect(chunks).toEqual(['a', 'b']);
  });
  test('its interrupt destroys the stream and is no error', async () => {
    const readable = new Readable({ read() {} });
    await new Group()
      .add(streamActor(readable, () => {}))
      .go(() => new Promise((resolve) => setImmediate(resolve)))
      .run();
    expect(readable.destroyed).toBe(true);
  });
  test.each([
    ['Duplex.from a readable', (source: Readable) => Duplex.from({ readable: source })],
    ['Duplex.from both', (source: Readable) => Duplex.from({ readable: source, writable: new PassThrough() })],
  ])('its interrupt of a stream that is made of others is no error: %s', async (_, make) => {
    const source = new Readable({ read() {} });
    source.push('a');
    const readable = make(source);
    const begun = resolvers<void>();
    await new Group()
      .add(streamActor(readable, () => begun.resolve()))
      .go(() => begun.promise.then(() => new Promise((resolve) => setImmediate(resolve))))
      .run();
    expect(readable.destroyed).toBe(true);
  });
  const looksLike = (code: string, cause?: unknown) => Object.assign(new Error('the other', { cause }), { code });
  test.each([
    ['an abort', looksLike('ABORT_ERR')],
    ['a stream that was destroyed', looksLike('ERR_STREAM_PREMATURE_CLOSE')],
    ['nothing', undefined],
  ])('what the function fails with after the interrupt is told, also what looks like %s', async (_, error) => {
    const begun = resolvers<void>();
    const group = new Group().add(
      streamActor(Readable.from(['a']), (_chunk, signal) => {
        begun.resolve();
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(error)));
      }),
    );
    expect(await failure(group.go(() => begun.promise).run())).toBe(error);
  });
  test('what the stream fails with after the interrupt is told, also an abort by a signal of its own', async () => {
    for (const error of [looksLike('ABORT_ERR', 'its own signal'), looksLike('EIO')]) {
      const readable = new Readable({ read() {}, destroy(_, done) { done(error); } }); // prettier-ignore
      const group = new Group().add(streamActor(readable, () => {}));
      expect(await failure(group.go(() => new Promise((resolve) => setImmediate(resolve))).run())).toBe(error);
    }
  });
  test('an error of the stream or of the function is its failure', async () => {
    const readable = new Readable({ read() { this.destroy(new Error('broken')); } }); // prettier-ignore
    expect(await failure(new Group().add(streamActor(readable, () => {})).run())).toMatchObject({ message: 'broken' });
    const other = Readable.from(['a']);
    const group = new Group().add(streamActor(other, () => Promise.reject(new Error('fn'))));
    expect(await failure(group.run())).toMatchObject({ message: 'fn' });
    expect(other.destroyed).toBe(true);
    for (const none of [{}, null, undefined, 'text', new Writable()])
      expect(() => streamActor(none as never, () => {})).toThrow('readable must be a stream to read, got ');
    expect(() => streamActor(other, 1 as never)).toThrow('fn');
  });
});

describe('signalActor', () => {
  test('leaves no handler behind, also when it is run by way of something that hands on only what an actor has', async () => {
    const inner = signalActor('SIGUSR2');
    const outer = {
      prepare: () => inner.prepare?.(),
      execute: (ready: () => void) => inner.execute(ready),
      interrupt: (reason: unknown) => inner.interrupt(reason),
    };
    for (let round = 0; round < 2; round++) {
      const running = new Group()
        .add(outer)
        .go(() => {})
        .run();
      expect(process.listenerCount('SIGUSR2')).toBe(1);
      await running;
      expect(process.listenerCount('SIGUSR2')).toBe(0);
    }
    const caught = new Group({ until: 'all' }).add(outer).run();
    process.emit('SIGUSR2', 'SIGUSR2');
    await expect(caught).rejects.toThrow('received SIGUSR2');
    expect(process.listenerCount('SIGUSR2')).toBe(0);
  });

  test('in a second place while it runs in one it fails, and leaves the first alone', async () => {
    const actor = signalActor('SIGUSR2', { name: 'ctrl-c' });
    const message = 'ctrl-c runs already: make a signalActor for each place in a group';
    const first = new Group().add(actor).run();
    await expect(new Group().add(actor).run()).rejects.toThrow(message);
    await expect(new Group().add(signalActor('SIGUSR2')).add(actor).run()).rejects.toThrow(message);
    expect(process.listenerCount('SIGUSR2')).toBe(1);
    // Where nobody who has left is interrupted.
    await expect(new Group({ until: 'all' }).add(actor).run()).rejects.toThrow(message);
    process.emit('SIGUSR2', 'SIGUSR2');
    await expect(first).rejects.toThrow('received SIGUSR2');
    expect(process.listenerCount('SIGUSR2')).toBe(0);
    const controller = new AbortController();
    const second = new Group().add(actor).run(controller.signal);
    await expect(new Group({ until: 'all' }).add(actor).run()).rejects.toThrow(message);
    controller.abort('stop');
    await expect(second).rejects.toBe('stop');
    await new Group()
      .add(actor)
      .go(() => {})
      .run();
    expect(process.listenerCount('SIGUSR2')).toBe(0);
  });

  test.each([
    ['until all', { until: 'all' }],
    ['teardown reverse', { teardown: 'reverse' }],
  ] as const)(
    'while a group that has refused it is up, the first is interrupted, and can run again (%s)',
    async (_what, options) => {
      const actor = signalActor('SIGUSR2');
      const controller = new AbortController();
      const first = new Group().add(actor);
      const running = first.run(controller.signal);
      const rest = resolvers<void>();
      const events: string[] = [];
      const onEvent = (event: GroupEvent): void => void events.push(`${event.type} ${event.actor}`);
      const second = new Group({ ...options, onEvent }).add(actor).add(() => rest.promise, () => {}, 'rest').run(); // prettier-ignore
      controller.abort('stop');
      await expect(running).rejects.toBe('stop');
      expect(process.listenerCount('SIGUSR2')).toBe(0);
      const again = first.run();
      process.emit('SIGUSR2', 'SIGUSR2');
      await expect(again).rejects.toThrow('received SIGUSR2');
      rest.resolve();
      await expect(second).rejects.toThrow('signals runs already');
      expect(events.filter((event) => event.endsWith('signals'))).toEqual(['exit signals', 'down signals']);
    },
  );

  test.each(['together', 'reverse', 'forward'] as const)(
    'twice in a group, the second fails and the first is interrupted (%s)',
    async (teardown) => {
      const actor = signalActor('SIGUSR2');
      const message = 'signals runs already: make a signalActor for each place in a group';
      await expect(new Group({ teardown }).add(actor).add(actor).run()).rejects.toThrow(message);
      const controller = new AbortController();
      const running = new Group({ teardown, until: 'all' }).add(actor).add(actor).run(controller.signal);
      controller.abort('stop');
      await expect(running).rejects.toThrow(`TypeError: ${message}; stop`);
      expect(process.listenerCount('SIGUSR2')).toBe(0);
    },
  );

  test('with sequential startup it is ready at once, unless it has been told to end already', async () => {
    const started: string[] = [];
    const group = (signal?: AbortSignal): Group =>
      new Group({ startup: 'sequential', until: 'first-error' })
        .add(abortActor())
        .add(streamActor(new Readable({ read() {} }), () => {}))
        .add(signalActor('SIGUSR2', { signal }))
        .go(() => void started.push('all'));
    const controller = new AbortController();
    const running = group().run(controller.signal);
    for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(started).toEqual(['all']);
    controller.abort('stop');
    await expect(running).rejects.toBe('stop');
    await expect(group(AbortSignal.abort('gone')).run()).rejects.toBe('gone');
    await expect(
      new Group({ startup: 'sequential' })
        .add(abortActor(AbortSignal.abort('before')))
        .go(() => started.push('late'))
        .run(),
    ).rejects.toBe('before');
    expect(started).toEqual(['all']);
  });

  test('TestSignalError: fails with a SignalError; no handler is left', async () => {
    const before = process.listenerCount('SIGUSR2');
    const group = new Group().add(signalActor('SIGUSR2'));
    for (let i = 0; i < 2; i++) {
      const run = failure(group.run());
      process.emit('SIGUSR2', 'SIGUSR2'); // jest's process gets no real ones: those come to the programs below
      expect(await run).toMatchObject({ code: 'ERR_SIGNAL', signal: 'SIGUSR2' });
      expect(process.listenerCount('SIGUSR2')).toBe(before);
    }
    await new Group()
      .add(signalActor('SIGUSR2'))
      .go(() => {})
      .run();
    expect(process.listenerCount('SIGUSR2')).toBe(before);
    expect(() => signalActor('SIGKILL')).toThrow(RangeError);
  });

  const program = join(folder, 'program.mjs');
  beforeAll(async () => {
    const source = `
      import { Group } from './packages/run/src/index.ts';
      import { signalActor } from './packages/run/src/node.ts';
      const [mode] = process.argv.slice(2);
      const group = new Group({ gracePeriod: 5000 });
      if (mode === 'early') group.add({ prepare() {}, execute() { console.log('started'); return new Promise((r) => (this.end = r)); }, interrupt() { this.end(); } });
      group.add(signalActor(['SIGINT', 'SIGTERM']));
      if (mode === 'early') group.add({ prepare: () => { process.kill(process.pid, 'SIGTERM'); }, execute() { this.alive = setInterval(() => {}, 1000); return new Promise((r) => (this.end = r)); }, interrupt() { clearInterval(this.alive); this.end(); } });
      else if (mode === 'alone') group.add({ execute() { console.log('waiting'); return new Promise((r) => (this.end = r)); }, interrupt() { this.end(); } });
      else group.go((signal) => new Promise((resolve) => {
        const alive = setInterval(() => {}, 1000);
        signal.addEventListener('abort', () => { console.log('stopping'); setTimeout(() => { clearInterval(alive); console.log('stopped'); resolve(); }, 300); });
        console.log('ready');
      }));
      await group.run().catch((error) => { console.log(String(error)); process.exitCode = error.exitCode; });
    `;
    const root = join(process.cwd());
    await build({
      stdin: { contents: source, resolveDir: root, loader: 'ts' },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'es2022',
      tsconfig: join(root, 'tsconfig.base.json'),
    });
    writeFileSync(join(folder, 'package.json'), '{}');
  });

  test.each([
    ['SIGINT' as const, 130],
    ['SIGTERM' as const, 143],
  ])('%s: a program comes down, also when it comes twice', async (signal, status) => {
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
      if (String(chunk) === 'ready\n' || String(chunk) === 'stopping\n') child.kill(signal);
    });
    const [code] = (await once(child, 'close')) as [number];
    expect(out).toBe(`ready\nstopping\nstopped\nSignalError: received ${signal}\n`);
    expect(code).toBe(status);
  });

  test('a program that waits for nothing but a signal does wait, and has ended when it has come', async () => {
    const child = spawn(process.execPath, [program, 'alone'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
      if (String(chunk) === 'waiting\n') child.kill('SIGTERM');
    });
    const [code] = (await once(child, 'close')) as [number];
    expect(out).toBe('waiting\nSignalError: received SIGTERM\n');
    expect(code).toBe(143);
  });

  test('a signal that arrives before any actor has started is not lost', async () => {
    const child = spawn(process.execPath, [program, 'early'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    expect(out).toBe('started\nSignalError: received SIGTERM\n');
    expect(code).toBe(143);
  });
});

function resolvers<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((y) => (resolve = y));
  return { promise, resolve };
}
