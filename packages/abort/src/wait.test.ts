import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import {
  abortable,
  aborted,
  isAbort,
  link,
  never,
  onAbort,
  shield,
  sleep,
  throwIfAborted,
  withTimeout,
} from './index.js';
import { collect } from '../../../test/test-support/gc.js';
import { listeners } from '../../../test/test-support/listeners.js';
import { uncaught } from '../../../test/test-support/uncaught.js';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
});
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

describe('sleep', () => {
  it('resolves after the time', async () => {
    let awake = false;
    const nap = sleep(100).then(() => (awake = true));
    await jest.advanceTimersByTimeAsync(99);
    expect(awake).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await nap;
    expect(await sleepValue()).toBeUndefined();
  });

  async function sleepValue(): Promise<unknown> {
    const nap = sleep(0, { signal: new AbortController().signal });
    await jest.advanceTimersByTimeAsync(1);
    return nap;
  }

  it("rejects with the signal's reason, as it is, and its timer is gone", async () => {
    const controller = new AbortController();
    const nap = sleep(100, { signal: controller.signal });
    const reason = { own: 'reason' };
    controller.abort(reason);
    expect(jest.getTimerCount()).toBe(0);
    await expect(nap).rejects.toBe(reason);
    await expect(sleep(100, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('takes its listener off again when it ends well', async () => {
    const controller = new AbortController();
    const naps = Array.from({ length: 20 }, () => sleep(100, { signal: controller.signal }));
    expect(listeners(controller.signal)).toBe(1);
    await jest.advanceTimersByTimeAsync(100);
    await Promise.all(naps);
    expect(listeners(controller.signal)).toBe(0);
  });

  it("is driven by a timer that somebody has put in place of the platform's, and that knows no more than a function and a time", async () => {
    const timers: [fn: () => void, ms: number][] = [];
    const set = jest
      .spyOn(globalThis, 'setTimeout')
      .mockImplementation(((fn: () => void, ms: number) => timers.push([fn, ms])) as never);
    const sleeping = sleep(2 ** 31);
    while (timers.length > 0) timers.pop()![0]();
    await sleeping;
    expect(set.mock.calls.map(([, ms]) => ms)).toEqual([2 ** 31 - 1, 1]);
    set.mockRestore();
  });

  it('sleeps longer than the timers of the platform can, and until the abort', async () => {
    let awake = false;
    void sleep(2 ** 31 + 5).then(() => (awake = true));
    await jest.advanceTimersByTimeAsync(2 ** 31 + 4);
    expect(awake).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(awake).toBe(true);
    const controller = new AbortController();
    const nap = sleep(Infinity, { signal: controller.signal });
    expect(jest.getTimerCount()).toBe(0);
    controller.abort('up');
    await expect(nap).rejects.toBe('up');
  });

  it('lets the program end while it sleeps, with unref only', () => {
    const unrefs: number[] = [];
    const timers = jest.spyOn(globalThis, 'setTimeout').mockImplementation(((_f: () => void, ms: number) => ({
      unref: () => unrefs.push(ms),
    })) as never);
    void sleep(1);
    void sleep(2, { unref: true });
    void sleep(3, { unref: false });
    void sleep(4, { unref: true, signal: new AbortController().signal });
    timers.mockImplementation((() => 5) as never);
    void sleep(6, { unref: true }); // a browser's timer is a number
    timers.mockRestore();
    expect(unrefs).toEqual([2, 4]);
  });

  it('rejects what is wrong, with its name', async () => {
    const controller = new AbortController();
    for (const wrong of ['5', null, undefined, {}, 5n]) await expect(sleep(wrong as never)).rejects.toThrow(TypeError);
    for (const wrong of [-1, NaN]) {
      await expect(sleep(wrong, { signal: controller.signal })).rejects.toThrow(
        new RangeError(`ms must be zero or more milliseconds, got number ${wrong}`),
      );
    }
    for (const wrong of [5, null, 'x', () => {}, controller.signal]) {
      await expect(sleep(5, wrong as never)).rejects.toThrow(/^options must be an object of options, got /);
    }
    await expect(sleep(5, { signal: 5 as never })).rejects.toThrow('signal must be an AbortSignal, got number 5');
    expect(listeners(controller.signal)).toBe(0);
  });
});

describe('abortable', () => {
  it('settles as the promise does', async () => {
    const { signal } = new AbortController();
    const error = new Error('own');
    expect(await abortable(Promise.resolve(5), signal)).toBe(5);
    await expect(abortable(Promise.reject(error), signal)).rejects.toBe(error);
    await expect(abortable(Promise.reject(undefined), signal)).rejects.toBe(undefined);
    expect(await abortable({ then: (resolve: (value: number) => void) => resolve(7) } as never, signal)).toBe(7);
    expect(await abortable(Promise.resolve(1), never)).toBe(1);
  });

  it("rejects with the signal's reason when that is first", async () => {
    const controller = new AbortController();
    const waiting = abortable(new Promise(() => {}), controller.signal);
    controller.abort('why');
    await expect(waiting).rejects.toBe('why');
    await expect(abortable(Promise.resolve(1), controller.signal)).rejects.toBe('why');
  });

  it('settles as a promise that had settled before the abort, also just before it', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const deferred = { settle: (_value: string): void => {} };
    const pending = new Promise<string>((resolve) => (deferred.settle = resolve));
    const waiting = [abortable(Promise.resolve('value'), signal), abortable(pending, signal)];
    const failing = abortable(Promise.reject(new Error('own')), signal);
    const late = abortable(new Promise((resolve) => signal.addEventListener('abort', resolve)), signal);
    deferred.settle('settled');
    controller.abort('too late');
    expect(await Promise.all(waiting)).toEqual(['value', 'settled']);
    await expect(failing).rejects.toThrow('own');
    await expect(late).rejects.toBe('too late');
  });

  it('lets go of the signal and its reason at the abort, however long the promise goes on', async () => {
    const forever = new Promise(() => {});
    const refs: WeakRef<object>[] = [];
    for (let round = 0; round < 50; round++) {
      const controller = new AbortController();
      const reason = new Error('gave up');
      const waiting = abortable(forever, controller.signal);
      controller.abort(reason);
      await waiting.catch(() => {});
      refs.push(new WeakRef(controller.signal), new WeakRef(reason));
    }
    await collect();
    expect(refs.filter((ref) => ref.deref() !== undefined).length).toBeLessThanOrEqual(2);
    expect(forever).toBeInstanceOf(Promise); // it is there still
  });

  it('leaves nothing on the signal, whoever wins', async () => {
    const controller = new AbortController();
    await abortable(Promise.resolve(), controller.signal);
    await abortable(Promise.reject(new Error('x')), controller.signal).catch(() => {});
    await abortable({ then: (resolve: () => void) => resolve() } as never, controller.signal);
    expect(listeners(controller.signal)).toBe(0);
    const waiting = abortable(new Promise(() => {}), controller.signal);
    controller.abort();
    await waiting.catch(() => {});
    expect(listeners(controller.signal)).toBe(0);
  });

  it('causes no unhandled rejection when the promise loses and rejects later', async () => {
    const errors = await uncaught(async () => {
      const controller = new AbortController();
      let fail!: (error: unknown) => void;
      const waiting = abortable(new Promise((_, reject) => (fail = reject)), controller.signal);
      controller.abort('why');
      await expect(waiting).rejects.toBe('why');
      fail(new Error('too late'));
      await expect(abortable(Promise.reject(new Error('also')), controller.signal)).rejects.toBe('why');
    });
    expect(errors).toEqual([]);
  });

  it('goes to whichever is first, in any order of events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (s) => {
        const controller = new AbortController();
        let resolve!: (value: string) => void;
        const promise = new Promise<string>((settle) => (resolve = settle));
        const waiting = abortable(promise, controller.signal).then(
          (value) => `value ${value}`,
          (reason) => `reason ${reason}`,
        );
        const order: string[] = [];
        void s.schedule(Promise.resolve(), 'resolve').then(() => (order.push('value x'), resolve('x')));
        void s.schedule(Promise.resolve(), 'abort').then(() => (order.push('reason y'), controller.abort('y')));
        await s.waitAll();
        expect(await waiting).toBe(order[0]);
        expect(listeners(controller.signal)).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  it('rejects what is wrong, with its name', async () => {
    const { signal } = new AbortController();
    for (const wrong of [undefined, null, 5, {}, 'x', { then: 5 }]) {
      await expect(abortable(wrong as never, signal)).rejects.toThrow(/^promise must be a promise, got /);
    }
    await expect(abortable(Promise.resolve(), 5 as never)).rejects.toThrow(/^signal must be an AbortSignal/);
    expect(listeners(signal)).toBe(0);
  });

  it('rejects with what a hostile `then` throws', async () => {
    const { signal } = new AbortController();
    const thenable = {
      then: () => {
        throw 'hostile';
      },
    };
    await expect(abortable(thenable as never, signal)).rejects.toBe('hostile');
    expect(listeners(signal)).toBe(0);
  });
});

describe('shield', () => {
  it('settles as the work does, sync or async', async () => {
    expect(await shield(() => 1)).toBe(1);
    expect(await shield(async () => 2, { timeout: 5 })).toBe(2);
    const error = new Error('own');
    const fail = (): never => {
      throw error;
    };
    await expect(shield(fail)).rejects.toBe(error);
    await expect(shield(async () => fail(), { timeout: 5 })).rejects.toBe(error);
  });

  it('gives the work a signal that aborts only when the time is over', async () => {
    let signal!: AbortSignal;
    const done = shield(
      (own) => {
        signal = own;
        return sleep(10, { signal: own });
      },
      { timeout: 20 },
    );
    await jest.advanceTimersByTimeAsync(10);
    await done;
    await jest.advanceTimersByTimeAsync(100);
    expect(signal.aborted).toBe(false);
  });

  it('rejects with a TimeoutError when the time is over, also when the work takes no notice', async () => {
    const errors = await uncaught(async () => {
      let signal!: AbortSignal;
      let fail!: (error: unknown) => void;
      const done = shield(
        (own) => {
          signal = own;
          return new Promise((_, reject) => (fail = reject));
        },
        { timeout: 20 },
      );
      const outcome = done.catch((error: unknown) => error);
      await jest.advanceTimersByTimeAsync(20);
      const error = (await outcome) as DOMException;
      expect(error.name).toBe('TimeoutError');
      expect(signal.reason).toBe(error);
      fail(new Error('too late'));
    });
    expect(errors).toEqual([]);
  });

  it('rejects what is wrong, with its name, and does not begin', async () => {
    let begun = false;
    const work = (): void => void (begun = true);
    await expect(shield(5 as never)).rejects.toThrow('work must be a function, got number 5');
    for (const wrong of [5, new AbortController().signal])
      await expect(shield(work, wrong as never)).rejects.toThrow('options must be an object of options, got ');
    await expect(shield(work, { timeout: -1 })).rejects.toThrow(RangeError);
    await expect(shield(work, { timeout: 'x' as never })).rejects.toThrow(/^timeout must be zero or more milliseconds/);
    expect(begun).toBe(false);
  });
});

describe('isAbort', () => {
  it("is true for a signal's own reason, whatever it is", () => {
    for (const reason of [new Error('x'), 'text', 0, NaN, null, { name: 'x' }]) {
      expect(isAbort(reason, AbortSignal.abort(reason))).toBe(true);
    }
    const signal = AbortSignal.abort();
    expect(isAbort(signal.reason, signal)).toBe(true);
  });

  it('is true for an AbortError whose cause is that reason, as Node throws it', async () => {
    const { setTimeout } = process.getBuiltinModule('node:timers/promises');
    for (const reason of ['why', NaN]) {
      const signal = AbortSignal.abort(reason);
      const error = await setTimeout(1, undefined, { signal }).catch((thrown: unknown) => thrown);
      expect(isAbort(error, signal)).toBe(true);
      expect(isAbort(error, AbortSignal.abort('other'))).toBe(false);
    }
  });

  it('is true for an AbortError around such an error, as a pipeline of Node 24 throws it', () => {
    const signal = AbortSignal.abort('why');
    const around = (cause: unknown, name = 'AbortError'): Error =>
      Object.assign(new Error('aborted', { cause }), { name });
    expect(isAbort(around(around('why')), signal)).toBe(true);
    expect(isAbort(around(around('other')), signal)).toBe(false);
    expect(isAbort(around(around('why', 'Error')), signal)).toBe(false);
    const circle = around(undefined);
    circle.cause = circle;
    expect(isAbort(circle, signal)).toBe(false);
  });

  it("is false for another signal's reason, for other errors, and before the abort", () => {
    const signal = AbortSignal.abort('why');
    const abortError = new DOMException('x', 'AbortError');
    const timeoutError = Object.assign(new DOMException('x', 'TimeoutError'));
    for (const error of [abortError, timeoutError, new Error('why'), Object.assign(new Error('x'), { cause: 'why' })]) {
      expect(isAbort(error, signal)).toBe(false);
    }
    expect(isAbort(undefined, new AbortController().signal)).toBe(false);
    expect(isAbort(abortError, new AbortController().signal)).toBe(false);
  });

  it('is true for any AbortError or TimeoutError without a signal', () => {
    expect(isAbort(new DOMException('x', 'AbortError'))).toBe(true);
    expect(isAbort(new DOMException('x', 'TimeoutError'))).toBe(true);
    expect(isAbort(AbortSignal.abort().reason)).toBe(true);
    for (const other of [new Error('AbortError'), 'AbortError', null, undefined, 5]) expect(isAbort(other)).toBe(false);
  });

  it('does not fail over what cannot be looked at', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect([isAbort(proxy), isAbort(proxy, AbortSignal.abort('why'))]).toEqual([false, false]);
    expect(isAbort(proxy, AbortSignal.abort(proxy))).toBe(true);
  });

  it('names a signal that is none', () => {
    expect(() => isAbort(new Error('x'), 5 as never)).toThrow('signal must be an AbortSignal, got number 5');
  });
});

describe('throwIfAborted', () => {
  it("throws the signal's own reason, if it has aborted", () => {
    let thrown: unknown = 'nothing';
    try {
      throwIfAborted(AbortSignal.abort(null));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeNull();
    throwIfAborted(new AbortController().signal);
    throwIfAborted(undefined);
    throwIfAborted(null);
    throwIfAborted();
    expect(() => throwIfAborted({} as never)).toThrow('signal must be an AbortSignal, got object');
  });
});

describe('never', () => {
  it('never aborts and holds no listener', () => {
    expect(never).toBeInstanceOf(AbortSignal);
    expect(never.aborted).toBe(false);
    for (let i = 0; i < 100; i++) {
      never.addEventListener('abort', () => {});
      onAbort(never, () => {});
    }
    never.onabort = () => {};
    expect(listeners(never)).toBe(0);
  });
});

describe('what the platform says and has', () => {
  it('is said the same way by our controllers', async () => {
    const platform = new AbortController();
    platform.abort();
    const ours = link();
    ours.abort();
    const { name, message } = ours.reason as DOMException;
    expect([name, message]).toEqual([platform.signal.reason.name, platform.signal.reason.message]);
    const timeout = AbortSignal.timeout(0);
    await aborted(timeout);
    const own = withTimeout(0);
    await jest.advanceTimersByTimeAsync(1);
    const reason = own.reason as DOMException;
    expect([reason.name, reason.message]).toEqual([timeout.reason.name, timeout.reason.message]);
  });

  it('may lack what Node has: a timer is a number elsewhere', async () => {
    const real = globalThis.setTimeout;
    globalThis.setTimeout = ((callback: (argument: unknown) => void, _ms: number, argument: unknown) => {
      queueMicrotask(() => callback(argument));
      return 1;
    }) as never;
    try {
      await expect(sleep(1, { unref: true })).resolves.toBeUndefined();
    } finally {
      globalThis.setTimeout = real;
    }
  });

  it('gives one promise for one signal', () => {
    const { signal } = new AbortController();
    expect(aborted(signal)).toBe(aborted(signal));
  });
});
