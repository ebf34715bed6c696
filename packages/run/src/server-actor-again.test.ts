import { describe, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import {
  acceptedBy,
  answering,
  computing,
  LINGER,
  portOf,
  stopped,
  turn,
  turns,
  turnsUntil,
  withTheClockStopped,
} from '../../../test/test-support/connections.js';
import { GraceExceededError, Group } from './index.js';
import { serverActor } from './node.js';
import { asked, servedClient } from './test-support/served.js';

// The clock of these tests stands still until they move it.
jest.setTimeout(10_000);
const cleanUps = withTheClockStopped();

/** An actor with its server, which the test runs itself. */
function alone(drain?: number) {
  const { server, responses } = answering();
  const sockets = acceptedBy(server);
  cleanUps.add(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const actor = serverActor(server, { port: 0, host: '127.0.0.1' }, { drain });
  return { server, responses, sockets, actor };
}

describe('an actor that runs again while its server drains', () => {
  test.each(['GraceExceededError', 'a failure'])(
    'after %s: nothing of the run before ends what it serves, and it cuts what that has left',
    async (what) => {
      const { server, responses, sockets, actor } = alone(400);
      const group = new Group({ gracePeriod: 100, until: what === 'a failure' ? 'all' : undefined }).add(actor);
      const stop = new AbortController();
      const down = group.run(stop.signal).catch((error: unknown) => error);
      await once(server, 'listening');
      const client = await cleanUps.client(portOf(server));
      await asked(client, responses);
      if (what === 'a failure') server.emit('error', 'broken');
      else stop.abort('stop');
      await stopped(server);
      jest.advanceTimersByTime(100);
      if (what === 'a failure') expect(await down).toBe('broken');
      else expect(await down).toBeInstanceOf(GraceExceededError);

      const again = new AbortController();
      let isDown = false;
      const downAgain = group.run(again.signal).catch((error: unknown) => ((isDown = true), error));
      await once(server, 'listening');
      const other = await cleanUps.client(portOf(server));
      const response = await asked(other, responses);
      response.end('served');
      await other.read('served');
      expect(other.text).toContain('Connection: keep-alive');
      jest.advanceTimersByTime(60_000);
      await turns();
      expect([server.listening, isDown, sockets.map(({ destroyed }) => destroyed)]).toEqual([
        true,
        false,
        [false, false],
      ]);

      again.abort('stop');
      await stopped(server);
      jest.advanceTimersByTime(LINGER);
      await turnsUntil(() => other.ended);
      other.socket.end();
      jest.advanceTimersByTime(LINGER);
      jest.advanceTimersByTime(400);
      expect(sockets[0]?.destroyed).toBe(true);
      await downAgain;
      await once(server, 'close');
      expect([server.listenerCount('error'), jest.getTimerCount()]).toEqual([0, 0]);
    },
  );

  test('also where the run before was interrupted while it looked up its host: that one is over', async () => {
    const { server, responses, actor } = alone();
    const lookups = cleanUps.lookingUp();
    const before = Promise.resolve(actor.execute(() => {}));
    void actor.interrupt('stop');
    let ready = false;
    const running = Promise.resolve(actor.execute(() => (ready = true)));
    await before;
    expect(server.listening).toBe(false);
    for (const look of lookups) look();
    await turnsUntil(() => ready);
    const client = await cleanUps.client(portOf(server));
    (await asked(client, responses)).end('served');
    await client.read('served');
    expect(client.text).toContain('Connection: keep-alive');
    await turns();
    expect(server.listening).toBe(true);
    client.socket.end();
    await Promise.all([actor.interrupt('stop'), running]);
  });

  test('fails while it still listens, and the run before goes on', async () => {
    const { server, responses, actor } = alone();
    const running = Promise.resolve(actor.execute(() => {}));
    await once(server, 'listening');
    await turn();
    const client = await cleanUps.client(portOf(server));
    const response = await asked(client, responses);
    const end = actor.interrupt('stop');
    for (let times = 0; times < 2; times++)
      await expect(actor.execute(() => {})).rejects.toHaveProperty('code', 'ERR_SERVER_ALREADY_LISTEN');
    await stopped(server);
    response.end('at last');
    await turnsUntil(() => client.ended);
    expect(client.text).toMatch(/Connection: close[^]*at last/);
    client.socket.end();
    await Promise.all([end, running]);
    expect([server.listenerCount('error'), jest.getTimerCount()]).toEqual([0, 0]);
  });

  test('listens on where the listener of the run before was closed by somebody else', async () => {
    const { server, responses, sockets, actor } = alone();
    void actor.execute(() => {});
    await once(server, 'listening');
    await turn();
    const client = await cleanUps.client(portOf(server));
    await asked(client, responses);
    void actor.interrupt('stop');
    server.close();
    let ready = false;
    const running = Promise.resolve(actor.execute(() => (ready = true)));
    await computing(5, () => !ready);
    await computing(5, (count) => count < 10);
    await turns();
    expect(server.listening).toBe(true);
    for (const socket of sockets) socket.destroy();
    await Promise.all([actor.interrupt('stop'), running]);
  });

  test.each([
    ['listens, though the last connection of the run before closes', true],
    ['ends when somebody closes the server', false],
  ])('while it looks up its host: %s', async (_what, listens) => {
    const { server, responses, sockets, actor } = alone();
    void actor.execute(() => {});
    await once(server, 'listening');
    await turn();
    const client = await cleanUps.client(portOf(server));
    await asked(client, responses);
    void actor.interrupt('stop');
    await stopped(server);
    const lookups = cleanUps.lookingUp();
    let ready = false;
    const running = Promise.resolve(actor.execute(() => (ready = true)));
    if (!listens) server.close();
    sockets[0]?.destroy();
    await once(server, 'close');
    for (const look of lookups) look();
    await turns();
    expect([ready, server.listening]).toEqual([listens, listens]);
    if (listens) await actor.interrupt('stop');
    await running;
    expect(server.listenerCount('error')).toBe(0);
  });
});

test('what a server fails with that was interrupted while it looked up its host is what its run fails with, all of it', async () => {
  const { server, responses, actor } = alone();
  const lookups = cleanUps.lookingUp();
  const group = new Group().add(actor);
  const stop = new AbortController();
  const down = group.run(stop.signal).catch((error: unknown) => error);
  stop.abort('stop');
  server.once('listening', () => {
    for (const error of ['one', 'two']) server.emit('error', error);
  });
  await turnsUntil(() => lookups.length === 1);
  lookups[0]?.();
  expect(await down).toBe('stop');
  expect(group.suppressed).toEqual([expect.objectContaining({ errors: ['one', 'two'] })]);
  expect(responses).toEqual([]);
});

test('what a server fails with after its actor has left, with "until: all", is told by nobody', async () => {
  const { server, responses, client, group, down } = await servedClient(cleanUps, {}, { until: 'all' });
  const response = await asked(client, responses);
  for (const error of ['first', 'second']) server.emit('error', error);
  expect(await down).toBe('first');
  await stopped(server);
  response.end('at last');
  await turnsUntil(() => client.ended);
  client.socket.end();
  await once(server, 'close');
  expect(group.suppressed).toEqual([]);
});
