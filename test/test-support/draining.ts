// The tests of a server that listens on while its connections end: the class is in two packages.
import { describe, expect, jest, test } from '@jest/globals';
import { EventEmitter } from 'node:events';
import http from 'node:http';
import type * as net from 'node:net';
import {
  acceptedBy,
  answering,
  CUT,
  LINGER,
  portOf,
  turns,
  turnsUntil,
  withTheClockStopped,
  type Answering,
  type Client,
} from './connections.js';

interface Serving {
  listen(options: unknown): Promise<boolean>;
  drain(): void;
  stop(gracePeriod: number): Promise<void>;
}

interface Served extends Answering {
  serving: Serving;
  sockets: net.Socket[];
  /** Another client. */
  client: () => Promise<Client>;
}

/** So many connections are told that they end only when the server no longer listens. */
const MANY = 5;

export function drains(Serving: new (server: net.Server, onRequest?: () => void) => Serving): void {
  const cleanUps = withTheClockStopped();

  const served = async (onRequest?: () => void): Promise<Served> => {
    const made = answering();
    const serving = new Serving(made.server, onRequest);
    const sockets = acceptedBy(made.server);
    cleanUps.add(() => {
      for (const socket of sockets) socket.destroy();
      return serving.stop(0);
    });
    await serving.listen({ port: 0, host: '127.0.0.1' });
    return { ...made, serving, sockets, client: () => cleanUps.client(portOf(made.server)) };
  };

  const asked = async (client: Client, { responses }: Served): Promise<http.ServerResponse> => {
    const before = responses.length;
    client.ask();
    await turnsUntil(() => responses.length > before);
    return responses[before]!;
  };

  describe('a server that is about to stop, and still listens', () => {
    test('ends each connection with its next answer, also with that to what has come before', async () => {
      const onRequest = jest.fn();
      const all = await served(onRequest);
      const [early, late, idle] = [await all.client(), await all.client(), await all.client()];
      const first = await asked(early, all);
      all.serving.drain();
      const second = await asked(late, all);
      for (const [client, response] of [
        [early, first],
        [late, second],
      ] as const) {
        response.end('answered');
        await turnsUntil(() => client.ended);
        expect(client.text).toMatch(/Connection: close[^]*answered/);
      }
      jest.advanceTimersByTime(CUT);
      await turns();
      expect([all.server.listening, idle.ended, onRequest.mock.calls.length]).toEqual([true, false, 2]);
    });

    test('ends none whose handler says that it goes on', async () => {
      const all = await served();
      const client = await all.client();
      all.serving.drain();
      for (const text of ['one', 'two']) {
        const response = await asked(client, all);
        response.setHeader('Connection', 'keep-alive');
        response.end(text);
        await client.read(text);
        jest.advanceTimersByTime(LINGER);
        await turns();
        jest.advanceTimersByTime(CUT);
        expect(client.ended).toBe(false);
      }
      (await asked(client, all)).end('three');
      await turnsUntil(() => client.ended);
      expect([client.text.match(/Connection: \S+/g), client.errors]).toEqual([
        ['Connection: keep-alive', 'Connection: keep-alive', 'Connection: close'],
        [],
      ]);
    });

    test.each([false, true])(
      'ends one with the answer that has said so, whatever has been asked behind it; stopped by then: %s',
      async (isStopped) => {
        const all = await served();
        const { serving, server, responses, sockets } = all;
        const client = await all.client();
        server.on('request', (request: http.IncomingMessage) => request.on('error', () => {}).on('data', () => {}));
        if (!isStopped) serving.drain();
        const first = await asked(client, all);
        if (isStopped) {
          void serving.stop(Infinity);
          await turnsUntil(() => !server.listening);
        }
        first.write('begun');
        await client.read('begun');
        client.socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1');
        await turnsUntil(() => responses.length === 2);
        first.end('over');
        await turnsUntil(() => client.ended);
        // Too late for an answer.
        const { bytesRead } = sockets[0]!;
        client.socket.write('2GET / HTTP/1.1\r\nHost: x\r\n\r\n');
        await turnsUntil(() => sockets[0]!.bytesRead > bytesRead);
        expect(responses).toHaveLength(2);
        client.socket.end();
        await turnsUntil(() => sockets[0]!.destroyed);
        expect([client.text.match(/Connection: \S+|begun|over/g), client.errors]).toEqual([
          ['Connection: close', 'begun', 'over'],
          [],
        ]);
      },
    );

    test('says nothing of an end any more while it stops and still listens, if there are many', async () => {
      const all = await served();
      all.serving.drain();
      const responses: http.ServerResponse[] = [];
      for (let index = 0; index < MANY; index++) responses.push(await asked(await all.client(), all));
      // Whose client has asked for the end gets it.
      const leaving = await all.client();
      leaving.ask('/', 'Connection: close');
      await turnsUntil(() => all.responses.length > MANY);
      const goOn = (): boolean[] => responses.map(({ shouldKeepAlive }) => shouldKeepAlive);
      expect(goOn()).toEqual(responses.map(() => false));
      const stopped = all.serving.stop(Infinity);
      expect([all.server.listening, goOn()]).toEqual([true, responses.map(() => true)]);
      expect(all.responses.at(-1)!.shouldKeepAlive).toBe(false);
      await turnsUntil(() => !all.server.listening);
      expect(goOn()).toEqual(responses.map(() => false));
      for (const response of responses) response.end();
      for (const socket of all.sockets) socket.destroy();
      await stopped;
    });

    test('reads on what was answered early as long as it comes: its client may read only then', async () => {
      const all = await served();
      all.server.on('request', (_request, response: http.ServerResponse) => response.writeHead(503).end('not now'));
      all.serving.drain();
      const client = await all.client();
      const piece = 'x'.repeat(100_000);
      const sent = async (text: string): Promise<void> => {
        const before = all.sockets[0]?.bytesRead ?? 0;
        client.socket.write(text);
        await turnsUntil(() => all.sockets[0]!.bytesRead >= before + text.length);
      };
      await turnsUntil(() => all.sockets.length === 1);
      await sent(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n${piece}`);
      for (let pieces = 0; pieces < 3; pieces++) {
        await sent(piece);
        jest.advanceTimersByTime(CUT);
        expect(all.sockets[0]!.destroyed).toBe(false);
      }
      await client.read('not now');
      jest.advanceTimersByTime(CUT);
      expect(all.sockets[0]!.destroyed).toBe(true);
    });

    test.each([
      ['an emitter', new EventEmitter()],
      ['nothing', undefined],
      ['what only ends', { end: () => {}, destroy: () => {} }],
    ])('leaves alone what a test has injected: that has no connection, but %s', async (_what, socket) => {
      const { server, serving, responses } = await served();
      serving.drain();
      const request = new http.IncomingMessage(socket as net.Socket);
      Object.assign(request, { httpVersionMajor: 1, httpVersionMinor: 1, method: 'GET', url: '/' });
      server.emit('request', request, new http.ServerResponse(request));
      expect(responses).toHaveLength(1);
      responses[0]!.emit('close');
      jest.advanceTimersByTime(CUT);
      await turns();
      const stopped = serving.stop(Infinity);
      await turnsUntil(() => !server.listening);
      jest.advanceTimersByTime(LINGER);
      await turns();
      await stopped;
    });
  });
}
