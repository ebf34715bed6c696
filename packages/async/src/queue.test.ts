import { AsyncLocalStorage } from 'node:async_hooks';
import { availableParallelism } from 'node:os';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { Clock } from './test-support/clock.js';
import {
  CannotStartError,
  CannotStopError,
  DiscardedError,
  latchActive,
  latchPaused,
  latchPausing,
  latchResuming,
  latchStarted,
  latchStopped,
  latchStopping,
  LatchTransitionError,
  Queue,
  type QueueOptions,
} from './index.js';
import { deferred, listenersOn, quiet, unhandled } from './test-support/moments.js';

afterEach(async () => {
  jest.useRealTimers();
  jest.restoreAllMocks();
  // Turns of the event loop that are awaited come now, not in the next test.
  await quiet();
});

/** A queue whose actions wait to be let go, one item after the other. */
function gated(options: QueueOptions<string> = {}) {
  const started: string[] = [];
  const signals = new Map<string, AbortSignal>();
  const gates = new Map<string, ReturnType<typeof deferred<string>>>();
  const queue = new Queue(
    (item: string, signal: AbortSignal) => {
      started.push(item);
      signals.set(item, signal);
      const gate = deferred<string>();
      gates.set(item, gate);
      return gate.promise;
    },
    { parallelism: 1, ...options },
  );
  const finish = async (item: string): Promise<void> => {
    gates.get(item)?.resolve(item.toUpperCase());
    await quiet();
  };
  return { queue, started, signals, gates, finish };
}

describe('upstream', () => {
  test('TestParallelQueue, Test_Queue_Start_Close', async () => {
    const seen: string[] = [];
    const queue = new Queue((item: string) => void seen.push(item));
    await queue.start();
    expect(queue.state).toBe(latchStarted);
    for (let x = 0; x < 8; x++) await queue.enqueue(String(x));
    await queue.idle();
    expect(await queue.close()).toEqual([]);
    expect(seen).toHaveLength(8);
    expect(queue.state).not.toBe(latchStarted);
  });

  test('Test_Queue_Start_Stop', async () => {
    let ran = 0;
    const queue = new Queue(() => void ran++, { maxWork: 129 });
    await queue.start();
    for (let x = 0; x < 128; x++) await queue.enqueue(x);
    expect(await queue.stop()).toEqual([]);
    expect(queue.state).toBe(latchStopped);
    expect(ran).toBe(128);
  });

  test('Test_Queue_Start_Stop_Start', async () => {
    let ran = 0;
    const queue = new Queue(() => void ran++, { maxWork: 10 });
    for (const total of [10, 20]) {
      await queue.start();
      expect(queue.state).toBe(latchStarted);
      for (let x = 0; x < 10; x++) await queue.enqueue(x);
      expect(await queue.stop()).toEqual([]);
      expect(queue.state).toBe(latchStopped);
      expect(ran).toBe(total);
    }
  });
});

