// The scenarios of upstream's periodic_test.go, each under the name of its origin, on fake timers.
import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { aborted } from '@x/abort';
import { closeAfterSignal, describe, type Process, type ProcessFunc } from './index.js';
import { every, everyGo, onSignal, onSignalGo, tick, tickGo, ticker, tickerGo } from './periodic.js';
import { deferred, type Deferred } from './test-support/deferred.js';
import { uncaught } from '../../../test/test-support/uncaught.js';

beforeEach(() => void jest.useFakeTimers({ now: 0 }));
afterEach(() => {
  jest.useRealTimers();
});

const INTERVAL = 10;
let begin = 0;
/** A ticker as upstream's tests have it: an async iterable that ticks by the clock, and loses nothing. */
function clock(): AsyncIterableIterator<void> {
  let ticks = 0;
  let wake: (() => void) | undefined;
  const timer = setInterval(() => (ticks++, wake?.()), INTERVAL);
  return {
    async next() {
      while (ticks === 0) await new Promise<void>((resolve) => (wake = resolve));
      ticks--;
      return { done: false, value: undefined };
    },
    async return() {
      clearInterval(timer);
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Runs for some time, each call lasting so long, and tells when the calls began. */
async function times(make: (fn: ProcessFunc) => Process, span: number, lasting = 0): Promise<number[]> {
  begin = performance.now();
  const log: number[] = [];
  const p = make(async () => {
    log.push(performance.now() - begin);
    if (lasting) await new Promise((resolve) => setTimeout(resolve, lasting));
  });
  await jest.advanceTimersByTimeAsync(span);
  const closed = p.close();
  await jest.advanceTimersByTimeAsync(lasting);
  await closed;
  expect(jest.getTimerCount()).toBe(0);
  return log;
}
const regular = [10, 20, 30, 40, 50];

test('TestEverySeq', async () => expect(await times((fn) => every(INTERVAL, fn), 50)).toEqual(regular));
test('TestEverySeqWait: the interval lies between the end of a call and the next', async () =>
  expect(await times((fn) => every(INTERVAL, fn), 100, 20)).toEqual([10, 40, 70, 100]));
test('TestEveryGoSeq', async () => expect(await times((fn) => everyGo(INTERVAL, fn), 50)).toEqual(regular));
test('TestEveryGoSeqParallel: calls overlap', async () =>
  expect(await times((fn) => everyGo(INTERVAL, fn), 50, 20)).toEqual(regular));
test('TestTickSeq', async () => expect(await times((fn) => tick(INTERVAL, fn), 50)).toEqual(regular));
test('TestTickSeqNoWait: one missed tick comes late, the others are dropped, and the clock is kept', async () =>
  expect(await times((fn) => tick(INTERVAL, fn), 90, 25)).toEqual([10, 35, 60, 85]));
test('TestTickGoSeq', async () => expect(await times((fn) => tickGo(INTERVAL, fn), 50)).toEqual(regular));
test('TestTickGoSeqParallel: calls overlap', async () =>
  expect(await times((fn) => tickGo(INTERVAL, fn), 50, 25)).toEqual(regular));
test('TestTickerSeq', async () => expect(await times((fn) => ticker(clock(), fn), 50)).toEqual(regular));
test('TestTickerSeqNoWait: one tick is kept during a call', async () =>
  expect(await times((fn) => ticker(clock(), fn), 60, 25)).toEqual([10, 35, 60]));
test('TestTickerGoSeq', async () => expect(await times((fn) => tickerGo(clock(), fn), 50)).toEqual(regular));
test('TestTickerGoParallel: calls overlap', async () =>
  expect(await times((fn) => tickerGo(clock(), fn), 50, 25)).toEqual(regular));

test('tick does not drift, and after a pause of the program there is no burst', async () => {
  const log: number[] = [];
  const p = tick(10, () => {
    log.push(performance.now());
    if (log.length === 2) jest.advanceTimersByTime(47);
  });
  await jest.advanceTimersByTimeAsync(40);
  expect(log.length).toBeLessThan(8);
  expect(log.slice(3).every((at) => at % 10 === 0)).toBe(true);
  await p.close();
});

const microtasks = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};
const turnOfLoop = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test.each([
  ['tick', tick],
  ['tickGo', tickGo],
])('the event loop has its turn between calls of %s that all take longer than the interval', async (_name, make) => {
  jest.useFakeTimers({ now: 0, doNotFake: ['setImmediate'] });
  let calls = 0;
  const p = make(5, () => {
    jest.setSystemTime(Date.now() + 8);
    // Or else there would be no end.
    if (++calls === 1_000) void p.close();
  });
  await jest.advanceTimersByTimeAsync(5);
  const before = calls;
  for (let turn = 0; turn < 10; turn++) await turnOfLoop();
  expect(calls - before).toBeGreaterThanOrEqual(10);
  expect(calls - before).toBeLessThanOrEqual(30);
  const closed = p.close();
  await turnOfLoop();
  await closed;
  const atEnd = calls;
  await turnOfLoop();
  expect(calls).toBe(atEnd);
});

test.each([
  ['tick', tick],
  ['tickGo', tickGo],
])('a late call of %s waits for the turn that fake timers give, and closing does not', async (_name, make) => {
  let calls = 0;
  const p = make(5, () => {
    calls++;
    jest.setSystemTime(Date.now() + 8);
  });
  await jest.advanceTimersByTimeAsync(5);
  const before = calls;
  for (let round = 0; round < 10; round++) await microtasks();
  expect(calls).toBe(before);
  jest.runOnlyPendingTimers();
  await microtasks();
  expect(calls).toBeGreaterThan(before);
  await p.close();
});

test('the clock of tick is the one that all fake timers know', async () => {
  jest.useFakeTimers({ doNotFake: ['performance'] });
  let calls = 0;
  const p = tick(10, () => void calls++);
  await jest.advanceTimersByTimeAsync(50);
  expect(calls).toBe(5);
  // Set back, it does not stop.
  jest.setSystemTime(Date.now() - 10_000);
  await jest.advanceTimersByTimeAsync(50);
  expect(calls).toBe(10);
  await p.close();
});

test.each([1000 / 60, 33.33, 10.9, 1.9])(
  'tick(%d) does not drift by the fraction of a millisecond',
  async (interval) => {
    let calls = 0;
    const p = tick(interval, () => void calls++);
    await jest.advanceTimersByTimeAsync(20_000);
    expect(Math.abs(calls - 20_000 / interval)).toBeLessThanOrEqual(1);
    await p.close();
  },
);

test.each([
  ['between two calls', 150, [100, 200, 300, 400, 500, 600]],
  // Nobody knows how much of the time has gone by.
  ['during a call', 115, [100, 230, 330, 430, 530, 630]],
])('tick goes on as before when the clock is set back %s', async (_, at, calls) => {
  jest.useFakeTimers({ doNotFake: ['performance'] });
  const log: number[] = [];
  let time = 0;
  const p = tick(100, async () => {
    log.push(time);
    await new Promise((resolve) => setTimeout(resolve, 30));
  });
  for (; time < 640; time++) {
    if (time === at) jest.setSystemTime(Date.now() - 3_600_000);
    await jest.advanceTimersByTimeAsync(time === 0 ? 0 : 1);
  }
  expect(log).toEqual(calls);
  const closed = p.close();
  await jest.advanceTimersByTimeAsync(30);
  await closed;
});

test.each([
  ['tick', tick],
  ['tickGo', tickGo],
])('%s keeps to the timers where the clock does not go on with them', async (_name, make) => {
  jest.useFakeTimers({ doNotFake: ['Date', 'performance'] });
  const log: number[] = [];
  let calls = 0;
  const p = make(1_000_000, () => void calls++);
  for (let i = 0; i < 6; i++) {
    jest.advanceTimersByTime(1_000_000);
    await microtasks();
    log.push(calls);
  }
  expect(log).toEqual([1, 2, 3, 4, 5, 6]);
  await p.close();
});

test('tick does not drift where timers ring two milliseconds early', async () => {
  const log: number[] = [];
  let time = 0;
  const p = tick(10, () => void log.push(time));
  for (; time < 1000; time++) {
    const early = time % 10 === 0 ? 2 : 0;
    jest.setSystemTime(Date.now() - early);
    await jest.advanceTimersByTimeAsync(1);
    jest.setSystemTime(Date.now() + early);
  }
  expect(log.length).toBeLessThanOrEqual(100);
  expect(log.length).toBeGreaterThan(90);
  await p.close();
});

test('closing during a call waits for it, and the call is told', async () => {
  const gate = deferred();
  let proc!: Process;
  const p = every(10, (each) => ((proc = each), gate.promise));
  await jest.advanceTimersByTimeAsync(10);
  void p.close();
  await jest.advanceTimersByTimeAsync(100);
  expect([p.state, proc.closing.aborted]).toEqual(['closing', true]);
  gate.resolve();
  await p.closed;
});

test.each([
  ['every', every],
  ['everyGo', everyGo],
  ['tick', tick],
  ['tickGo', tickGo],
])('%s begins no call after it was told to close, also when the interval was over by then', async (_name, make) => {
  let calls = 0;
  const p = make(10, () => void calls++);
  await microtasks();
  jest.advanceTimersByTime(10);
  await p.close();
  expect(calls).toBe(0);
});

test('what a call throws is an unhandled rejection, and the calls go on', async () => {
  let calls = 0;
  const p = every(10, () => {
    throw ++calls;
  });
  await jest.advanceTimersByTimeAsync(5);
  jest.useRealTimers();
  await p.close();
  const target = new EventTarget();
  const q = onSignal(target, 'x', () => {
    throw ++calls;
  });
  expect(
    await uncaught(async () => {
      for (let i = 0; i < 2; i++) {
        target.dispatchEvent(new Event('x'));
        await Promise.resolve();
        await Promise.resolve();
      }
    }),
  ).toEqual([1, 2]);
  await q.close();
});

test('an event target: heard at once, one event kept during a call, no listener left', async () => {
  const target = new EventTarget();
  const gates = [deferred(), deferred()];
  let calls = 0;
  const p = onSignal(target, 'change', () => gates[calls++]?.promise);
  const overlapping = jest.fn();
  const q = onSignalGo(target, 'change', overlapping);
  for (let i = 0; i < 4; i++) target.dispatchEvent(new Event('change'));
  await jest.advanceTimersByTimeAsync(0);
  expect([calls, overlapping.mock.calls.length]).toEqual([1, 4]);
  gates[0]!.resolve();
  await jest.advanceTimersByTimeAsync(0);
  expect(calls).toBe(2);
  target.dispatchEvent(new Event('change'));
  void p.close();
  gates[1]!.resolve();
  await Promise.all([p.closed, q.close()]);
  target.dispatchEvent(new Event('change'));
  expect(calls).toBe(2);
  expect(getEventListeners(target, 'change')).toEqual([]);
});

test('a source that ends closes the process, when the kept call is over', async () => {
  const gate = deferred();
  let calls = 0;
  const source = (async function* () {
    yield* [1, 2, 3, 4];
  })();
  const p = onSignal(source, () => (calls++, gate.promise));
  await jest.advanceTimersByTimeAsync(1);
  expect([p.state, calls]).toEqual(['running', 1]);
  gate.resolve();
  await p.closed;
  expect(calls).toBe(2);
  await ticker((async function* () {})(), () => {}).closed;
  let overlapping = 0;
  await onSignalGo(
    (async function* () {
      yield* [1, 2, 3];
    })(),
    () => overlapping++,
  ).closed;
  expect(overlapping).toBe(3);
});

test('what a source throws is the close error', async () => {
  const source = (async function* () {
    yield 1;
    throw new Error('source');
  })();
  await expect(tickerGo(source, () => {}).closed).rejects.toThrow('source');
});

test('a source whose process is closed before it begins is not opened', async () => {
  const opened = jest.fn<() => AsyncIterator<never>>();
  const p = ticker({ [Symbol.asyncIterator]: opened }, () => {});
  await p.close();
  expect(opened).not.toHaveBeenCalled();
});

test('a source is not asked for more once closing has begun, however soon that comes after a result', async () => {
  for (const make of [ticker, tickerGo, onSignal, onSignalGo]) {
    for (let later = 0; later < 5; later++) {
      let asked = 0;
      let calls = 0;
      const result = deferred<IteratorResult<number>>();
      const next = () => (asked++ ? new Promise<never>(() => {}) : result.promise);
      const p = await begun(make({ [Symbol.asyncIterator]: () => ({ next }) }, () => calls++));
      result.resolve({ done: false, value: 1 });
      for (let i = 0; i < later; i++) await Promise.resolve();
      const closed = p.close();
      const before = asked;
      await closed;
      expect([asked, calls]).toEqual([before, 1]);
    }
  }
});

test('a source is returned on close, also one that has nothing to return and one that hangs', async () => {
  const returned = jest.fn(async () => ({ done: true as const, value: undefined }));
  const next = () => new Promise<never>(() => {});
  for (const iterator of [{ next, return: returned }, { next }]) {
    const p = ticker({ [Symbol.asyncIterator]: () => iterator }, () => {});
    await jest.advanceTimersByTimeAsync(0);
    await p.close();
  }
  expect(returned).toHaveBeenCalledTimes(1);
});

/** A source whose `next` waits until it is closed, and whose `return` is the test's. */
const returning = (end: () => unknown): AsyncIterable<never> => ({
  [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}), return: end as () => Promise<never> }),
});
const begun = async (p: Process): Promise<Process> => {
  await jest.advanceTimersByTimeAsync(0);
  return p;
};
const failed = new Error('return');
const thrower = (): never => {
  throw failed;
};

