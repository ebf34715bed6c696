import { once } from 'node:events';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { describe, expect, jest, test } from '@jest/globals';
import { serve, type Server, type ServeOptions } from '@x/proc/node';
import {
  answering,
  BIG,
  bytesOf,
  giving,
  LINGER,
  onItsWay,
  ssl,
  stopped,
  turn,
  turns,
  turnsUntil,
  type Client,
  withTheClockStopped,
} from '../../../test/test-support/connections.js';
import { asked, serving } from './test-support/serving.js';

// The clock of these tests stands still until they move it.
jest.setTimeout(10_000);

const cleanUps = withTheClockStopped();

const hung = (): void => {};

/** Serves a server that listens already, and has connections of that time. */
function served(server: Server, options?: ServeOptions): { halt: () => Promise<void>; over: Promise<unknown> } {
  const stop = new AbortController();
  const over = Promise.resolve(serve(server, undefined, options)(stop.signal));
  cleanUps.add(() => stop.abort());
  return { halt: () => (stop.abort(), stopped(server)), over };
}

describe('an answer that has ended, most of which is on its way to a slow client', () => {
  test.each([
    ['http', false],
    ['https', true],
  ])('over %s arrives as a whole', async (_scheme, secure) => {
    const { server, responses } = giving(secure);
    const { port, halt, over } = await serving(cleanUps, server);
    const client = await cleanUps.slow(port, secure);
    await turnsUntil(() => responses.length === 1);
    expect(onItsWay(responses[0])).toBe(true);
    await halt();
    jest.advanceTimersByTime(20 * LINGER);
    expect(onItsWay(responses[0])).toBe(true);
    const bytes = bytesOf(client);
    await turnsUntil(() => !onItsWay(responses[0]));
    jest.advanceTimersByTime(LINGER);
    expect(await bytes).toBeGreaterThan(BIG);
    await over;
  });

  test.each([
    ['http', false],
    ['https', true],
  ])(
    'over %s arrives as a whole, also where it is older than the process; its connection is closed then',
    async (_scheme, secure) => {
      const { server, responses } = giving(secure);
      const { port } = await cleanUps.listening(server);
      const client = await cleanUps.slow(port, secure);
      await turnsUntil(() => responses.length === 1);
      const { halt, over } = served(server);
      await halt();
      jest.advanceTimersByTime(20 * LINGER);
      expect(onItsWay(responses[0])).toBe(true);
      const bytes = bytesOf(client);
      await turnsUntil(() => !onItsWay(responses[0]));
      await turn();
      jest.advanceTimersByTime(LINGER);
      expect(await bytes).toBeGreaterThan(BIG);
      await over;
    },
  );
});

test.each([
  ['serves, though the last connection of before closes', true],
  ['ends when somebody closes the server', false],
])('a server that is served anew, while it looks up its host: %s', async (_what, serves) => {
  const { server } = answering();
  const { port, sockets } = await cleanUps.listening(server);
  await cleanUps.client(port);
  await turnsUntil(() => sockets.length === 1);
  server.close();
  const lookups = cleanUps.lookingUp();
  const stop = new AbortController();
  const over = Promise.resolve(serve(server, { port: 0, host: '127.0.0.1' })(stop.signal));
  if (!serves) server.close();
  sockets[0]?.destroy();
  await once(server, 'close');
  for (const look of lookups) look();
  await turns();
  expect(server.listening).toBe(serves);
  stop.abort();
  await over;
  expect([server.listening, server.listenerCount('error')]).toEqual([false, 0]);
});