describe('order', () => {
  test('items start in the order of priority, then of arrival', async () => {
    const started: string[] = [];
    const queue = new Queue((item: string) => void started.push(item), { parallelism: 1 });
    void queue.enqueue('a');
    void queue.enqueue('low', { priority: -1 });
    void queue.enqueue('high', { priority: 5 });
    void queue.enqueue('b', { priority: 0 });
    queue.tryEnqueue('higher', { priority: 5.5 });
    void queue.submit('high too', { priority: 5 });
    void queue.enqueue('c');
    void queue.enqueue('lowest', { priority: -Infinity });
    await queue.start();
    await queue.idle();
    expect(started).toEqual(['higher', 'high', 'high too', 'a', 'b', 'c', 'low', 'lowest']);
  });

  test('nothing starts before the call that accepted it has returned', async () => {
    const started: number[] = [];
    const queue = new Queue((item: number) => void started.push(item), { parallelism: 1 });
    await queue.start();
    expect(queue.tryEnqueue(1)).toBe(true);
    void queue.submit(2);
    void queue.enqueue(3, { priority: 1 });
    expect([started, queue.size]).toEqual([[], 3]);
    await queue.idle();
    expect(started).toEqual([3, 1, 2]);
  });

  test('no more actions run at the same time than it may', async () => {
    let running = 0;
    let most = 0;
    const queue = new Queue(
      async () => {
        most = Math.max(most, ++running);
        await quiet();
        running--;
      },
      { parallelism: 3 },
    );
    for (let item = 0; item < 20; item++) queue.tryEnqueue(item);
    await queue.start();
    await queue.idle();
    expect(most).toBe(3);
  });

  test('the parallelism can be changed: up at once, down as actions end', async () => {
    const { queue, started, finish } = gated();
    await queue.start();
    for (const item of ['a', 'b', 'c', 'd']) void queue.submit(item);
    await quiet();
    queue.parallelism = 2;
    expect(queue.parallelism).toBe(2);
    await quiet();
    expect(started).toEqual(['a', 'b']);
    queue.parallelism = 1;
    await finish('a');
    expect(() => (queue.parallelism = 0)).toThrow(RangeError);
    expect(started).toEqual(['a', 'b']);
    await finish('b');
    expect(started).toEqual(['a', 'b', 'c']);
    await finish('c');
    expect(started).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('room', () => {
  test('enqueue before start is accepted, and tryEnqueue is false when the queue is full', async () => {
    const started: number[] = [];
    const queue = new Queue((item: number) => void started.push(item), { maxWork: 2 });
    await queue.enqueue(1);
    expect([queue.tryEnqueue(2), queue.tryEnqueue(3), queue.tryEnqueue(4, { priority: 9 })]).toEqual([
      true,
      false,
      false,
    ]);
    expect(queue.size).toBe(2);
    await queue.start();
    await queue.idle();
    expect(started).toEqual([1, 2]);
  });

  test('1024 may wait, and as many run as there are cores, unless it is told otherwise', async () => {
    const queue = new Queue(() => new Promise<void>(() => {}), { shutdownGracePeriod: 0, onError: () => {} });
    let accepted = 0;
    while (accepted < 3000 && queue.tryEnqueue(accepted)) accepted++;
    expect([accepted, queue.size]).toEqual([1024, 1024]);
    await queue.start();
    await quiet();
    expect([queue.running, queue.parallelism]).toEqual([availableParallelism(), availableParallelism()]);
    await queue.close();
  });

  test('whoever waits for a place gets it in the order of priority, then of arrival', async () => {
    const { queue, started, finish } = gated({ maxWork: 1 });
    await queue.start();
    const accepted: string[] = [];
    const enqueue = (item: string, priority?: number) =>
      void queue.enqueue(item, priority === undefined ? undefined : { priority }).then(() => accepted.push(item));
    for (const item of ['a', 'b', 'c', 'd']) enqueue(item);
    enqueue('first', 1);
    const submitted = queue.submit('e');
    await quiet();
    expect([accepted, queue.size]).toEqual([['a', 'first'], 1]);
    for (const item of ['a', 'first', 'b', 'c', 'd']) await finish(item);
    expect(started).toEqual(['a', 'first', 'b', 'c', 'd', 'e']);
    await finish('e');
    expect(await submitted).toBe('E');
    expect(accepted).toEqual(['a', 'first', 'b', 'c', 'd']);
  });

  test('whoever gets a place while a runner is free starts at once', async () => {
    for (const context of ['queue', 'enqueuer'] as const) {
      const { queue, started } = gated({ maxWork: 1, parallelism: 2, context });
      const placed = [queue.enqueue('a'), queue.enqueue('b')];
      await queue.start();
      await Promise.all(placed);
      await quiet();
      expect([started, queue.running, queue.size]).toEqual([['a', 'b'], 2, 0]);
    }
  });

  test('belowSize resolves when fewer wait, and idle when nothing waits and nothing runs', async () => {
    const { queue, finish } = gated();
    const told: string[] = [];
    await queue.idle();
    await queue.belowSize(1);
    for (const item of ['a', 'b', 'c']) queue.tryEnqueue(item);
    void queue.belowSize(2).then(() => told.push('below 2'));
    void queue.belowSize(1).then(() => told.push('below 1'));
    void queue.idle().then(() => told.push('idle'));
    expect(queue.idle()).toBe(queue.idle());
    await queue.start();
    await quiet();
    expect([told, queue.size, queue.running]).toEqual([[], 2, 1]);
    await finish('a');
    expect(told).toEqual(['below 2']);
    await finish('b');
    expect(told).toEqual(['below 2', 'below 1']);
    await finish('c');
    expect(told).toEqual(['below 2', 'below 1', 'idle']);
    await expect(queue.belowSize(0)).rejects.toThrow(RangeError);
  });

  test('belowSize waits while just as many wait', async () => {
    const queue = new Queue(() => {});
    queue.tryEnqueue(1);
    let told = false;
    const below = queue.belowSize(1).then(() => (told = true));
    await queue.belowSize(2);
    await quiet();
    expect(told).toBe(false);
    await queue.close();
    await below;
  });
});

describe('errors', () => {
  test("a failed submit is its caller's error alone", async () => {
    const onError = jest.fn();
    for (const context of ['queue', 'enqueuer'] as const) {
      const queue = new Queue(
        (item: number) => {
          if (item === 1) throw undefined;
          return Promise.reject(item);
        },
        { onError, context },
      );
      await queue.start();
      const seen = await unhandled(async () => {
        await expect(queue.submit(1)).rejects.toBeUndefined();
        await expect(queue.submit(2)).rejects.toBe(2);
        await expect(queue.submit(2, { priority: 1 })).rejects.toBe(2);
      });
      expect(seen).toEqual([]);
    }
    expect(onError).not.toHaveBeenCalled();
  });

  test('a submit that fails and that nobody looks at is an unhandled rejection', async () => {
    for (const context of ['queue', 'enqueuer'] as const) {
      const queue = new Queue((item: number) => (item === 1 ? Promise.reject(item) : fail(item)), { context });
      await queue.start();
      const seen = await unhandled(() => {
        void queue.submit(1);
        void queue.submit(2);
      });
      expect(seen.sort()).toEqual([1, 2]);
    }
  });

  test('a failed enqueue is told to onError, with its item', async () => {
    const told: unknown[] = [];
    for (const context of ['queue', 'enqueuer'] as const) {
      const queue = new Queue((item: number) => (item === 1 ? Promise.reject('rejected') : fail('thrown')), {
        onError: (error, item) => told.push([error, item]),
        parallelism: 1,
        context,
      });
      await queue.start();
      const seen = await unhandled(async () => {
        await queue.enqueue(1);
        await queue.enqueue(2);
        queue.tryEnqueue(1);
        await queue.idle();
      });
      expect(seen).toEqual([]);
    }
    const once = [
      ['rejected', 1],
      ['thrown', 2],
      ['rejected', 1],
    ];
    expect(told).toEqual([...once, ...once]);
  });

  test('without onError, or when that throws, it is an unhandled rejection, and the queue goes on', async () => {
    const seen = await unhandled(async () => {
      const queue = new Queue((item: number) => fail(item));
      await queue.start();
      await queue.enqueue(1);
      queue.tryEnqueue(2);
      await queue.stop();
      const other = new Queue((item: number) => fail(item), { onError: () => fail('onError') });
      await other.start();
      await other.enqueue(3);
      await other.stop();
    });
    expect(seen).toEqual([1, 2, 'onError']);
  });
});

function fail(error: unknown): never {
  throw error;
}

describe('an item and its signal', () => {
  test('an aborted item leaves the line at once, rejects with the reason, and frees its place', async () => {
    const { queue, started, finish } = gated({ maxWork: 2 });
    const controller = new AbortController();
    const { signal } = controller;
    const seen = await unhandled(async () => {
      const submitted = queue.submit('a', { signal, priority: 3 });
      await queue.enqueue('b', { signal });
      const outside = queue.enqueue('c', { signal });
      const placed = queue.enqueue('d');
      expect(queue.size).toBe(2);
      controller.abort('reason');
      expect(queue.size).toBe(1);
      await expect(submitted).rejects.toBe('reason');
      await expect(outside).rejects.toBe('reason');
      await placed;
      await expect(queue.submit('e', { signal })).rejects.toBe('reason');
      await expect(queue.enqueue('e', { signal })).rejects.toBe('reason');
      expect(() => queue.tryEnqueue('e', { signal })).toThrow('reason');
    });
    expect(seen).toEqual([]);
    await queue.start();
    await quiet();
    await finish('d');
    expect(started).toEqual(['d']);
    expect(listenersOn(signal)).toBe(0);
  });

  test('with the context of the queue a cancelled submit rejects, too', async () => {
    const queue = new Queue(() => {}, { context: 'queue' });
    const controller = new AbortController();
    const submitted = queue.submit(1, { signal: controller.signal });
    controller.abort('reason');
    await expect(submitted).rejects.toBe('reason');
    expect(queue.size).toBe(0);
  });

  test.each(['queue', 'enqueuer'] as const)(
    'a running item fails at once; its place is free when its action settles (%s)',
    async (context) => {
      const onError = jest.fn();
      const { queue, started, signals, finish, gates } = gated({ context, onError });
      const controller = new AbortController();
      await queue.start();
      const submitted = queue.submit('a', { signal: controller.signal });
      queue.tryEnqueue('b');
      await quiet();
      controller.abort('reason');
      await expect(submitted).rejects.toBe('reason');
      expect(signals.get('a')?.reason).toBe('reason');
      expect(started).toEqual(['a']);
      const seen = await unhandled(async () => {
        gates.get('a')?.reject('late');
        await quiet();
      });
      expect([seen, started, onError.mock.calls]).toEqual([[], ['a', 'b'], [['late', 'a']]]);
      expect(signals.get('b')?.aborted).toBe(false);
      await finish('b');
      expect(listenersOn(controller.signal)).toBe(0);
    },
  );

  describe.each(['queue', 'enqueuer'] as const)(
    'a signal of the queue and of its items, with the context of the %s',
    (context) => {
      test('cancels those that wait, in the line or for a place in it, for its reason', async () => {
        const controller = new AbortController();
        const { signal } = controller;
        const onDiscarded = jest.fn();
        const { queue, finish } = gated({ context, signal, onDiscarded, maxWork: 2 });
        await queue.start();
        queue.tryEnqueue('busy');
        await quiet();
        queue.tryEnqueue('other');
        const waiting = [
          queue.submit('in the line', { signal }),
          queue.submit('outside', { signal }),
          queue.enqueue('outside, too', { signal }),
        ];
        const refused = queue.submit('without it');
        controller.abort('reason');
        for (const one of waiting) await expect(one).rejects.toBe('reason');
        await expect(refused).rejects.toMatchObject({ code: 'ERR_DISCARDED', items: ['without it'] });
        await finish('busy');
        await finish('other');
        expect([queue.state, onDiscarded.mock.calls]).toEqual([latchStopped, []]);
        expect(listenersOn(signal)).toBe(0);
      });

      test('cancels them also when somebody has heard of the abort before, and closes the queue', async () => {
        const controller = new AbortController();
        const { signal } = controller;
        const { queue, finish } = gated({ context, maxWork: 2 });
        let closed: Promise<string[]> | undefined;
        signal.addEventListener('abort', () => void (closed = queue.close()));
        await queue.start();
        queue.tryEnqueue('busy');
        await quiet();
        queue.tryEnqueue('other');
        const waiting = [queue.submit('in the line', { signal }), queue.enqueue('outside', { signal })];
        controller.abort('reason');
        for (const one of waiting) await expect(one).rejects.toBe('reason');
        await finish('busy');
        expect(await closed).toEqual(['other']);
      });
    },
  );

  test.each([undefined, NaN, null, 'reason'])(
    "an enqueued item that its own signal aborts while it runs is nobody's error (%p)",
    async (reason) => {
      const onError = jest.fn();
      const controller = new AbortController();
      const queue = new Queue(
        (_: number, signal) =>
          new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        { onError },
      );
      await queue.start();
      await queue.enqueue(1, { signal: controller.signal });
      await quiet();
      controller.abort(reason);
      await queue.idle();
      expect(onError).not.toHaveBeenCalled();
    },
  );

  test('an action that aborts its own signal, and returns or throws, has failed with the reason', async () => {
    for (const context of ['queue', 'enqueuer'] as const) {
      const controller = new AbortController();
      const queue = new Queue(() => controller.abort('reason'), { context });
      await queue.start();
      await expect(queue.submit(1, { signal: controller.signal })).rejects.toBe('reason');
      const other = new AbortController();
      const second = new Queue(async () => other.abort('reason'), { context });
      await second.start();
      await expect(second.submit(1, { signal: other.signal })).rejects.toBe('reason');
    }
  });

  test('a million cancelled items leave nothing behind', async () => {
    const queue = new Queue((item: number) => item, { maxWork: 64, parallelism: 1 });
    const stays = queue.submit(-1, { priority: 1 });
    const before = heap();
    for (let round = 0; round < 20_000; round++) {
      const controller = new AbortController();
      for (let item = 0; item < 50; item++) {
        queue.tryEnqueue(item, { signal: controller.signal, priority: item % 3 });
      }
      controller.abort();
    }
    expect(queue.size).toBe(1);
    expect(heap() - before).toBeLessThan(3e6);
    await queue.start();
    expect(await stays).toBe(-1);
  });
});

function heap(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

describe('timeout', () => {
  test('an item that takes too long fails with a TimeoutError; its place is free when the action settles', async () => {
    jest.useFakeTimers();
    const { queue, started, signals, finish } = gated({ timeout: 50, name: 'slow' });
    await queue.start();
    const submitted = queue.submit('a');
    const next = queue.submit('b');
    await quiet();
    jest.advanceTimersByTime(49);
    expect(signals.get('a')?.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    await expect(submitted).rejects.toMatchObject({
      name: 'TimeoutError',
      message: expect.stringContaining('Queue "slow"'),
    });
    expect(started).toEqual(['a']);
    await finish('a');
    await finish('b');
    expect(await next).toBe('B');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('an enqueued item that takes too long is told to onError, once', async () => {
    jest.useFakeTimers();
    const onError = jest.fn();
    const { queue, finish } = gated({ timeout: 50, onError });
    await queue.start();
    await queue.enqueue('a');
    await quiet();
    jest.advanceTimersByTime(50);
    await finish('a');
    expect(onError.mock.calls).toEqual([[expect.objectContaining({ name: 'TimeoutError' }), 'a']]);
  });
});

describe('rate', () => {
  test('at most so many items start in any interval', async () => {
    jest.useFakeTimers();
    const starts: number[] = [];
    const queue = new Queue(() => void starts.push(Date.now()), { rate: { limit: 2, interval: 100 }, parallelism: 8 });
    const begin = Date.now();
    await queue.start();
    queue.tryEnqueue(0);
    await quiet();
    await jest.advanceTimersByTimeAsync(60);
    for (let item = 1; item < 5; item++) queue.tryEnqueue(item);
    await quiet();
    await jest.advanceTimersByTimeAsync(1000);
    expect(starts.map((time) => time - begin)).toEqual([0, 60, 100, 160, 200]);
    queue.tryEnqueue(5);
    queue.tryEnqueue(6);
    queue.tryEnqueue(7);
    await quiet();
    jest.advanceTimersByTime(0);
    expect(jest.getTimerCount()).toBe(1);
    await queue.close();
    expect(jest.getTimerCount()).toBe(0);
  });

  test.each(['enqueuer', 'queue'] as const)(
    'an item counts from when its action is called, also after one that took its time: context %s',
    async (context) => {
      jest.useFakeTimers();
      const starts: number[] = [];
      const begin = Date.now();
      const action = (item: number): void => {
        starts.push(Date.now() - begin);
        if (item === 0) jest.advanceTimersByTime(99);
      };
      const queue = new Queue(action, { rate: { limit: 3, interval: 100 }, parallelism: 8, context });
      await queue.start();
      for (let item = 0; item < 8; item++) void queue.enqueue(item);
      await quiet();
      await jest.advanceTimersByTimeAsync(1000);
      expect(starts).toEqual([0, 99, 99, 100, 199, 199, 200, 299]);
      await queue.close();
    },
  );
});

describe('a rate, whatever is done to the globals:', () => {
  /** A queue whose items tell what `clock` says when they start. */
  async function rated(clock: () => number, limit: number, interval: number) {
    const starts: number[] = [];
    const queue = new Queue(() => void starts.push(clock()), { rate: { limit, interval } });
    await queue.start();
    const add = async (items: number): Promise<void> => {
      while (items-- > 0) queue.tryEnqueue(undefined);
      await quiet();
    };
    return { queue, starts, add };
  }

  test('while the clock stands still it follows the timers', async () => {
    jest.useFakeTimers({ now: 0 });
    const { queue, starts, add } = await rated(() => performance.now(), 2, 100);
    await add(1);
    await jest.advanceTimersByTimeAsync(60);
    const clock = jest.spyOn(Date, 'now').mockReturnValue(60);
    await add(4);
    await jest.advanceTimersByTimeAsync(1000);
    expect(starts).toEqual([0, 60, 100, 160, 200]);
    clock.mockRestore();
    await add(3);
    await jest.advanceTimersByTimeAsync(1000);
    expect(starts.slice(5)).toEqual([1060, 1060, 1160]);
    await queue.stop();
  });

  test('so it does when the clock is the real one, and shows a millisecond of each time that they pass', async () => {
    jest.useFakeTimers({ now: 0 });
    let real = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => real);
    const { queue, starts, add } = await rated(() => performance.now(), 1, 1000);
    await add(10);
    for (let ticks = 0; ticks < 9; ticks++) {
      await jest.advanceTimersByTimeAsync(1000);
      real++;
    }
    expect(starts).toHaveLength(10);
    await queue.stop();
  });

  test('a clock that goes on does not stand still when a timer rings early', async () => {
    jest.useFakeTimers({ now: 0 });
    jest.spyOn(Date, 'now').mockImplementation(() => 2 * Math.floor(performance.now() / 2));
    const { queue, starts, add } = await rated(() => Date.now(), 1, 1);
    await add(5);
    await jest.advanceTimersByTimeAsync(100);
    expect(starts).toEqual([0, 2, 4, 6, 8]);
    await queue.stop();
  });

  test('when fake timers have gone before it rang, the next item sets its timer again', async () => {
    jest.useFakeTimers({ now: 0 });
    const { queue, starts, add } = await rated(() => Date.now(), 1, 100);
    await add(3);
    expect(jest.getTimerCount()).toBe(1);
    jest.useRealTimers();
    jest.useFakeTimers({ now: 10 });
    await add(1);
    await jest.advanceTimersByTimeAsync(1000);
    expect(starts).toEqual([0, 100, 200, 300]);
    await queue.stop();
  });

  test('when others were set in their place there is one afterwards, however often that happens, and none after close', async () => {
    jest.useFakeTimers({ now: 0 });
    const { queue, starts, add } = await rated(() => Date.now(), 1, 100);
    await add(2);
    const set = setTimeout;
    for (let time = 0; time < 5; time++) {
      // No spy: it would put back the fake one when the real ones are there again.
      globalThis.setTimeout = ((callback: () => void, ms: number) => set(callback, ms)) as typeof setTimeout;
      await add(1);
      expect(jest.getTimerCount()).toBe(1);
    }
    await jest.advanceTimersByTimeAsync(100);
    expect([starts, jest.getTimerCount()]).toEqual([[0, 100], 1]);
    await queue.close();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('when what set its timer alone has gone, and never rings, it goes on with what is there', async () => {
    jest.useFakeTimers({ now: 0 });
    const { queue, starts, add } = await rated(() => Date.now(), 1, 100);
    const { setTimeout: set, clearTimeout: clear } = globalThis;
    Object.assign(globalThis, { setTimeout: () => 1, clearTimeout: () => {} });
    await add(2);
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
    // Its timer is a number, which nobody can be asked about.
    await add(1);
    await jest.advanceTimersByTimeAsync(200);
    expect(starts).toEqual([0, 100, 200]);
    await queue.stop();
  });

  test('it sets no other timer while it waits and nothing has been done to them', async () => {
    jest.useFakeTimers({ now: 0 });
    const set = setTimeout;
    let timers = 0;
    // No spy, as above.
    globalThis.setTimeout = ((callback: () => void, ms: number) => (timers++, set(callback, ms))) as typeof setTimeout;
    const { queue, add } = await rated(() => Date.now(), 1, 100);
    for (let time = 0; time < 5; time++) await add(2);
    expect(timers).toBe(1);
    await queue.close();
  });

  test('it does not look for ever where setTimeout is another one each time', async () => {
    jest.useFakeTimers({ now: 0 });
    const { queue, starts, add } = await rated(() => Date.now(), 1, 100);
    const set = setTimeout;
    let reads = 0;
    const get = (): unknown => {
      // Otherwise the test would hang.
      if (++reads > 1000) throw new Error('looked for ever');
      return set.bind(globalThis);
    };
    const before = Object.getOwnPropertyDescriptor(globalThis, 'setTimeout') as PropertyDescriptor;
    Object.defineProperty(globalThis, 'setTimeout', { configurable: true, get });
    try {
      await add(3);
      expect(jest.getTimerCount()).toBe(1);
      await jest.advanceTimersByTimeAsync(200);
    } finally {
      Object.defineProperty(globalThis, 'setTimeout', before);
    }
    expect([starts, jest.getTimerCount()]).toEqual([[0, 100, 200], 0]);
    await queue.stop();
  });

  test('fake timers that have gone and come again as the same function have another clock', async () => {
    jest.useFakeTimers({ now: 0 });
    const { queue, starts, add } = await rated(() => Date.now(), 1, 100);
    await add(2);
    const { setTimeout: set, Date: real } = globalThis;
    jest.clearAllTimers();
    globalThis.Date = class extends real {} as DateConstructor;
    await add(1);
    expect([set === setTimeout, jest.getTimerCount()]).toEqual([true, 1]);
    await jest.advanceTimersByTimeAsync(200);
    globalThis.Date = real;
    expect(starts).toEqual([0, 100, 200]);
    await queue.stop();
  });

  test.each([1, 0])('a real timer is cleared also under fake ones, with %d items then', async (items) => {
    const set = jest.spyOn(globalThis, 'setTimeout');
    const { queue, add } = await rated(() => Date.now(), 1, 1e6);
    await add(2);
    const timer = set.mock.results[0]?.value as { _destroyed: boolean };
    set.mockRestore();
    expect(timer._destroyed).toBe(false);
    jest.useFakeTimers();
    await add(items);
    await queue.close();
    expect([timer._destroyed, jest.getTimerCount()]).toEqual([true, 0]);
  });

  test('a real timer keeps no program up when `clearTimeout` was watched as it was set, and is not any more', async () => {
    const set = jest.spyOn(globalThis, 'setTimeout');
    const clear = jest.spyOn(globalThis, 'clearTimeout');
    const { queue, add } = await rated(() => Date.now(), 1, 1e6);
    await add(2);
    const timer = set.mock.results[0]?.value as NodeJS.Timeout;
    set.mockRestore();
    clear.mockRestore();
    expect(timer.hasRef()).toBe(true);
    await queue.close();
    expect(timer.hasRef()).toBe(false);
    clearTimeout(timer);
  });

  test('a fake timer that has gone is not cleared, which might clear another, and is not heard', async () => {
    jest.useFakeTimers({ now: 0 });
    const { queue, starts, add } = await rated(() => Date.now(), 1, 100);
    await add(2);
    const { Date: real } = globalThis;
    globalThis.Date = class extends real {} as DateConstructor;
    await queue.close();
    expect(jest.getTimerCount()).toBe(1);
    await jest.advanceTimersByTimeAsync(100);
    globalThis.Date = real;
    expect([starts, jest.getTimerCount()]).toEqual([[0], 0]);
  });
});

test.each(['enqueuer', 'queue'] as const)(
  'an interval that nobody waits for any more keeps no program up, and counts on: context %s',
  async (context) => {
    jest.useFakeTimers();
    const queue = new Queue(async () => Date.now(), { rate: { limit: 1, interval: 8000 }, context });
    await queue.start();
    const first = await queue.submit(0);
    const controller = new AbortController();
    const waiting = expect(queue.submit(1, { signal: controller.signal })).rejects.toBe('cancelled');
    await quiet();
    expect(jest.getTimerCount()).toBe(1);
    controller.abort('cancelled');
    expect(jest.getTimerCount()).toBe(0);
    await waiting;
    const second = queue.submit(2);
    await quiet();
    await jest.advanceTimersByTimeAsync(8000);
    expect((await second) - first).toBe(8000);
    expect(jest.getTimerCount()).toBe(0);
    await queue.stop();
  },
);

describe('a rate without an end', () => {
  test('one that was cancelled between its taking and its start is none of those', async () => {
    jest.useFakeTimers();
    const controller = new AbortController();
    const started: number[] = [];
    const queue = new Queue(
      (item: number) => {
        started.push(item);
        controller.abort('cancelled');
      },
      { parallelism: 4, rate: { limit: 2, interval: Infinity } },
    );
    void queue.enqueue(1);
    const told = expect(queue.submit(2, { signal: controller.signal })).rejects.toBe('cancelled');
    void queue.enqueue(3);
    await queue.start();
    await told;
    await quiet();
    expect([started, queue.size]).toEqual([[1, 3], 0]);
    expect(await queue.close()).toEqual([]);
  });

  test('starts so many items, and no other as long as the queue runs', async () => {
    jest.useFakeTimers();
    const started: number[] = [];
    const queue = new Queue((item: number) => void started.push(item), { rate: { limit: 2, interval: Infinity } });
    await queue.start();
    for (const item of [1, 2, 3]) queue.tryEnqueue(item);
    await quiet();
    await jest.advanceTimersByTimeAsync(2 ** 33);
    expect([started, queue.size]).toEqual([[1, 2], 1]);
    expect(await queue.close()).toEqual([3]);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a rate without a limit', () => {
  test.each([
    { limit: Infinity, interval: 1e9 },
    { limit: 1, interval: 0 },
  ])('makes nobody wait, and keeps count of nothing: $limit in $interval ms', async (rate) => {
    jest.useFakeTimers();
    // Of synchronous actions the time is taken anyway.
    const queue = new Queue(async () => {}, { rate });
    const clock = jest.spyOn(Date, 'now');
    await queue.start();
    clock.mockClear();
    for (let item = 0; item < 1000; item++) queue.tryEnqueue(item);
    await queue.idle();
    // Each start would have been noted with its time.
    expect(clock.mock.calls.length).toBeLessThan(900);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('pausing', () => {
  test('pause lets running actions end and starts nothing; resume goes on: the states of a latch', async () => {
    const { queue, started, finish } = gated();
    await queue.start();
    void queue.submit('a');
    void queue.submit('b');
    await quiet();
    queue.pause();
    expect(queue.state).toBe(latchPausing);
    await finish('a');
    expect([queue.state, started]).toEqual([latchPaused, ['a']]);
    queue.pause();
    queue.resume();
    expect(queue.state).toBe(latchResuming);
    await quiet();
    expect([queue.state, started]).toEqual([latchActive, ['a', 'b']]);
    queue.resume();
    expect(queue.state).toBe(latchActive);
    await finish('b');
    queue.pause();
    expect(queue.state).toBe(latchPaused);
  });

  test('a queue that is not started cannot pause or resume', () => {
    const queue = new Queue(() => {}, { name: 'mail' });
    expect(() => queue.pause()).toThrow(LatchTransitionError);
    expect(() => queue.resume()).toThrow('Queue "mail" cannot go from stopped to resuming');
  });
});

describe('ending', () => {
  test('stop runs what the queue holds, also when it is paused', async () => {
    const seen: number[] = [];
    const queue = new Queue((item: number) => void seen.push(item));
    await queue.start();
    queue.pause();
    for (let item = 0; item < 5; item++) queue.tryEnqueue(item);
    const stopped = queue.stop();
    expect([queue.state, queue.stop() === stopped]).toEqual([latchStopping, true]);
    expect(() => queue.pause()).toThrow('Queue cannot go from stopping to pausing');
    expect(() => queue.resume()).toThrow(LatchTransitionError);
    await expect(queue.start()).rejects.toThrow('Queue cannot start: it is stopping');
    expect(queue.tryEnqueue(9)).toBe(false);
    await expect(queue.submit(9)).rejects.toMatchObject({ code: 'ERR_DISCARDED', items: [9] });
    expect(() => queue.pause()).toThrow(LatchTransitionError);
    expect(await stopped).toEqual([]);
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    await expect(queue.stop()).rejects.toThrow(CannotStopError);
    await expect(queue.stop()).rejects.toThrow('Queue cannot stop: it has stopped');
    await expect(queue.enqueue(9)).rejects.toThrow('Queue has stopped: 1 not run');
    expect(await queue.close()).toEqual([]);
    await queue[Symbol.asyncDispose]();
  });

  test('when the grace period ends running items are aborted, also if they ignore that, and the rest is handed back', async () => {
    jest.useFakeTimers();
    for (const context of ['queue', 'enqueuer'] as const) {
      const onError = jest.fn();
      const { queue, signals, finish, started } = gated({ shutdownGracePeriod: 100, context, onError });
      await queue.start();
      const running = queue.submit('a');
      const waiting = queue.submit('b');
      await queue.enqueue('c');
      await quiet();
      const stopped = queue.stop();
      jest.advanceTimersByTime(99);
      expect(queue.state).toBe(latchStopping);
      jest.advanceTimersByTime(1);
      expect(await stopped).toEqual(['b', 'c']);
      await expect(running).rejects.toMatchObject({
        name: 'AbortError',
        message: 'Queue has stopped: it took too long',
      });
      await expect(waiting).rejects.toMatchObject({ code: 'ERR_DISCARDED', items: ['b'] });
      expect(signals.get('a')?.aborted).toBe(true);
      expect([queue.size, queue.running, onError.mock.calls.length]).toEqual([0, 0, 0]);
      await queue.start();
      void queue.submit('d');
      await quiet();
      await finish('a');
      expect([started, queue.running]).toEqual([['a', 'd'], 1]);
      await finish('d');
      expect(queue.running).toBe(0);
      await queue.stop();
      expect(jest.getTimerCount()).toBe(0);
    }
  });

  test('an action in whose synchronous part the run ends counts for no other', async () => {
    jest.useFakeTimers();
    const queue = new Queue((item: number) => void (item === 1 && jest.advanceTimersByTime(100)), {
      shutdownGracePeriod: 50,
      onError: () => {},
      parallelism: 1,
    });
    for (const item of [1, 2]) await queue.enqueue(item);
    await queue.start();
    expect(await queue.stop()).toEqual([2]);
    expect([queue.running, queue.size]).toEqual([0, 0]);
    await queue.start();
    await queue.enqueue(3);
    await queue.idle();
    expect([queue.running, await queue.stop()]).toEqual([0, []]);
  });

  test.each([null, 0, ''])(
    'what outlives the grace period is aborted with the reason of the signal: %j',
    async (reason) => {
      jest.useFakeTimers();
      const controller = new AbortController();
      let given: AbortSignal | undefined;
      const queue = new Queue((_item: number, signal) => ((given = signal), new Promise<void>(() => {})), {
        shutdownGracePeriod: 5,
      });
      const running = queue.run(controller.signal);
      const told = expect(queue.submit(1)).rejects.toBe(reason);
      await quiet();
      controller.abort(reason);
      await jest.advanceTimersByTimeAsync(5);
      await running;
      await told;
      expect(given?.reason).toBe(reason);
    },
  );

  test('an enqueued item that outlives the grace period is told to onError', async () => {
    jest.useFakeTimers();
    const onError = jest.fn();
    const { queue } = gated({ shutdownGracePeriod: 0, onError });
    await queue.start();
    queue.tryEnqueue('a');
    await quiet();
    const stopped = queue.stop();
    jest.advanceTimersByTime(0);
    await stopped;
    expect(onError.mock.calls).toEqual([[expect.objectContaining({ name: 'AbortError' }), 'a']]);
  });

  test('without onError that is no news: who stops a queue knows that it has a grace period', async () => {
    for (const context of ['queue', 'enqueuer'] as const) {
      for (const ends of ['never', 'obeys']) {
        const seen = await unhandled(async () => {
          const queue = new Queue(
            (_: number, signal) =>
              new Promise<void>((_resolve, reject) => {
                if (ends === 'obeys') signal.addEventListener('abort', () => reject(signal.reason));
              }),
            { shutdownGracePeriod: 0, context },
          );
          await queue.start();
          await queue.enqueue(1);
          await queue.enqueue(2, { signal: new AbortController().signal });
          await quiet();
          await queue.stop();
        });
        expect(seen).toEqual([]);
      }
    }
  });

  test('a grace period that could not be cleared, since fake timers came in between, is that of no other run', async () => {
    const expire: (() => void)[] = [];
    const start = jest.spyOn(globalThis, 'setTimeout').mockImplementation(((callback: () => void) => {
      expire.push(callback);
    }) as unknown as typeof setTimeout);
    const { queue, signals, finish } = gated({});
    await queue.start();
    queue.tryEnqueue('a');
    await quiet();
    const stopped = queue.stop();
    await finish('a');
    expect([await stopped, expire.length]).toEqual([[], 1]);
    start.mockRestore();
    expire[0]?.();
    expect(queue.state).toBe(latchStopped);
    await queue.start();
    queue.tryEnqueue('b');
    await quiet();
    expire[0]?.();
    expect([signals.get('b')?.aborted, queue.running]).toEqual([false, 1]);
    await finish('b');
    expect(await queue.stop()).toEqual([]);
  });

  test('close lets running ones finish, hands back the rest, and is bounded and idempotent', async () => {
    const { queue, finish } = gated({ maxWork: 2 });
    await queue.start();
    const running = queue.submit('a');
    await quiet();
    const waiting = queue.submit('b');
    await queue.enqueue('c');
    const outside = [queue.enqueue('d'), queue.submit('e')];
    const closed = queue.close();
    await expect(waiting).rejects.toThrow(DiscardedError);
    for (const each of outside) await expect(each).rejects.toMatchObject({ code: 'ERR_DISCARDED' });
    expect(queue.close()).toBe(closed);
    expect(queue.stop()).toBe(closed);
    await finish('a');
    expect(await running).toBe('A');
    expect(await closed).toEqual(['b', 'c']);
    expect(await queue.close()).toEqual(['b', 'c']);
  });

  test('close, too, waits no longer than the grace period, which is ten seconds unless it is told', async () => {
    jest.useFakeTimers();
    for (const [options, period] of [
      [{ shutdownGracePeriod: 70 }, 70],
      [{}, 10_000],
    ] as const) {
      const { queue, signals } = gated({ ...options, onError: () => {} });
      await queue.start();
      queue.tryEnqueue('a');
      queue.tryEnqueue('b');
      await quiet();
      let left: string[] | undefined;
      void queue.close().then((items) => (left = items));
      jest.advanceTimersByTime(period - 1);
      await quiet();
      expect([left, signals.get('a')?.aborted]).toEqual([undefined, false]);
      jest.advanceTimersByTime(1);
      await quiet();
      expect([left, signals.get('a')?.aborted, queue.state]).toEqual([['b'], true, latchStopped]);
    }
  });

  test('close makes a stop under way a close', async () => {
    const { queue, finish } = gated();
    await queue.start();
    for (const item of ['a', 'b', 'c']) queue.tryEnqueue(item);
    await quiet();
    const stopped = queue.stop();
    const closed = queue.close();
    await finish('a');
    expect([await stopped, await closed]).toEqual([
      ['b', 'c'],
      ['b', 'c'],
    ]);
  });

  test('a queue that never started hands back what was accepted', async () => {
    const queue = new Queue(() => {});
    await queue.enqueue(1);
    const submitted = queue.submit(2);
    expect(await queue.stop()).toEqual([1, 2]);
    await expect(submitted).rejects.toThrow(DiscardedError);
    await expect(queue.stop()).rejects.toMatchObject({ code: 'ERR_CANNOT_STOP' });
    const closed = new Queue(() => {});
    await closed.enqueue(1);
    expect(await closed.close()).toEqual([1]);
    expect(await closed.close()).toEqual([1]);
  });

  test('stop in the synchronous part of an action throws; later it does not', async () => {
    const queue: Queue<number> = new Queue(() => void queue.stop(), { name: 'own' });
    await queue.start();
    await expect(queue.submit(1)).rejects.toThrow('Queue "own" cannot stop: this action would wait for itself');
    expect(queue.state).toBe(latchStarted);
    const later: Queue<number> = new Queue(async () => {
      await quiet();
      void later.stop();
    });
    await later.start();
    await later.submit(1);
    expect(await later.close()).toEqual([]);
  });

  test('start on a started queue is CannotStartError', async () => {
    const queue = new Queue(() => {});
    await queue.start();
    await expect(queue.start()).rejects.toThrow(CannotStartError);
    await expect(queue.start()).rejects.toThrow('Queue cannot start: it is started');
    await expect(queue.run(new AbortController().signal)).rejects.toMatchObject({ code: 'ERR_CANNOT_START' });
    await queue.stop();
  });
});

describe('run and the signal of the queue', () => {
  test('run resolves when the queue has been stopped', async () => {
    const queue = new Queue(() => {});
    const controller = new AbortController();
    const run = queue.run(controller.signal);
    await queue.enqueue(1);
    await queue.stop();
    await run;
    expect(listenersOn(controller.signal)).toBe(0);
  });

  test('the signal of a run is nothing to the next, also when that begins at once', async () => {
    for (const end of ['stop', 'close'] as const) {
      for (let microtasks = 0; microtasks < 4; microtasks++) {
        const queue = new Queue((item: number) => item);
        const [former, controller] = [new AbortController(), new AbortController()];
        const runs = [queue.run(former.signal)];
        await queue.submit(1);
        await queue[end]();
        if (end === 'stop') runs.push(queue.run(controller.signal));
        else await queue.start();
        for (let microtask = 0; microtask < microtasks; microtask++) await Promise.resolve();
        former.abort();
        expect([await queue.submit(2), queue.state]).toEqual([2, latchStarted]);
        await queue.stop();
        await Promise.all(runs);
      }
    }
  });

  test('an abort stops gracefully; what is left goes to onDiscarded, or is the DiscardedError of run', async () => {
    jest.useFakeTimers();
    for (const onDiscarded of [undefined, jest.fn()]) {
      const { queue, signals } = gated({ shutdownGracePeriod: 10, onDiscarded, onError: () => {} });
      const controller = new AbortController();
      const run = queue.run(controller.signal);
      queue.tryEnqueue('a');
      queue.tryEnqueue('b');
      await quiet();
      controller.abort('reason');
      expect(queue.state).toBe(latchStopping);
      jest.advanceTimersByTime(10);
      expect(signals.get('a')?.reason).toBe('reason');
      if (onDiscarded === undefined) {
        await expect(run).rejects.toMatchObject({ code: 'ERR_DISCARDED', items: ['b'] });
      } else {
        await run;
        expect(onDiscarded.mock.calls).toEqual([[['b']]]);
      }
    }
  });

  test('what an abort leaves belongs to who calls stop or close before the end, and to nobody else', async () => {
    jest.useFakeTimers();
    for (const end of ['stop', 'close'] as const) {
      for (const way of ['run', 'options'] as const) {
        for (const onDiscarded of [undefined, jest.fn()]) {
          const controller = new AbortController();
          const signal = way === 'options' ? controller.signal : undefined;
          const { queue } = gated({ shutdownGracePeriod: 10, onDiscarded, onError: () => {}, signal });
          const seen = await unhandled(async () => {
            const run = queue.run(way === 'run' ? controller.signal : new AbortController().signal);
            queue.tryEnqueue('a');
            queue.tryEnqueue('b');
            await quiet();
            controller.abort('reason');
            const left = queue[end]();
            jest.advanceTimersByTime(10);
            expect(await left).toEqual(['b']);
            await run;
            await queue[Symbol.asyncDispose]();
          });
          expect([seen, onDiscarded?.mock.calls ?? []]).toEqual([[], []]);
          // In the next life nobody has called anything yet.
          if (way === 'options') continue;
          const next = new AbortController();
          const run = queue.run(next.signal).catch((error: unknown) => error);
          queue.tryEnqueue('a');
          queue.tryEnqueue('b');
          await quiet();
          next.abort('reason');
          jest.advanceTimersByTime(10);
          if (onDiscarded) await run;
          else expect(await run).toMatchObject({ items: ['b'] });
          expect(onDiscarded?.mock.calls ?? [[['b']]]).toEqual([[['b']]]);
        }
      }
    }
  });

  test('what it has handed back it forgets when it is started again', async () => {
    const queue = new Queue(() => {});
    const items: WeakRef<object>[] = [];
    const round = async (): Promise<void> => {
      for (let count = 0; count < 10; count++) {
        const item = { count };
        items.push(new WeakRef(item));
        queue.tryEnqueue(item);
      }
      expect(await queue.stop()).toHaveLength(10);
    };
    await round();
    await queue.start();
    for (let time = 0; time < 2; time++) {
      await quiet();
      globalThis.gc?.();
    }
    // The engine itself may hold on to the last.
    expect(items.filter((item) => item.deref() !== undefined).length).toBeLessThan(3);
    await queue.stop();
  });

  test('a signal that has aborted already runs what is held, and ends', async () => {
    const seen: number[] = [];
    const queue = new Queue((item: number) => void seen.push(item));
    queue.tryEnqueue(1);
    await queue.run(AbortSignal.abort());
    expect([seen, queue.state]).toEqual([[1], latchStopped]);
  });

  test('the signal of the options stops a started queue, and one that was never started', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const onDiscarded = jest.fn();
    const started = new Queue(() => {}, { signal });
    const held = new Queue(() => {}, { signal, onDiscarded });
    const lost = new Queue(() => {}, { signal });
    const unused = new Queue(() => {}, { signal });
    await started.start();
    held.tryEnqueue(1);
    const submitted = lost.submit(2);
    expect(listenersOn(signal)).toBe(1);
    const seen = await unhandled(async () => {
      controller.abort();
      await expect(submitted).rejects.toThrow(DiscardedError);
    });
    expect(started.state).toBe(latchStopped);
    expect(onDiscarded.mock.calls).toEqual([[[1]]]);
    expect(seen).toMatchObject([{ code: 'ERR_DISCARDED', items: [2] }]);
    expect(unused.tryEnqueue(3)).toBe(false);
    expect(listenersOn(signal)).toBe(0);
  });

  describe('what an abort has left and nobody was told of yet, when the queue is started again at once,', () => {
    const calls = ['close', 'stop', 'run', 'start', 'dispose'] as const;
    const sequences = fc.array(fc.constantFrom(...calls, 'tick' as const), { maxLength: 6 });

    test('is given to whoever closes it then', async () => {
      for (const started of ['start', 'run'] as const) {
        const controller = new AbortController();
        const onDiscarded = jest.fn();
        const queue = new Queue(() => {}, { signal: controller.signal, onDiscarded });
        queue.tryEnqueue('a');
        await queue.enqueue('b');
        controller.abort();
        const running = started === 'start' ? queue.start() : queue.run(new AbortController().signal);
        expect(await queue.close()).toEqual(['a', 'b']);
        await running;
        expect(await queue.close()).toEqual(['a', 'b']);
        expect(onDiscarded).not.toHaveBeenCalled();
      }
    });

    test('goes with what a stop that nobody has asked for leaves', async () => {
      const controller = new AbortController();
      const queue = new Queue(() => {}, { signal: controller.signal });
      await queue.enqueue('a');
      controller.abort();
      await expect(queue.run(new AbortController().signal)).rejects.toMatchObject({ items: ['a'] });
      expect(await queue.close()).toEqual([]);
    });

    test('is in exactly one place, whatever is called', async () => {
      await fc.assert(
        fc.asyncProperty(sequences, fc.boolean(), fc.boolean(), async (sequence, told, own) => {
          const places: unknown[][] = [];
          const controller = new AbortController();
          const other = new AbortController();
          const queue = new Queue(async (item: string) => void places.push([item]), {
            signal: own ? controller.signal : undefined,
            onDiscarded: told ? (items) => void places.push(items) : undefined,
          });
          const outcomes = new Set<unknown>();
          const add = (items: unknown): void => {
            // One promise, or one error, for all who ask is one place.
            if (!Array.isArray(items) || outcomes.has(items)) return;
            outcomes.add(items);
            places.push(items);
          };
          const refused = (error: { items?: unknown }): void => add(error.items);
          if (!own) void queue.run(other.signal).catch(refused);
          if (!own) queue.pause();
          queue.tryEnqueue('a');
          await queue.enqueue('b');
          const seen = await unhandled(async () => {
            controller.abort();
            other.abort();
            for (const call of sequence) {
              if (call === 'tick') await Promise.resolve();
              else if (call === 'dispose') void Promise.resolve(queue[Symbol.asyncDispose]()).catch(refused);
              else if (call === 'run') void queue.run(new AbortController().signal).catch(refused);
              else void queue[call]().then(add, refused);
            }
          });
          for (const error of seen) refused(error as { items?: unknown });
          add(await queue.close());
          expect(places.flat().sort()).toEqual(['a', 'b']);
        }),
        { numRuns: 200 },
      );
    });
  });

  test.each([undefined, jest.fn()])(
    'what an abort has left and somebody was told of is not given to whoever closes later',
    async (onDiscarded) => {
      const controller = new AbortController();
      const queue = new Queue(() => {}, { signal: controller.signal, onDiscarded });
      await queue.enqueue('a');
      const seen = await unhandled(() => controller.abort());
      expect(onDiscarded?.mock.calls ?? [[(seen[0] as DiscardedError).items]]).toEqual([[['a']]]);
      expect(await queue.close()).toEqual([]);
      expect(await queue.close()).toEqual([]);
    },
  );

  test('a signal of the options that has aborted ends every run, at once when there is nothing to do', async () => {
    const queue = new Queue(() => {}, { signal: AbortSignal.abort() });
    const controller = new AbortController();
    for (let round = 0; round < 2; round++) {
      await queue.start();
      expect(queue.state).toBe(latchStopped);
      await queue.run(controller.signal);
      expect(queue.tryEnqueue(1)).toBe(false);
    }
    expect(listenersOn(controller.signal)).toBe(0);
  });

  test('what outlives the grace period is known to the queue no longer', async () => {
    jest.useFakeTimers();
    const queue = new Queue((_: object) => new Promise<void>(() => {}), { shutdownGracePeriod: 1, onError: () => {} });
    await queue.start();
    let item: object | undefined = { big: true };
    const reference = new WeakRef(item);
    queue.tryEnqueue(item);
    await quiet();
    item = undefined;
    const stopped = queue.stop();
    jest.advanceTimersByTime(1);
    await stopped;
    jest.useRealTimers();
    for (let turn = 0; turn < 3; turn++) {
      await quiet();
      globalThis.gc?.();
    }
    expect(reference.deref()).toBeUndefined();
    expect(queue.state).toBe(latchStopped);
  });

  test("what an abort has left is its new owner's alone", async () => {
    const queue = new Queue<object>(() => {}, { onDiscarded: () => {} });
    const references = await (async () => {
      const items = Array.from({ length: 10 }, (_, index) => ({ index }));
      for (const item of items) queue.tryEnqueue(item);
      await queue[Symbol.asyncDispose]();
      return items.map((item) => new WeakRef(item));
    })();
    for (let turn = 0; turn < 3; turn++) {
      await quiet();
      globalThis.gc?.();
    }
    // The engine itself may hold on to the last.
    expect(references.filter((reference) => reference.deref() !== undefined).length).toBeLessThan(3);
    expect(await queue.close()).toEqual([]);
  });

  test('the context of an item that had a time limit is kept by nobody', async () => {
    const storage = new AsyncLocalStorage<object>();
    const queue = new Queue((item: number) => item, { timeout: 60_000, parallelism: 8, maxWork: Infinity });
    await queue.start();
    const references = await (async () => {
      const stores = Array.from({ length: 32 }, (_, index) => ({ index }));
      await Promise.all(stores.map((store, index) => storage.run(store, () => queue.submit(index))));
      return stores.map((store) => new WeakRef(store));
    })();
    for (let turn = 0; turn < 3; turn++) {
      await quiet();
      globalThis.gc?.();
    }
    expect(references.filter((reference) => reference.deref() !== undefined).length).toBeLessThan(3);
    await queue.stop();
  });

  test('a queue with nothing to do keeps nothing of the last item', async () => {
    const queue = new Queue<object>(() => {});
    await queue.start();
    const reference = await (async () => {
      const item = { big: true };
      await queue.enqueue(item);
      await queue.idle();
      return new WeakRef(item);
    })();
    for (let turn = 0; turn < 3; turn++) {
      await quiet();
      globalThis.gc?.();
    }
    expect(reference.deref()).toBeUndefined();
    await queue.stop();
  });

  test('an item that was cancelled leaves nothing of its signal, also while nobody passes its place', async () => {
    const queue = new Queue<object>(() => {}, { maxWork: 1 });
    queue.tryEnqueue({});
    // One that has a place, and, when that is taken, one that waits for it.
    const cancelled = async (): Promise<WeakRef<object>> => {
      const reason = { big: true };
      const controller = new AbortController();
      const submitted = queue.submit({}, { signal: controller.signal });
      const enqueued = queue.enqueue({}, { signal: controller.signal });
      controller.abort(reason);
      await expect(submitted).rejects.toBe(reason);
      await expect(enqueued).rejects.toBe(reason);
      return new WeakRef(reason);
    };
    const full = await cancelled();
    await queue.close();
    await queue.start();
    await queue.idle();
    const placed = await cancelled();
    for (let turn = 0; turn < 3; turn++) {
      await quiet();
      globalThis.gc?.();
    }
    expect([full.deref(), placed.deref()]).toEqual([undefined, undefined]);
    await queue.stop();
  });

  test('disposal stops, and gives the first outcome again', async () => {
    const seen: number[] = [];
    const queue = new Queue((item: number) => void seen.push(item));
    await queue.start();
    queue.tryEnqueue(1);
    await Promise.all([queue[Symbol.asyncDispose](), queue[Symbol.asyncDispose]()]);
    expect(seen).toEqual([1]);
    const never = new Queue(() => {});
    never.tryEnqueue(1);
    await expect(never[Symbol.asyncDispose]()).rejects.toMatchObject({ items: [1] });
    await expect(never[Symbol.asyncDispose]()).rejects.toMatchObject({ items: [1] });
  });

  test.each(['before the abort', 'while it stops', 'when it has stopped'] as const)(
    'what is left is told by run, and not again by disposal %s',
    async (when) => {
      for (const signal of [undefined, new AbortController()]) {
        const controller = signal ?? new AbortController();
        const queue = new Queue(() => new Promise(() => {}), {
          parallelism: 1,
          shutdownGracePeriod: 0,
          signal: signal?.signal,
        });
        const running = expect(queue.run(controller.signal)).rejects.toMatchObject({ items: [2] });
        for (const item of [1, 2]) queue.tryEnqueue(item);
        await quiet();
        if (when !== 'before the abort') controller.abort();
        if (when === 'when it has stopped') await running;
        for (let time = 0; time < 2; time++) await queue[Symbol.asyncDispose]();
        await running;
      }
    },
  );

  test('what is left by a signal that has aborted before is told by run, and not again by disposal', async () => {
    const controller = new AbortController();
    const queue = new Queue(() => {}, { signal: controller.signal });
    queue.tryEnqueue(1);
    const left = queue.close();
    controller.abort();
    await left;
    const running = expect(queue.run(controller.signal)).resolves.toBeUndefined();
    await queue[Symbol.asyncDispose]();
    await running;
  });

  test('what is left is told by run also when the queue is started again as it ends', async () => {
    const controller = new AbortController();
    const queue = new Queue(() => new Promise(() => {}), {
      parallelism: 1,
      shutdownGracePeriod: 0,
      onError: () => void queue.start(),
    });
    const running = queue.run(controller.signal);
    for (const item of [1, 2, 3]) queue.tryEnqueue(item);
    await quiet();
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'ERR_DISCARDED', items: [2, 3] });
    expect([queue.state, queue.size, listenersOn(controller.signal)]).toEqual([latchStarted, 0, 0]);
    expect(await queue.close()).toEqual([]);
  });

  test('what an abort has left is told by the platform, or by disposal when that has been asked for before, and once', async () => {
    for (const disposed of [false, true]) {
      const controller = new AbortController();
      const queue = new Queue(() => new Promise(() => {}), {
        parallelism: 1,
        shutdownGracePeriod: 0,
        signal: controller.signal,
      });
      await queue.start();
      for (const item of [1, 2, 3]) queue.tryEnqueue(item);
      await quiet();
      const discarded = { code: 'ERR_DISCARDED', items: [2, 3] };
      const told: unknown[] = [];
      const seen = await unhandled(async () => {
        controller.abort();
        const dispose = async (): Promise<void> => {
          try {
            await queue[Symbol.asyncDispose]();
          } catch (error) {
            told.push(error);
          }
        };
        const disposal = disposed ? dispose() : undefined;
        await queue.idle();
        await quiet();
        await disposal;
        for (let time = 0; time < 2; time++) await dispose();
      });
      expect(seen).toMatchObject(disposed ? [] : [discarded]);
      // Each of the three, since what is disposed of gives the same outcome again; or none.
      expect(told).toMatchObject(disposed ? [discarded, discarded, discarded] : []);
      await queue.start();
      await queue[Symbol.asyncDispose]();
    }
  });

  test('disposal after a stop that has ended, or is under way, only waits', async () => {
    const { queue, finish } = gated();
    await queue.start();
    queue.tryEnqueue('a');
    queue.tryEnqueue('b');
    await quiet();
    const closed = queue.close();
    const disposed = queue[Symbol.asyncDispose]();
    await finish('a');
    await disposed;
    expect(await closed).toEqual(['b']);
  });
});

describe('context', () => {
  test('an action runs in the context of who enqueued it, or in that of the queue', async () => {
    const storage = new AsyncLocalStorage<string>();
    for (const context of ['enqueuer', 'queue'] as const) {
      const seen: (string | undefined)[] = [];
      const queue = new Queue(
        async (item: string) => {
          seen.push(item, storage.getStore());
          await quiet();
          return storage.getStore();
        },
        { parallelism: 1, context },
      );
      await storage.run('queue', () => queue.start());
      const a = storage.run('a', () => queue.submit('a'));
      await storage.run('b', () => queue.enqueue('b', { priority: 1 }));
      storage.run('c', () => queue.tryEnqueue('c'));
      const own = context === 'enqueuer';
      expect(await a).toBe(own ? 'a' : 'queue');
      await queue.idle();
      expect(seen).toEqual(['b', own ? 'b' : 'queue', 'a', own ? 'a' : 'queue', 'c', 'queue']);
    }
  });
});

describe('synchronous actions', () => {
  test('one accepted by tryEnqueue runs in the context of the queue, whatever ran before it', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const queue = new Queue((item: string) => void seen.push(item, storage.getStore()), { parallelism: 1 });
    await storage.run('queue', () => queue.start());
    void storage.run('a', () => queue.enqueue('a'));
    storage.run('b', () => queue.tryEnqueue('b'));
    void storage.run('c', () => queue.submit('c'));
    storage.run('d', () => queue.tryEnqueue('d'));
    await queue.idle();
    expect(seen).toEqual(['a', 'a', 'b', 'queue', 'c', 'c', 'd', 'queue']);
  });

  test.each(['queue', 'enqueuer'] as const)(
    'let the event loop have its turn at least every 10 ms (%s)',
    async (context) => {
      const clock = new Clock();
      const queue = new Queue(() => clock.takes(2), { maxWork: Infinity, parallelism: 2, context });
      for (let item = 0; item < 40; item++) void queue.enqueue(item);
      await queue.start();
      await queue.idle();
      clock.stop();
      expect(clock.most).toBe(2);
    },
  );

  test('no more than 10 ms of those that were taken together go on before the event loop has its turn', async () => {
    const clock = new Clock();
    const seen: number[] = [];
    const queue = new Queue(
      (item: number) => {
        clock.takes(3);
        seen.push(item);
        return item;
      },
      { parallelism: 16 },
    );
    const submitted: Promise<number>[] = [];
    for (let item = 0; item < 48; item++) {
      if (item % 3 === 0) queue.tryEnqueue(item);
      else if (item % 3 === 1) void queue.enqueue(item);
      else submitted.push(queue.submit(item));
    }
    await queue.start();
    await queue.idle();
    clock.stop();
    expect(clock.most).toBe(2);
    expect(seen).toEqual(Array.from({ length: 48 }, (_, item) => item));
    expect(await Promise.all(submitted)).toEqual(seen.filter((item) => item % 3 === 2));
    await queue.stop();
  });

  test('what was taken when the grace period ended in that turn is handed back; the queue can be started again in it', async () => {
    const clock = new Clock();
    jest.useFakeTimers({ doNotFake: ['Date', 'performance'] });
    const seen: number[] = [];
    const onError = jest.fn();
    const queue = new Queue(
      (item: number) => {
        seen.push(item);
        clock.now += 6;
        return item;
      },
      { parallelism: 3, shutdownGracePeriod: 0, onError },
    );
    const first = queue.submit(1);
    const second = queue.submit(2);
    const told = expect(second).rejects.toMatchObject({ code: 'ERR_DISCARDED', items: [2] });
    void queue.enqueue(3);
    await queue.enqueue(4);
    await queue.start();
    expect(await first).toBe(1);
    expect([seen, queue.running, queue.size]).toEqual([[1], 0, 3]);
    const stopped = queue.stop();
    jest.advanceTimersByTime(0);
    expect(await stopped).toEqual([2, 3, 4]);
    await queue.start();
    expect(await queue.submit(5)).toBe(5);
    await told;
    expect([seen, queue.running]).toEqual([[1, 5], 0]);
    expect(await queue.stop()).toEqual([]);
    expect(onError).not.toHaveBeenCalled();
    clock.stop();
  });

  test('rest once, however many of them have taken long', async () => {
    const clock = new Clock();
    const turns: number[] = [];
    const queue = new Queue(
      () => {
        turns.push(clock.turn);
        clock.takes(6);
      },
      { parallelism: 2 },
    );
    for (let item = 0; item < 4; item++) await queue.enqueue(item);
    await queue.start();
    await queue.idle();
    clock.stop();
    expect(turns).toEqual([0, 1, 2, 3].map((item) => (turns[0] as number) + item));
  });

  test('do not go through the microtask queue for each item', async () => {
    // However busy the machine is: the clock stands still, so that there is no time for the event loop to have its turn.
    const clock = new Clock();
    const queue = new Queue(
      (item: number) => {
        ran++;
        if (item === 0) queueMicrotask(() => (between = ran));
      },
      { parallelism: 1 },
    );
    let ran = 0;
    let between = 0;
    for (let item = 0; item < 100; item++) queue.tryEnqueue(item);
    await queue.start();
    await queue.idle();
    expect([ran, between]).toEqual([100, 100]);
    clock.stop();
  });

  test('however many may run, those that are put back for the event loop to have its turn are few', async () => {
    const clock = new Clock();
    let most = 0;
    const queue: Queue<number> = new Queue(
      () => {
        most = Math.max(most, queue.running);
        clock.takes(5);
      },
      { parallelism: 1_000 },
    );
    for (let item = 0; item < 1_000; item++) void queue.enqueue(item, { priority: 1 });
    await queue.start();
    await queue.idle();
    clock.stop();
    expect(most).toBeLessThanOrEqual(100);
    await queue.stop();
  });

  test('a hundred thousand that were paused do not overflow the stack', async () => {
    let ran = 0;
    const queue = new Queue(() => void ran++, { maxWork: Infinity });
    await queue.start();
    queue.pause();
    for (let item = 0; item < 100_000; item++) queue.tryEnqueue(item);
    queue.resume();
    await queue.idle();
    expect(ran).toBe(100_000);
  });
});

describe('misuse', () => {
  test('bad arguments are told before anything has happened', async () => {
    const make = (options: unknown) => () => new Queue(() => {}, options as never);
    expect(() => new Queue(undefined as never)).toThrow('action must be a function, got undefined');
    expect(make({ parallelism: 0 })).toThrow(RangeError);
    expect(make({ parallelism: 1.5 })).toThrow('parallelism must be a whole number from 1 on, got 1.5');
    expect(make({ parallelism: '1' })).toThrow(TypeError);
    expect(make({ maxWork: NaN })).toThrow(RangeError);
    expect(make({ shutdownGracePeriod: -1 })).toThrow(RangeError);
    expect(make({ timeout: Symbol('x') })).toThrow('timeout must be a number from 0 on, got Symbol(x)');
    expect(make({ context: 'mine' })).toThrow(TypeError);
    expect(make({ onError: 1 })).toThrow(TypeError);
    expect(make({ onDiscarded: {} })).toThrow('onDiscarded must be a function, got object');
    expect(make({ signal: {} })).toThrow(TypeError);
    expect(make({ rate: { limit: 0, interval: 1 } })).toThrow(RangeError);
    expect(make({ rate: null })).toThrow(new TypeError('rate must be an object, got null'));
    expect(make({ rate: 5 })).toThrow(new TypeError('rate must be an object, got 5'));
    expect(make({ rate: {} })).toThrow('rate.limit must be a whole number from 1 on, got undefined');
    for (const [options, message] of [
      [{ maxWork: 0 }, 'maxWork must be a whole number from 1 on, got 0'],
      [{ shutdownGracePeriod: -1 }, 'shutdownGracePeriod must be a number from 0 on, got -1'],
      [{ timeout: -1 }, 'timeout must be a number from 0 on, got -1'],
      [{ rate: { limit: 1, interval: -1 } }, 'rate.interval must be a number from 0 on, got -1'],
      [{ onError: 1 }, 'onError must be a function, got 1'],
      [{ context: 'mine' }, "context must be 'enqueuer' or 'queue', got mine"],
      [{ signal: { aborted: false } }, 'signal must be an AbortSignal, got object'],
      [{ signal: { addEventListener: () => {} } }, 'signal must be an AbortSignal, got object'],
      [{ signal: null }, 'signal must be an AbortSignal, got null'],
    ] as const) {
      expect(make(options)).toThrow(message);
    }
    expect(() => new Queue({ action: 1 } as never)).toThrow('action must be a function, got object');
    expect(make(null)).toThrow(TypeError);
    expect(make(new AbortController().signal)).toThrow('options must be an object like { signal }, got object');
    const queue = new Queue(() => {});
    await expect(queue.enqueue(undefined, { priority: NaN })).rejects.toThrow(RangeError);
    await expect(queue.enqueue(undefined, { priority: NaN })).rejects.toThrow(
      'priority must be a number from -Infinity on, got NaN',
    );
    await expect(queue.belowSize(0)).rejects.toThrow('n must be a whole number from 1 on, got 0');
    expect(() => (queue.parallelism = 0)).toThrow('parallelism must be');
    await expect(queue.submit(undefined, { priority: '1' as never })).rejects.toThrow(TypeError);
    expect(() => queue.tryEnqueue(undefined, { signal: 1 as never })).toThrow(TypeError);
    await expect(queue.run(undefined as never)).rejects.toThrow(TypeError);
    expect(queue.size).toBe(0);
  });

  test('the queue says its name when an argument is wrong', async () => {
    const named = (options: object) => () => new Queue(() => {}, { name: 'q', ...options });
    expect(named({ parallelism: 0 })).toThrow('Queue "q": parallelism must be a whole number from 1 on, got 0');
    for (const wrong of [
      { maxWork: 0 },
      { shutdownGracePeriod: -1 },
      { timeout: -1 },
      { onError: 1 },
      { onDiscarded: 1 },
      { context: 'mine' },
      { rate: { limit: 0, interval: 1 } },
      { rate: { limit: 1, interval: -1 } },
      { signal: 1 },
    ]) {
      expect(named(wrong)).toThrow(/^Queue "q": [a-zA-Z.]+ must be /);
    }
    expect(() => new Queue(1 as never, { name: 'q' })).toThrow('Queue "q": action must be a function, got 1');
    const queue = new Queue(() => {}, { name: 'q' });
    expect(() => (queue.parallelism = 0)).toThrow('Queue "q": parallelism must be');
    expect(() => queue.tryEnqueue(undefined, { priority: NaN })).toThrow('Queue "q": priority must be');
    await expect(queue.submit(undefined, { priority: NaN })).rejects.toThrow('Queue "q": priority must be');
    await expect(queue.belowSize(0)).rejects.toThrow('Queue "q": n must be');
    await expect(queue.run(undefined as never)).rejects.toThrow('Queue "q": signal must be');
    await expect(queue.enqueue(undefined, { signal: 1 as never })).rejects.toThrow('Queue "q": signal must be');
    await expect(queue.submit(undefined, 1 as never)).rejects.toThrow('Queue "q": options must be');
  });

  test('many listeners on the signal of the actions are no leak', async () => {
    const warned = jest.fn();
    process.on('warning', warned);
    const queue = new Queue((_: number, signal) => signal.addEventListener('abort', () => {}), { parallelism: 1 });
    await queue.start();
    for (let item = 0; item < 20; item++) await queue.submit(item);
    await quiet();
    process.off('warning', warned);
    expect(warned).not.toHaveBeenCalled();
  });
});