test.each<[string, () => unknown]>([
  ['throws', thrower],
  ['rejects with', async () => thrower()],
  ['rejects later with', () => Promise.resolve().then(thrower)],
  ['gives a thenable that throws', () => ({ then: thrower })],
  [
    'gives a thenable that rejects with',
    () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(failed) }),
  ],
])('what the return of a source %s is the close error', async (_how, end) => {
  for (const make of [ticker, tickerGo, onSignal, onSignalGo]) {
    const p = await begun(make(returning(end), () => {}));
    await expect(p.close()).rejects.toBe(failed);
  }
  const p = await begun(
    ticker(
      Object.defineProperty(returning(end), Symbol.asyncIterator, {
        value: () => Object.defineProperty({ next: () => new Promise(() => {}) }, 'return', { get: () => end }),
      }),
      () => {},
    ),
  );
  expect(await p.close().catch((error: unknown) => error)).toBe(failed);
});

test('what the return of a source rejects with while a call runs is the close error, and an unhandled rejection when the process has closed', async () => {
  const [call, late] = [deferred(), deferred()];
  const source = { ...returning(() => late.promise) };
  const ticks = { ...source, [Symbol.asyncIterator]: () => ({ ...source[Symbol.asyncIterator](), next: once() }) };
  function once(): () => Promise<IteratorResult<number>> {
    let first = true;
    return () => {
      const tick = first ? Promise.resolve({ done: false as const, value: 1 }) : new Promise<never>(() => {});
      first = false;
      return tick;
    };
  }
  const p = await begun(ticker(ticks, () => call.promise));
  const closed = p.close();
  late.reject(failed);
  await jest.advanceTimersByTimeAsync(0);
  expect(p.state).toBe('closing');
  call.resolve();
  await expect(closed).rejects.toBe(failed);

  const never = deferred();
  const q = await begun(
    ticker(
      returning(() => never.promise),
      () => {},
    ),
  );
  jest.useRealTimers();
  const errors = await uncaught(async () => {
    await q.close();
    never.reject(failed);
  });
  expect(errors).toEqual([failed]);
});

