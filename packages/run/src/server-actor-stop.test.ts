import { describe, expect, jest, test } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net, { type ListenOptions } from 'node:net';
import { Writable } from 'node:stream';
import tls from 'node:tls';
import {
  answering,
  BIG,
  bytesOf,
  type Client,
  computing,
  CUT,
  duplexPair,
  giving,
  LINGER,
  onItsWay,
  ssl,
  standingIn,
  turn,
  turns,
  turnsUntil,
  withTheClockStopped,
} from '../../../test/test-support/connections.js';
import { Group } from './index.js';
import { serverActor } from './node.js';
import { asked, served, servedClient } from './test-support/served.js';

// How long each step of a stop takes: the clock of these tests stands still until they move it.
jest.setTimeout(10_000);
const cleanUps = withTheClockStopped();

/** What a client of HTTP/2 says first: the last of it are its settings, none. */
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0';

const immediates = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Immediate').length;

describe('a request in flight', () => {
  test.each([
    ['http', false],
    ['https', true],
  ])('over %s is answered to the last byte, however slowly its client reads', async (_scheme, secure) => {
    const { server, responses } = giving(secure);
    const { port, stop, down } = await served(cleanUps, server);
    const client = await cleanUps.slow(port, secure);
    await turnsUntil(() => responses.length === 1);
    const [response] = responses as [http.ServerResponse];
    expect(onItsWay(response)).toBe(true);
    stop();
    jest.advanceTimersByTime(20 * LINGER);
    const bytes = bytesOf(client);
    await turnsUntil(() => response.closed);
    expect(response.writableFinished).toBe(true);
    jest.advanceTimersByTime(LINGER);
    expect(await bytes).toBeGreaterThan(BIG);
    expect(await down).toBe('stop');
  });

  test.each([
    ['agreed on that', ['http/1.1']],
    ['agreed on nothing', []],
  ])(
    'of HTTP/1 to a server of HTTP/2 is answered for the last time, and who is idle closed, where they have %s',
    async (_what, protocols) => {
      const responses: http2.Http2ServerResponse[] = [];
      const server = http2.createSecureServer({ ...ssl, allowHTTP1: true }, (_request, response) => {
        responses.push(response);
      });
      const { port, stop, down } = await served(cleanUps, server);
      const client = await cleanUps.secure(port, ...protocols);
      const silent = await cleanUps.secure(port, ...protocols);
      const response = await asked(client, responses);
      stop();
      jest.advanceTimersByTime(LINGER);
      await turnsUntil(() => silent.ended);
      expect(client.ended).toBe(false);
      response.end('either');
      await turnsUntil(() => client.ended);
      expect(client.text).toMatch(/Connection: close[^]*either/);
      expect(await down).toBe('stop');
      expect([...client.errors, ...silent.errors]).toEqual([]);
    },
  );

  test('of HTTP/2 is left in peace where HTTP/1 is spoken, too', async () => {
    const responses: http2.Http2ServerResponse[] = [];
    const server = http2.createSecureServer({ ...ssl, allowHTTP1: true }, (_request, response) => {
      responses.push(response);
    });
    const { port, stop, down, isDown } = await served(cleanUps, server);
    const socket = tls.connect({ ...ssl, port, host: '127.0.0.1', ALPNProtocols: ['h2'] });
    const session = http2.connect('https://localhost', { createConnection: () => socket }).on('error', () => {});
    cleanUps.add(() => session.destroy());
    const [stream, other] = [session.request(), session.request().resume()];
    let text = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await turnsUntil(() => responses.length === 2);
    stop();
    // HTTP/2 has no such thing.
    expect(responses.map((response) => 'shouldKeepAlive' in response)).toEqual([false, false]);
    responses[1]?.end('at once');
    await once(other, 'close');
    jest.advanceTimersByTime(60_000);
    expect(isDown()).toBe(false);
    responses[0]?.end('in its time');
    await once(stream, 'end');
    expect(text).toBe('in its time');
    expect(await down).toBe('stop');
  });

  test.each([
    ['in their order', [0, 1, 2]],
    ['in another', [2, 1, 0]],
  ])(
    'is answered also where others are on its connection, and the last of them is what that ends with: answered %s',
    async (_what, order) => {
      const { responses, client, stop, down } = await servedClient(cleanUps);
      client.socket.write('GET /0 HTTP/1.1\r\nHost: x\r\n\r\nGET /1 HTTP/1.1\r\nHost: x\r\n\r\n');
      await turnsUntil(() => responses.length === 2);
      stop();
      // It was sent before its client could know.
      await asked(client, responses, '/2');
      for (const each of order) responses[each]?.end(`answer ${each}`);
      await turnsUntil(() => client.ended);
      const answers = client.text.split('HTTP/1.1 ').slice(1);
      expect(answers.map((text) => /answer \d/.exec(text)?.[0])).toEqual(['answer 0', 'answer 1', 'answer 2']);
      expect(answers.map((text) => text.includes('Connection: close'))).toEqual([false, false, true]);
      // What comes now has come too late, but does not reset it.
      const [{ req }] = responses as [http.ServerResponse];
      const { bytesRead } = req.socket;
      client.ask('/3');
      await turnsUntil(() => req.socket.bytesRead > bytesRead);
      expect(req.socket.destroyed).toBe(false);
      client.socket.end();
      expect(await down).toBe('stop');
      expect([responses.length, client.errors]).toEqual([3, []]);
    },
  );

  test('is answered where it has been read to its end long before', async () => {
    const server = http.createServer();
    const responses: http.ServerResponse[] = [];
    const { port, stop, down } = await served(cleanUps, server);
    // The one who answers has come later.
    server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
      request.resume().on('close', () => responses.push(response));
    });
    const client = await cleanUps.client(port);
    client.ask('/', 'Content-Length: 1');
    client.socket.write('x');
    await turnsUntil(() => responses.length === 1);
    stop();
    jest.advanceTimersByTime(60_000);
    responses[0]?.end('late');
    await turnsUntil(() => client.ended);
    expect(client.text).toMatch(/Connection: close[^]*late/);
    client.socket.end();
    expect(await down).toBe('stop');
  });

  test('that is the last of its client stays that, and one behind a response that has begun to leave is waited for', async () => {
    const { responses, client, port, stop, down, isDown } = await servedClient(cleanUps);
    const last = await cleanUps.client(port);
    await asked(client, responses, '/0');
    await asked(last, responses, '/1', 'Connection: close');
    const [first, other] = responses as [http.ServerResponse, http.ServerResponse];
    first.write('begun');
    await client.read('begun');
    stop();
    expect([first.shouldKeepAlive, other.shouldKeepAlive]).toEqual([true, false]);
    await asked(client, responses, '/2');
    first.end('over');
    await client.read('over');
    jest.advanceTimersByTime(60_000);
    responses[2]?.end('behind');
    await client.read('behind');
    expect(client.text).toMatch(/keep-alive[^]*over[^]*Connection: close[^]*behind/);
    await turnsUntil(() => client.ended);
    client.socket.end();
    await turn();
    expect(isDown()).toBe(false);
    other.end('its last');
    await turnsUntil(() => last.ended);
    last.socket.end();
    expect(await down).toBe('stop');
    expect([last.text.includes('its last'), client.errors, last.errors]).toEqual([true, [], []]);
  });

  test('is read to its end where it was answered before that', async () => {
    const { server, responses, client, stop, down } = await servedClient(cleanUps);
    const response = await asked(client, responses, '/', 'Content-Length: 2');
    let body = '';
    response.req.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    stop();
    await turnsUntil(() => !server.listening);
    response.end('accepted');
    await client.read('accepted');
    await turnsUntil(() => response.closed);
    for (const part of ['a', 'ab']) {
      jest.advanceTimersByTime(60_000);
      await turn();
      client.socket.write(part.slice(-1));
      await turnsUntil(() => body === part);
    }
    await turnsUntil(() => response.req.closed);
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    client.socket.end();
    expect(await down).toBe('stop');
    expect(client.errors).toEqual([]);
  });

  test('that was answered early, and more of whose body comes, which nobody reads, is not waited for', async () => {
    const { responses, client, socket, stop, down } = await servedClient(cleanUps);
    const response = await asked(client, responses, '/', 'Content-Length: 1000');
    response.end('refused');
    await client.read('refused');
    await turnsUntil(() => response.closed);
    const { bytesRead } = socket;
    client.socket.write('a part of it');
    await turnsUntil(() => socket.bytesRead > bytesRead);
    stop();
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    client.socket.end();
    expect(await down).toBe('stop');
    expect(client.errors).toEqual([]);
  });

  test.each(['before', 'after'])(
    'that was answered early, %s the interrupt, and whose reader pauses it, is waited for 500 ms, and then as long as its client',
    async (when) => {
      const { server, responses, client, socket, stop, down } = await servedClient(cleanUps);
      const response = await asked(client, responses, '/', 'Content-Length: 1000000');
      let read = 0;
      response.req.on('data', (chunk: Buffer) => {
        read += chunk.length;
        response.req.pause();
      });
      client.socket.write(Buffer.alloc(1));
      await turnsUntil(() => read === 1);
      const answer = async (): Promise<void> => {
        response.end('refused');
        await turnsUntil(() => response.closed);
      };
      if (when === 'before') await answer();
      stop();
      await turnsUntil(() => !server.listening);
      if (when === 'after') {
        jest.advanceTimersByTime(60_000);
        await answer();
      }
      // More comes than is taken in, and is a reason to look again.
      client.socket.write(Buffer.alloc(500_000));
      await turnsUntil(() => socket.isPaused());
      jest.advanceTimersByTime(CUT);
      jest.advanceTimersByTime(CUT - 1);
      await turns();
      expect(socket.writableEnded).toBe(false);
      jest.advanceTimersByTime(1);
      await turnsUntil(() => client.ended);
      // The rest is read, and thrown away.
      await turnsUntil(() => socket.bytesRead > 500_000);
      jest.advanceTimersByTime(CUT);
      expect(socket.destroyed).toBe(false);
      jest.advanceTimersByTime(CUT);
      expect(socket.destroyed).toBe(true);
      expect(await down).toBe('stop');
      expect([read, client.text.includes('refused'), jest.getTimerCount()]).toEqual([1, true, 0]);
    },
  );

  test('that was answered early, and is paused now and then, goes on until all of it has been read', async () => {
    const { server, responses, client, socket, stop, down } = await servedClient(cleanUps);
    const response = await asked(client, responses, '/', 'Content-Length: 3');
    let body = '';
    response.req.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
      if (body !== 'abc') response.req.pause();
    });
    response.end('accepted');
    await turnsUntil(() => response.closed);
    stop();
    await turnsUntil(() => !server.listening);
    for (const part of ['a', 'ab']) {
      jest.advanceTimersByTime(CUT - 1);
      response.req.resume();
      client.socket.write(part.slice(-1));
      await turnsUntil(() => body === part);
      jest.advanceTimersByTime(1);
      await turns();
      expect(socket.writableEnded).toBe(false);
    }
    response.req.resume();
    client.socket.write('c');
    await turnsUntil(() => response.req.closed);
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    client.socket.end();
    expect(await down).toBe('stop');
    expect([body, client.errors]).toEqual(['abc', []]);
  });

  test('that was answered early, and whose reader pauses for each piece of what came at once, goes on until all of it has been read', async () => {
    const { server, responses, client, socket, stop, down } = await servedClient(cleanUps);
    const response = await asked(client, responses, '/', 'Transfer-Encoding: chunked');
    let body = '';
    response.req.on('data', (chunk: Buffer) => {
      body += chunk.toString();
      response.req.pause();
    });
    client.socket.write('1\r\na\r\n1\r\nb\r\n1\r\nc\r\n');
    await turnsUntil(() => body === 'a' && response.req.readableLength === 2);
    response.end('accepted');
    await turnsUntil(() => response.closed);
    stop();
    await turnsUntil(() => !server.listening);
    for (const part of ['ab', 'abc']) {
      jest.advanceTimersByTime(CUT - 1);
      response.req.resume();
      await turnsUntil(() => body === part);
      jest.advanceTimersByTime(1);
      await turns();
      expect(socket.writableEnded).toBe(false);
    }
    response.req.resume();
    client.socket.write('0\r\n\r\n');
    await turnsUntil(() => response.req.closed);
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    client.socket.end();
    expect(await down).toBe('stop');
    expect(client.errors).toEqual([]);
  });

  test('that was answered early, and all of whose body has come, but is not read, is waited for as one that still comes', async () => {
    const { server, responses, client, socket, stop, down } = await servedClient(cleanUps);
    const response = await asked(client, responses, '/', 'Content-Length: 20');
    let body = '';
    response.req.on('data', (chunk: Buffer) => {
      body += chunk.toString();
      response.req.pause();
    });
    client.socket.write('0123456789');
    await turnsUntil(() => body !== '');
    stop();
    await turnsUntil(() => !server.listening);
    response.end('refused');
    await turnsUntil(() => response.closed);
    client.socket.write('0123456789');
    await turnsUntil(() => response.req.complete);
    jest.advanceTimersByTime(CUT);
    jest.advanceTimersByTime(CUT - 1);
    await turns();
    expect(socket.writableEnded).toBe(false);
    jest.advanceTimersByTime(1);
    await turnsUntil(() => client.ended);
    client.socket.end();
    expect(await down).toBe('stop');
    response.req.resume();
    await turnsUntil(() => response.req.closed);
    expect([body.length, client.errors, jest.getTimerCount()]).toEqual([20, [], 0]);
  });

  test('that has come, and is not read, is cut 500 ms after its answer where its client does not close its side', async () => {
    const { server, responses, client, socket, stop, down } = await servedClient(cleanUps);
    const response = await asked(client, responses, '/', 'Content-Length: 20');
    response.req.on('data', () => response.req.pause());
    client.socket.write('0123456789');
    await turnsUntil(() => response.req.isPaused());
    client.socket.write('0123456789');
    await turnsUntil(() => response.req.complete);
    stop();
    await turnsUntil(() => !server.listening);
    response.end('refused');
    await turnsUntil(() => client.ended && response.closed);
    jest.advanceTimersByTime(CUT);
    expect(socket.destroyed).toBe(true);
    expect(await down).toBe('stop');
    await turns();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('whose client goes away in the middle of what is read leaves no timer', async () => {
    const { server, responses, client, stop, down } = await servedClient(cleanUps);
    const { req } = await asked(client, responses, '/', 'Content-Length: 20');
    req.on('error', () => {}).on('data', () => {});
    stop();
    await turnsUntil(() => !server.listening);
    client.socket.resetAndDestroy();
    await turnsUntil(() => req.closed);
    expect(await down).toBe('stop');
    await turns();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('that was answered early, and is paused, keeps the program up until that is over: its socket may not', async () => {
    const { server, responses, client, stop, down } = await servedClient(cleanUps);
    const response = await asked(client, responses, '/', 'Content-Length: 2');
    response.req.on('data', () => response.req.pause());
    client.socket.write('a');
    await turnsUntil(() => response.req.isPaused());
    response.end('refused');
    await turnsUntil(() => response.closed);
    const timers = jest.spyOn(globalThis, 'setTimeout');
    stop();
    await turnsUntil(() => !server.listening);
    const made = timers.mock.results.filter((_made, index) => timers.mock.calls[index]?.[1] === CUT);
    timers.mockRestore();
    expect(made.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([true]);
    jest.advanceTimersByTime(CUT);
    await turnsUntil(() => client.ended);
    client.socket.end();
    expect(await down).toBe('stop');
  });

  test('that was answered early, and is piped to what takes its time, goes on until all of it has been read', async () => {
    const { server, responses, client, socket, stop, down } = await servedClient(cleanUps);
    const response = await asked(client, responses, '/', 'Content-Length: 2');
    let body = '';
    let goOn: (() => void) | undefined;
    const write = (chunk: Buffer, _encoding: string, done: () => void): void => {
      body += chunk.toString();
      goOn = done;
    };
    response.req.pipe(new Writable({ highWaterMark: 1, write }));
    client.socket.write('a');
    await turnsUntil(() => body === 'a' && response.req.isPaused());
    response.end('accepted');
    await turnsUntil(() => response.closed);
    stop();
    await turnsUntil(() => !server.listening);
    jest.advanceTimersByTime(60_000);
    await turns();
    expect(socket.writableEnded).toBe(false);
    goOn?.();
    client.socket.write('b');
    await turnsUntil(() => body === 'ab');
    goOn?.();
    await turnsUntil(() => response.req.closed);
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    client.socket.end();
    expect(await down).toBe('stop');
    expect([body, client.errors]).toEqual(['ab', []]);
  });

  test('is answered where it comes while the program computes, also from who connects only then', async () => {
    const { server, responses, client, port, stop, down } = await servedClient(cleanUps);
    stop();
    jest.advanceTimersByTime(LINGER);
    await computing(5, (count) => count < 10);
    expect([server.listening, client.ended]).toEqual([true, false]);
    client.ask();
    const late = await cleanUps.client(port);
    late.ask();
    await turnsUntil(() => responses.length === 2);
    for (const response of responses) response.end('answered');
    await turnsUntil(() => client.ended && late.ended);
    for (const { text, socket } of [client, late]) {
      expect(text).toMatch(/Connection: close[^]*answered/);
      socket.end();
    }
    expect(await down).toBe('stop');
    expect([...client.errors, ...late.errors]).toEqual([]);
  });

  test('that asks before it sends its body is answered for the last time', async () => {
    const server = http.createServer();
    const asked: http.ServerResponse[] = [];
    server.on('checkContinue', (request: http.IncomingMessage, response: http.ServerResponse) => {
      asked.push(response);
      response.writeContinue();
      request.resume().on('end', () => response.end('taken'));
    });
    server.on('checkExpectation', (_request, response: http.ServerResponse) => void response.end('met'));
    const { port, stop, down } = await served(cleanUps, server);
    const client = await cleanUps.client(port);
    client.ask('/', 'Expect: 100-continue', 'Content-Length: 1');
    await client.read('100 Continue');
    const other = await cleanUps.client(port);
    stop();
    other.ask('/', 'Expect: patience');
    client.socket.write('x');
    await turnsUntil(() => client.ended && other.ended);
    expect(client.text).toMatch(/Connection: close[^]*taken/);
    expect(other.text).toMatch(/Connection: close[^]*met/);
    for (const { socket } of [client, other]) socket.end();
    expect(await down).toBe('stop');
  });
});

describe('a connection without a request', () => {
  test('is closed 50 ms after it was made, and cut 500 ms later where its client does not close its side', async () => {
    const { client, socket, stop, down } = await servedClient(cleanUps);
    stop();
    jest.advanceTimersByTime(LINGER - 1);
    expect(socket.writableEnded).toBe(false);
    jest.advanceTimersByTime(1);
    await turnsUntil(() => client.ended);
    jest.advanceTimersByTime(CUT - 1);
    expect(socket.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    expect(socket.destroyed).toBe(true);
    expect(await down).toBe('stop');
    expect([client.errors, jest.getTimerCount()]).toEqual([[], 0]);
  });

  test('to a server of https, which has not even begun to shake hands, is closed, too; one that has may go on', async () => {
    const server = https.createServer(ssl);
    const { port, sockets, stop, down } = await served(cleanUps, server);
    const client = await cleanUps.client(port);
    await turnsUntil(() => sockets.length === 1);
    const begun = await cleanUps.client(port);
    begun.socket.write(Buffer.from([22, 3, 1]));
    await turnsUntil(() => (sockets[1]?.bytesRead ?? 0) > 0);
    stop();
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    client.socket.end();
    await turnsUntil(() => sockets[0]?.destroyed === true);
    expect(sockets[1]?.destroyed).toBe(false);
    begun.socket.destroy();
    expect(await down).toBe('stop');
  });

  test('may bring one more, if it was answered less than 50 ms ago', async () => {
    const { responses, client, stop, down } = await servedClient(cleanUps);
    await asked(client, responses);
    jest.advanceTimersByTime(60_000);
    responses[0]?.end('first');
    await client.read('first');
    await turnsUntil(() => responses[0]?.closed === true);
    jest.advanceTimersByTime(1);
    stop();
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(LINGER - 2);
    await asked(client, responses);
    jest.advanceTimersByTime(60_000);
    responses[1]?.end('second');
    await turnsUntil(() => client.ended);
    expect(client.text).toMatch(/first[^]*Connection: close[^]*second/);
    client.socket.end();
    expect(await down).toBe('stop');
    expect(client.errors).toEqual([]);
  });

  test('that its client closes leaves no timer', async () => {
    const { responses, client, port, sockets, stop, down } = await servedClient(cleanUps, { drain: 2 ** 30 });
    const busy = await cleanUps.client(port);
    const response = await asked(busy, responses);
    stop();
    expect(jest.getTimerCount()).toBe(2);
    client.socket.destroy();
    await turnsUntil(() => jest.getTimerCount() === 1);
    expect([sockets[0]?.destroyed, sockets[1]?.destroyed]).toEqual([true, false]);
    response.end('answered');
    await turnsUntil(() => busy.ended);
    // Until its client has closed its side.
    expect(jest.getTimerCount()).toBe(2);
    busy.socket.end();
    expect(await down).toBe('stop');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('is closed after a second, and nobody accepted any more, where the program computes all the time', async () => {
    const { server, socket, stop, down } = await servedClient(cleanUps);
    stop();
    expect(await computing(100, () => server.listening || !socket.destroyed)).toBeLessThan(40);
    expect(await down).toBe('stop');
  });

  test('that is without one later than another has a second of its own in a program that computes all the time', async () => {
    const { server, responses, port, socket, client, stop, down } = await servedClient(cleanUps);
    const clients = [await cleanUps.client(port), await cleanUps.client(port)];
    for (const each of clients) await asked(each, responses);
    for (const response of responses) response.write('begun');
    const sockets = responses.map(({ req }) => req.socket);
    const ended = (): boolean[] => sockets.map(({ writableEnded }) => writableEnded);
    stop();
    await turnsUntil(() => !server.listening);
    jest.advanceTimersByTime(LINGER);
    await computing(10, (count) => count < 20);
    for (const response of responses) response.end();
    await computing(10, () => !socket.writableEnded);
    expect(ended()).toEqual([false, false]);
    await computing(10, () => ended().includes(false));
    for (const each of [client, ...clients]) each.socket.end();
    expect(await down).toBe('stop');
  });

  test('is cut 500 ms after others have closed our side, as who refuses an upgrade does', async () => {
    const { server, client, socket, stop, down } = await servedClient(cleanUps);
    server.on('upgrade', (_request, refused: net.Socket) => void refused.end('HTTP/1.1 401 Unauthorized\r\n\r\n'));
    client.ask('/', 'Connection: Upgrade', 'Upgrade: x');
    await turnsUntil(() => client.ended && socket.writableFinished);
    stop();
    await turnsUntil(() => !server.listening);
    jest.advanceTimersByTime(CUT - 1);
    expect(socket.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    expect(socket.destroyed).toBe(true);
    expect(await down).toBe('stop');
  });

  test('is left to itself where our side of a tunnel has ended, and somebody reads the other', async () => {
    const { server, client, socket, stop, down } = await servedClient(cleanUps);
    let text = '';
    server.on('connect', (_request, tunnel: net.Socket) => {
      tunnel.on('data', (chunk: Buffer) => (text += chunk.toString())).end('HTTP/1.1 200 OK\r\n\r\n');
    });
    client.socket.write('CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n');
    await turnsUntil(() => client.ended && socket.writableFinished);
    stop();
    await turnsUntil(() => !server.listening);
    jest.advanceTimersByTime(60_000);
    client.socket.end('still read');
    expect(await down).toBe('stop');
    expect([text, client.errors]).toEqual(['still read', []]);
  });

  test('is one that is left to itself also where somebody comes later to read the tunnel, and none when nobody does any more', async () => {
    const { server, client, socket, stop, down } = await servedClient(cleanUps);
    server.on('connect', (_request, tunnel: net.Socket) => void tunnel.end('HTTP/1.1 200 OK\r\n\r\n'));
    client.socket.write('CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n');
    await turnsUntil(() => client.ended && socket.writableFinished);
    stop();
    await turnsUntil(() => !server.listening);
    jest.advanceTimersByTime(CUT - 1);
    const read = (): void => {};
    socket.on('data', read);
    jest.advanceTimersByTime(60_000);
    expect(socket.destroyed).toBe(false);
    socket.off('data', read);
    jest.advanceTimersByTime(CUT);
    expect(socket.destroyed).toBe(true);
    expect(await down).toBe('stop');
  });

  test('is looked at together with the others', async () => {
    const { server, client, port, stop, down } = await servedClient(cleanUps);
    const clients = [client, await cleanUps.client(port), await cleanUps.client(port)];
    stop();
    await turnsUntil(() => !server.listening);
    const before = immediates();
    jest.advanceTimersByTime(LINGER);
    expect(immediates() - before).toBe(1);
    await turnsUntil(() => clients.every(({ ended }) => ended));
    for (const { socket } of clients) socket.end();
    expect(await down).toBe('stop');
  });

  test('of TLS alone goes on until its ends close it', async () => {
    const server = tls.createServer(ssl, (socket) => void socket.on('end', () => socket.end()));
    const { port, stop, down, isDown } = await served(cleanUps, server);
    const secured = once(server, 'secureConnection');
    const client = await cleanUps.secure(port);
    await secured;
    stop();
    jest.advanceTimersByTime(60_000);
    await turn();
    expect([isDown(), client.ended]).toEqual([false, false]);
    client.socket.end();
    expect(await down).toBe('stop');
  });

  test('is one also where a request was answered before all of it had come', async () => {
    const { responses, client, sockets, stop, down } = await servedClient(cleanUps);
    client.ask('/', 'Content-Length: 2');
    client.socket.write('a');
    await turnsUntil(() => responses.length === 1);
    responses[0]?.end('early');
    await client.read('early');
    await turnsUntil(() => responses[0]?.closed === true);
    const { bytesRead } = sockets[0] as net.Socket;
    client.socket.write('b');
    await turnsUntil(() => (sockets[0]?.bytesRead ?? 0) > bytesRead && responses[0]?.req.closed === true);
    stop();
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    client.socket.end();
    expect(await down).toBe('stop');
    expect(client.errors).toEqual([]);
  });

  test('is one also where an empty line has come behind its last request', async () => {
    const { responses, client, sockets, stop, down } = await servedClient(cleanUps);
    const response = await asked(client, responses);
    response.end('answered');
    await client.read('answered');
    await turnsUntil(() => response.closed);
    const { bytesRead } = sockets[0] as net.Socket;
    client.socket.write('\r\n');
    await turnsUntil(() => (sockets[0]?.bytesRead ?? 0) > bytesRead);
    stop();
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    client.socket.end();
    expect(await down).toBe('stop');
    expect(client.errors).toEqual([]);
  });

  test('is one also where the server was handed it, and it is no socket: the server does not wait for it', async () => {
    const { server } = answering();
    const { stop, down } = await served(cleanUps, server);
    const [ours, theirs] = duplexPair();
    server.emit('connection', ours);
    const closed = once(ours, 'close');
    stop();
    expect(await down).toBe('stop');
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => ours.writableEnded);
    theirs.end();
    await closed;
  });

  test('is none where a part of a request has come behind one that somebody has read: nothing is looked at', async () => {
    const { server, responses, client, socket, stop, down } = await servedClient(cleanUps);
    const response = await asked(client, responses, '/', 'Content-Length: 1');
    response.req.on('data', () => {});
    client.socket.write('a');
    await turnsUntil(() => response.req.complete);
    response.end('first');
    await turnsUntil(() => response.closed && response.req.closed);
    const { bytesRead } = socket;
    client.socket.write('GET / HTTP/1.1\r\nHo');
    await turnsUntil(() => socket.bytesRead > bytesRead);
    stop();
    await turnsUntil(() => !server.listening);
    expect(jest.getTimerCount()).toBe(0);
    client.socket.write('st: x\r\n\r\n');
    await turnsUntil(() => responses.length === 2);
    responses[1]?.end('second');
    await client.read('second');
    client.socket.end();
    expect(await down).toBe('stop');
  });

  test('is none where a request has come behind one that is paused, also on what counts nothing of what it reads', async () => {
    const { server, responses, client, stop, down } = await servedClient(cleanUps);
    // The server tells of requests as long as it is not over.
    const other = await asked(client, responses);
    const [ours, theirs] = duplexPair();
    let text = '';
    theirs.on('data', (chunk: Buffer) => (text += chunk.toString()));
    server.emit('connection', ours);
    theirs.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n');
    await turnsUntil(() => responses.length === 2);
    const first = responses[1] as http.ServerResponse;
    first.req.on('data', () => first.req.pause());
    await turnsUntil(() => first.req.isPaused());
    first.end('first');
    await turnsUntil(() => first.closed);
    stop();
    await turnsUntil(() => !server.listening);
    theirs.write('0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await turnsUntil(() => responses.length === 3);
    jest.advanceTimersByTime(CUT);
    await turns();
    expect(ours.writableEnded).toBe(false);
    responses[2]?.end('second');
    await turnsUntil(() => text.includes('second') && ours.writableEnded);
    theirs.end();
    other.end('other');
    await client.read('other');
    client.socket.end();
    expect(await down).toBe('stop');
    await turnsUntil(() => ours.destroyed);
  });

  test.each(['while it connects', 'when it has connected'])(
    'is closed also where the server was handed it before it had connected, and stops %s',
    async (when) => {
      const { server } = answering();
      const { stop, down } = await served(cleanUps, server);
      const { server: other, port } = await cleanUps.listening(net.createServer());
      const accepted = once(other, 'connection') as Promise<[net.Socket]>;
      const sockets = [0, 1, 2].map(() => net.connect(port, '127.0.0.1'));
      for (const socket of sockets) server.emit('connection', socket);
      expect(sockets.map(({ connecting }) => connecting)).toEqual([true, true, true]);
      if (when === 'when it has connected') await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      stop();
      expect(await down).toBe('stop');
      await accepted;
      await turnsUntil(() => sockets.every(({ connecting }) => !connecting));
      jest.advanceTimersByTime(LINGER);
      await turnsUntil(() => sockets.every(({ writableEnded }) => writableEnded));
      jest.advanceTimersByTime(CUT);
      expect([sockets.map(({ destroyed }) => destroyed), jest.getTimerCount()]).toEqual([[true, true, true], 0]);
    },
  );

  test('is none where a part of a request has come', async () => {
    const { responses, client, sockets, stop, down } = await servedClient(cleanUps);
    client.socket.write('GET / HTTP/1.1\r\nHo');
    await turnsUntil(() => (sockets[0]?.bytesRead ?? 0) > 0);
    stop();
    jest.advanceTimersByTime(60_000);
    client.socket.write('st: x\r\n\r\n');
    await turnsUntil(() => responses.length === 1);
    responses[0]?.end('whole');
    await turnsUntil(() => client.ended);
    expect(client.text).toMatch(/Connection: close[^]*whole/);
    client.socket.end();
    expect(await down).toBe('stop');
  });
});

describe('a connection that is sent to another process', () => {
  test('is let go of while the server is served', async () => {
    const child = cleanUps.child();
    const sent: WeakRef<net.Socket>[] = [];
    const server = net.createServer({ pauseOnConnect: true }, (socket) => {
      sent.push(new WeakRef(socket));
      child.send('socket', socket);
    });
    const stop = new AbortController();
    const down = new Group().add(serverActor(server, { port: 0, host: '127.0.0.1' })).run(stop.signal);
    await once(server, 'listening');
    for (let count = 0; count < 20; count++) {
      const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1').resume();
      await once(client, 'close');
    }
    const held = (): number => sent.filter((ref) => ref.deref() !== undefined).length;
    for (let tries = 0; tries < 50 && held() > 3; tries++) {
      await turn();
      globalThis.gc?.();
    }
    expect([sent.length, held() <= 3]).toEqual([20, true]);
    stop.abort('stop');
    await expect(down).rejects.toBe('stop');
  });

  test('is none of those that the server has when it stops', async () => {
    const child = cleanUps.child();
    const { server, responses } = answering();
    server.on('upgrade', (_request, socket: net.Socket) => void child.send('socket', socket));
    const { port, stop, down } = await served(cleanUps, server);
    const clients: Client[] = [];
    for (let count = 0; count < 6; count++) clients.push(await cleanUps.client(port));
    const [client, ...others] = clients as [Client, ...Client[]];
    const response = await asked(client, responses);
    for (const each of others) {
      each.ask('/', 'Connection: Upgrade', 'Upgrade: x');
      await each.read('taken');
      each.socket.end();
    }
    stop();
    expect(server.listening).toBe(true);
    response.end('early');
    await client.read('early');
    expect(client.text).toContain('Connection: close');
    client.socket.end();
    expect(await down).toBe('stop');
  });
});

test('a server that has no connections when it is interrupted leaves no timer', async () => {
  const { stop, down } = await served(cleanUps, http.createServer(), { drain: 1_000 });
  stop();
  expect(await down).toBe('stop');
  expect(jest.getTimerCount()).toBe(0);
});

describe('a request on a connection that the server was handed', () => {
  test('is cut when the drain ends; what the server listens to since is not', async () => {
    const { server, responses } = answering();
    const { stop, down } = await served(cleanUps, server, { drain: 1_000 });
    const handed = await cleanUps.handed(server);
    await asked(handed.client, responses);
    stop();
    expect(await down).toBe('stop');
    const { port, sockets } = await cleanUps.listening(server);
    const client = await cleanUps.client(port);
    (await asked(client, responses)).end('since');
    await client.read('since');
    jest.advanceTimersByTime(999);
    expect(handed.socket.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    expect([handed.socket.destroyed, sockets[0]?.destroyed, server.listening]).toEqual([true, false, true]);
    await turnsUntil(() => jest.getTimerCount() === 0);
  });

  test('that is answered in time leaves no timer', async () => {
    const { server, responses } = answering();
    const { stop, down } = await served(cleanUps, server, { drain: 1_000 });
    const { client, socket } = await cleanUps.handed(server);
    const response = await asked(client, responses);
    stop();
    expect(await down).toBe('stop');
    expect(jest.getTimerCount()).toBe(1);
    response.end('in time');
    await client.read('in time');
    client.socket.end();
    await once(socket, 'close');
    expect([client.text.includes('Connection: close'), jest.getTimerCount()]).toEqual([true, 0]);
  });
});

describe('a server that is sent its connections, as in a worker of node:cluster', () => {
  test('stops listening when none has come for 50 ms', async () => {
    const { server, responses } = answering();
    const { port, stop, down } = await served(cleanUps, server);
    standingIn(server);
    stop();
    await turns();
    jest.advanceTimersByTime(LINGER - 1);
    const client = await cleanUps.client(port);
    const response = await asked(client, responses);
    jest.advanceTimersByTime(1);
    await turns();
    jest.advanceTimersByTime(LINGER - 1);
    await turns();
    expect(server.listening).toBe(true);
    jest.advanceTimersByTime(1);
    await turnsUntil(() => !server.listening);
    response.end('accepted');
    await client.read('accepted');
    client.socket.end();
    expect(await down).toBe('stop');
    expect(client.errors).toEqual([]);
  });

  test('stops listening after a second although they keep on coming', async () => {
    const server = net.createServer();
    const { stop, down } = await served(cleanUps, server);
    standingIn(server);
    stop();
    await turns();
    let count = 0;
    for (; server.listening && count < 100; count++) {
      server.emit('connection', Object.assign(new EventEmitter(), { destroy: () => {}, destroyed: false }));
      jest.advanceTimersByTime(LINGER);
      await turns();
    }
    expect(count).toBe(20);
    expect(await down).toBe('stop');
  });

  test('is none where the workers share what listens', async () => {
    const server = net.createServer();
    const { stop, down } = await served(cleanUps, server);
    standingIn(server, { fd: -1 });
    stop();
    expect(await down).toBe('stop');
    expect(server.listening).toBe(false);
  });

  test('is not waited for when the time is over', async () => {
    const server = net.createServer();
    const { stop, down } = await served(cleanUps, server, { drain: 10 });
    standingIn(server);
    stop();
    await turns();
    jest.advanceTimersByTime(10);
    expect(await down).toBe('stop');
    expect([server.listening, jest.getTimerCount()]).toEqual([false, 0]);
  });
});

describe('the server', () => {
  test('is not asked for requests where it speaks HTTP/2 and nobody else asks', async () => {
    for (const server of [http2.createSecureServer({ ...ssl, allowHTTP1: true }), http2.createServer()]) {
      const { stop, down } = await served(cleanUps, server);
      expect([server.listenerCount('request'), server.listenerCount('stream')]).toEqual([0, 0]);
      stop();
      expect(await down).toBe('stop');
    }
  });

  test('keeps the methods of its own', async () => {
    const server = http.createServer();
    let idles = 0;
    const closeIdleConnections = (): void => void idles++;
    Object.assign(server, { closeIdleConnections });
    const { stop, down } = await served(cleanUps, server);
    stop();
    await down;
    expect([idles, server.closeIdleConnections]).toEqual([0, closeIdleConnections]);
    const other = http.createServer();
    const again = await served(cleanUps, other);
    again.stop();
    await again.down;
    expect(Object.hasOwn(other, 'closeIdleConnections')).toBe(false);
  });

  test('has nothing more to do with connections and sessions that have ended before', async () => {
    const server = http.createServer();
    const { stop, down } = await served(cleanUps, server, { drain: 0 });
    const told: string[] = [];
    jest.advanceTimersByTime(LINGER);
    const ended = ['secureConnection', 'session'].map((name) => {
      const methods = ['close', 'destroy', 'end'].map((method) => [method, () => void told.push(`${name} ${method}`)]);
      const each = Object.assign(new EventEmitter(), { bytesRead: 0 }, Object.fromEntries(methods));
      server.emit(name, each);
      return each;
    });
    for (const each of ended) each.emit('close');
    stop();
    jest.advanceTimersByTime(LINGER);
    expect(await down).toBe('stop');
    expect(told).toEqual([]);
  });

  test('that fails while it drains is waited for, and cut in time', async () => {
    const { server, responses, client, stop, down, isDown } = await servedClient(cleanUps, { drain: 1_000 });
    await asked(client, responses);
    stop();
    server.emit('error', new Error('late'));
    for (let turns = 0; turns < 5; turns++) await turn();
    jest.advanceTimersByTime(999);
    const [{ req }] = responses as [http.ServerResponse];
    expect([isDown(), req.socket.destroyed]).toEqual([false, false]);
    jest.advanceTimersByTime(1);
    await down;
    expect([req.socket.destroyed, server.listenerCount('error'), jest.getTimerCount()]).toEqual([true, 0, 0]);
  });

  test('that fails again while it drains tells each error once, the later ones by its interrupt', async () => {
    const { server, responses, client, group, down } = await servedClient(cleanUps, { drain: 1_000 });
    await asked(client, responses);
    server.emit('error', 'first');
    for (let turns = 0; turns < 5; turns++) await turn();
    server.emit('error', 'second');
    jest.advanceTimersByTime(500);
    server.emit('error', 'third');
    jest.advanceTimersByTime(500);
    expect(await down).toBe('first');
    expect(group.suppressed).toEqual([expect.objectContaining({ errors: ['second', 'third'] })]);
  });

  test('that cuts tells what knows of connections that nobody was told of, as Bun may', async () => {
    const { server } = answering();
    const emit = server.emit.bind(server) as (...args: unknown[]) => boolean;
    const { port, sockets, stop, down } = await served(cleanUps, server, { drain: 1_000 });
    let told = 0;
    server.closeAllConnections = () => {
      told++;
      for (const socket of sockets) socket.destroy();
    };
    // The actor is not told.
    Object.assign(server, {
      emit: (name: string, ...args: unknown[]) => {
        if (name !== 'connection') return emit(name, ...args);
        sockets.push(args[0] as net.Socket);
        return true;
      },
    });
    await cleanUps.client(port);
    await turnsUntil(() => sockets.length === 1);
    stop();
    jest.advanceTimersByTime(1_000);
    expect(await down).toBe('stop');
    expect(told).toBe(1);
  });
});

describe('where to listen', () => {
  const at = (options: unknown) => () => serverActor(net.createServer(), options as ListenOptions);

  test.each([
    0,
    65_535,
    { port: 0 },
    '8080',
    '/some.sock',
    { port: '8080' },
    { port: ' 0x50 ' },
    { port: undefined },
    { port: null },
    { path: '/some.sock' },
    { fd: 3 },
    { fd: 3, port: -1 },
    { handle: {}, port: -1 },
    { _handle: {} },
    { _handle: {}, port: -1 },
    net.createServer(),
  ])('may be %p', (options) => {
    expect(at(options)).not.toThrow();
  });

  test.each([
    -1,
    65_536,
    1.5,
    NaN,
    '',
    '65536',
    { port: -1 },
    { port: 65_536 },
    { port: NaN },
    { port: 'abc' },
    { port: ' ' },
  ])('is a port from 0 to 65535: %p is none', (options) => {
    expect(at(options)).toThrow(RangeError);
    const [name, value] = typeof options === 'object' ? ['.port', options.port] : ['', options];
    expect(at(options)).toThrow(`listenOptions${name} must be a port from 0 to 65535, got ${value}`);
  });

  test.each([
    [{ port: true }, 'listenOptions.port must be a port from 0 to 65535, got true'],
    [{ port: {} }, 'listenOptions.port must be a port from 0 to 65535, got [object Object]'],
    [{}, 'listenOptions must have a port, a path, a handle or an fd, got [object Object]'],
    [Object.create(null), 'listenOptions must have a port, a path, a handle or an fd, got object'],
    [null, 'listenOptions must be object, got null'],
    [undefined, 'listenOptions must be object, got undefined'],
    [true, 'listenOptions must be object, got true'],
  ])('has to be said: %p is of the wrong kind', (options, message) => {
    expect(at(options)).toThrow(TypeError);
    expect(at(options)).toThrow(message);
  });
});

test.each(['before', 'after'])(
  'a session of HTTP/2 whose client does not close its side is cut 500 ms after we have closed ours, %s the interrupt',
  async (when) => {
    const server = http2.createServer();
    const { port, sockets, stop, down } = await served(cleanUps, server);
    const begun = once(server, 'session') as Promise<[http2.ServerHttp2Session]>;
    const client = await cleanUps.client(port);
    const [session] = await begun;
    const [socket] = sockets as [net.Socket];
    if (when === 'before') {
      session.close();
      await turnsUntil(() => client.ended);
    }
    stop();
    await turnsUntil(() => !server.listening && client.ended && socket.writableFinished);
    jest.advanceTimersByTime(CUT - 1);
    expect(socket.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    expect(socket.destroyed).toBe(true);
    expect(await down).toBe('stop');
    expect(jest.getTimerCount()).toBe(0);
  },
);

test.each(['nothing', 'something'])(
  'a session of HTTP/2 over what the server was handed, and is no socket, is closed when its client, who has said %s, has had its time',
  async (what) => {
    const server = http2.createServer();
    const { stop, down } = await served(cleanUps, server);
    const [ours, theirs] = duplexPair();
    theirs.resume();
    server.emit('connection', ours);
    if (what === 'something') theirs.write(PREFACE);
    await turns();
    stop();
    expect(await down).toBe('stop');
    await turnsUntil(() => ours.writableFinished);
    jest.advanceTimersByTime(CUT);
    expect([ours.destroyed, jest.getTimerCount()]).toEqual([true, 0]);
  },
);

test('a session of HTTP/2 over a socket that the server was handed is closed when its client has had its time', async () => {
  const server = http2.createServer();
  const { stop, down } = await served(cleanUps, server);
  const other = net.createServer({ allowHalfOpen: true }, (socket) => void server.emit('connection', socket));
  const [[socket]] = (await Promise.all([
    once(other, 'connection'),
    once(other.listen(0, '127.0.0.1'), 'listening').then(async () => {
      const client = await cleanUps.client((other.address() as net.AddressInfo).port);
      client.socket.write(PREFACE);
    }),
  ])) as [[net.Socket], void];
  await turnsUntil(() => socket.bytesRead > 0);
  stop();
  expect(await down).toBe('stop');
  await turnsUntil(() => socket.writableFinished);
  jest.advanceTimersByTime(CUT);
  expect([socket.destroyed, jest.getTimerCount()]).toEqual([true, 0]);
  other.close();
});

test('a session of HTTP/2 whose client has spoken is cut when the drain is over: what it says while it reads would reset its answer', async () => {
  const server = http2.createServer();
  const { port, sockets, stop, down } = await served(cleanUps, server, { drain: 60_000 });
  const client = await cleanUps.client(port);
  client.socket.write(PREFACE);
  await turnsUntil(() => (sockets[0]?.bytesRead ?? 0) > 0);
  const [socket] = sockets as [net.Socket];
  stop();
  await turnsUntil(() => client.ended && socket.writableFinished);
  jest.advanceTimersByTime(59_999);
  expect(socket.destroyed).toBe(false);
  jest.advanceTimersByTime(1);
  expect(socket.destroyed).toBe(true);
  expect(await down).toBe('stop');
  expect(jest.getTimerCount()).toBe(0);
});

test('an answer whose handler has said keep-alive says close; of two (pipelining) the last', async () => {
  const { server, responses, client, stop, down } = await servedClient(cleanUps);
  await asked(client, responses);
  responses[0]!.setHeader('Connection', 'keep-alive');
  stop();
  await turnsUntil(() => !server.listening);
  expect(responses[0]!.getHeader('Connection')).toBe('close');
  await asked(client, responses);
  for (const response of responses) response.end();
  await client.read('Connection: close');
  expect(client.text.match(/Connection: \S+/g)).toEqual(['Connection: keep-alive', 'Connection: close']);
  client.socket.end();
  expect(await down).toBe('stop');
});
