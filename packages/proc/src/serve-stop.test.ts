import { EventEmitter, once } from 'node:events';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as net from 'node:net';
import { Writable } from 'node:stream';
import { describe, expect, jest, test } from '@jest/globals';
import { serve } from '@x/proc/node';
import {
  answering,
  catching,
  type Client,
  computing,
  CUT,
  duplexPair,
  LINGER,
  standingIn,
  turn,
  turns,
  turnsUntil,
  withTheClockStopped,
} from '../../../test/test-support/connections.js';
import { uncaught } from '../../../test/test-support/uncaught.js';
import { live, microtasks, thrownBy } from './test-support/deferred.js';
import { asked, connected, serving, servingClient } from './test-support/serving.js';

// How long each step of a stop takes: the clock of these tests stands still until they move it.
jest.setTimeout(10_000);

const cleanUps = withTheClockStopped();

/** What a client of HTTP/2 says first: the last of it are its settings, none. */
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0';

const immediates = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Immediate').length;

describe('a connection without a request', () => {
  test('is closed 50 ms after it was made, and cut 500 ms later where its client does not close its side', async () => {
    const { client, socket, halt, over } = await servingClient(cleanUps);
    await halt();
    jest.advanceTimersByTime(LINGER - 1);
    await turns();
    expect(socket.writableEnded).toBe(false);
    jest.advanceTimersByTime(1);
    await turnsUntil(() => client.ended);
    jest.advanceTimersByTime(CUT - 1);
    await turns();
    expect(socket.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    expect(socket.destroyed).toBe(true);
    await over;
    expect(client.errors).toEqual([]);
  });

  test('is not closed when one has come by the time that the program hears of the time, however busy it is', async () => {
    const { responses, client, socket, halt, over } = await servingClient(cleanUps);
    await halt();
    // What has come lies with the system, unread.
    const read = once(socket, 'pause');
    socket.pause();
    await read;
    client.ask();
    jest.advanceTimersByTime(LINGER);
    expect(socket.writableEnded).toBe(false);
    socket.resume();
    await turnsUntil(() => responses.length === 1);
    responses[0]!.end('answered');
    await client.read('answered');
    client.socket.end();
    await over;
    expect(client.errors).toEqual([]);
  });

  test('is not closed while the program computes: one may come meanwhile, and is answered', async () => {
    const { responses, client, socket, halt, over } = await servingClient(cleanUps);
    await halt();
    jest.advanceTimersByTime(LINGER);
    await computing(5, (count) => count < 10);
    expect(socket.writableEnded).toBe(false);
    client.ask();
    await turnsUntil(() => responses.length === 1);
    responses[0]!.end('answered');
    await client.read('answered');
    client.socket.end();
    await over;
    expect(client.errors).toEqual([]);
  });

  test('is closed after a second where the program computes all the time', async () => {
    const { client, socket, halt, over } = await servingClient(cleanUps);
    await halt();
    jest.advanceTimersByTime(LINGER);
    const turns = await computing(100, () => !socket.writableEnded);
    expect([turns > 5, turns < 20]).toEqual([true, true]);
    await turnsUntil(() => client.ended);
    client.socket.end();
    await over;
    expect(client.errors).toEqual([]);
  });

  test('that is without one later than another has a second of its own in a program that computes all the time', async () => {
    const { responses, port, socket, client, halt, over } = await servingClient(cleanUps);
    const clients = [await cleanUps.client(port), await cleanUps.client(port)];
    for (const each of clients) await asked(each, responses);
    for (const response of responses) response.write('begun');
    const sockets = responses.map(({ req }) => req.socket);
    const ended = (): boolean[] => sockets.map(({ writableEnded }) => writableEnded);
    await halt();
    jest.advanceTimersByTime(LINGER);
    await computing(10, (count) => count < 20);
    for (const response of responses) response.end();
    await computing(10, () => !socket.writableEnded);
    expect(ended()).toEqual([false, false]);
    await computing(10, () => ended().includes(false));
    for (const each of [client, ...clients]) each.socket.end();
    await over;
  });

  test('is closed also where the clock goes to and fro', async () => {
    const { client, halt, over } = await servingClient(cleanUps);
    await halt();
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => (now = 5 - now));
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    jest.restoreAllMocks();
    client.socket.end();
    await over;
    expect(client.errors).toEqual([]);
  });

  test('is closed at once where it was answered long ago', async () => {
    const { responses, client, halt, over } = await servingClient(cleanUps);
    const response = await asked(client, responses);
    response.end('first');
    await client.read('first');
    await turnsUntil(() => response.closed);
    jest.advanceTimersByTime(LINGER);
    await halt();
    jest.advanceTimersByTime(0);
    await turnsUntil(() => client.ended);
    client.socket.end();
    await over;
    expect(client.errors).toEqual([]);
  });

  test('is closed within 50 ms where the clock has become one that began later', async () => {
    const { client, halt, over } = await servingClient(cleanUps);
    jest.spyOn(performance, 'now').mockReturnValue(-10_000);
    await halt();
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    jest.restoreAllMocks();
    client.socket.end();
    await over;
    expect(client.errors).toEqual([]);
  });

  test('may bring one more while it is waited for, and has one timer then, too', async () => {
    const { responses, client, halt, over } = await servingClient(cleanUps);
    await halt();
    expect(jest.getTimerCount()).toBe(1);
    const response = await asked(client, responses);
    response.end('one more');
    await turnsUntil(() => client.ended);
    expect(jest.getTimerCount()).toBe(1);
    client.socket.end();
    await over;
    expect([client.text.includes('one more'), client.errors]).toEqual([true, []]);
  });

  test('is closed also where a request was answered before all of it had come', async () => {
    const { responses, client, socket, halt, over } = await servingClient(cleanUps);
    client.ask('/', 'Content-Length: 2');
    client.socket.write('a');
    await turnsUntil(() => responses.length === 1);
    const [response] = responses as [http.ServerResponse];
    response.end('early');
    await client.read('early');
    await turnsUntil(() => response.closed);
    const { bytesRead } = socket;
    client.socket.write('b');
    await turnsUntil(() => socket.bytesRead > bytesRead && response.req.closed);
    await halt();
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    client.socket.end();
    await over;
    expect(client.errors).toEqual([]);
  });

  test('is closed also where an empty line has come behind its last request', async () => {
    const { responses, client, socket, halt, over } = await servingClient(cleanUps);
    const response = await asked(client, responses);
    response.end('answered');
    await client.read('answered');
    await turnsUntil(() => response.closed);
    const { bytesRead } = socket;
    client.socket.write('\r\n');
    await turnsUntil(() => socket.bytesRead > bytesRead);
    await halt();
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    client.socket.end();
    await over;
    expect(client.errors).toEqual([]);
  });

  test('is closed also where the server was handed it, and it is no socket: the server does not wait for it', async () => {
    const { server } = answering();
    const { stop, over } = await serving(cleanUps, server);
    const [ours, theirs] = duplexPair();
    server.emit('connection', ours);
    const closed = once(ours, 'close');
    stop.abort();
    await over;
    jest.advanceTimersByTime(LINGER - 1);
    await turns();
    expect(ours.writableEnded).toBe(false);
    jest.advanceTimersByTime(1);
    await turnsUntil(() => ours.writableEnded);
    theirs.end();
    await closed;
    await turnsUntil(() => jest.getTimerCount() === 0);
  });

  test('is not closed where a part of a request has come behind one that somebody has read: nothing is looked at', async () => {
    const { responses, client, socket, halt, over } = await servingClient(cleanUps);
    const response = await asked(client, responses, '/', 'Content-Length: 1');
    response.req.on('data', () => {});
    client.socket.write('a');
    await turnsUntil(() => response.req.complete);
    response.end('first');
    await turnsUntil(() => response.closed && response.req.closed);
    const { bytesRead } = socket;
    client.socket.write('GET / HTTP/1.1\r\nHo');
    await turnsUntil(() => socket.bytesRead > bytesRead);
    await halt();
    expect(jest.getTimerCount()).toBe(0);
    client.socket.write('st: x\r\n\r\n');
    await turnsUntil(() => responses.length === 2);
    responses[1]?.end('second');
    await client.read('second');
    client.socket.end();
    await over;
  });

  test('is not closed where a request has come behind one that is paused, also on what counts nothing of what it reads', async () => {
    const { server, responses, client, halt, over } = await servingClient(cleanUps);
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
    await halt();
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
    await over;
    await turnsUntil(() => ours.destroyed);
  });

  test.each(['while it connects', 'when it has connected'])(
    'is closed also where the server was handed it before it had connected, and stops %s',
    async (when) => {
      const { server } = answering();
      const { stop, over } = await serving(cleanUps, server);
      const { server: other, port } = await cleanUps.listening(net.createServer());
      const accepted = once(other, 'connection') as Promise<[net.Socket]>;
      const sockets = [0, 1, 2].map(() => net.connect(port, '127.0.0.1'));
      for (const socket of sockets) server.emit('connection', socket);
      expect(sockets.map(({ connecting }) => connecting)).toEqual([true, true, true]);
      if (when === 'when it has connected') await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      stop.abort();
      await over;
      await accepted;
      await turnsUntil(() => sockets.every(({ connecting }) => !connecting));
      jest.advanceTimersByTime(LINGER);
      await turnsUntil(() => sockets.every(({ writableEnded }) => writableEnded));
      jest.advanceTimersByTime(CUT);
      expect([sockets.map(({ destroyed }) => destroyed), jest.getTimerCount()]).toEqual([[true, true, true], 0]);
    },
  );

  test('is not one that was upgraded, also by what came together with a request', async () => {
    const { server, responses, client, socket, halt, over } = await servingClient(cleanUps);
    const upgraded = once(server, 'upgrade');
    const ask = 'GET / HTTP/1.1\r\nHost: x\r\n';
    client.socket.write(`${ask}\r\n${ask}Connection: Upgrade\r\nUpgrade: x\r\n\r\n`);
    await upgraded;
    const [response] = responses as [http.ServerResponse];
    response.end('first');
    await client.read('first');
    await turnsUntil(() => response.closed);
    await halt();
    jest.advanceTimersByTime(60_000);
    await turns();
    expect([socket.writableEnded, client.ended]).toEqual([false, false]);
    client.socket.end();
    socket.end();
    await over;
  });

  test('has gone as soon as its client has closed its side, and leaves no timer', async () => {
    const { client, socket, halt, over } = await servingClient(cleanUps, { gracePeriod: 60_000 });
    const closed = once(socket, 'close');
    await halt();
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    client.socket.end();
    await closed;
    await over;
    expect(jest.getTimerCount()).toBe(0);
  });

  test('that its client closes leaves no timer, and one that was answered has one', async () => {
    const { responses, client, port, halt, over } = await servingClient(cleanUps);
    const busy = await cleanUps.client(port);
    const response = await asked(busy, responses);
    response.write('begun');
    await halt();
    // Of the one that is idle.
    const timers = jest.getTimerCount();
    client.socket.destroy();
    await turnsUntil(() => jest.getTimerCount() === timers - 1);
    response.end('over');
    await turnsUntil(() => response.closed && response.req.closed);
    expect([timers, jest.getTimerCount()]).toEqual([1, 1]);
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => busy.ended);
    busy.socket.end();
    await over;
    await turnsUntil(() => jest.getTimerCount() === 0);
  });

  test('is looked at together with the others', async () => {
    const { client, port, halt, over } = await servingClient(cleanUps);
    const clients = [client, await cleanUps.client(port), await cleanUps.client(port)];
    await halt();
    const before = immediates();
    jest.advanceTimersByTime(LINGER);
    expect(immediates() - before).toBe(1);
    await turnsUntil(() => clients.every(({ ended }) => ended));
    for (const { socket } of clients) socket.end();
    await over;
  });

  test('is left alone as long as nobody asks the server to stop', async () => {
    const { responses, client, socket } = await servingClient(cleanUps);
    expect(jest.getTimerCount()).toBe(0);
    const response = await asked(client, responses);
    response.end('first');
    await client.read('first');
    jest.advanceTimersByTime(LINGER);
    expect([jest.getTimerCount(), socket.writableEnded]).toEqual([0, false]);
  });
});

