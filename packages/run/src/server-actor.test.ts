import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { Readable } from 'node:stream';
import { catching, CleanUps, portOf as port, ssl, stopped, turn } from '../../../test/test-support/connections.js';
import { abortActor, Group } from './index.js';
import { serverActor, signalActor, streamActor } from './node.js';
import { served } from './test-support/served.js';

jest.setTimeout(5_000);
const cleanUps = new CleanUps();
afterEach(() => cleanUps.run());

describe('serverActor', () => {
  test('ExampleGroup_Add_listener: the error of another actor closes the listener, and is that of the group', async () => {
    const printed: string[] = [];
    const listener = http.createServer();
    const server = serverActor(listener, 0);
    const group = new Group();
    group.add({
      ...server,
      execute: async (ready) => {
        await server.execute(ready);
        printed.push('http.Serve returned');
      },
    });
    group.add(
      () => {
        throw new Error('immediate teardown');
      },
      () => {},
    );
    await group.run().catch((error: Error) => printed.push(`The group was terminated with: ${error.message}`));
    expect(printed).toEqual(['http.Serve returned', 'The group was terminated with: immediate teardown']);
    expect(listener.listening).toBe(false);
  });

  test('net: a connection that has sent nothing goes on until its ends close it', async () => {
    const server = net.createServer();
    const { down, stop } = await served(cleanUps, server);
    const connected = once(server, 'connection') as Promise<[net.Socket]>;
    const client = net.connect(port(server), '127.0.0.1');
    const [socket] = await connected;
    stop();
    socket.write('still here');
    const [chunk] = (await once(client, 'data')) as [Buffer];
    expect(String(chunk)).toBe('still here');
    client.end();
    socket.end();
    expect(await down).toBe('stop');
  });

  test('http: while it serves, an idle connection is kept for the next request; afterwards its listeners are gone', async () => {
    const server = http.createServer((_, response) => response.end('hello'));
    const { down, stop } = await served(cleanUps, server);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const used: (number | undefined)[] = [];
    for (let i = 0; i < 3; i++) {
      const request = http.get({ port: port(server), agent });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      used.push(request.socket?.localPort);
      response.resume();
      await once(response, 'end');
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    }
    expect(new Set(used).size).toBe(1);
    stop();
    expect(await down).toBe('stop');
    agent.destroy();
    expect(server.listenerCount('request')).toBe(1);
  });

  test('http: a request that arrives during the drain is answered, as the last on its connection', async () => {
    const responses: http.ServerResponse[] = [];
    const server = http.createServer((_, response) => {
      responses.push(response);
      if (responses.length === 1) response.write('begun ');
      else response.end('late');
    });
    server.keepAliveTimeout = 60_000;
    const { down, stop } = await served(cleanUps, server);
    const client = net.connect(port(server), '127.0.0.1');
    let text = '';
    client.on('data', (chunk) => (text += String(chunk)));
    client.write('GET /1 HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(client, 'data');
    stop();
    client.write('GET /2 HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(server, 'request');
    responses[0]?.end('ended');
    await once(client, 'close');
    const [first = '', second = ''] = text.split(/(?=HTTP\/1.1 200)/);
    expect(first).toContain('keep-alive');
    expect(second).toContain('Connection: close');
    expect(second).toContain('late');
    expect(await down).toBe('stop');
  });

  test('https: a connection that has shaken hands and sent nothing, and one that does so during the drain, hold nobody up', async () => {
    const server = https.createServer(ssl, (_, response) => response.end());
    const { down, stop } = await served(cleanUps, server);
    const silent = await cleanUps.secure(port(server));
    const { goOn } = await cleanUps.shaking(port(server));
    const cut = once(silent.socket, 'close');
    stop();
    // It drains: the one that is silent has been cut.
    await cut;
    goOn();
    expect(await down).toBe('stop');
  });

  test('HTTP/2: a session that begins during the drain is closed', async () => {
    const server = http2.createSecureServer(ssl);
    const { down, stop } = await served(cleanUps, server);
    const { socket, goOn } = await cleanUps.shaking(port(server), 'h2');
    const client = http2.connect('https://localhost', { createConnection: () => socket }).on('error', () => {});
    const closed = once(client, 'close');
    stop();
    await stopped(server);
    goOn();
    expect(await down).toBe('stop');
    await closed;
  });

  test('HTTP/2: its ways are not changed by listening for requests', async () => {
    const server = http2.createServer();
    const { down, stop } = await served(cleanUps, server);
    const listeners = server.listenerCount('request');
    stop();
    expect(await down).toBe('stop');
    expect(listeners).toBe(0);
  });

  test.each(['listening', 'close'])("it ends although what listens to the server's %p throws", async (name) => {
    const server = http.createServer();
    let others = 0;
    server.on(name, () => {
      others++;
      throw new Error('of a listener');
    });
    catching(server);
    const controller = new AbortController();
    const actor = serverActor(server, { port: 0, host: '127.0.0.1' });
    const ready = new Promise<void>((resolve) => {
      const group = new Group().add({ ...actor, execute: (up) => actor.execute(() => (resolve(), up())) });
      void group.run(controller.signal).catch(() => void (others += 10));
    });
    await ready;
    controller.abort('stop');
    while (others < 11) await turn();
    expect([others, server.listening]).toEqual([11, false]);
  });

  test('what goes wrong while it listens is its failure, and it is closed all the same', async () => {
    const server = http.createServer();
    const { down } = await served(cleanUps, server);
    server.emit('error', new Error('broken'));
    expect(await down).toMatchObject({ message: 'broken' });
    expect(server.listening).toBe(false);
    expect(server.listenerCount('error') + server.listenerCount('close')).toBe(0);
  });

  test('the time for the drain is over when all have gone', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const { down, stop } = await served(cleanUps, http.createServer(), { drain: 60_000 });
    stop();
    await down;
    expect(timers()).toBe(before);
  });
});

test('each has the name of its kind, unless it is given one', () => {
  const given = { name: 'one' };
  expect([serverActor(net.createServer(), 0).name, serverActor(net.createServer(), 0, given).name]).toEqual([
    'server',
    'one',
  ]);
  expect([signalActor('SIGUSR2').name, signalActor('SIGUSR2', given).name]).toEqual(['signals', 'one']);
  const readable = Readable.from([]);
  expect([streamActor(readable, () => {}).name, streamActor(readable, () => {}, given).name]).toEqual([
    'stream',
    'one',
  ]);
});

test('an interrupt before the start does nothing', () => {
  const readable = new Readable({ read() {} });
  for (const actor of [
    serverActor(net.createServer(), 0),
    signalActor('SIGUSR2'),
    abortActor(),
    streamActor(readable, () => {}),
  ]) {
    expect(() => actor.interrupt('early')).not.toThrow();
  }
  expect(readable.destroyed).toBe(true);
});

test('streamActor: what its function throws after the interrupt, and is not the reason, is an error', async () => {
  const readable = new Readable({ read() {} });
  readable.push('chunk');
  let started!: () => void;
  const running = new Promise<void>((resolve) => (started = resolve));
  const group = new Group()
    .add(
      streamActor(readable, async (_chunk, signal) => {
        started();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        throw new Error('while stopping');
      }),
    )
    .go(() => running);
  await expect(group.run()).rejects.toThrow('while stopping');
});

test('streamActor: undefined and null, thrown by the function, are its failure as they are', async () => {
  for (const value of [undefined, null]) {
    const group = new Group().add(
      streamActor(Readable.from(['a']), () => {
        throw value;
      }),
    );
    await expect(group.run().then(() => 'returned', (error: unknown) => error)).resolves.toBe(value); // prettier-ignore
  }
});