describe('a connection that is older than the process', () => {
  const upgrading = <S extends http.Server>(server: S): S =>
    server.on('upgrade', (_request, socket: net.Socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    });
  const session = (port: number, secure: boolean): http2.ClientHttp2Session => {
    const socket = secure ? tls.connect({ ...ssl, port, host: '127.0.0.1', ALPNProtocols: ['h2'] }) : undefined;
    const made = http2.connect(`http${secure ? 's' : ''}://127.0.0.1:${port}`, {
      createConnection: () => socket ?? net.connect(port, '127.0.0.1'),
    });
    cleanUps.add(() => made.destroy());
    return made.on('error', () => {});
  };
  const ofHttp = async (client: Client): Promise<net.Socket> => {
    client.ask();
    return Promise.resolve(client.socket);
  };
  const upgraded = async (client: Client): Promise<net.Socket> => {
    client.ask('/', 'Connection: Upgrade', 'Upgrade: x');
    await client.read('101');
    return client.socket;
  };
  const idle = async (made: http2.ClientHttp2Session): Promise<http2.ClientHttp2Session> => {
    await once(made, 'remoteSettings');
    return made;
  };
  const busy = async (made: http2.ClientHttp2Session, server: Server): Promise<http2.ClientHttp2Session> => {
    made.request().on('error', () => {});
    await once(server, 'request');
    return made;
  };
  type Open = (port: number, server: Server) => Promise<net.Socket | http2.ClientHttp2Session>;
  const kinds: [what: string, make: () => Server, open: Open][] = [
    ['of net', () => net.createServer(), async (port) => (await cleanUps.client(port)).socket],
    ['of tls', () => tls.createServer(ssl), async (port) => (await cleanUps.secure(port)).socket],
    ['with a request', () => http.createServer(hung), async (port) => ofHttp(await cleanUps.client(port))],
    [
      'with a request over TLS',
      () => https.createServer(ssl, hung),
      async (port) => ofHttp(await cleanUps.secure(port)),
    ],
    ['that was upgraded', () => upgrading(http.createServer()), async (port) => upgraded(await cleanUps.client(port))],
    [
      'that was upgraded over TLS',
      () => upgrading(https.createServer(ssl)),
      async (port) => upgraded(await cleanUps.secure(port)),
    ],
    ['of HTTP/2, idle', () => http2.createServer(hung), (port) => idle(session(port, false))],
    ['of HTTP/2, with a stream', () => http2.createServer(hung), (port, server) => busy(session(port, false), server)],
    ['of HTTP/2 over TLS, idle', () => http2.createSecureServer(ssl, hung), (port) => idle(session(port, true))],
    [
      'of HTTP/2 over TLS, with a stream',
      () => http2.createSecureServer(ssl, hung),
      (port, server) => busy(session(port, true), server),
    ],
  ];

  test.each(kinds)(
    '%s is cut when the grace period ends, and the server has closed then',
    async (_what, make, open) => {
      const { server, port, sockets } = await cleanUps.listening(make());
      const client = await open(port, server);
      await turnsUntil(() => sockets.length === 1);
      let closed = false;
      server.on('close', () => (closed = true));
      const gone = once(client, 'close');
      const { halt, over } = served(server, { gracePeriod: 1_000 });
      await halt();
      jest.advanceTimersByTime(999);
      await turn();
      expect(closed).toBe(false);
      jest.advanceTimersByTime(1);
      await over;
      expect(closed).toBe(true);
      client.destroy();
      await gone;
      expect(jest.getTimerCount()).toBe(0);
    },
  );

  test.each([
    ['there is no list of what is open', undefined],
    ['it is not in the list of what is open', (): unknown[] => [null, undefined, {}]],
  ])('is left to itself where %s; the process ends 50 ms after the grace period all the same', async (_what, list) => {
    const internals = process as unknown as { _getActiveHandles: unknown };
    const { _getActiveHandles } = internals;
    cleanUps.add(() => Object.assign(internals, { _getActiveHandles }));
    internals._getActiveHandles = list;
    const { server, port, sockets } = await cleanUps.listening(net.createServer());
    await cleanUps.client(port);
    await turnsUntil(() => sockets.length === 1);
    let ended = false;
    const { halt, over } = served(server, { gracePeriod: 1_000 });
    void over.then(() => (ended = true));
    await halt();
    jest.advanceTimersByTime(1_000 + LINGER - 1);
    await turn();
    expect(ended).toBe(false);
    jest.advanceTimersByTime(1);
    await over;
    expect([sockets[0]?.destroyed, jest.getTimerCount()]).toEqual([false, 0]);
  });

  test('and idle is closed after 50 ms; what is known of the others, and of other servers, is as ever', async () => {
    const { server, responses } = answering();
    const { port, sockets } = await cleanUps.listening(server);
    const another = await cleanUps.listening(http.createServer());
    await cleanUps.client(another.port);
    const older = await cleanUps.client(port);
    (await asked(older, responses)).end('older');
    await older.read('older');
    const { halt, over } = served(server);
    const client = await cleanUps.client(port);
    const last = await asked(client, responses);
    await halt();
    last.end('last');
    // It has been told that it ends, and ends its side in a while.
    await turnsUntil(() => client.ended);
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => sockets[0]?.destroyed === true);
    expect([sockets[1]?.destroyed, another.sockets[0]?.destroyed]).toEqual([false, false]);
    expect(Object.hasOwn(sockets[1] as net.Socket, 'destroy')).toBe(false);
    client.socket.end();
    await over;
    expect([client.text.includes('Connection: close'), client.errors, older.errors]).toEqual([true, [], []]);
  });

  test('and has never asked anything is closed 50 ms after that was seen, and is answered if it asks before', async () => {
    const { server, responses } = answering();
    const { port, sockets } = await cleanUps.listening(server);
    const [silent, late] = [await cleanUps.client(port), await cleanUps.client(port)];
    await turnsUntil(() => sockets.length === 2);
    const { halt, over } = served(server);
    await halt();
    jest.advanceTimersByTime(LINGER);
    expect(sockets.map(({ writableEnded }) => writableEnded)).toEqual([false, false]);
    const response = await asked(late, responses);
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => silent.ended);
    expect(late.ended).toBe(false);
    response.end('late');
    await turnsUntil(() => late.ended);
    expect(late.text).toMatch(/Connection: close[^]*late/);
    silent.socket.end();
    late.socket.end();
    await over;
    expect([...silent.errors, ...late.errors]).toEqual([]);
  });

  test('is closed when its answer has arrived that had begun before, however late that is', async () => {
    const { server, responses } = answering();
    const { port } = await cleanUps.listening(server);
    const older = await cleanUps.client(port);
    const response = await asked(older, responses);
    const { halt, over } = served(server);
    await halt();
    jest.advanceTimersByTime(60_000);
    response.end('late');
    await older.read('late');
    jest.advanceTimersByTime(LINGER);
    await over;
    expect(older.errors).toEqual([]);
  });
});

test('what a server and its sockets have of their own they keep', async () => {
  const server = http.createServer();
  let idles = 0;
  const closeIdleConnections = (): void => void idles++;
  Object.assign(server, { closeIdleConnections });
  const { port, sockets } = await cleanUps.listening(server);
  const older = await cleanUps.client(port);
  await turnsUntil(() => sockets.length === 1);
  const { halt, over } = served(server);
  const client = await cleanUps.client(port);
  await turnsUntil(() => sockets.length === 2);
  const [, socket] = sockets as [net.Socket, net.Socket];
  const destroy = socket.destroy.bind(socket);
  let destroyed = 0;
  const own = (): net.Socket => (destroyed++, destroy());
  Object.assign(socket, { destroy: own });
  server.closeIdleConnections = () => (idles++, socket.destroy());
  await halt();
  expect(idles).toBe(0);
  jest.advanceTimersByTime(LINGER);
  expect([idles, destroyed, socket.destroy]).toEqual([1, 0, own]);
  await turnsUntil(() => client.ended);
  client.socket.end();
  older.socket.end();
  await over;
  expect([destroyed > 0, Object.hasOwn(server, 'closeIdleConnections')]).toEqual([true, true]);
});
