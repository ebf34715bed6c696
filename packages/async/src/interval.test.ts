import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import {
  CannotStartError,
  CannotStopError,
  Interval,
  Worker,
  type IntervalOptions,
  latchStarted,
  latchStopped,
} from './index.js';
import { deferred, listenersOn, quiet, unhandled } from './test-support/moments.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const pass = async (ms: number): Promise<void> => {
  await jest.advanceTimersByTimeAsync(ms);
  await quiet();
};

test('TestIntervalWorker, Test_Interval', async () => {
  let worked = 0;
  const interval = new Interval(() => void worked++, 1);
  await interval.start();
  expect(interval.state).toBe(latchStarted);
  await pass(1);
  await interval.stop();
  expect(interval.state).toBe(latchStopped);
  expect(worked).toBe(1);
});

test('Test_Interval_StopOnError', async () => {
  const error = new Error('this is just a test');
  const interval = new Interval(() => Promise.reject(error), 1, { stopOnError: true });
  const run = interval.run(new AbortController().signal);
  const expected = expect(run).rejects.toBe(error);
  await pass(1);
  await expected;
  expect(interval.state).toBe(latchStopped);
});

test('the first call is when the delay and one interval have passed; the default is 500', async () => {
  const begin = Date.now();
  const calls: number[] = [];
  const interval = new Interval(() => void calls.push(Date.now() - begin), undefined, { delay: 100 });
  await interval.start();
  await pass(2000);
  await interval.stop();
  expect(calls).toEqual([600, 1100, 1600]);
  await pass(2000);
  expect([calls.length, jest.getTimerCount()]).toEqual([3, 0]);
});

test('without a delay the interval is its first timer', async () => {
  let calls = 0;
  const interval = new Interval(() => void calls++, 1000);
  await interval.start();
  jest.advanceTimersByTime(1000);
  await quiet();
  expect(calls).toBe(1);
  await interval.stop();
});

test('calls never overlap, and a late one causes no burst', async () => {
  const begin = Date.now();
  const calls: number[] = [];
  let gate = deferred();
  const interval = new Interval(async () => {
    calls.push(Date.now() - begin);
    if (calls.length === 1) await gate.promise;
  }, 100);
  await interval.start();
  await pass(450);
  expect(calls).toEqual([100]);
  gate.resolve();
  await pass(250);
  expect(calls).toEqual([100, 500, 600, 700]);
  gate = deferred();
  await interval.stop();
  const eager = new Interval(() => void calls.push(-1), 0);
  await eager.start();
  await pass(3);
  await eager.stop();
  expect(calls.length).toBeGreaterThan(5);
});

test('an action that takes exactly as long as two intervals leaves out the call that it ran into', async () => {
  const begin = Date.now();
  const calls: number[] = [];
  const interval = new Interval(async () => {
    calls.push(Date.now() - begin);
    if (calls.length === 1) await new Promise((resolve) => setTimeout(resolve, 20));
  }, 10);
  await interval.start();
  await pass(60);
  await interval.stop();
  expect(calls).toEqual([10, 40, 50, 60]);
});

test('the clock set back does not make it wait longer than the interval', async () => {
  let calls = 0;
  const interval = new Interval(() => void calls++, 100);
  await interval.start();
  await pass(100);
  jest.setSystemTime(Date.now() - 1e6);
  await pass(100);
  await pass(100);
  expect(calls).toBe(3);
  await interval.stop();
});

test.each([0, 1])(
  'beside a clock that shows %d ms of each interval, as the real one does, it follows the timers',
  async (shown) => {
    let real = 0;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => real);
    const interval = new Interval(() => void calls++, 1000);
    let calls = 0;
    await interval.start();
    const seen: number[] = [];
    for (let tick = 0; tick < 12; tick++) {
      await pass(1000);
      real += shown;
      seen.push(calls);
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    await interval.stop();
    clock.mockRestore();
  },
);

test('set back between two calls it does not make it drift', async () => {
  const log: number[] = [];
  let time = 0;
  const interval = new Interval(async () => {
    log.push(time);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }, 100);
  await interval.start();
  for (; time < 640; time++) {
    if (time === 150) jest.setSystemTime(Date.now() - 3_600_000);
    await jest.advanceTimersByTimeAsync(time === 0 ? 0 : 1);
  }
  expect(log).toEqual([100, 200, 300, 400, 500, 600]);
  const stopped = interval.stop();
  await pass(30);
  await stopped;
});

