import { describe, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';
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
  turnsUntil,
  type Client,
  withTheClockStopped,
} from '../../../test/test-support/connections.js';
import { serverActor } from './node.js';
import { asked, served, servedClient } from './test-support/served.js';

// The clock of these tests stands still until they move it.
jest.setTimeout(10_000);
const cleanUps = withTheClockStopped();

/** Runs a server that has listened before, and has connections of that time. */
async function servedAgain(server: net.Server, options?: { drain: number }) {
  const { sockets } = await cleanUps.listening(server);
  return async (open: (port: number) => Promise<void>) => {
    await open((server.address() as net.AddressInfo).port);
    await turnsUntil(() => sockets.length > 0);
    server.close();
    return { ...(await served(cleanUps, server, options)), older: sockets };
  };
}

describe('a connection that is older than the run', () => {
  test('is closed when it has no request, and one that is answered when its answer has arrived', async () => {
    const { server, responses } = answering();
    // What Node would close at the end of the first listener.
    const closeIdleConnections = server.closeIdleConnections.bind(server);
    server.closeIdleConnections = () => {};
    const clients: Client[] = [];
    const again = await servedAgain(server);
    const { port, older, stop, down, isDown } = await again(async (before) => {
      for (const path of ['/idle', '/late']) {
        const client = await cleanUps.client(before);
        clients.push(client);
        await asked(client, responses, path);
      }
      responses[0]?.end('older');
      await clients[0]?.read('older');
    });
    server.closeIdleConnections = closeIdleConnections;
    const client = await cleanUps.client(port);
    await asked(client, responses);
    stop();
    await stopped(server);
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => older[0]?.destroyed === true);
    expect([older[1]?.destroyed, isDown()]).toEqual([false, false]);
    for (const each of [1, 2]) responses[each]?.end(`answer ${each}`);
    await clients[1]?.read('answer 1');
    await turnsUntil(() => client.ended);
    jest.advanceTimersByTime(LINGER);
    client.socket.end();
    expect(await down).toBe('stop');
    expect([clients.flatMap(({ errors }) => errors), client.errors, jest.getTimerCount()]).toEqual([[], [], 0]);
  });

  test.each([
    ['http', false],
    ['https', true],
  ])('over %s is not closed before an answer that has ended has left', async (_scheme, secure) => {
    const { server, responses } = giving(secure);
    server.closeIdleConnections = () => {};
    const again = await servedAgain(server);
    let client!: net.Socket;
    const { stop, down } = await again(async (before) => {
      client = await cleanUps.slow(before, secure);
      await turnsUntil(() => responses.length === 1);
    });
    Reflect.deleteProperty(server, 'closeIdleConnections');
    stop();
    await stopped(server);
    jest.advanceTimersByTime(20 * LINGER);
    expect(onItsWay(responses[0])).toBe(true);
    const bytes = bytesOf(client);
    await turnsUntil(() => !onItsWay(responses[0]));
    await turn();
    jest.advanceTimersByTime(LINGER);
    expect(await bytes).toBeGreaterThan(BIG);
    expect(await down).toBe('stop');
  });

  const connecting = async (port: number): Promise<void> => void (await cleanUps.client(port));
  /** Newer Nodes close a session without a stream when its server is closed. */
  const asking = async (port: number, server: net.Server): Promise<void> => {
    const session = http2.connect(`http://127.0.0.1:${port}`).on('error', () => {});
    cleanUps.add(() => session.destroy());
    session.request().on('error', () => {});
    await once(server, 'request');
  };

  test.each<[string, () => net.Server, (port: number, server: net.Server) => Promise<void>]>([
    ['net', () => net.createServer(), connecting],
    ['TLS', () => tls.createServer(ssl), connecting],
    ['HTTP/2', () => http2.createServer(() => {}), asking],
  ])('to a server of %s is cut with the others when the drain is over', async (_kind, make, open) => {
    const server = make();
    const again = await servedAgain(server, { drain: 1_000 });
    const { older, stop, down, isDown } = await again((port) => open(port, server));
    stop();
    await stopped(server);
    jest.advanceTimersByTime(999);
    await turn();
    expect([isDown(), older[0]?.destroyed]).toEqual([false, false]);
    jest.advanceTimersByTime(1);
    expect(older[0]?.destroyed).toBe(true);
    expect(await down).toBe('stop');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('is closed although another, which is not, has an answer on its way', async () => {
    const { server, responses } = answering();
    const again = await servedAgain(server);
    const { port, older, stop, down } = await again(async (before) => {
      const client = await cleanUps.client(before);
      const response = await asked(client, responses);
      server.closeIdleConnections = () => {};
      response.end('older');
      await client.read('older');
      client.socket.on('end', () => client.socket.end());
    });
    Reflect.deleteProperty(server, 'closeIdleConnections');
    const slow = await cleanUps.slow(port, false);
    await turnsUntil(() => responses.length === 2);
    responses[1]?.end(Buffer.alloc(BIG));
    stop();
    await stopped(server);
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => older[0]?.destroyed === true);
    expect(onItsWay(responses[1])).toBe(true);
    const bytes = bytesOf(slow);
    await turnsUntil(() => responses[1]?.closed === true);
    jest.advanceTimersByTime(LINGER);
    expect(await bytes).toBeGreaterThan(BIG);
    expect(await down).toBe('stop');
  });

  test('is cut at once where there is no time for a drain, and leaves no timer', async () => {
    const server = net.createServer();
    const again = await servedAgain(server, { drain: 0 });
    const { older, stop, down } = await again(async (port) => void (await cleanUps.client(port)));
    let closed = 0;
    server.on('close', () => closed++);
    stop();
    jest.advanceTimersByTime(0);
    expect(older[0]?.destroyed).toBe(true);
    expect(await down).toBe('stop');
    for (let turns = 0; turns < 5; turns++) await turn();
    expect([closed, jest.getTimerCount()]).toEqual([1, 0]);
  });

  test.each([
    ['there is no list of what is open', undefined],
    ['it is not in the list of what is open', (): unknown[] => [null, undefined, {}]],
  ])('is left to itself where %s; the run ends 50 ms after the drain all the same', async (_what, list) => {
    const internals = process as unknown as { _getActiveHandles: unknown };
    const { _getActiveHandles } = internals;
    cleanUps.add(() => Object.assign(internals, { _getActiveHandles }));
    internals._getActiveHandles = list;
    const server = net.createServer();
    const again = await servedAgain(server, { drain: 1_000 });
    const { older, stop, down, isDown } = await again(async (port) => void (await cleanUps.client(port)));
    stop();
    await stopped(server);
    jest.advanceTimersByTime(1_000 + LINGER - 1);
    await turn();
    expect(isDown()).toBe(false);
    jest.advanceTimersByTime(1);
    expect(await down).toBe('stop');
    expect([older[0]?.destroyed, jest.getTimerCount()]).toEqual([false, 0]);
    expect(server.eventNames()).toEqual(['connection', 'secureConnection']);
  });

  test('is closed 50 ms after it was seen where it has never asked anything', async () => {
    const { server } = answering();
    server.closeIdleConnections = () => {};
    let client!: Client;
    const again = await servedAgain(server);
    const { older, stop, down } = await again(async (before) => void (client = await cleanUps.client(before)));
    stop();
    await stopped(server);
    jest.advanceTimersByTime(LINGER);
    expect(older[0]?.writableEnded).toBe(false);
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    client.socket.end();
    expect(await down).toBe('stop');
    expect([client.errors, jest.getTimerCount()]).toEqual([[], 0]);
  });

  test('leaves the methods of the others, and of the server, as they are', async () => {
    const { server } = answering();
    let idles = 0;
    const own = (): void => void idles++;
    server.closeIdleConnections = own;
    const again = await servedAgain(server);
    let older!: net.Socket;
    const { port, sockets, stop, down } = await again(async (before) => {
      older = (await cleanUps.client(before)).socket;
    });
    idles = 0;
    const client = await cleanUps.client(port);
    await turnsUntil(() => sockets.length === 1);
    const [socket] = sockets as [net.Socket];
    server.closeIdleConnections = () => (own(), socket.destroy());
    stop();
    await stopped(server);
    expect(idles).toBe(0);
    jest.advanceTimersByTime(LINGER);
    expect([idles, socket.destroyed, Object.hasOwn(socket, 'destroy')]).toEqual([1, false, false]);
    await turnsUntil(() => client.ended);
    client.socket.end();
    older.end();
    expect(await down).toBe('stop');
    expect(Object.hasOwn(server, 'closeIdleConnections')).toBe(true);
  });
});

