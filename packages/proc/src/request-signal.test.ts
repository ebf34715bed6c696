import { once } from 'node:events';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import type * as net from 'node:net';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { requestSignal } from '@x/proc/node';
import { CleanUps, turnsUntil, type Client } from '../../../test/test-support/connections.js';
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

/** Listens, but is not served. */
async function unserved(server: http.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.add(() => (server.closeAllConnections(), server.close()));
  return (server.address() as net.AddressInfo).port;
}

describe('requestSignal of a server that is not served', () => {
  test('has had its time when the response has left, though the client goes away later', async () => {
    const signals: AbortSignal[] = [];
    const { server, exchanges } = exchanging(({ request }) => void signals.push(requestSignal(request)));
    const client = await cleanUps.client(await unserved(server));
    const { request, response } = await exchange(client, exchanges);
    response.end('all of it');
    await client.read('all of it');
    const closed = once(request.socket, 'close');
    client.socket.destroy();
    await closed;
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  test('does not end with the response to another request that came before on the connection', async () => {
    const signals: AbortSignal[] = [];
    const { server, exchanges } = exchanging(({ request }) => void signals.push(requestSignal(request)));
    const client = await cleanUps.client(await unserved(server));
    client.socket.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n');
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

  test('may be asked for when the response has left', async () => {
    const { server, exchanges } = exchanging();
    const client = await cleanUps.client(await unserved(server));
    const { request, response } = await exchange(client, exchanges);
    response.end();
    await once(response, 'close');
    expect(requestSignal(request).aborted).toBe(false);
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

describe('requestSignal', () => {
  test('says what it has been given instead of a request', () => {
    for (const bad of [undefined, null, 1]) {
      const message = `request must be a request that an HTTP server has received, got ${bad}`;
      expect(() => requestSignal(bad as never)).toThrow(message);
    }
  });
});
