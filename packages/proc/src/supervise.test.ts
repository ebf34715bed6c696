import { EventEmitter, getEventListeners, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { sleep } from '@x/abort';
import { MultiError, supervise, type Proc, type SuperviseOptions } from '@x/proc';
import { failWith, live, microtasks, thrownBy, untilAborted } from './test-support/deferred.js';

const raise = (error: unknown): never => {
  throw error;
};

/** Without chance. */
const exact: SuperviseOptions = { jitter: 0 };

/** Fails so many times, and says when it is started. */
function flaky(failures: number): { proc: Proc; starts: number[] } {
  const starts: number[] = [];
  const begin = Date.now();
  const proc: Proc = () => {
    starts.push(Date.now() - begin);
    if (starts.length <= failures) throw new Error(`failure ${starts.length}`);
  };
  return { proc, starts };
}

describe('supervise', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  test('starts a failing process again, after waits that grow, until it returns', async () => {
    const { proc, starts } = flaky(4);
    const running = supervise(proc, exact)(live());
    await jest.runAllTimersAsync();
    await running;
    expect(starts).toEqual([0, 100, 300, 700, 1500]);
  });

  test('waits no longer than max', async () => {
    const { proc, starts } = flaky(4);
    const running = supervise(proc, { ...exact, backoff: { initial: 10, factor: 10, max: 500 } })(live());
    await jest.runAllTimersAsync();
    await running;
    expect(starts).toEqual([0, 10, 110, 610, 1110]);
  });

  test('by default it never waits longer than 30 s', async () => {
    const { proc, starts } = flaky(12);
    const running = supervise(proc, exact)(live());
    await jest.runAllTimersAsync();
    await running;
    expect((starts[12] as number) - (starts[11] as number)).toBe(30_000);
  });

  test('shortens each wait at random by up to the share that jitter says', async () => {
    jest.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(0.5).mockReturnValueOnce(1);
    const { proc, starts } = flaky(3);
    const running = supervise(proc, { jitter: 0.5, backoff: { initial: 100, factor: 1 } })(live());
    await jest.runAllTimersAsync();
    await running;
    expect(starts).toEqual([0, 100, 175, 225]);
  });

  test('by default half of a wait is left to chance', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const { proc, starts } = flaky(1);
    const running = supervise(proc)(live());
    await jest.runAllTimersAsync();
    await running;
    expect(starts).toEqual([0, 50]);
  });

  test('throws what the last run threw when there are no retries left', async () => {
    const { proc, starts } = flaky(9);
    const running = thrownBy(supervise(proc, { ...exact, retries: 2 })(live()));
    await jest.runAllTimersAsync();
    expect(await running).toHaveProperty('message', 'failure 3');
    expect(starts).toHaveLength(3);
    expect(await thrownBy(supervise(failWith(undefined), { retries: 0 })(live()))).toBe(undefined);
  });

  test('throws what was thrown as it is, whatever that is', async () => {
    for (const error of [NaN, -0, undefined, 'x', Symbol('x')]) {
      expect(await thrownBy(supervise(failWith(error), { retries: 0 })(live()))).toBe(error);
      expect(await thrownBy(supervise(failWith(error), { isFatal: raise })(live()))).toBe(error);
    }
  });

  test('two of them start over after a run that has lasted', async () => {
    const starts: number[] = [];
    let begun = 0;
    const proc: Proc = async (signal) => {
      starts.push((begun = Date.now()));
      // The fourth run lasts.
      if (starts.length === 4) await sleep(10_000, { signal });
      throw new Error(`failure ${starts.length}`);
    };
    const inner = supervise(proc, { ...exact, isFatal: () => Date.now() - begun >= 10_000 });
    const stop = new AbortController();
    const running = thrownBy(supervise(inner, { ...exact, backoff: { factor: 1 } })(stop.signal));
    await jest.advanceTimersByTimeAsync(11_000);
    expect(starts.map((time) => time - starts[0]!)).toEqual([0, 100, 300, 700, 10_800, 10_900]);
    stop.abort('enough');
    expect(await running).toBe('enough');
  });

  test('throws at once what isFatal says is, and asks it again for each error', async () => {
    const { proc, starts } = flaky(9);
    const asked: unknown[] = [];
    const isFatal = async (error: unknown): Promise<boolean> => {
      asked.push((error as Error).message);
      return Promise.resolve((error as Error).message === 'failure 2');
    };
    const running = thrownBy(supervise(proc, { ...exact, isFatal })(live()));
    await jest.runAllTimersAsync();
    expect(await running).toHaveProperty('message', 'failure 2');
    expect(asked).toEqual(['failure 1', 'failure 2']);
    expect(starts).toHaveLength(2);
  });

  test.each([0, 1, 2])('isFatal sees the error after the last of %d retries, too', async (retries) => {
    const { proc } = flaky(9);
    const asked: unknown[] = [];
    const isFatal = (error: unknown): boolean => asked.push((error as Error).message) < 0;
    const running = thrownBy(supervise(proc, { ...exact, retries, isFatal })(live()));
    await jest.runAllTimersAsync();
    expect(await running).toHaveProperty('message', `failure ${retries + 1}`);
    expect(asked).toEqual(['failure 1', 'failure 2', 'failure 3'].slice(0, retries + 1));
  });

  test.each([
    ['throws', () => raise('callback')],
    ['rejects with', () => Promise.reject<boolean>('callback')],
  ])('what isFatal %s ends it, beside the error', async (_how, isFatal) => {
    const thrown = await thrownBy(supervise(failWith('run'), { isFatal })(live()));
    expect(thrown).toBeInstanceOf(MultiError);
    expect(thrown).toHaveProperty('errors', ['run', 'callback']);
  });

  test.each([
    ['an Error', new Error('run')],
    ['a string', 'run'],
    ['undefined', undefined],
  ])('an isFatal that throws the error itself, %s, ends it with that alone', async (_what, error) => {
    expect(await thrownBy(supervise(failWith(error), { isFatal: raise })(live()))).toBe(error);
  });

  test('an abort during a wait ends it at once, with the reason, and leaves no timer', async () => {
    const controller = new AbortController();
    const { proc, starts } = flaky(9);
    const running = thrownBy(supervise(proc, exact)(controller.signal));
    await jest.advanceTimersByTimeAsync(250);
    controller.abort('stop');
    expect(await running).toBe('stop');
    expect(starts).toHaveLength(2);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('an abort during a run reaches the process; its echo is thrown as the reason', async () => {
    const controller = new AbortController();
    const running = thrownBy(supervise(untilAborted)(controller.signal));
    controller.abort('stop');
    expect(await running).toBe('stop');
  });

  test('what the platform makes of the reason is its echo, too: the reason is thrown, and isFatal not asked', async () => {
    const controller = new AbortController();
    const asked: unknown[] = [];
    const errors: unknown[] = [];
    const waiting: Proc = async (signal) => {
      await once(new EventEmitter(), 'never', { signal }).catch((error: unknown) => {
        errors.push(error);
        throw error;
      });
    };
    const running = thrownBy(supervise(waiting, { isFatal: (error) => asked.push(error) > 0 })(controller.signal));
    controller.abort('stop');
    expect(await running).toBe('stop');
    expect(errors).toMatchObject([{ name: 'AbortError', cause: 'stop' }]);
    expect(asked).toEqual([]);
  });

  test('a real error of a run that was aborted is thrown, and nothing is started again', async () => {
    const controller = new AbortController();
    let runs = 0;
    const failing: Proc = (signal) => (runs++, untilAborted(signal).catch(failWith('clean-up')));
    const running = thrownBy(supervise(failing)(controller.signal));
    controller.abort('stop');
    expect(await running).toBe('clean-up');
    expect(runs).toBe(1);
  });

  test('an abort while isFatal is asked keeps the error', async () => {
    const controller = new AbortController();
    const isFatal = (): boolean => (controller.abort('stop'), false);
    expect(await thrownBy(supervise(failWith('run'), { isFatal })(controller.signal))).toBe('run');
  });

  test('each run has a signal of its own, which aborts when it has ended; none is left on the parent', async () => {
    const signal = live();
    const own: AbortSignal[] = [];
    const proc: Proc = (each) => {
      expect(own.every(({ aborted }) => aborted)).toBe(true);
      own.push(each);
      if (own.length < 3) throw new Error('again');
    };
    const running = supervise(proc, exact)(signal);
    await jest.advanceTimersByTimeAsync(0);
    expect(own[0]?.aborted).toBe(true);
    await jest.runAllTimersAsync();
    await running;
    expect(new Set(own).size).toBe(3);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('does not go round without a pause when the wait is zero', async () => {
    const { proc, starts } = flaky(3);
    const running = supervise(proc, { backoff: { initial: 0 } })(live());
    await microtasks();
    expect(starts).toHaveLength(1);
    await jest.runAllTimersAsync();
    await running;
  });

  test.each([
    [{ retries: -1 }, 'retries must be from 0 to Infinity, got -1'],
    [{ retries: NaN }, 'retries must be from 0 to Infinity, got NaN'],
    [{ jitter: 1.5 }, 'jitter must be from 0 to 1, got 1.5'],
    [{ jitter: -0.1 }, 'jitter must be from 0 to 1, got -0.1'],
    [{ backoff: { initial: -1 } }, 'backoff.initial must be from 0 to Infinity, got -1'],
    [{ backoff: { factor: 0.5 } }, 'backoff.factor must be from 1 to'],
    [{ backoff: { factor: Infinity } }, 'backoff.factor must be from 1 to'],
    [{ backoff: { max: NaN } }, 'backoff.max must be from 0 to Infinity, got NaN'],
  ])('rejects %p as out of range', (options, message) => {
    expect(() => supervise(() => {}, options)).toThrow(RangeError);
    expect(() => supervise(() => {}, options)).toThrow(message);
  });

  test.each([
    [{ retries: '3' }, 'retries must be number, got 3'],
    [{ jitter: null }, 'jitter must be number, got null'],
    [{ backoff: 100 }, 'backoff must be object, got 100'],
    [{ isFatal: true }, 'isFatal must be function, got true'],
    [() => {}, 'options must be object, got function'],
    [null, 'options must be object, got null'],
  ])('rejects %p as of the wrong kind', (options, message) => {
    expect(() => supervise(() => {}, options as SuperviseOptions)).toThrow(new TypeError(message));
  });

  test('rejects what is no process, and a missing signal', async () => {
    expect(() => supervise(undefined as unknown as Proc)).toThrow('proc must be function, got undefined');
    expect(await thrownBy(supervise(() => {})(undefined as unknown as AbortSignal))).toBeInstanceOf(TypeError);
  });
});
