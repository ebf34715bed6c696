import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import type * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { requestSignal } from '@x/proc/node';
import { CleanUps, ssl, turns, turnsUntil, type Client } from '../../../test/test-support/connections.js';
import { deferred } from './test-support/deferred.js';
import { serving } from './test-support/serving.js';

jest.setTimeout(10_000);

const cleanUps = new CleanUps();
afterEach(() => cleanUps.run());

interface Exchange {
  request: http.IncomingMessage;
  response: http.ServerResponse;
}

/** A server whose exchanges are left to the test. */
function exchanging(each?: (exchange: Exchange) => void): { server: http.Server; exchanges: Exchange[] } {
  const exchanges: Exchange[] = [];
  const server = http.createServer((request, response) => {
    exchanges.push({ request, response });
    each?.({ request, response });
  });
  server.keepAliveTimeout = 0;
  return { server, exchanges };
}

/** Has a client ask, and waits for that to arrive. */
async function exchange(client: Client, exchanges: Exchange[]): Promise<Exchange> {
  client.ask();
  await turnsUntil(() => exchanges.length === 1);
  return exchanges[0] as Exchange;
}

function sessionWith(port: number): http2.ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${port}`).on('error', () => {});
  cleanUps.add(() => session.destroy());
  return session;
}

/** A file that no client takes without reading. */
function bigFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'request-signal-'));
  cleanUps.add(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'big');
  writeFileSync(file, Buffer.alloc(1024 * 1024));
  return file;
}

const ASK = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

/** Listens, but is not served. */
async function unserved(server: net.Server & { closeAllConnections?: () => void }): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.add(() => (server.closeAllConnections?.(), server.close()));
  return (server.address() as net.AddressInfo).port;
}

describe('requestSignal of a server that is not served', () => {
  test.each(['destroy', 'resetAndDestroy'] as const)(
    'has had its time when the response has left, though the client goes away later (%s)',
    async (how) => {
      const signals: AbortSignal[] = [];
      const { server, exchanges } = exchanging(({ request }) => void signals.push(requestSignal(request)));
      const client = await cleanUps.client(await unserved(server));
      const { request, response } = await exchange(client, exchanges);
      const over = once(response, 'close');
      response.end('all of it');
      await client.read('all of it');
      await over;
      const closed = new Promise((resolve) => request.socket.once('close', resolve));
      client.socket[how]();
      await closed;
      expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    },
  );

  test('does not end with the response to another request that came before on the connection', async () => {
    const signals: AbortSignal[] = [];
    const { server, exchanges } = exchanging(({ request }) => void signals.push(requestSignal(request)));
    const client = await cleanUps.client(await unserved(server));
    client.socket.write(ASK.repeat(2));
    await turnsUntil(() => exchanges.length === 2);
    const [first, second] = exchanges as [Exchange, Exchange];
    const over = once(first.response, 'close');
    first.response.end('first');
    await over;
    await client.read('first');
    const closed = once(second.request.socket, 'close');
    client.socket.destroy();
    await closed;
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
  });

  test('may be asked for when the response has left, as often as one likes: that the client goes away later is nothing to it', async () => {
    const { server, exchanges } = exchanging();
    const client = await cleanUps.client(await unserved(server));
    const signals: AbortSignal[] = [];
    for (let count = 1; count <= 12; count++) {
      client.ask();
      await turnsUntil(() => exchanges.length === count);
      const { request, response } = exchanges[count - 1] as Exchange;
      const over = once(response, 'close');
      response.end(`answer ${count}.`);
      await client.read(`answer ${count}.`);
      await over;
      signals.push(requestSignal(request));
    }
    const { socket } = (exchanges[0] as Exchange).request;
    expect(socket.listenerCount('close')).toBeLessThan(10);
    const closed = once(socket, 'close');
    client.socket.destroy();
    await closed;
    expect(signals.some(({ aborted }) => aborted)).toBe(false);
  });

  test('of many that came at once does not abort any more once each has been answered, and costs one listener', async () => {
    const signals: AbortSignal[] = [];
    const { server, exchanges } = exchanging(({ request }) => void signals.push(requestSignal(request)));
    const client = await cleanUps.client(await unserved(server));
    client.socket.write(ASK.repeat(16));
    await turnsUntil(() => exchanges.length === 16);
    const { socket } = (exchanges[0] as Exchange).request;
    const counts = [socket, ...exchanges.map(({ response }) => response)].map((each) => each.listenerCount('close'));
    expect(Math.max(...counts)).toBeLessThan(10);
    for (const { response } of exchanges) response.end('x');
    await turnsUntil(() => exchanges.every(({ response }) => response.closed));
    await turnsUntil(() => client.text.split('HTTP/1.1 200').length === 17);
    const closed = once(socket, 'close');
    client.socket.destroy();
    await closed;
    expect(signals.some(({ aborted }) => aborted)).toBe(false);
  });

  test.each([
    ['has left', true],
    ['is on its way', false],
  ])('over HTTP/2 says whether the client has gone away, where the response %s', async (_what, answers) => {
    const signals: AbortSignal[] = [];
    const streams: http2.ServerHttp2Stream[] = [];
    const server = http2.createServer((request, response) => {
      signals.push(requestSignal(request));
      streams.push(request.stream);
      if (answers) response.end('all of it');
    });
    const session = sessionWith(await unserved(server));
    const stream = session.request().on('error', () => {});
    if (answers) await once(stream.resume(), 'end');
    await turnsUntil(() => streams.length === 1);
    stream.close(http2.constants.NGHTTP2_NO_ERROR);
    await turnsUntil(() => streams[0]?.closed === true);
    const [signal] = signals as [AbortSignal];
    if (!answers) await turnsUntil(() => signal.aborted);
    const closed = once(session, 'close');
    session.close();
    await closed;
    expect(signal.aborted).toBe(!answers);
  });

  const sendFile = (stream: http2.ServerHttp2Stream): void => stream.respondWithFile(bigFile());
  const sendOpenFile = (stream: http2.ServerHttp2Stream): void => {
    const fd = openSync(bigFile(), 'r');
    cleanUps.add(() => closeSync(fd));
    stream.respondWithFD(fd);
  };
  const sendHeaders = (stream: http2.ServerHttp2Stream): void => stream.respond();
  test.each([
    ['a file has left', 'GET', sendFile, false],
    ['a file is on its way', 'GET', sendFile, true],
    ['an open file has left', 'GET', sendOpenFile, false],
    ['an open file is on its way', 'GET', sendOpenFile, true],
    ['a HEAD has been answered', 'HEAD', sendHeaders, false],
    ['a HEAD has not been answered', 'HEAD', undefined, true],
  ])('over HTTP/2 says whether the client has gone away, where %s', async (_what, method, send, leaves) => {
    for (const asks of ['early', 'late']) {
      const requests: http2.Http2ServerRequest[] = [];
      const server = http2.createServer((request) => void requests.push(request));
      const session = sessionWith(await unserved(server));
      // What it does not read stays on its way.
      const stream = session.request({ ':method': method }).on('error', () => {});
      await turnsUntil(() => requests.length === 1);
      const [request] = requests as [http2.Http2ServerRequest];
      if (asks === 'early') expect(requestSignal(request).aborted).toBe(false);
      const closed = once(request.stream, 'close');
      send?.(request.stream);
      await turnsUntil(() => request.stream.writableFinished);
      if (leaves) stream.close(http2.constants.NGHTTP2_CANCEL);
      else stream.resume();
      await closed;
      expect([asks, requestSignal(request).aborted]).toEqual([asks, leaves]);
    }
  });

  test('over TLS does not end with another request that comes after on the connection', async () => {
    const exchanges: Exchange[] = [];
    const server = https.createServer(ssl, (request, response) => void exchanges.push({ request, response }));
    const client = await cleanUps.secure(await unserved(server));
    client.socket.write(ASK.repeat(3));
    await turnsUntil(() => exchanges.length === 3);
    const [first, second, third] = exchanges as [Exchange, Exchange, Exchange];
    const signal = requestSignal(second.request);
    second.response.end('second');
    first.response.end('first');
    await client.read('second');
    const closed = once(third.response, 'close');
    client.socket.destroy();
    await closed;
    expect(signal.aborted).toBe(false);
  });

  test('of an upgrade aborts when its connection closes', async () => {
    const { server, exchanges } = exchanging();
    const upgraded = once(server, 'upgrade') as Promise<[http.IncomingMessage, net.Socket]>;
    const client = await cleanUps.client(await unserved(server));
    const { response } = await exchange(client, exchanges);
    response.end('first');
    await client.read('first');
    client.ask('/', 'Connection: Upgrade', 'Upgrade: x');
    const [request, socket] = await upgraded;
    const signal = requestSignal(request);
    socket.write('now it is something else');
    await client.read('something else');
    expect(signal.aborted).toBe(false);
    const closed = once(
      socket.on('error', () => {}),
      'close',
    );
    socket.destroy();
    await closed;
    expect(signal.reason).toMatchObject({ name: 'AbortError', message: 'The client has gone away' });
  });
});

describe('requestSignal of a server that is served', () => {
  test('that is asked for when the response has left does not abort any more', async () => {
    const { server, exchanges } = exchanging();
    const { port, stop } = await serving(cleanUps, server);
    const client = await cleanUps.client(port);
    const { request, response } = await exchange(client, exchanges);
    response.end();
    await once(response, 'close');
    expect(request.socket.destroyed).toBe(false);
    const signal = requestSignal(request);
    stop.abort();
    expect(signal.aborted).toBe(false);
  });

  test('that is first asked for when the response has left, and its client has gone away by a reset, has not aborted', async () => {
    const { server, exchanges } = exchanging();
    const { port } = await serving(cleanUps, server);
    const client = await cleanUps.client(port);
    const { request, response } = await exchange(client, exchanges);
    request.on('error', () => {});
    response.end('answered');
    await client.read('answered');
    await turnsUntil(() => response.closed);
    client.socket.resetAndDestroy();
    await turnsUntil(() => request.socket.closed);
    expect(request.socket.errored).toMatchObject({ code: 'ECONNRESET' });
    expect(requestSignal(request).aborted).toBe(false);
  });

  test('over HTTP/2 has had its time when the response has left, though the request goes on', async () => {
    const signals: AbortSignal[] = [];
    const responses: http2.Http2ServerResponse[] = [];
    const server = http2.createServer((request, response) => {
      signals.push(requestSignal(request.resume()));
      responses.push(response);
      response.end('all of it');
    });
    const { port, stop } = await serving(cleanUps, server);
    const stream = sessionWith(port)
      .request({ ':method': 'POST' })
      .on('error', () => {});
    stream.write('part of a body');
    await once(stream.resume(), 'end');
    const { stream: sending } = responses[0] as http2.Http2ServerResponse;
    expect([sending.writableFinished, sending.closed]).toEqual([true, false]);
    stop.abort('stop');
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  test('aborts when the client goes away, also of those that wait behind another one on the connection', async () => {
    const signals: AbortSignal[] = [];
    const { server, exchanges } = exchanging(({ request }) => void signals.push(requestSignal(request)));
    const { port } = await serving(cleanUps, server);
    const client = await cleanUps.client(port);
    client.socket.write(ASK.repeat(3));
    await turnsUntil(() => exchanges.length === 3);
    expect(signals.some(({ aborted }) => aborted)).toBe(false);
    client.socket.destroy();
    await turnsUntil(() => signals.every(({ aborted }) => aborted));
  });

  test.each([
    ['an upgrade', 'upgrade', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
    ['CONNECT', 'connect', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('of %s follows the process and the connection, whenever somebody listens for it', async (_what, name, text) => {
    const { server } = exchanging();
    const { port, stop } = await serving(cleanUps, server);
    expect(server.listenerCount(name)).toBe(0);
    const requests: http.IncomingMessage[] = [];
    server.on(name, (request: http.IncomingMessage) => void requests.push(request));
    const clients = [await cleanUps.client(port), await cleanUps.client(port)];
    for (const client of clients) client.socket.write(text);
    await turnsUntil(() => requests.length === 2);
    const [leaving, staying] = requests.map(requestSignal) as [AbortSignal, AbortSignal];
    requests[0]?.socket.destroy();
    await turnsUntil(() => leaving.aborted);
    expect([leaving.reason, staying.aborted]).toMatchObject([{ message: 'The client has gone away' }, false]);
    stop.abort('stop');
    expect(staying.reason).toBe('stop');
  });

  test('over HTTP/2 follows the process also where the one who answers has come after the server was served', async () => {
    const server = http2.createServer();
    const { port, stop } = await serving(cleanUps, server);
    const requests: http2.Http2ServerRequest[] = [];
    server.on('request', (request) => void requests.push(request));
    sessionWith(port)
      .request()
      .on('error', () => {});
    await turnsUntil(() => requests.length === 1);
    const [signal] = requests.map(requestSignal) as [AbortSignal];
    expect(signal.aborted).toBe(false);
    stop.abort('stop');
    expect(signal.reason).toBe('stop');
  });

  test('follows the process that serves the server now, also when another one that did before has ended later', async () => {
    const { server } = exchanging();
    const draining = deferred();
    const before = await serving(cleanUps, server, { onDraining: () => draining.promise });
    const closed = once(server, 'close');
    before.stop.abort();
    await closed;
    const { port, stop } = await serving(cleanUps, server);
    draining.resolve();
    await before.over;
    const upgraded = once(server, 'upgrade') as Promise<[http.IncomingMessage]>;
    const client = await cleanUps.client(port);
    client.ask('/', 'Connection: Upgrade', 'Upgrade: x');
    const [request] = await upgraded;
    const signal = requestSignal(request);
    expect(signal.aborted).toBe(false);
    stop.abort('stop');
    expect(signal.reason).toBe('stop');
  });

  test('follows no process that is over', async () => {
    const { server, exchanges } = exchanging();
    const { stop, over } = await serving(cleanUps, server);
    stop.abort();
    await over;
    const client = await cleanUps.client(await unserved(server));
    const { request } = await exchange(client, exchanges);
    expect(requestSignal(request).aborted).toBe(false);
  });

  test('follows the process that another copy of this package serves it by', async () => {
    const { server, exchanges } = exchanging();
    const client = await cleanUps.client(await unserved(server));
    const { request, response } = await exchange(client, exchanges);
    const process = new AbortController();
    const mark = { response, process: process.signal, signal: undefined };
    Object.assign(request, { [Symbol.for('@x/proc/request/1')]: mark });
    const signal = requestSignal(request);
    expect(mark.signal).toBe(signal);
    process.abort('stop');
    expect(signal.reason).toBe('stop');
  });

  test('over HTTP/2 has had its time when the response has left, though the stream fails later', async () => {
    const signals: AbortSignal[] = [];
    const responses: http2.Http2ServerResponse[] = [];
    const server = http2.createServer((request, response) => {
      signals.push(requestSignal(request));
      responses.push(response);
      // Who reads does not refuse the rest.
      request.resume().on('error', () => {});
    });
    const { port } = await serving(cleanUps, server);
    const session = http2.connect(`http://127.0.0.1:${port}`).on('error', () => {});
    cleanUps.add(() => session.destroy());
    const stream = session.request({ ':method': 'POST' }).on('error', () => {});
    stream.write('part of a body');
    await turnsUntil(() => responses.length === 1);
    const [response] = responses as [http2.Http2ServerResponse];
    const left = once(response.stream, 'finish');
    const arrived = once(stream.resume(), 'end');
    response.end('all of it');
    await Promise.all([left, arrived]);
    const closed = once(response, 'close');
    response.stream.destroy(new Error('too late'));
    await closed;
    expect(response.stream.errored).not.toBeNull();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });
});