describe('connections that are made at the moment of the interrupt', () => {
  test('are accepted, and answered for the last time', async () => {
    const server = http.createServer((_request, response) => response.end('answered'));
    const { port, stop, down } = await served(cleanUps, server);
    const clients = await Promise.all([1, 2, 3].map(() => cleanUps.client(port)));
    for (const client of clients) client.ask();
    stop();
    await turnsUntil(() => clients.every(({ ended }) => ended));
    for (const { socket } of clients) socket.end();
    expect(await down).toBe('stop');
    for (const { text } of clients) expect(text).toMatch(/^HTTP\/1.1 200 [^]*Connection: close[^]*answered$/);
    expect(clients.flatMap(({ errors }) => errors)).toEqual([]);
  });

  test('are cut where there is no time for a drain', async () => {
    const { server } = answering();
    const { port, sockets, stop, down } = await served(cleanUps, server, { drain: 0 });
    const clients = await Promise.all([1, 2, 3].map(() => cleanUps.client(port)));
    stop();
    jest.advanceTimersByTime(0);
    expect(server.listening).toBe(false);
    expect(await down).toBe('stop');
    expect(sockets.every(({ destroyed }) => destroyed)).toBe(true);
    await turnsUntil(() => clients.every(({ ended, errors }) => ended || errors.length > 0));
    expect(jest.getTimerCount()).toBe(0);
  });
});

