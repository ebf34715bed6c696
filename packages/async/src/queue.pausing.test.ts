// What holds back items that have been taken from the line, and whose actions have not been called: in the enqueuer's
// context a microtask lies between. So a pause or a close can come of the action of another, or of whatever else runs then.
import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { Clock } from './test-support/clock.js';
import { DiscardedError, latchActive, latchPaused, latchPausing, latchStopped, Queue } from './index.js';
import { listenersOn, quiet, unhandled } from './test-support/moments.js';

// The event loop has the turn that earlier tests owe it.
beforeEach(quiet);
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const contexts = ['enqueuer', 'queue'] as const;

describe.each(contexts)('with the context %s', (context) => {
  test('after a pause in an action nothing starts; who was to start waits, in the same order, and is run once', async () => {
    const seen: number[] = [];
    const states: unknown[] = [];
    const queue: Queue<number, number> = new Queue(
      (item: number) => {
        seen.push(item);
        if (item === 0) {
          queue.pause();
          states.push(queue.state, queue.size, queue.running);
        }
        return item;
      },
      { parallelism: 4, context },
    );
    const results = [0, 1, 2].map((item) => queue.submit(item));
    await queue.enqueue(3);
    queue.tryEnqueue(4);
    await queue.enqueue(5);
    await queue.start();
    await quiet();
    expect([seen, states]).toEqual([[0], [latchPausing, 5, 1]]);
    expect([queue.state, queue.size, queue.running]).toEqual([latchPaused, 5, 0]);
    queue.resume();
    await queue.idle();
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await Promise.all(results)).toEqual([0, 1, 2]);
    await quiet();
    expect(queue.state).toBe(latchActive);
    expect(await queue.stop()).toEqual([]);
  });

  test('after a close in an action nothing starts; who was to start is handed back, in order', async () => {
    const seen: number[] = [];
    let closed: Promise<number[]> | undefined;
    const queue: Queue<number> = new Queue(
      async (item: number) => {
        seen.push(item);
        if (item === 1) closed = queue.close();
        await quiet();
      },
      { parallelism: 4, context },
    );
    const results = [0, 1, 2].map((item) => queue.submit(item).catch((error: unknown) => error));
    for (const item of [3, 4, 5]) await queue.enqueue(item);
    await queue.start();
    await quiet();
    expect(await closed).toEqual([2, 3, 4, 5]);
    expect(seen).toEqual([0, 1]);
    expect(await Promise.all(results)).toEqual([undefined, undefined, expect.any(DiscardedError)]);
    expect([queue.state, queue.size, queue.running]).toEqual([latchStopped, 0, 0]);
  });

  test('a close in an action of a queue that stops holds back the rest', async () => {
    const seen: number[] = [];
    const queue: Queue<number> = new Queue(
      (item: number) => {
        seen.push(item);
        if (item === 1) void queue.close();
      },
      { parallelism: 4, context },
    );
    await queue.start();
    for (const item of [0, 1, 2, 3]) void queue.enqueue(item);
    expect(await queue.stop()).toEqual([2, 3]);
    expect(seen).toEqual([0, 1]);
  });

  test('a lower parallelism that an action sets holds for who has not started', async () => {
    const seen: number[] = [];
    const queue: Queue<number> = new Queue(
      async (item: number) => {
        seen.push(item);
        if (item === 0) queue.parallelism = 2;
        await new Promise(() => {});
      },
      { parallelism: 4, context, shutdownGracePeriod: 0, onError: () => {} },
    );
    await queue.start();
    for (const item of [0, 1, 2, 3]) void queue.enqueue(item);
    await quiet();
    expect([seen, queue.running, queue.size]).toEqual([[0, 1], 2, 2]);
    expect(await queue.stop()).toEqual([2, 3]);
  });

  test('what is held back can be cancelled, and comes after whoever has a higher priority', async () => {
    const seen: string[] = [];
    const queue: Queue<string> = new Queue(
      (item: string) => {
        seen.push(item);
        if (item === 'first') queue.pause();
      },
      { parallelism: 5, context },
    );
    const controllers = [new AbortController(), new AbortController()] as const;
    void queue.enqueue('first');
    const submitted = queue.submit('cancelled', { signal: controllers[0].signal });
    void queue.enqueue('cancelled, too', { signal: controllers[1].signal });
    void queue.enqueue('last', { priority: -1 });
    void queue.submit('second', { priority: -0 });
    await queue.start();
    await quiet();
    expect([seen, queue.size]).toEqual([['first'], 4]);
    for (const { signal } of controllers) expect(listenersOn(signal)).toBe(1);
    for (const controller of controllers) controller.abort('reason');
    expect(queue.size).toBe(2);
    await expect(submitted).rejects.toBe('reason');
    queue.tryEnqueue('higher', { priority: 1 });
    queue.resume();
    await queue.idle();
    expect(seen).toEqual(['first', 'higher', 'second', 'last']);
    for (const { signal } of controllers) expect(listenersOn(signal)).toBe(0);
  });

  test('with a rate, who was held back is not counted, and starts at once when it may', async () => {
    jest.useFakeTimers();
    const seen: number[] = [];
    const queue: Queue<number> = new Queue(
      (item: number) => {
        seen.push(item);
        if (item === 0) queue.pause();
      },
      { parallelism: 4, rate: { limit: 2, interval: 1000 }, context },
    );
    for (const item of [0, 1, 2]) void queue.enqueue(item);
    await queue.start();
    await quiet();
    queue.resume();
    await quiet();
    expect(seen).toEqual([0, 1]);
    await jest.advanceTimersByTimeAsync(999);
    expect(seen).toEqual([0, 1]);
    await jest.advanceTimersByTimeAsync(1);
    expect(seen).toEqual([0, 1, 2]);
    await queue.stop();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('who waits for a place gets it when an item starts, so that there are never more than may wait', async () => {
    const seen: number[] = [];
    const accepted: number[] = [];
    const queue: Queue<number> = new Queue(
      (item: number) => {
        seen.push(item);
        if (item === 0) queue.pause();
      },
      { parallelism: 3, maxWork: 3, context },
    );
    for (let item = 0; item < 6; item++) void queue.enqueue(item).then(() => accepted.push(item));
    const gone = new AbortController();
    queue.enqueue(9, { signal: gone.signal, priority: 9 }).catch(() => {});
    let told = false;
    void queue.belowSize(3).then(() => (told = true));
    await queue.start();
    queueMicrotask(() => gone.abort());
    await quiet();
    expect([seen, accepted, queue.size]).toEqual([[0], [0, 1, 2, 3], 3]);
    queue.resume();
    await queue.idle();
    await quiet();
    expect([seen, accepted, told]).toEqual([[0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5], true]);
  });

  test('an item that is held back again and again, between the microtasks of others, is run once', async () => {
    const seen: number[] = [];
    const queue = new Queue((item: number) => void seen.push(item), { parallelism: 2, context });
    await queue.start();
    for (const item of [0, 1, 2]) void queue.enqueue(item);
    for (let turn = 0; turn < 20 && seen.length === 0; turn++) {
      queue.pause();
      queue.resume();
      await Promise.resolve();
    }
    await queue.idle();
    expect(seen).toEqual([0, 1, 2]);
  });
});

test('an item whose signal has aborted after it was taken is not put back by a pause', async () => {
  for (const submits of [true, false]) {
    const seen: number[] = [];
    const controller = new AbortController();
    const { signal } = controller;
    const queue: Queue<number> = new Queue(
      (item: number) => {
        seen.push(item);
        controller.abort('reason');
        queue.pause();
      },
      { parallelism: 2 },
    );
    const outcomes = await unhandled(async () => {
      void queue.enqueue(0);
      const second = submits ? queue.submit(1, { signal }) : queue.enqueue(1, { signal });
      const told = second.then(() => 'accepted', (error: unknown) => error); // prettier-ignore
      await queue.start();
      expect(await told).toBe(submits ? 'reason' : 'accepted');
      await quiet();
    });
    expect([outcomes, seen, queue.size, queue.state, listenersOn(signal)]).toEqual([[], [0], 0, latchPaused, 0]);
    queue.resume();
    await queue.idle();
    expect(await queue.stop()).toEqual([]);
    expect(seen).toEqual([0]);
  }
});

test.each(['a pause', 'another parallelism'] as const)(
  'an item that was cancelled after it was taken, before it was to be put back by %s, holds up nobody',
  async (by) => {
    const seen: string[] = [];
    const queue = new Queue((item: string) => void seen.push(item), { parallelism: 2, maxWork: 1 });
    const controller = new AbortController();
    await queue.start();
    const cancelled = queue.submit('cancelled', { signal: controller.signal });
    const told = expect(cancelled).rejects.toBe('cancelled');
    const accepted = queue.enqueue('next'); // waits for a place
    const idle = queue.idle();
    await Promise.resolve(); // The others have been taken.
    controller.abort('cancelled');
    if (by === 'a pause') queue.pause();
    else queue.parallelism = 1;
    await Promise.all([told, accepted]);
    queue.resume();
    await idle;
    expect(seen).toEqual(['next']);
    const stopped = queue.stop();
    expect([await stopped, queue.size, queue.running]).toEqual([[], 0, 0]);
  },
);

test('an item that was cancelled after it was taken, while a turn of the event loop was due, holds up nobody', async () => {
  const clock = new Clock();
  const seen: string[] = [];
  const queue = new Queue((item: string) => void seen.push(item), { parallelism: 4 });
  const controller = new AbortController();
  await queue.start();
  await queue.submit('one in the same turn');
  void queue.submit('one besides');
  await Promise.resolve();
  queueMicrotask(() => {
    clock.now += 6;
    controller.abort('cancelled');
  });
  const cancelled = queue.submit('cancelled', { signal: controller.signal });
  const told = expect(cancelled).rejects.toBe('cancelled');
  const idle = queue.idle();
  await told;
  await idle;
  expect(seen).toEqual(['one in the same turn', 'one besides']);
  expect([await queue.stop(), queue.size, queue.running]).toEqual([[], 0, 0]);
  // The turn comes, which others may count on.
  await quiet();
  clock.stop();
});

test('a queue that stops has stopped when the last item was cancelled between its taking and its start', async () => {
  jest.useFakeTimers();
  const controller = new AbortController();
  const queue = new Queue(() => {}, { parallelism: 1 });
  await queue.start();
  const told = expect(queue.submit(0, { signal: controller.signal })).rejects.toBe('cancelled');
  const stopped = queue.stop();
  await Promise.resolve(); // It has been taken.
  controller.abort('cancelled');
  queue.parallelism = 2;
  await told;
  expect(await stopped).toEqual([]);
  expect(jest.getTimerCount()).toBe(0);
});

test('what was handed back by a close between the taking and the start can be enqueued again, also in the next run', async () => {
  const seen: string[] = [];
  const queue = new Queue((item: string) => void seen.push(item), { parallelism: 2 });
  await queue.start();
  void queue.enqueue('a');
  const b = queue.submit('b').catch((error: { code: string }) => error.code);
  await Promise.resolve(); // They have been taken.
  expect([queue.size, queue.running]).toEqual([0, 2]);
  const closed = queue.close();
  expect([queue.state, queue.size, queue.running]).toEqual([latchStopped, 0, 0]);
  void queue.start();
  void queue.enqueue('c');
  expect(await closed).toEqual(['a', 'b']);
  for (const item of await closed) queue.tryEnqueue(item);
  await queue.idle();
  expect([seen, await b]).toEqual([['c', 'a', 'b'], 'ERR_DISCARDED']);
  expect(await queue.stop()).toEqual([]);
});

test('no more wait than may, whoever comes between the taking and the start, and whenever those are put back', async () => {
  const steps = fc.constantFrom<'enqueue' | 'submit' | 'tryEnqueue' | 'pause' | 'resume' | 'tick'>(
    ...(['enqueue', 'submit', 'tryEnqueue', 'tryEnqueue', 'pause', 'resume', 'tick', 'tick'] as const),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(steps, { maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 6 }),
      async (plan, maxWork, parallelism) => {
        let most = 0;
        const accepted = new Set<number>();
        const seen: number[] = [];
        const look = (): void => void (most = Math.max(most, queue.size));
        const queue: Queue<number> = new Queue(
          (item) => {
            look();
            seen.push(item);
          },
          { maxWork, parallelism },
        );
        await queue.start();
        for (const [item, step] of plan.entries()) {
          if (step === 'tick') await Promise.resolve();
          else if (step === 'pause' || step === 'resume') queue[step]();
          else if (step === 'tryEnqueue') {
            if (queue.tryEnqueue(item)) accepted.add(item);
          } else queue[step](item).then(() => accepted.add(item), () => {}); // prettier-ignore
          look();
        }
        queue.resume();
        await queue.idle();
        expect(await queue.stop()).toEqual([]);
        await quiet();
        expect(most).toBeLessThanOrEqual(maxWork);
        // Whoever waited outside came in.
        expect(seen).toEqual([...accepted].sort((a, b) => a - b));
      },
    ),
    { numRuns: 500 },
  );
});