test('a server that is served answers what it is handed by a test or an adapter, which need not be what it looks like', async () => {
  const answered: unknown[] = [];
  const server = http.createServer((request, response) => answered.push(response.end(request.url)));
  const { stop, over } = await serving(cleanUps, server);
  const end = (url: unknown): string => `answered ${String(url)}`;
  server.emit('request', { url: '/made-up' }, { end });
  stop.abort();
  await over;
  expect(answered).toEqual(['answered /made-up']);
});

describe('requestSignal', () => {
  test.each(['served', 'not served'])(
    'of a server that is %s has aborted where the response was ended when the client had gone',
    async (which) => {
      const { server, exchanges } = exchanging();
      const port = which === 'served' ? (await serving(cleanUps, server)).port : await unserved(server);
      const client = await cleanUps.client(port);
      const { request, response } = await exchange(client, exchanges);
      const closed = once(response, 'close');
      client.socket.destroy();
      await closed;
      response.end('too late');
      await turns();
      expect(requestSignal(request).aborted).toBe(true);
    },
  );

  test('says what it has been given instead of a request', () => {
    for (const bad of [undefined, null, 1]) {
      const message = `request must be a request that an HTTP server has received, got ${bad}`;
      expect(() => requestSignal(bad as never)).toThrow(message);
    }
  });
});
