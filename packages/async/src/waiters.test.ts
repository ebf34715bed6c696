import { expect, test } from '@jest/globals';
import { Latch, SignalGroup, Worker } from './index.js';
import { listenersOn, quiet } from './test-support/moments.js';
import { Waiters } from './waiters.js';

test('who waits is told once, the next time, and its listener is taken off', async () => {
  const waiters = new Waiters();
  const { signal } = new AbortController();
  const log: string[] = [];
  void waiters.wait(signal).then(() => log.push('a'));
  void waiters.wait().then(() => log.push('b'));
  await quiet();
  expect([log, listenersOn(signal)]).toEqual([[], 1]);
  waiters.tell();
  expect(listenersOn(signal)).toBe(0);
  void waiters.wait().then(() => log.push('c'));
  await quiet();
  expect(log).toEqual(['a', 'b']);
});

test('who has been told before the abort is not refused by it', async () => {
  const waiters = new Waiters();
  const controller = new AbortController();
  const waiting = waiters.wait(controller.signal);
  waiters.tell();
  controller.abort('late');
  await waiting;
});

test('a signal that has aborted already ends the wait at once', async () => {
  await expect(new Waiters().wait(AbortSignal.abort('reason'))).rejects.toBe('reason');
});

const kept: unknown[] = [];
const group = new SignalGroup();
group.add(1);
const latch = new Latch();
const stopping = new Latch();
stopping.starting();
const worker = new Worker(() => new Promise<void>(() => {}));

test.each<[string, (signal: AbortSignal) => Promise<void>]>([
  ['SignalGroup.wait', (signal) => group.wait({ signal })],
  ['Latch.waitStarted', (signal) => latch.waitStarted({ signal })],
  ['Latch.waitStopped', (signal) => stopping.waitStopped({ signal })],
  ['Worker.stop', (signal) => worker.stop({ signal })],
])('of a %s that its signal ended nothing stays: not the signal, not the reason', async (name, wait) => {
  if (name === 'Worker.stop') {
    await worker.start();
    await worker.enqueue(1);
  }
  const left: WeakRef<object>[] = [];
  const round = async (): Promise<void> => {
    const controller = new AbortController();
    const reason = { reason: 'of the user' };
    left.push(new WeakRef(controller.signal), new WeakRef(reason));
    const waiting = wait(controller.signal).catch((error: unknown) => error === reason);
    controller.abort(reason);
    expect(await waiting).toBe(true);
  };
  for (let count = 0; count < 100; count++) await round();
  // Nor of one that has been told.
  if (name === 'SignalGroup.wait') {
    const told = new SignalGroup();
    kept.push(told);
    const well = async (): Promise<void> => {
      const { signal } = new AbortController();
      left.push(new WeakRef(signal));
      told.add(1);
      const waiting = told.wait({ signal });
      told.done();
      await waiting;
    };
    for (let count = 0; count < 100; count++) await well();
  }
  await quiet();
  globalThis.gc?.();
  await quiet();
  globalThis.gc?.();
  // The engine itself may hold on to the last.
  expect(left.filter((ref) => ref.deref() !== undefined).length).toBeLessThan(5);
});