test('a place is free for the next when what was taken begins, not before', async () => {
  const queue = new Queue(() => {}, { parallelism: 2, maxWork: 2 });
  await queue.start();
  for (const item of [0, 1]) void queue.enqueue(item);
  await Promise.resolve(); // They have been taken.
  expect([queue.size, queue.tryEnqueue(2)]).toEqual([0, false]);
  queue.pause();
  expect(queue.size).toBe(2);
  queue.resume();
  await queue.idle();
  expect(queue.tryEnqueue(3)).toBe(true);
  await queue.stop();
});

type Deed = 'pause' | 'resume' | 'close' | 'stop' | 'fewer' | 'more' | 'cancel' | 'pause and resume';
const deeds = fc.constantFrom<Deed>('pause', 'pause', 'resume', 'close', 'stop', 'fewer', 'more', 'cancel', 'pause and resume'); // prettier-ignore

interface Plan {
  way: 'enqueue' | 'submit' | 'tryEnqueue';
  priority: number;
  cancellable: boolean;
  ticks: number | undefined;
  deeds: Deed[];
}
const plans: fc.Arbitrary<Plan> = fc.record({
  way: fc.constantFrom('enqueue', 'submit', 'tryEnqueue'),
  priority: fc.constantFrom(0, 0, 0, 1, -1),
  cancellable: fc.boolean(),
  ticks: fc.option(fc.nat(3), { nil: undefined }),
  deeds: fc.array(deeds, { maxLength: 2 }),
});

