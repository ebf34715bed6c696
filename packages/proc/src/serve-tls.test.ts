import { EventEmitter, once } from 'node:events';
import type * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import * as tls from 'node:tls';
import { describe, expect, jest, test } from '@jest/globals';
import { Client, LINGER, ssl, turnsUntil, withTheClockStopped } from '../../../test/test-support/connections.js';
import { microtasks } from './test-support/deferred.js';
import { connected, serving } from './test-support/serving.js';

// The clock of these tests stands still until they move it.
jest.setTimeout(10_000);

const cleanUps = withTheClockStopped();

describe('a connection over TLS', () => {
  test('on which nothing has ever been asked is closed 50 ms after it was made', async () => {
    const server = https.createServer(ssl);
    const { port, halt, over } = await serving(cleanUps, server);
    const secure = once(server, 'secureConnection');
    const client = await cleanUps.secure(port);
    const [socket] = (await secure) as [tls.TLSSocket];
    await halt();
    jest.advanceTimersByTime(LINGER - 1);
    expect(socket.writableEnded).toBe(false);
    jest.advanceTimersByTime(1);
    await turnsUntil(() => client.ended);
    await over;
    expect(client.errors).toEqual([]);
  });

  test.each([
    ['https', () => https.createServer(ssl)],
    ['HTTP/2', () => http2.createSecureServer(ssl)],
  ])(
    'to a server of %s that has not even begun to shake hands is closed 50 ms after it was made',
    async (_what, make) => {
      const server = make();
      const { port, halt, over } = await serving(cleanUps, server);
      const { client, socket } = await connected(cleanUps, server, port);
      await halt();
      jest.advanceTimersByTime(LINGER - 1);
      expect(socket.writableEnded).toBe(false);
      jest.advanceTimersByTime(1);
      await turnsUntil(() => client.ended);
      client.socket.end();
      await over;
      expect(client.errors).toEqual([]);
    },
  );

  test('is counted once: of four, all are told at once that they end', async () => {
    const responses: http.ServerResponse[] = [];
    const server = https.createServer(ssl, (_request, response) => void responses.push(response));
    const { port, stop, over } = await serving(cleanUps, server);
    const clients = await Promise.all(Array.from({ length: 4 }, () => cleanUps.secure(port)));
    for (const client of clients) client.ask();
    await turnsUntil(() => responses.length === 4);
    stop.abort();
    await microtasks();
    expect(server.listening).toBe(true);
    for (const response of responses) response.end('early');
    for (const client of clients) await client.read('early');
    expect(clients.map(({ text }) => text.includes('Connection: close'))).toEqual([true, true, true, true]);
    await over;
  });

  test('that shakes hands while the server stops does so in peace, however long that takes, and is closed 50 ms after it', async () => {
    const server = https.createServer(ssl);
    const { port, halt, over, ended } = await serving(cleanUps, server);
    const { socket, goOn } = await cleanUps.shaking(port);
    const client = new Client(socket);
    await halt();
    jest.advanceTimersByTime(60_000);
    expect(ended()).toBe(false);
    const secure = once(server, 'secureConnection');
    goOn();
    await secure;
    expect(ended()).toBe(false);
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    await over;
    expect(client.errors).toEqual([]);
  });

  test('that shakes hands while the server stops is answered, for the last time', async () => {
    const server = https.createServer(ssl, (_request, response) => response.end('at last'));
    const { port, halt, over } = await serving(cleanUps, server);
    const { socket, goOn } = await cleanUps.shaking(port);
    const client = new Client(socket);
    await halt();
    jest.advanceTimersByTime(60_000);
    goOn();
    client.ask();
    await client.read('at last');
    expect(client.text).toContain('Connection: close');
    await over;
  });
});

describe('a server of HTTP/2', () => {
  test('that nobody has asked for requests is not asked for them: its streams would be answered in another way', async () => {
    for (const server of [http2.createSecureServer(ssl), http2.createServer()]) {
      const { stop, over } = await serving(cleanUps, server);
      expect([server.listenerCount('request'), server.listenerCount('stream')]).toEqual([0, 0]);
      stop.abort();
      await over;
    }
  });

  test.each([
    ['agreed on that', ['http/1.1']],
    ['agreed on nothing', []],
  ])(
    'that speaks HTTP/1 as well closes such a connection as one of HTTP/1, where client and server have %s',
    async (_what, protocols) => {
      const server = http2.createSecureServer({ ...ssl, allowHTTP1: true }, (_request, response) => {
        response.end('either');
      });
      // What it would close by itself it does not.
      Object.assign(server, { keepAliveTimeout: 0, closeIdleConnections: () => {} });
      const { port, halt, over } = await serving(cleanUps, server);
      const silent = await cleanUps.secure(port, ...protocols);
      const client = await cleanUps.secure(port, ...protocols);
      client.ask();
      await client.read('either');
      await halt();
      jest.advanceTimersByTime(LINGER);
      await turnsUntil(() => client.ended && silent.ended);
      await over;
      expect([...client.errors, ...silent.errors]).toEqual([]);
    },
  );

  test('is not told of the end of a connection by a header: HTTP/2 has none', async () => {
    const headers: unknown[] = [];
    const responses: http2.Http2ServerResponse[] = [];
    const server = http2.createServer((_request, response) => {
      const { setHeader } = response;
      response.setHeader = (...args) => (headers.push(args), setHeader.apply(response, args));
      responses.push(response);
    });
    const { port, halt, over } = await serving(cleanUps, server);
    const session = http2.connect(`http://127.0.0.1:${port}`).on('error', () => {});
    cleanUps.add(() => session.destroy());
    const stream = session.request().resume();
    await turnsUntil(() => responses.length === 1);
    await halt();
    responses[0]?.end('done');
    await once(stream, 'end');
    await over;
    expect(headers).toEqual([]);
  });

  test.each([
    ['TLS alone', {}],
    ['TLS, and HTTP/1', { allowHTTP1: true }],
    ['no TLS', undefined],
  ])('of %s lets a stream take its time, on a connection that nothing else comes on', async (_what, options) => {
    const responses: http2.Http2ServerResponse[] = [];
    const answer = (_request: unknown, response: http2.Http2ServerResponse): void => void responses.push(response);
    const server = options ? http2.createSecureServer({ ...ssl, ...options }, answer) : http2.createServer(answer);
    const { port, halt, over, ended } = await serving(cleanUps, server);
    const below = await cleanUps.client(port);
    const createConnection = (): tls.TLSSocket =>
      options ? tls.connect({ ...ssl, socket: below.socket, ALPNProtocols: ['h2'] }) : (below.socket as tls.TLSSocket);
    const session = http2.connect('https://localhost', { createConnection }).on('error', () => {});
    cleanUps.add(() => session.destroy());
    const stream = session.request();
    let text = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await turnsUntil(() => responses.length === 1);
    await halt();
    jest.advanceTimersByTime(60_000);
    expect(ended()).toBe(false);
    responses[0]?.end('in its time');
    await once(stream, 'end');
    expect(text).toBe('in its time');
    await over;
  });

  test('has nothing more to do with a session that has ended before', async () => {
    const server = http2.createServer();
    const { stop, over } = await serving(cleanUps, server);
    let told = 0;
    const session = Object.assign(new EventEmitter(), { close: () => told++, destroy: () => told++ });
    server.emit('session', session);
    session.emit('close');
    stop.abort();
    await over;
    expect(told).toBe(0);
  });
});