test('that the return of a source throws the reason of the closing is no error', async () => {
  const p: Process = await begun(
    ticker(
      returning(() => p.closing.throwIfAborted()),
      () => {},
    ),
  );
  await p.close();
});

/** A source whose `next` waits until the test, or its `return`, settles it. */
const pending = (end?: (next: Deferred<unknown>) => unknown) => {
  const next = deferred<unknown>();
  const source: AsyncIterable<never> = {
    [Symbol.asyncIterator]: () => ({
      next: () => next.promise as Promise<never>,
      return: async () => (await end?.(next)) as never,
    }),
  };
  return { next, source };
};

test('what a next that was waited for rejects with on close is the close error', async () => {
  for (const make of [ticker, tickerGo, onSignal, onSignalGo]) {
    const { next, source } = pending();
    const p = await begun(make(source, () => {}));
    p.closing.addEventListener('abort', () => next.reject(failed));
    expect(await p.close().catch((error: unknown) => error)).toBe(failed);
  }
  // As a generator does it, whose wait is told by the signal.
  const told = async function* (): AsyncGenerator<unknown> {
    try {
      yield await aborted(p.closing);
    } finally {
      thrower();
    }
  };
  const p: Process = ticker(told(), () => {});
  await begun(p);
  await expect(p.close()).rejects.toBe(failed);
});

