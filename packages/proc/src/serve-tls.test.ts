import { EventEmitter, once } from 'node:events';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import * as tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { cert, key } from '../../../test/test-support/certificate.js';
import { CleanUps, Client, stopTheClock, turnsUntil } from './test-support/serving.js';

// The clock of these tests stands still until they move it.
const LINGER = 50;
const TIME = 10_000;

const cleanUps = new CleanUps();
beforeEach(stopTheClock);
afterEach(async () => {
  jest.useRealTimers();
  await cleanUps.run();
});

/** Speaks TLS on the connection of a client, from now on. */
async function secured({ socket }: Client, ...ALPNProtocols: string[]): Promise<Client> {
  const above = tls.connect({ socket, ca: cert, servername: 'localhost', ALPNProtocols });
  // What is below ends with it.
  above.on('end', () => above.end());
  const client = new Client(above);
  await once(above, 'secureConnect');
  return client;
}

describe('a connection over TLS', () => {
  test(
    'on which nothing has ever been asked is closed 50 ms after it was made',
    async () => {
      const server = https.createServer({ key, cert });
      const { port, stop, over } = await cleanUps.serving(server);
      const secure = once(server, 'secureConnection');
      const client = await secured(await cleanUps.client(port));
      const [socket] = (await secure) as [tls.TLSSocket];
      stop.abort();
      await turnsUntil(() => !server.listening);
      jest.advanceTimersByTime(LINGER - 1);
      expect(socket.writableEnded).toBe(false);
      jest.advanceTimersByTime(1);
      await turnsUntil(() => client.ended);
      await over;
      expect(client.errors).toEqual([]);
    },
    TIME,
  );

  test(
    'that shakes hands while the server stops does so in peace, however long that takes, and is closed 50 ms after it',
    async () => {
      const server = https.createServer({ key, cert });
      const { port, stop, over, ended } = await cleanUps.serving(server);
      const connection = once(server, 'connection');
      const raw = await cleanUps.client(port);
      await connection;
      stop.abort();
      await turnsUntil(() => !server.listening);
      jest.advanceTimersByTime(60_000);
      expect(ended()).toBe(false);
      const secure = once(server, 'secureConnection');
      const client = await secured(raw);
      await secure;
      expect(ended()).toBe(false);
      jest.advanceTimersByTime(LINGER);
      await turnsUntil(() => client.ended);
      await over;
      expect([...client.errors, ...raw.errors]).toEqual([]);
    },
    TIME,
  );

  test(
    'that shakes hands while the server stops is answered, for the last time',
    async () => {
      const server = https.createServer({ key, cert }, (_request, response) => response.end('at last'));
      const { port, stop, over } = await cleanUps.serving(server);
      const connection = once(server, 'connection');
      const raw = await cleanUps.client(port);
      await connection;
      stop.abort();
      await turnsUntil(() => !server.listening);
      jest.advanceTimersByTime(60_000);
      const client = await secured(raw);
      client.ask();
      await client.read('at last');
      expect(client.text).toContain('Connection: close');
      await over;
    },
    TIME,
  );
});

describe('a server of HTTP/2', () => {
  test(
    'that nobody has asked for requests is not asked for them: its streams would be answered in another way',
    async () => {
      for (const server of [http2.createSecureServer({ key, cert }), http2.createServer()]) {
        const { stop, over } = await cleanUps.serving(server);
        expect([server.listenerCount('request'), server.listenerCount('stream')]).toEqual([0, 0]);
        stop.abort();
        await over;
      }
    },
    TIME,
  );

  test.each([
    ['agreed on that', ['http/1.1']],
    ['agreed on nothing', []],
  ])(
    'that speaks HTTP/1 as well closes such a connection as one of HTTP/1, where client and server have %s',
    async (_what, protocols) => {
      const server = http2.createSecureServer({ key, cert, allowHTTP1: true }, (_request, response) => {
        response.end('either');
      });
      // What it would close by itself it does not.
      Object.assign(server, { keepAliveTimeout: 0, closeIdleConnections: () => {} });
      const { port, stop, over } = await cleanUps.serving(server);
      const silent = await secured(await cleanUps.client(port), ...protocols);
      const client = await secured(await cleanUps.client(port), ...protocols);
      client.ask();
      await client.read('either');
      stop.abort();
      await turnsUntil(() => !server.listening);
      jest.advanceTimersByTime(LINGER);
      await turnsUntil(() => client.ended && silent.ended);
      await over;
      expect([...client.errors, ...silent.errors]).toEqual([]);
    },
    TIME,
  );

  test(
    'is not told of the end of a connection by a header: HTTP/2 has none',
    async () => {
      const headers: unknown[] = [];
      const responses: http2.Http2ServerResponse[] = [];
      const server = http2.createServer((_request, response) => {
        const { setHeader } = response;
        response.setHeader = (...args) => (headers.push(args), setHeader.apply(response, args));
        responses.push(response);
      });
      const { port, stop, over } = await cleanUps.serving(server);
      const session = http2.connect(`http://127.0.0.1:${port}`).on('error', () => {});
      cleanUps.add(() => session.destroy());
      const stream = session.request().resume();
      await turnsUntil(() => responses.length === 1);
      stop.abort();
      await turnsUntil(() => !server.listening);
      responses[0]?.end('done');
      await once(stream, 'end');
      await over;
      expect(headers).toEqual([]);
    },
    TIME,
  );

  test.each([
    ['TLS alone', {}],
    ['TLS, and HTTP/1', { allowHTTP1: true }],
    ['no TLS', undefined],
  ])(
    'of %s lets a stream take its time, on a connection that nothing else comes on',
    async (_what, options) => {
      const responses: http2.Http2ServerResponse[] = [];
      const answer = (_request: unknown, response: http2.Http2ServerResponse): void => void responses.push(response);
      const server = options ? http2.createSecureServer({ key, cert, ...options }, answer) : http2.createServer(answer);
      const { port, stop, over, ended } = await cleanUps.serving(server);
      const below = await cleanUps.client(port);
      const createConnection = (): tls.TLSSocket =>
        options
          ? tls.connect({ socket: below.socket, ca: cert, servername: 'localhost', ALPNProtocols: ['h2'] })
          : (below.socket as tls.TLSSocket);
      const session = http2.connect('https://localhost', { createConnection }).on('error', () => {});
      cleanUps.add(() => session.destroy());
      const stream = session.request();
      let text = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      await turnsUntil(() => responses.length === 1);
      stop.abort();
      await turnsUntil(() => !server.listening);
      jest.advanceTimersByTime(60_000);
      expect(ended()).toBe(false);
      responses[0]?.end('in its time');
      await once(stream, 'end');
      expect(text).toBe('in its time');
      await over;
    },
    TIME,
  );

  test(
    'has nothing more to do with a session that has ended before',
    async () => {
      const server = http2.createServer();
      const { stop, over } = await cleanUps.serving(server);
      let told = 0;
      const session = Object.assign(new EventEmitter(), { close: () => told++, destroy: () => told++ });
      server.emit('session', session);
      session.emit('close');
      stop.abort();
      await over;
      expect(told).toBe(0);
    },
    TIME,
  );
});
