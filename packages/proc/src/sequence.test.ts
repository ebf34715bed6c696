import { describe, expect, test } from '@jest/globals';
import { sequence, type Proc } from '@x/proc';
import { failWith, live, thrownBy } from './test-support/deferred.js';

describe('sequence', () => {
  test('starts each when the one before it has ended', async () => {
    const log: string[] = [];
    const step =
      (name: string): Proc =>
      async () => {
        log.push(`${name} begins`);
        await Promise.resolve();
        log.push(`${name} ends`);
      };
    await sequence(step('a'), () => void log.push('b'), step('c'))(live());
    expect(log).toEqual(['a begins', 'a ends', 'b', 'c begins', 'c ends']);
  });

  test('throws what the first one threw that failed, and starts none after it', async () => {
    const log: string[] = [];
    const error = await thrownBy(
      sequence(
        () => {},
        failWith(undefined),
        () => void log.push('after'),
      )(live()),
    );
    expect(error).toBe(undefined);
    expect(log).toEqual([]);
  });

  test('with processes left when the signal aborts, it throws the reason and starts none of them', async () => {
    const controller = new AbortController();
    const log: string[] = [];
    const running = sequence(
      () => controller.abort('stop'),
      () => void log.push('after'),
    )(controller.signal);
    expect(await thrownBy(running)).toBe('stop');
    expect(log).toEqual([]);
  });

  test('with none left when the signal aborts, it has ended', async () => {
    const controller = new AbortController();
    await sequence(
      () => {},
      () => controller.abort('stop'),
    )(controller.signal);
    await sequence()(AbortSignal.abort('over'));
  });

  test('under a signal that has aborted already it starts nothing', async () => {
    const log: string[] = [];
    expect(await thrownBy(sequence(() => void log.push('ran'))(AbortSignal.abort('over')))).toBe('over');
    expect(log).toEqual([]);
  });

  test('a signal as of older polyfills, which lack throwIfAborted, is as good as any', async () => {
    const controller = new AbortController();
    const signal = Object.assign(controller.signal, { throwIfAborted: undefined });
    const log: string[] = [];
    const steps = sequence(
      () => void log.push('first'),
      () => controller.abort('stop'),
      () => void log.push('after'),
    );
    expect(await thrownBy(steps(signal as unknown as AbortSignal))).toBe('stop');
    expect(log).toEqual(['first']);
  });

  test('a real error in a process that was aborted is thrown as it is', async () => {
    const controller = new AbortController();
    const failing: Proc = () => {
      controller.abort('stop');
      throw 'real';
    };
    expect(await thrownBy(sequence(failing, () => {})(controller.signal))).toBe('real');
  });

  test('rejects what is no process, and a missing signal', async () => {
    expect(() => sequence(() => {}, null as unknown as Proc)).toThrow('procs[1] must be function, got null');
    expect(await thrownBy(sequence()(undefined as unknown as AbortSignal))).toBeInstanceOf(TypeError);
  });
});