test('what a next rejects with at the moment of the closing is told once', async () => {
  const { next, source } = pending();
  const p = await begun(ticker(source, () => {}));
  next.reject(failed);
  await expect(p.close()).rejects.toBe(failed);
});

test('a next that rejects because its process closes has not failed', async () => {
  for (const reason of [
    (p: Process) => p.closing.reason as Error,
    (p: Process) => new DOMException('', { name: 'AbortError', cause: p.closing.reason } as never),
  ]) {
    // prettier-ignore
    const { next, source } = pending();
    const p = await begun(ticker(source, () => {}));
    p.closing.addEventListener('abort', () => next.reject(reason(p)));
    await p.close();
  }
});

test('what a next rejects with since the source was returned is the close error; a failure of both is an AggregateError, unless it is the same', async () => {
  const other = new Error('next');
  const only = pending((next) => next.reject(other));
  await expect((await begun(ticker(only.source, () => {}))).close()).rejects.toBe(other);

  const both = pending((next) => {
    next.reject(other);
    throw failed;
  });
  const error = await (await begun(ticker(both.source, () => {}))).close().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AggregateError);
  expect((error as AggregateError).errors).toEqual([other, failed]);

  const same = pending((next) => {
    next.reject(failed);
    throw failed;
  });
  await expect((await begun(ticker(same.source, () => {}))).close()).rejects.toBe(failed);
});