test('whenever it is paused, ended or narrowed, no action starts that may not, none twice, all in order and in their context', async () => {
  const storage = new AsyncLocalStorage<number | 'home'>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(plans, { minLength: 1, maxLength: 8 }),
      fc.array(fc.tuple(fc.nat(4), deeds), { maxLength: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(...contexts),
      fc.boolean(),
      fc.constantFrom(0, 0, 3),
      async (items, between, parallelism, context, limited, takes) => {
        // Actions that take their time make room for the event loop: that holds others back, too.
        let now = 1;
        jest.spyOn(Date, 'now').mockImplementation(() => now);
        jest.spyOn(performance, 'now').mockImplementation(() => now);
        const problems: string[] = [];
        const started: number[] = [];
        const cancelled = new Set<number>();
        const controllers = items.map(({ cancellable }) => (cancellable ? new AbortController() : undefined));
        const ends: Promise<number[]>[] = [];
        let paused = false;
        let ended: 'no' | 'stop' | 'close' = 'no';
        let active = 0;
        const queue: Queue<number, number> = new Queue(
          (index) => {
            const plan = items[index] as Plan;
            if (paused) problems.push(`${index} started while paused`);
            if (ended === 'close') problems.push(`${index} started after close`);
            if (started.includes(index)) problems.push(`${index} started twice`);
            if (cancelled.has(index)) problems.push(`${index} started though cancelled`);
            if (active >= queue.parallelism) problems.push(`${index} is one too many`);
            const store = context === 'queue' || plan.way === 'tryEnqueue' ? 'home' : index;
            if (storage.getStore() !== store) problems.push(`${index} has the context ${String(storage.getStore())}`);
            started.push(index);
            active++;
            now += takes;
            for (const deed of plan.deeds) act(deed, true);
            if (plan.ticks === undefined) {
              active--;
              return index;
            }
            return (async () => {
              for (let tick = plan.ticks as number; tick > 0; tick--) await Promise.resolve();
              active--;
              return index;
            })();
          },
          { parallelism, context, ...(limited ? { rate: { limit: 1000, interval: 1000 } } : {}) },
        );
        const act = (deed: Deed, inside: boolean): void => {
          if (deed === 'close') {
            if (queue.state === latchStopped && ended === 'no') return;
            ended = 'close';
            paused = false;
            ends.push(queue.close());
          } else if (deed === 'cancel') {
            const index = controllers.findIndex((each) => each && !each.signal.aborted);
            if (index < 0) return;
            if (!started.includes(index) && ended !== 'close') cancelled.add(index);
            controllers[index]?.abort('cancelled');
          } else if (deed === 'fewer' || deed === 'more') {
            queue.parallelism = deed === 'more' ? 5 : 1;
          } else if (ended === 'no') {
            if (deed === 'stop') {
              if (inside) return;
              ended = 'stop';
              paused = false;
              ends.push(queue.stop());
            } else if (deed === 'resume') {
              paused = false;
              queue.resume();
            } else {
              queue.pause();
              paused = deed === 'pause';
              if (!paused) queue.resume();
            }
          }
        };
        await storage.run('home', () => queue.start());
        const outcomes = items.map(({ way, priority }, index) =>
          storage.run(index, () => {
            const signal = controllers[index]?.signal;
            const options = priority !== 0 || signal ? { priority, signal } : undefined;
            if (way === 'tryEnqueue') return queue.tryEnqueue(index, options);
            return queue[way](index, options).then((value: unknown) => ['well', value], (error: unknown) => [error]); // prettier-ignore
          }),
        );
        for (const [ticks, deed] of between) {
          for (let tick = ticks; tick > 0; tick--) await Promise.resolve();
          act(deed, false);
          // Nobody is in between: each waits, or runs, or is done with.
          if (queue.running < active) problems.push('more run than it says');
        }
        await quiet();
        if (paused && queue.state !== latchPaused) problems.push(`paused is ${queue.state}`);
        if ((ended as string) === 'no') {
          if (queue.state !== latchStopped && paused) queue.resume();
          paused = false;
          await quiet();
          // Actions that pause go on doing so.
          for (let turn = 0; turn < items.length && (ended as string) === 'no' && queue.size > 0; turn++) {
            paused = false;
            queue.resume();
            await quiet();
          }
        }
        if ((ended as string) === 'no') {
          ended = 'stop';
          paused = false;
          ends.push(queue.stop());
        }
        const [left = []] = await Promise.all(ends);
        expect(problems).toEqual([]);
        const rank = (index: number): number => (items[index] as Plan).priority * -100 + index;
        const sorted = (list: number[]): number[] => [...list].sort((a, b) => rank(a) - rank(b));
        expect(started).toEqual(sorted(started));
        expect(left).toEqual(sorted(left));
        const all = [...started, ...left, ...[...cancelled].filter((index) => !started.includes(index))];
        expect(all.sort((a, b) => a - b)).toEqual(items.map((_, index) => index));
        expect([queue.size, queue.running, active]).toEqual([0, 0, 0]);
        for (const [index, { way }] of items.entries()) {
          const outcome = await outcomes[index];
          if (way !== 'submit') continue;
          if (left.includes(index)) expect(outcome).toEqual([expect.any(DiscardedError)]);
          else if (cancelled.has(index)) expect(outcome).toEqual(['cancelled']);
          else if (controllers[index]?.signal.aborted !== true) expect(outcome).toEqual(['well', index]);
        }
        for (const controller of controllers) if (controller) expect(listenersOn(controller.signal)).toBe(0);
      },
    ),
    { numRuns: 3000, interruptAfterTimeLimit: 60_000 },
  );
}, 120_000);