test.each([1000 / 60, 33.33, 10.9, 1.9])('%d ms do not drift by the fraction', async (ms) => {
  let calls = 0;
  const interval = new Interval(() => void calls++, ms);
  await interval.start();
  await pass(20_000);
  expect(Math.abs(calls - 20_000 / ms)).toBeLessThanOrEqual(1);
  await interval.stop();
});

test('the time counts from the call of start, also that of the delay', async () => {
  for (const [delay, calls] of [
    [0, [100, 200]],
    [50, [150, 250]],
  ] as const) {
    const log: number[] = [];
    const from = Date.now();
    const interval = new Interval(() => void log.push(Date.now() - from), 100, { delay });
    void interval.start();
    jest.advanceTimersByTime(50);
    await quiet();
    for (let time = 50; time < 260; time += 10) {
      jest.advanceTimersByTime(10);
      await quiet();
    }
    expect(log).toEqual(calls);
    await interval.stop();
  }
});

test('stop, or an abort, interrupts the delay and aborts the signal of the action', async () => {
  for (const way of ['stop', 'options', 'run'] as const) {
    const controller = new AbortController();
    let given: AbortSignal | undefined;
    const interval = new Interval(
      (signal) => {
        given = signal;
        return new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
      10,
      { delay: 1000, ...(way === 'options' ? { signal: controller.signal } : {}) },
    );
    const end = (): void => void (way === 'stop' ? interval.stop() : controller.abort('reason'));
    for (const time of way === 'stop' ? [500, 1010] : [1010]) {
      const run = interval.run(way === 'run' ? controller.signal : new AbortController().signal);
      await pass(time);
      end();
      await run;
      expect([interval.state, jest.getTimerCount(), listenersOn(controller.signal)]).toEqual([latchStopped, 0, 0]);
    }
    expect(given?.aborted).toBe(true);
    if (way !== 'stop') expect(given?.reason).toBe('reason');
  }
});

test('an error goes to onError, and without one is an unhandled rejection; it goes on', async () => {
  const onError = jest.fn();
  const seen = await unhandled(async () => {
    for (const options of [{ onError }, {}]) {
      let calls = 0;
      const interval = new Interval(() => Promise.reject(++calls), 10, options);
      await interval.start();
      await pass(25);
      await interval.stop();
    }
  });
  expect(onError.mock.calls).toEqual([[1], [2]]);
  expect(seen).toEqual([1, 2]);
});

test('under stopOnError onError is told and run resolves; started by start it is an unhandled rejection', async () => {
  const onError = jest.fn();
  const interval = new Interval(() => Promise.reject('failed'), 10, { stopOnError: true, onError });
  const run = interval.run(new AbortController().signal);
  await pass(10);
  await run;
  expect(onError.mock.calls).toEqual([['failed']]);
  const seen = await unhandled(async () => {
    const other = new Interval(() => Promise.reject('failed'), 10, { stopOnError: true });
    await other.start();
    await pass(10);
    expect(other.state).toBe(latchStopped);
  });
  expect(seen).toEqual(['failed']);
});

test.each(['start', 'run'] as const)(
  'what a call fails with while it is being stopped reaches one place, unless it only says that it was aborted (%s)',
  async (way) => {
    for (const thrown of ['other', 'reason', Object.assign(new Error(), { name: 'AbortError', cause: 'reason' })]) {
      for (const options of [{ onError: jest.fn() }, {}, { stopOnError: true }] as IntervalOptions[]) {
        const controller = new AbortController();
        const action = async (): Promise<void> => {
          controller.abort('reason');
          await quiet();
          throw thrown;
        };
        const interval = new Interval(action, 10, { ...options, signal: controller.signal });
        const rejected: unknown[] = [];
        const seen = await unhandled(async () => {
          const over = way === 'run' ? interval.run(new AbortController().signal) : interval.start();
          const outcome = over.catch((error: unknown) => void rejected.push(error));
          await pass(10);
          await outcome;
          expect(interval.state).toBe(latchStopped);
        });
        const told = options.onError ? (options.onError as jest.Mock).mock.calls.flat() : [];
        const place = options.onError ? told : options.stopOnError && way === 'run' ? rejected : seen;
        expect(place).toEqual(thrown === 'other' ? ['other'] : []);
        expect([...told, ...rejected, ...seen]).toEqual(place);
      }
    }
  },
);

test('what onError throws is an unhandled rejection, and it goes on', async () => {
  const onError = (error: unknown): never => {
    throw [error];
  };
  const seen = await unhandled(async () => {
    let calls = 0;
    const interval = new Interval(() => Promise.reject(++calls), 10, { onError });
    await interval.start();
    await pass(25);
    await interval.stop();
  });
  expect(seen).toEqual([[1], [2]]);
});

test('misuse is told', async () => {
  const interval = new Interval(() => {}, 10, { name: 'beat' });
  await expect(interval.stop()).rejects.toThrow(CannotStopError);
  await interval.start();
  await expect(interval.start()).rejects.toThrow(CannotStartError);
  await interval[Symbol.asyncDispose]();
  await interval[Symbol.asyncDispose]();
  expect(() => new Interval(undefined as never)).toThrow(TypeError);
  expect(() => new Interval(() => {}, -1)).toThrow('interval must be a number from 0 on, got -1');
  expect(() => new Interval(() => {}, 1, { delay: NaN })).toThrow(RangeError);
  expect(() => new Interval(() => {}, 1, { onError: 1 as never })).toThrow(TypeError);
});

test('disposal stops it, and waits for its action', async () => {
  const gate = deferred();
  const interval = new Interval(() => gate.promise, 10);
  await interval.start();
  await pass(10);
  let disposed = false;
  const disposal = interval[Symbol.asyncDispose]().then(() => (disposed = true));
  await quiet();
  expect(disposed).toBe(false);
  gate.resolve();
  await disposal;
  expect([interval.state, jest.getTimerCount()]).toEqual([latchStopped, 0]);
});

test('what it is given is told by its name', async () => {
  await expect(new Interval(() => {}).stop()).rejects.toThrow('Interval cannot stop: it is not started');
  expect(() => new Interval(1 as never)).toThrow('action must be a function, got 1');
  expect(() => new Interval(() => {}, 1, { delay: -1 })).toThrow('delay must be a number from 0 on, got -1');
  expect(() => new Interval(() => {}, 1, { onError: 1 as never })).toThrow('onError must be a function, got 1');
});

test('a run whose signal has aborted already starts nothing, and it can be started after that', async () => {
  const action = jest.fn();
  const interval = new Interval(action, 10);
  const run = interval.run(AbortSignal.abort());
  expect(interval.state).toBe(latchStopped);
  await run;
  await interval.start();
  await pass(10);
  await interval.stop();
  expect(action).toHaveBeenCalledTimes(1);
});

test('one whose signal has aborted has stopped when it has started, and calls nothing', async () => {
  const action = jest.fn();
  const controller = new AbortController();
  const { signal } = controller;
  const interval = new Interval(action, 10, { signal });
  controller.abort();
  for (let round = 0; round < 2; round++) {
    await interval.start();
    expect(interval.state).toBe(latchStopped);
    const run = new AbortController();
    await interval.run(run.signal);
    expect([interval.state, listenersOn(run.signal)]).toEqual([latchStopped, 0]);
  }
  await expect(interval.stop()).rejects.toThrow(CannotStopError);
  await interval[Symbol.asyncDispose]();
  await pass(100);
  expect([action.mock.calls, jest.getTimerCount(), listenersOn(signal)]).toEqual([[], 0, 0]);
});

test('errors about the arguments of an interval, or a worker, say its name', async () => {
  const of = (options: object, action: unknown = () => {}, every = 1) => {
    return () => new Interval(action as () => void, every, { name: 'poll', ...options });
  };
  expect(of({}, 1)).toThrow('Interval "poll": action must be a function, got 1');
  expect(of({}, undefined, -1)).toThrow('Interval "poll": interval must be');
  expect(of({ delay: -1 })).toThrow('Interval "poll": delay must be');
  expect(of({ onError: 1 })).toThrow('Interval "poll": onError must be');
  expect(of({ signal: 1 })).toThrow('Interval "poll": signal must be');
  await expect(of({})().run(1 as never)).rejects.toThrow('Interval "poll": signal must be');
  await expect(of({})().stop({ signal: 1 as never })).rejects.toThrow('Interval "poll": signal must be');
  expect(() => new Worker(1 as never, { name: 'w' })).toThrow('Worker "w": action must be a function, got 1');
  expect(() => new Worker(() => {}, { name: 'w', finalizer: 1 as never })).toThrow('Worker "w": finalizer must be');
  const worker = new Worker(() => {}, { name: 'w' });
  await expect(worker.enqueue(1, { signal: 1 as never })).rejects.toThrow('Worker "w": signal must be');
});