test('what a next rejects with when its process has closed is an unhandled rejection, the reason of the closing is not, and what it gives is dropped', async () => {
  const late = (settle: (next: Deferred<unknown>, p: Process) => void) => async () => {
    const { next, source } = pending();
    const p = ticker(source, () => expect(true).toBe(false));
    await Promise.resolve();
    await p.close();
    settle(next, p);
  };
  jest.useRealTimers();
  expect(await uncaught(late((next) => next.reject(failed)))).toEqual([failed]);
  expect(await uncaught(late((next, p) => next.reject(p.closing.reason)))).toEqual([]);
  expect(await uncaught(late((next) => next.resolve({ done: false })))).toEqual([]);
});

test.each([3, null, undefined, 'x', Symbol('s')])(
  'a source that gives %p, which is no result, closes the process with a TypeError, as for await throws it',
  async (value) => {
    const end = jest.fn(async () => ({ done: true as const, value: undefined }));
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({ next: () => value as never, return: end }),
    };
    let calls = 0;
    const p = ticker(source, () => calls++);
    const forAwait = await (async () => {
      for await (const _ of source) calls++;
    })().catch((error: unknown) => error as Error);
    await expect(p.closed).rejects.toThrow(new TypeError((forAwait as Error).message));
    expect([calls, end.mock.calls.length]).toEqual([0, 0]);
  },
);