test.each([
  ['few connections', 4, 'close'],
  ['many', 5, 'keep-alive'],
])(
  'with %s, who is answered before the listener has closed is told that its connection ends: %i, %s',
  async (_who, count, connection) => {
    const { server, responses } = answering();
    const { port, stop, down } = await served(cleanUps, server);
    const clients: Client[] = [];
    for (let index = 0; index < count; index++) {
      const client = await cleanUps.client(port);
      client.ask();
      clients.push(client);
    }
    await turnsUntil(() => responses.length === count);
    stop();
    expect(server.listening).toBe(true);
    for (const response of responses) response.end('early');
    for (const client of clients) await client.read('early');
    for (const { text } of clients) expect(text).toContain(`Connection: ${connection}`);
    await stopped(server);
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => clients.every(({ ended }) => ended));
    for (const { socket } of clients) socket.end();
    expect(await down).toBe('stop');
  },
);

describe('the run of a server', () => {
  test('ends when somebody else closes it, and leaves nothing', async () => {
    const server = http.createServer();
    const { down } = await served(cleanUps, server, { drain: 1_000 });
    server.close();
    expect(await down).toBe('returned');
    expect([server.listenerCount('close'), server.listenerCount('error'), jest.getTimerCount()]).toEqual([0, 0, 0]);
  });

  test('ends when somebody else closes it before it listens', async () => {
    const server = http.createServer();
    const before = server.eventNames();
    const actor = serverActor(server, 0);
    let ready = false;
    const running = actor.execute(() => void (ready = true));
    server.close();
    await running;
    expect([ready, server.eventNames()]).toEqual([false, before]);
  });

  test('waits for the connections of a server that somebody else has closed', async () => {
    const { server, responses, client, stop, down, isDown } = await servedClient(cleanUps);
    const response = await asked(client, responses);
    server.close();
    stop();
    await turn();
    expect(isDown()).toBe(false);
    response.end('late');
    await turnsUntil(() => client.ended);
    expect(client.text).toMatch(/Connection: close[^]*late/);
    client.socket.end();
    expect(await down).toBe('stop');
  });

  test('stops it when it has failed, also where who has failed is not interrupted', async () => {
    const { server, responses } = answering();
    const { port, down } = await served(cleanUps, server, {}, { until: 'all' });
    const client = await cleanUps.client(port);
    const response = await asked(client, responses);
    const failure = new Error('broken');
    server.emit('error', failure);
    expect(await down).toBe(failure);
    await stopped(server);
    response.end('at last');
    await turnsUntil(() => client.ended);
    client.socket.end();
    await once(server, 'close');
    expect([server.listenerCount('error'), jest.getTimerCount()]).toEqual([0, 0]);
  });

  test('begins anew when its actor runs again', async () => {
    const server = http.createServer();
    const actor = serverActor(server, { port: 0, host: '127.0.0.1' });
    for (const round of [1, 2]) {
      const seen = [round];
      const running = actor.execute(() => seen.push(round));
      await once(server, 'listening');
      await turn();
      expect([seen, server.listening]).toEqual([[round, round], true]);
      await Promise.all([actor.interrupt('stop'), running]);
      expect(server.listening).toBe(false);
    }
  });

  test('has one end, however often it is interrupted', async () => {
    const server = http.createServer();
    const actor = serverActor(server, { port: 0, host: '127.0.0.1' }, { drain: 1_000 });
    const running = Promise.resolve(actor.execute(() => {}));
    await once(server, 'listening');
    await turn();
    const ends = [actor.interrupt('first'), actor.interrupt('second')];
    expect(ends[0]).toBe(ends[1]);
    await Promise.all([running, ...ends]);
    await actor.interrupt('late');
    expect([server.listening, jest.getTimerCount()]).toEqual([false, 0]);
  });
});
