import { describe, expect, test } from '@jest/globals';
import { sequence, shield, type Proc } from '@x/proc';
import { deferred, failWith, live, microtasks, thrownBy } from './test-support/deferred.js';

describe('shield', () => {
  test('runs a process to its end although the signal aborts, and waits for it', async () => {
    const controller = new AbortController();
    const work = deferred();
    let inner = live();
    let over = false;
    const running = Promise.resolve(shield((signal) => ((inner = signal), work.promise))(controller.signal)).then(
      () => (over = true),
    );
    controller.abort('stop');
    await microtasks();
    expect([over, inner.aborted]).toEqual([false, false]);
    work.resolve();
    await running;
  });

  test('runs it also under a signal that has aborted already', async () => {
    const log: unknown[] = [];
    await shield((signal) => void log.push(signal.aborted))(AbortSignal.abort('over'));
    expect(log).toEqual([false]);
  });

  test('throws what the process threw, as it is', async () => {
    expect(await thrownBy(shield(failWith(undefined))(live()))).toBe(undefined);
    const thrower: Proc = () => {
      throw 'at once';
    };
    expect(await thrownBy(sequence(shield(thrower))(live()))).toBe('at once');
  });

  test('aborts its signal when the process has ended', async () => {
    let inner = live();
    await shield((signal) => void (inner = signal))(live());
    expect(inner.aborted).toBe(true);
  });

  test('rejects what is no process, and a missing signal', async () => {
    expect(() => shield(1 as unknown as Proc)).toThrow('proc must be function, got 1');
    expect(await thrownBy(shield(() => {})(undefined as unknown as AbortSignal))).toBeInstanceOf(TypeError);
  });
});