test('each is called as it was made, and its children as ever', async () => {
  const target = new EventTarget();
  const noop = (): void => {};
  const all = [
    every(1_000, noop),
    everyGo(0.5, noop),
    tick(1_000, noop),
    tickGo(Infinity, noop),
    ...[ticker, tickerGo, onSignal, onSignalGo].flatMap((make) => [
      make(returning(noop), noop),
      make(target, 'change', noop),
    ]),
  ];
  expect(all.map(({ name }) => name)).toEqual([
    'every 1000 ms',
    'everyGo 0.5 ms',
    'tick 1000 ms',
    'tickGo Infinity ms',
    'ticker',
    'ticker change',
    'tickerGo',
    'tickerGo change',
    'onSignal',
    'onSignal change',
    'onSignalGo',
    'onSignalGo change',
  ]);
  expect(describe(all[0]!)).toMatch(/^every 1000 ms: running for /);
  await Promise.all(all.map((each) => each.close()));
});

test('any number may listen to one type of event by one listener, which goes with the last', async () => {
  const target = new EventTarget();
  const listeners = (): number[] => ['tick', 'other'].map((type) => getEventListeners(target, type).length);
  const log: number[] = [];
  const all = Array.from({ length: 20 }, (_, i) =>
    [ticker, tickerGo, onSignal, onSignalGo][i % 4]!(target, 'tick', () => void log.push(i)),
  );
  const other = ticker(target, 'other', () => void log.push(-1));
  const flush = () => jest.advanceTimersByTimeAsync(0);
  target.dispatchEvent(new Event('tick'));
  await flush();
  expect(log).toEqual(all.map((_, i) => i));
  expect(listeners()).toEqual([1, 1]);
  await Promise.all(all.slice(1).map((each) => each.close()));
  expect(listeners()).toEqual([1, 1]);
  target.dispatchEvent(new Event('tick'));
  await flush();
  expect(log.splice(0).slice(20)).toEqual([0]);
  await Promise.all([all[0]!.close(), other.close()]);
  expect(listeners()).toEqual([0, 0]);
  target.dispatchEvent(new Event('tick'));
  // Again, from the beginning.
  const again = ticker(target, 'tick', () => void log.push(100));
  target.dispatchEvent(new Event('tick'));
  await flush();
  expect(log).toEqual([100]);
  await again.close();
});

test('any number may listen also to a target that hears one listener as often as it was added', async () => {
  const added: (() => void)[] = [];
  const target = {
    addEventListener: (_type: string, listener: () => void) => void added.push(listener),
    removeEventListener: (_type: string, listener: () => void) => void added.splice(added.indexOf(listener), 1),
  };
  let calls = 0;
  const all = [1, 2, 3].map(() => onSignalGo(target as unknown as EventTarget, 'x', () => calls++));
  for (const listener of added) listener();
  await jest.advanceTimersByTimeAsync(0);
  expect([calls, added.length]).toEqual([3, 1]);
  await Promise.all(all.map((each) => each.close()));
  expect(added).toEqual([]);
});

test('an event that a target tells of while it is listened to is heard', async () => {
  const target = { addEventListener: (_type: string, listener: () => void) => listener(), removeEventListener() {} };
  for (const make of [ticker, tickerGo, onSignal, onSignalGo]) {
    let calls = 0;
    const p = make(target as unknown as EventTarget, 'x', () => calls++);
    await jest.advanceTimersByTimeAsync(0);
    expect(calls).toBe(1);
    await p.close();
  }
});

test('what a target throws that is to be listened to is thrown, and whoever comes next listens', async () => {
  const target = new EventTarget();
  const broken = new Error('broken');
  const log: string[] = [];
  const add = jest.spyOn(target, 'addEventListener').mockImplementationOnce(() => {
    throw broken;
  });
  expect(() => ticker(target, 'x', () => void log.push('first'))).toThrow(broken);
  const p = ticker(target, 'x', () => void log.push('second'));
  expect(add).toHaveBeenCalledTimes(2);
  target.dispatchEvent(new Event('x'));
  await jest.advanceTimersByTimeAsync(0);
  expect(log).toEqual(['second']);
  await p.close();
  expect(getEventListeners(target, 'x')).toEqual([]);
});