describe('a connection with a request', () => {
  test('that has been read to its end is waited for, however long its answer takes', async () => {
    const { responses, client, halt, over } = await servingClient(cleanUps);
    const response = await asked(client, responses);
    const read = once(response.req, 'close');
    response.req.resume();
    await read;
    await halt();
    jest.advanceTimersByTime(60_000);
    await turns();
    expect(client.ended).toBe(false);
    response.end('late');
    await client.read('late');
    client.socket.end();
    await over;
    expect(client.errors).toEqual([]);
  });

  test.each([
    ['before', 'data'],
    ['after', 'data'],
    ['before', 'readable'],
  ])(
    'that was answered early, %s the stop, goes on until who reads its body (by %p) has all of it',
    async (when, event) => {
      const { responses, client, halt, over } = await servingClient(cleanUps);
      const response = await asked(client, responses, '/', 'Content-Length: 4');
      let body = '';
      const read = (chunk?: string): void => void (body += chunk ?? (response.req.read() as string | null) ?? '');
      response.req.setEncoding('utf8').on(event, read);
      const answer = async (): Promise<void> => {
        response.end('accepted');
        await client.read('accepted');
        await turnsUntil(() => response.closed);
      };
      if (when === 'before') await answer();
      await halt();
      if (when === 'after') await answer();
      for (const part of ['a', 'ab']) {
        jest.advanceTimersByTime(60_000);
        await turns();
        client.socket.write(part.slice(-1));
        await turnsUntil(() => body === part);
      }
      expect([client.ended, client.text.includes('Connection: close')]).toEqual([false, when === 'after']);
      client.socket.write('cd');
      await turnsUntil(() => response.req.closed);
      jest.advanceTimersByTime(LINGER);
      await turnsUntil(() => client.ended);
      client.socket.end();
      await over;
      expect([body, client.errors]).toEqual(['abcd', []]);
    },
  );

  test('that was answered early, and whose body nobody reads, is not waited for', async () => {
    const { responses, client, halt, over } = await servingClient(cleanUps);
    const response = await asked(client, responses, '/', 'Content-Length: 4');
    response.end('refused');
    await client.read('refused');
    await turnsUntil(() => response.closed);
    await halt();
    jest.advanceTimersByTime(LINGER);
    await turnsUntil(() => client.ended);
    client.socket.end('ab');
    await over;
    expect(client.errors).toEqual([]);
  });

  test.each(['before', 'after'])(
    'that was answered early, %s the stop, and more of whose body comes, which nobody reads, is not waited for',
    async (when) => {
      const { responses, client, socket, halt, over } = await servingClient(cleanUps);
      const response = await asked(client, responses, '/', 'Content-Length: 1000');
      response.write('refused');
      await client.read('refused');
      if (when === 'after') await halt();
      response.end();
      await turnsUntil(() => response.closed);
      const { bytesRead } = socket;
      client.socket.write('a part of it');
      await turnsUntil(() => socket.bytesRead > bytesRead);
      if (when === 'before') await halt();
      jest.advanceTimersByTime(LINGER);
      await turnsUntil(() => client.ended);
      client.socket.end();
      await over;
      expect(client.errors).toEqual([]);
    },
  );

  test.each(['before', 'after'])(
    'that was answered early, %s the stop, and whose reader pauses it, is waited for 500 ms, and then as long as its client',
    async (when) => {
      const { responses, client, socket, halt, over } = await servingClient(cleanUps);
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
      await halt();
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
      await over;
      expect([read, client.text.includes('refused'), jest.getTimerCount()]).toEqual([1, true, 0]);
    },
  );

  test('that was answered early, and is paused now and then, goes on until all of it has been read', async () => {
    const { responses, client, socket, halt, over } = await servingClient(cleanUps);
    const response = await asked(client, responses, '/', 'Content-Length: 3');
    let body = '';
    response.req.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
      if (body !== 'abc') response.req.pause();
    });
    response.end('accepted');
    await turnsUntil(() => response.closed);
    await halt();
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
    await over;
    expect([body, client.errors]).toEqual(['abc', []]);
  });

  test('that was answered early, and whose reader pauses for each piece of what came at once, goes on until all of it has been read', async () => {
    const { responses, client, socket, halt, over } = await servingClient(cleanUps);
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
    await halt();
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
    await over;
    expect(client.errors).toEqual([]);
  });

  test('that was answered early, and all of whose body has come, but is not read, is waited for as one that still comes', async () => {
    const { responses, client, socket, halt, over } = await servingClient(cleanUps);
    const response = await asked(client, responses, '/', 'Content-Length: 20');
    let body = '';
    response.req.on('data', (chunk: Buffer) => {
      body += chunk.toString();
      response.req.pause();
    });
    client.socket.write('0123456789');
    await turnsUntil(() => body !== '');
    await halt();
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
    await over;
    response.req.resume();
    await turnsUntil(() => response.req.closed);
    expect([body.length, client.errors, jest.getTimerCount()]).toEqual([20, [], 0]);
  });

  test('that has come, and is not read, is cut 500 ms after its answer where its client does not close its side', async () => {
    const { responses, client, socket, halt, over } = await servingClient(cleanUps);
    const response = await asked(client, responses, '/', 'Content-Length: 20');
    response.req.on('data', () => response.req.pause());
    client.socket.write('0123456789');
    await turnsUntil(() => response.req.isPaused());
    client.socket.write('0123456789');
    await turnsUntil(() => response.req.complete);
    await halt();
    response.end('refused');
    await turnsUntil(() => client.ended && response.closed);
    jest.advanceTimersByTime(CUT);
    expect(socket.destroyed).toBe(true);
    await over;
    await turns();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('whose client goes away in the middle of what is read leaves no timer', async () => {
    const { responses, client, halt, over } = await servingClient(cleanUps);
    const { req } = await asked(client, responses, '/', 'Content-Length: 20');
    req.on('error', () => {}).on('data', () => {});
    await halt();
    client.socket.resetAndDestroy();
    await turnsUntil(() => req.closed);
    await over;
    await turns();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('that was answered early, and is paused, keeps the program up until that is over: its socket may not', async () => {
    const { responses, client, halt, over } = await servingClient(cleanUps);
    const response = await asked(client, responses, '/', 'Content-Length: 2');
    response.req.on('data', () => response.req.pause());
    client.socket.write('a');
    await turnsUntil(() => response.req.isPaused());
    response.end('refused');
    await turnsUntil(() => response.closed);
    const timers = jest.spyOn(globalThis, 'setTimeout');
    await halt();
    const made = timers.mock.results.filter((_made, index) => timers.mock.calls[index]?.[1] === CUT);
    timers.mockRestore();
    expect(made.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([true]);
    jest.advanceTimersByTime(CUT);
    await turnsUntil(() => client.ended);
    client.socket.end();
    await over;
  });

  test('that was answered early, and is piped to what takes its time, goes on until all of it has been read', async () => {
    const { responses, client, socket, halt, over } = await servingClient(cleanUps);
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
    await halt();
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
    await over;
    expect([body, client.errors]).toEqual(['ab', []]);
  });

  test('is closed 50 ms after a response whose headers had been sent before, however late that ends', async () => {
    const { responses, client, halt, over, ended } = await servingClient(cleanUps);
    const response = await asked(client, responses);
    response.write('begun');
    await client.read('begun');
    await halt();
    jest.advanceTimersByTime(60_000);
    await turns();
    expect(client.ended).toBe(false);
    response.end('over');
    await once(response, 'close');
    jest.advanceTimersByTime(LINGER - 1);
    await turns();
    expect(response.req.socket.writableEnded).toBe(false);
    jest.advanceTimersByTime(1);
    await turnsUntil(() => client.ended);
    expect(ended()).toBe(false);
    client.socket.end();
    await over;
    expect([client.text.includes('over'), client.errors]).toEqual([true, []]);
  });

  test('ends gently after its last response: who has sent another request all the same is not reset', async () => {
    const { responses, client, socket, halt, over } = await servingClient(cleanUps);
    const response = await asked(client, responses);
    await halt();
    response.end('last');
    await turnsUntil(() => client.ended);
    expect(client.text).toMatch(/Connection: close[^]*last/);
    const { bytesRead } = socket;
    client.ask('/another');
    await turnsUntil(() => socket.bytesRead > bytesRead);
    expect(socket.destroyed).toBe(false);
    client.socket.end();
    await over;
    expect([responses.length, client.errors]).toEqual([1, []]);
  });

  test('is answered with close, also where its handler has said keep-alive; of two (pipelining) the last', async () => {
    const { responses, client, halt, over } = await servingClient(cleanUps);
    await asked(client, responses);
    const said = (): unknown[] => responses.map((response) => response.getHeader('Connection'));
    responses[0]!.setHeader('Connection', 'keep-alive');
    await halt();
    expect(said()).toEqual(['close']);
    await asked(client, responses);
    expect(said()).toEqual(['keep-alive', undefined]);
    responses[0]!.end();
    responses[1]!.end();
    await client.read('Connection: close');
    expect(client.text.match(/Connection: \S+/g)).toEqual(['Connection: keep-alive', 'Connection: close']);
    client.socket.end();
    await over;
  });

  test('is cut 500 ms after its last response where its client does not close its side', async () => {
    const { responses, client, socket, halt, over } = await servingClient(cleanUps);
    const response = await asked(client, responses);
    await halt();
    response.end('last');
    await turnsUntil(() => client.ended && response.closed && response.req.closed);
    jest.advanceTimersByTime(CUT - 1);
    expect(socket.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    expect(socket.destroyed).toBe(true);
    await over;
    expect(client.errors).toEqual([]);
  });

  test('whose client goes away leaves no timer', async () => {
    const { server, responses } = answering();
    const { port, halt, over } = await serving(cleanUps, server);
    const [leaving, staying] = [await cleanUps.client(port), await cleanUps.client(port)];
    for (const client of [leaving, staying]) client.ask();
    await turnsUntil(() => responses.length === 2);
    await halt();
    leaving.socket.resetAndDestroy();
    await turnsUntil(() => responses.some(({ closed }) => closed));
    await turn();
    expect(jest.getTimerCount()).toBe(0);
    for (const response of responses) response.end('last');
    await turnsUntil(() => staying.ended);
    staying.socket.end();
    await over;
  });

  test('waits for the second of two that came at once, when the first has been answered', async () => {
    const { responses, client, halt, over } = await servingClient(cleanUps);
    client.socket.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n');
    await turnsUntil(() => responses.length === 2);
    responses[0]?.end('first');
    await client.read('first');
    await halt();
    jest.advanceTimersByTime(60_000);
    responses[1]?.end('second');
    await client.read('second');
    client.socket.end();
    await over;
    expect(client.errors).toEqual([]);
  });

  test.each([
    ['in their order', [0, 1, 2]],
    ['in another', [2, 1, 0]],
  ])(
    'ends with the last of those that came at once or before its client could know, where they are answered %s',
    async (_what, order) => {
      const { responses, client, halt, over } = await servingClient(cleanUps);
      client.socket.write('GET /0 HTTP/1.1\r\nHost: x\r\n\r\nGET /1 HTTP/1.1\r\nHost: x\r\n\r\n');
      await turnsUntil(() => responses.length === 2);
      await halt();
      await asked(client, responses, '/2');
      for (const each of order) responses[each]?.end(`answer ${each}`);
      await turnsUntil(() => client.ended);
      const answers = client.text.split('HTTP/1.1 ').slice(1);
      expect(answers.map((text) => /answer \d/.exec(text)?.[0])).toEqual(['answer 0', 'answer 1', 'answer 2']);
      expect(answers.map((text) => text.includes('Connection: close'))).toEqual([false, false, true]);
      expect(responses.map(({ writableFinished }) => writableFinished)).toEqual([true, true, true]);
      // What comes now has come too late, but does not reset it.
      const [{ req }] = responses as [http.ServerResponse];
      const { bytesRead } = req.socket;
      client.ask('/3');
      await turnsUntil(() => req.socket.bytesRead > bytesRead);
      expect(req.socket.destroyed).toBe(false);
      client.socket.end();
      await over;
      expect([responses.length, client.errors]).toEqual([3, []]);
    },
  );

  test('ends with its request, whatever comes on another', async () => {
    const { server, responses } = answering();
    const { port, halt, over } = await serving(cleanUps, server);
    const [client, other] = [await cleanUps.client(port), await cleanUps.client(port)];
    await asked(client, responses, '/0');
    await asked(other, responses, '/1');
    await halt();
    await asked(other, responses, '/2');
    expect(responses.map(({ shouldKeepAlive }) => shouldKeepAlive)).toEqual([false, true, false]);
    for (const response of responses) response.end();
    await turnsUntil(() => client.ended && other.ended);
    client.socket.end();
    other.socket.end();
    await over;
    expect([...client.errors, ...other.errors]).toEqual([]);
  });

  test('keeps what has been said of it already, where another request comes behind that', async () => {
    const { responses, client, halt, over } = await servingClient(cleanUps);
    const response = await asked(client, responses, '/0');
    await halt();
    response.write('begun');
    await client.read('begun');
    await asked(client, responses, '/1');
    response.end('over');
    await turnsUntil(() => client.ended);
    expect(client.text).toMatch(/Connection: close[^]*begun[^]*over/);
    client.socket.end();
    await over;
    expect(client.errors).toEqual([]);
  });

  test('is told at once that it ends, however many connections there have been before', async () => {
    const { server, responses } = answering();
    const { port, stop, over } = await serving(cleanUps, server);
    for (let count = 0; count < 5; count++) {
      const { client, socket } = await connected(cleanUps, server, port);
      const closed = once(socket, 'close');
      client.socket.destroy();
      await closed;
    }
    const client = await cleanUps.client(port);
    const response = await asked(client, responses);
    stop.abort();
    await microtasks();
    expect(server.listening).toBe(true);
    response.end('early');
    await client.read('early');
    expect(client.text).toContain('Connection: close');
    client.socket.end();
    await over;
  });

  test('holds on to no response that has left, but perhaps to the last', async () => {
    const left: WeakRef<http.ServerResponse>[] = [];
    const server = http.createServer((_request, response) => {
      left.push(new WeakRef(response));
      response.end(`answer ${left.length}.`);
    });
    server.keepAliveTimeout = 0;
    const { port, stop, over } = await serving(cleanUps, server);
    const client = await cleanUps.client(port);
    for (let count = 1; count <= 10; count++) {
      client.ask();
      await client.read(`answer ${count}.`);
    }
    const held = (): number => left.filter((ref) => ref.deref() !== undefined).length;
    for (let tries = 0; tries < 20 && held() > 2; tries++) {
      await turn();
      globalThis.gc?.();
    }
    expect(held()).toBeLessThanOrEqual(2);
    stop.abort();
    client.socket.end();
    await over;
  });

  test('is known where the one who answers has come after the server was served', async () => {
    const server = http.createServer();
    server.keepAliveTimeout = 0;
    const { port, halt, over } = await serving(cleanUps, server);
    const responses: http.ServerResponse[] = [];
    server.on('request', (_request, response) => void responses.push(response));
    const client = await cleanUps.client(port);
    const response = await asked(client, responses);
    await halt();
    response.end('known');
    await client.read('known');
    expect(client.text).toContain('Connection: close');
    client.socket.end();
    await over;
  });

  test('is known where the server is asked to expect something else', async () => {
    const responses: http.ServerResponse[] = [];
    const server = http.createServer();
    server.on('checkExpectation', (_request, response: http.ServerResponse) => void responses.push(response));
    const { port, halt, over } = await serving(cleanUps, server);
    const client = await cleanUps.client(port);
    const response = await asked(client, responses, '/', 'Expect: patience');
    await halt();
    response.end('met');
    await client.read('met');
    expect(client.text).toContain('Connection: close');
    client.socket.end();
    await over;
  });

  test('is answered as ever where nobody has asked to be told of what it expects', async () => {
    const { server, responses } = answering();
    const { port } = await serving(cleanUps, server);
    const client = await cleanUps.client(port);
    client.ask('/', 'Expect: 100-continue', 'Content-Length: 1');
    await client.read('100 Continue');
    client.socket.write('x');
    await turnsUntil(() => responses.length === 1);
    const other = await cleanUps.client(port);
    other.ask('/', 'Expect: patience');
    await other.read('417');
    expect(responses).toHaveLength(1);
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
    const over = Promise.resolve(serve(server, { port: 0, host: '127.0.0.1' })(stop.signal));
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
    stop.abort();
    await over;
  });

  test('is none of those that the server has when it stops', async () => {
    const child = cleanUps.child();
    const { server, responses } = answering();
    server.on('upgrade', (_request, socket: net.Socket) => void child.send('socket', socket));
    const { port, stop, over } = await serving(cleanUps, server);
    const clients: Client[] = [];
    for (let count = 0; count < 6; count++) clients.push(await cleanUps.client(port));
    const [client, ...others] = clients as [Client, ...Client[]];
    const response = await asked(client, responses);
    for (const each of others) {
      each.ask('/', 'Connection: Upgrade', 'Upgrade: x');
      await each.read('taken');
      each.socket.end();
    }
    stop.abort();
    await microtasks();
    expect(server.listening).toBe(true);
    response.end('early');
    await client.read('early');
    expect(client.text).toContain('Connection: close');
    client.socket.end();
    await over;
  });
});

test('a server that has no connections when it stops leaves no timer', async () => {
  const { stop, over } = await serving(cleanUps, http.createServer(), { gracePeriod: 1_000 });
  stop.abort();
  await over;
  expect(jest.getTimerCount()).toBe(0);
});

describe('a request on a connection that the server was handed', () => {
  test('is cut when the grace period ends; what the server listens to since is not', async () => {
    const { server, responses } = answering();
    const { stop, over } = await serving(cleanUps, server, { gracePeriod: 1_000 });
    const handed = await cleanUps.handed(server);
    await asked(handed.client, responses);
    stop.abort();
    await over;
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
    const { stop, over } = await serving(cleanUps, server, { gracePeriod: 1_000 });
    const { client, socket } = await cleanUps.handed(server);
    const response = await asked(client, responses);
    stop.abort();
    await over;
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
    const { port, stop, over } = await serving(cleanUps, server);
    standingIn(server);
    stop.abort();
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
    await over;
    expect(client.errors).toEqual([]);
  });

  test('stops listening after a second although they keep on coming', async () => {
    const server = net.createServer();
    const { stop, over } = await serving(cleanUps, server);
    standingIn(server);
    stop.abort();
    await turns();
    let count = 0;
    for (; server.listening && count < 100; count++) {
      server.emit('connection', Object.assign(new EventEmitter(), { destroy: () => {}, destroyed: false }));
      jest.advanceTimersByTime(LINGER);
      await turns();
    }
    expect(count).toBe(20);
    await over;
  });

  test('is none where the workers share what listens', async () => {
    const server = net.createServer();
    const { stop, over } = await serving(cleanUps, server);
    standingIn(server, { fd: -1 });
    stop.abort();
    await over;
    expect(server.listening).toBe(false);
  });

  test('is not waited for when the time is over', async () => {
    const server = net.createServer();
    const { stop, over } = await serving(cleanUps, server, { gracePeriod: 10 });
    standingIn(server);
    stop.abort();
    await turns();
    jest.advanceTimersByTime(10);
    await over;
    expect([server.listening, jest.getTimerCount()]).toEqual([false, 0]);
  });
});

describe('a connection that others have ended', () => {
  const texts = {
    clientError: 'no HTTP\r\n\r\n',
    upgrade: 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
    connect: 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
  };

  test.each([
    ['clientError', 'before'],
    ['clientError', 'after'],
    ['upgrade', 'before'],
    ['upgrade', 'after'],
    ['connect', 'before'],
    ['connect', 'after'],
  ] as const)('on %p is cut 500 ms later where its client does not close its side, %s the stop', async (name, when) => {
    const { server, client, socket, halt, over } = await servingClient(cleanUps);
    server.on(name, (_what, ended: net.Socket) => void ended.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    if (when === 'after') await halt();
    client.socket.write(texts[name]);
    await turnsUntil(() => client.ended && socket.writableFinished);
    if (when === 'before') await halt();
    jest.advanceTimersByTime(CUT - 1);
    await turns();
    expect(socket.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    expect(socket.destroyed).toBe(true);
    await over;
  });

  test.each(['before', 'after'])(
    'is left to itself where it is a tunnel, %s the stop, of which somebody reads the other side',
    async (when) => {
      const { server, client, socket, halt, over } = await servingClient(cleanUps);
      let text = '';
      server.on('connect', (_request, tunnel: net.Socket) => {
        tunnel.on('data', (chunk: Buffer) => (text += chunk.toString()));
        tunnel.end('HTTP/1.1 200 OK\r\n\r\n');
      });
      if (when === 'after') await halt();
      client.socket.write(texts.connect);
      await turnsUntil(() => client.ended && socket.writableFinished);
      if (when === 'before') await halt();
      jest.advanceTimersByTime(60_000);
      client.socket.end('still read');
      await over;
      expect([text, client.errors]).toEqual(['still read', []]);
    },
  );
});

test('a tunnel is left to itself also where somebody comes later to read it, and no longer than somebody does', async () => {
  const { server, client, socket, halt, over } = await servingClient(cleanUps);
  server.on('connect', (_request, tunnel: net.Socket) => void tunnel.end('HTTP/1.1 200 OK\r\n\r\n'));
  client.socket.write('CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n');
  await turnsUntil(() => client.ended && socket.writableFinished);
  await halt();
  jest.advanceTimersByTime(CUT - 1);
  const read = (): void => {};
  socket.on('data', read);
  jest.advanceTimersByTime(60_000);
  expect(socket.destroyed).toBe(false);
  socket.off('data', read);
  jest.advanceTimersByTime(CUT);
  expect(socket.destroyed).toBe(true);
  await over;
});

describe('the end of a server', () => {
  test('that somebody else closes: although one who listens to that throws', async () => {
    const server = http.createServer();
    server.on('close', () => {
      throw new Error('of a listener');
    });
    catching(server);
    const { over } = await serving(cleanUps, server);
    server.close();
    await over;
    expect(server.listening).toBe(false);
  });

  test('that somebody else has closed is told once', async () => {
    const server = http.createServer();
    let closed = 0;
    server.on('close', () => closed++);
    const { over } = await serving(cleanUps, server);
    server.close();
    await over;
    await turn();
    expect(closed).toBe(1);
  });

  test('that fails: onDraining is told while it still listens, and drainDelay is not waited for', async () => {
    const server = http.createServer();
    const listened: boolean[] = [];
    const onDraining = (): void => void listened.push(server.listening);
    const { over } = await serving(cleanUps, server, { onDraining, drainDelay: 2 ** 30 });
    server.emit('error', new Error('failed'));
    expect(await thrownBy(over)).toHaveProperty('message', 'failed');
    expect(listened).toEqual([true]);
  });

  test('comes although new connections keep on coming', async () => {
    const server = net.createServer();
    const { stop, over } = await serving(cleanUps, server);
    stop.abort();
    let turns = 0;
    for (; server.listening && turns < 5_000; turns++) {
      const socket = Object.assign(new EventEmitter(), { destroy: () => {}, destroyed: false });
      server.emit('connection', socket);
      await turn();
    }
    expect(turns).toBeLessThan(5_000);
    await over;
  });

  test('comes after a second at the latest where the program computes all the time', async () => {
    const server = http.createServer();
    const { stop, over } = await serving(cleanUps, server);
    stop.abort();
    const turns = await computing(100, () => server.listening);
    expect([turns > 5, turns < 20]).toEqual([true, true]);
    await over;
  });

  test('is not waited for, where the program computes all the time, when the grace period has ended', async () => {
    const { stop, over, ended } = await serving(cleanUps, http.createServer(), { gracePeriod: 100 });
    stop.abort();
    expect(await computing(50, () => !ended())).toBeLessThan(10);
    await over;
  });

  test('is not that of what somebody has it listen to after it has closed', async () => {
    const server = http.createServer();
    const { stop, over } = await serving(cleanUps, server);
    stop.abort();
    await computing(5, (count) => count < 2);
    server.once('close', () => server.listen(0, '127.0.0.1')).close();
    await computing(5, (count) => count < 10);
    await turns();
    expect(server.listening).toBe(true);
    await over;
  });

  test('is not before those have been accepted who connect while the program computes', async () => {
    const { server, responses } = answering();
    const { port, stop, over } = await serving(cleanUps, server);
    stop.abort();
    await computing(5, (count) => count < 10);
    expect(server.listening).toBe(true);
    const client = await cleanUps.client(port);
    (await asked(client, responses)).end('accepted');
    await client.read('accepted');
    client.socket.end();
    await over;
    expect(client.errors).toEqual([]);
  });

  test('needs no turn of the event loop that a test would have to give, and ends when there is no test any more', async () => {
    const { stop, over } = await serving(cleanUps, http.createServer());
    jest.useFakeTimers();
    stop.abort();
    await over;
    const { client, stop: later, over: whole } = await servingClient(cleanUps);
    later.abort();
    jest.useRealTimers();
    await turnsUntil(() => client.ended);
    client.socket.end();
    await whole;
    expect(client.errors).toEqual([]);
  });

  test.each([2 ** 31, 2 ** 31 - 0.5])(
    'is waited for without a limit where the grace period, %f ms, is longer than a timer can be',
    async (gracePeriod) => {
      const { responses, client, halt, over } = await servingClient(cleanUps, { gracePeriod });
      const response = await asked(client, responses);
      await halt();
      jest.advanceTimersByTime(60_000);
      response.end('late');
      await client.read('late');
      client.socket.end();
      await over;
      expect(client.errors).toEqual([]);
    },
  );
});

describe('a server of net', () => {
  test('leaves its connections to themselves: one that is idle, and one that it has ended', async () => {
    const sockets: net.Socket[] = [];
    const server = net.createServer({ allowHalfOpen: true }, (socket) => void sockets.push(socket.resume()));
    const { port, halt, over } = await serving(cleanUps, server);
    const [idle, ended] = [await connected(cleanUps, server, port), await connected(cleanUps, server, port)];
    await halt();
    ended.socket.end();
    await turnsUntil(() => ended.client.ended);
    jest.advanceTimersByTime(60_000);
    await turns();
    expect(idle.client.ended).toBe(false);
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, false]);
    for (const { client, socket } of [idle, ended]) {
      client.socket.end();
      socket.end();
    }
    await over;
  });
});

describe('what serve is told', () => {
  test('may be any port there is', async () => {
    for (const port of [0, 65_535]) expect(serve(http.createServer(), port)).toBeInstanceOf(Function);
    for (const port of [-1, 65_536, 1.5, NaN]) {
      const message = `listenOptions must be a port from 0 to 65535, got ${port}`;
      expect(() => serve(http.createServer(), port)).toThrow(message);
    }
  });

  test('must be what a server can listen on, unless it listens already', async () => {
    for (const bad of [null, true, 1n]) {
      const message = `listenOptions must be what server.listen takes, got ${bad}`;
      expect(() => serve(http.createServer(), bad as never)).toThrow(message);
    }
    expect(await thrownBy(serve(http.createServer())(live()))).toHaveProperty(
      'message',
      'listenOptions must be what server.listen takes, since the server does not listen yet; got undefined',
    );
  });
});

describe('a session of HTTP/2', () => {
  test.each(['before', 'after'])(
    'whose client does not close its side is cut 500 ms after we have closed ours, %s the stop',
    async (when) => {
      const server = http2.createServer();
      const { port, halt, over } = await serving(cleanUps, server);
      const begun = once(server, 'session') as Promise<[http2.ServerHttp2Session]>;
      const { client, socket } = await connected(cleanUps, server, port);
      const [session] = await begun;
      if (when === 'before') {
        session.close();
        await turnsUntil(() => client.ended);
      }
      await halt();
      await turnsUntil(() => client.ended && socket.writableFinished);
      jest.advanceTimersByTime(CUT - 1);
      expect(socket.destroyed).toBe(false);
      jest.advanceTimersByTime(1);
      expect(socket.destroyed).toBe(true);
      await over;
    },
  );
});

test('a session of HTTP/2 whose client has spoken is cut when the grace period is over: what it says while it reads would reset its answer', async () => {
  const server = http2.createServer();
  const { port, halt, over } = await serving(cleanUps, server, { gracePeriod: 60_000 });
  const { client, socket } = await connected(cleanUps, server, port);
  client.socket.write(PREFACE);
  await turnsUntil(() => socket.bytesRead > 0);
  await halt();
  await turnsUntil(() => client.ended && socket.writableFinished);
  jest.advanceTimersByTime(59_999);
  expect(socket.destroyed).toBe(false);
  jest.advanceTimersByTime(1);
  expect(socket.destroyed).toBe(true);
  await over;
  expect(jest.getTimerCount()).toBe(0);
});

test.each(['nothing', 'something'])(
  'a session of HTTP/2 over what the server was handed, and is no socket, is closed when its client, who has said %s, has had its time',
  async (what) => {
    const server = http2.createServer();
    const { stop, over } = await serving(cleanUps, server);
    const [ours, theirs] = duplexPair();
    theirs.resume();
    server.emit('connection', ours);
    if (what === 'something') theirs.write(PREFACE);
    await turns();
    stop.abort();
    await over;
    await turnsUntil(() => ours.writableFinished);
    jest.advanceTimersByTime(CUT);
    expect([ours.destroyed, jest.getTimerCount()]).toEqual([true, 0]);
  },
);

test('a session of HTTP/2 over a socket that the server was handed is closed when its client has had its time', async () => {
  const server = http2.createServer();
  const { stop, over } = await serving(cleanUps, server);
  const other = net.createServer({ allowHalfOpen: true }, (socket) => void server.emit('connection', socket));
  const [[socket]] = (await Promise.all([
    once(other, 'connection'),
    once(other.listen(0, '127.0.0.1'), 'listening').then(async () => {
      const client = await cleanUps.client((other.address() as net.AddressInfo).port);
      client.socket.write(PREFACE);
    }),
  ])) as [[net.Socket], void];
  await turnsUntil(() => socket.bytesRead > 0);
  stop.abort();
  await over;
  await turnsUntil(() => socket.writableFinished);
  jest.advanceTimersByTime(CUT);
  expect([socket.destroyed, jest.getTimerCount()]).toEqual([true, 0]);
  other.close();
});

test('a server is served although the last connection of its listener of before has closed just then', async () => {
  const { server, responses } = answering();
  const before = await serving(cleanUps, server);
  const { client, socket } = await connected(cleanUps, server, before.port);
  await asked(client, responses);
  server.close();
  socket.destroy();
  const stop = new AbortController();
  const over = serve(server, 0)(stop.signal);
  await turns();
  const port = (server.address() as net.AddressInfo).port;
  const other = await cleanUps.client(port);
  const response = await asked(other, responses);
  stop.abort();
  await turnsUntil(() => !server.listening);
  response.end('served');
  await other.read('served');
  other.socket.end();
  await over;
});

test('what onDraining fails with when the server has stopped is an unhandled rejection', async () => {
  let fail!: (error: unknown) => void;
  const onDraining = (): Promise<void> => new Promise((_, reject) => (fail = reject));
  const { stop, over } = await serving(cleanUps, http.createServer(), { gracePeriod: 1, onDraining });
  stop.abort();
  await turnsUntil(() => fail !== undefined);
  jest.advanceTimersByTime(1);
  await turn();
  jest.advanceTimersByTime(LINGER);
  await over;
  expect(await uncaught(() => fail('late'))).toEqual(['late']);
});