test('an event that was kept is handled in the context of the one before, whoever ends calls at the same time', async () => {
  const storage = new AsyncLocalStorage<string>();
  const log: string[] = [];
  const gate = deferred();
  const targets = ['A', 'B', 'C'].map((name) => {
    const target = new EventTarget();
    const call = () => (log.push(`${name} in ${storage.getStore()}`), gate.promise);
    const p = onSignal(target, 'x', call);
    storage.run(name, () => {
      for (let i = 0; i < 2; i++) target.dispatchEvent(new Event('x'));
    });
    return p;
  });
  await jest.advanceTimersByTimeAsync(0);
  expect(log.splice(0)).toEqual(['A in A', 'B in B', 'C in C']);
  gate.resolve();
  await jest.advanceTimersByTimeAsync(0);
  expect(log).toEqual(['A in A', 'B in B', 'C in C']);
  await Promise.all(targets.map((each) => each.close()));
});

test('who leaves in the middle of an event is not told, and who comes then waits for the next', async () => {
  const target = new EventTarget();
  const log: string[] = [];
  const made: Process[] = [];
  const first = ticker(target, 'tick', () => void log.push('first'));
  first.closing.addEventListener('abort', () => void second.close());
  const go = jest.spyOn(first, 'go').mockImplementation(() => {
    made.push(ticker(target, 'tick', () => void log.push('late')));
    void first.close();
    return made[0]!;
  });
  const second = ticker(target, 'tick', () => void log.push('second'));
  target.dispatchEvent(new Event('tick'));
  await jest.advanceTimersByTimeAsync(0);
  expect(go).toHaveBeenCalledTimes(1);
  expect(log).toEqual([]);
  target.dispatchEvent(new Event('tick'));
  await jest.advanceTimersByTimeAsync(0);
  expect(log).toEqual(['late']);
  await Promise.all([first.closed, second.closed, ...made.map((each) => each.close())]);
});

test('what listens to a target closes whatever the reason is, also a promise', async () => {
  for (const reason of [new Promise(() => {}), Promise.reject(new Error('reason')), { then() {} }]) {
    if (reason instanceof Promise) reason.catch(() => {});
    const controller = new AbortController();
    const all = [ticker, tickerGo].map((make) => make(new EventTarget(), 'tick', () => {}));
    for (const each of all) closeAfterSignal(each, controller.signal);
    await Promise.resolve();
    controller.abort(reason);
    expect(await Promise.all(all.map((each) => each.err()))).toEqual([undefined, undefined]);
  }
});

test('bad arguments are refused at the call', () => {
  for (const make of [every, everyGo, tick, tickGo]) {
    for (const bad of [-1, NaN]) expect(() => make(bad, () => {})).toThrow(RangeError);
    expect(() => make('1' as never, () => {})).toThrow(TypeError);
    expect(() => make(1, 1 as never)).toThrow(TypeError);
  }
  expect(() => tick(0, () => {})).toThrow('interval must be above 0, got number 0');
  for (const make of [ticker, tickerGo, onSignal, onSignalGo]) {
    for (const bad of [undefined, null, {}, 1]) {
      expect(() => make(bad as never, () => {})).toThrow(TypeError);
      expect(() => make(bad as never, 'x', () => {})).toThrow(TypeError);
    }
    expect(() => make((async function* () {})(), 1 as never)).toThrow(TypeError);
    expect(() => make(new EventTarget(), 'x', 1 as never)).toThrow(TypeError);
    expect(() => make(new EventTarget(), 5 as never, () => {})).toThrow('type must be of type string, got number 5');
    expect(() => make({} as never, () => {})).toThrow('source must be an async iterable, or an event target ');
  }
});

test('a source that has ended by itself is not returned; one that is left is', async () => {
  for (const ends of [true, false]) {
    const returned = jest.fn(async () => ({ done: true as const, value: undefined }));
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => (ends ? Promise.resolve({ done: true as const, value: undefined }) : new Promise(() => {})),
        return: returned,
      }),
    };
    const process = ticker(source, () => {});
    for (let i = 0; i < 20; i++) await Promise.resolve();
    await process.close();
    expect(returned).toHaveBeenCalledTimes(ends ? 0 : 1);
  }
});
