// How a queue of synchronous actions gives the event loop its turn when nothing waits: the clock is replaced.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Queue } from './index.js';
import { Streak } from './streak.js';
import { quiet } from './test-support/moments.js';

let now: number;
let turn: number;
/** How many actions were called in each turn of the event loop. */
let turns: number[];
let watching: boolean;

beforeEach(() => {
  now = 1_000_000;
  turn = 0;
  turns = [];
  watching = true;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
  const next = (): void => {
    turn++;
    if (watching) setImmediate(next);
  };
  setImmediate(next);
});

afterEach(() => {
  watching = false;
  jest.restoreAllMocks();
  jest.useRealTimers();
});

const takes = (ms: number) => (): void => {
  now += ms;
  turns[turn] = (turns[turn] ?? 0) + 1;
};

/** For how long synchronous actions went on in one turn, at the most. */
const longest = (ms: number): number => Math.max(...[...turns].map((items = 0) => items)) * ms;

describe.each(['queue', 'enqueuer'] as const)('a loop that awaits each synchronous item (%s)', (context) => {
  test.each([1, 2, 3, 4, 5])('of %d ms lets the event loop have its turn at least every 10 ms', async (ms) => {
    const queue = new Queue(takes(ms), { context });
    await queue.start();
    for (let item = 0; item < 200; item++) await queue.submit(item);
    expect(longest(ms)).toBeLessThanOrEqual(10);
    await queue.stop();
  });

  test.each([7, 20])('of %d ms does so after every other', async (ms) => {
    const queue = new Queue(takes(ms), { context });
    await queue.start();
    for (let item = 0; item < 50; item++) await queue.submit(item);
    // The first of all: until then it is not known that one follows the other.
    expect(longest(1)).toBeLessThanOrEqual(2);
    await queue.stop();
  });

  test('of less than a millisecond does so, too', async () => {
    const act = takes(0);
    const queue = new Queue(
      (item: number) => {
        act();
        if (item % 8 === 7) now++;
      },
      { context },
    );
    await queue.start();
    for (let item = 0; item < 1_000; item++) await queue.submit(item);
    expect(longest(1 / 8)).toBeLessThanOrEqual(10);
    await queue.stop();
  });

  test('does so when the time goes by between them', async () => {
    const act = takes(0);
    const queue = new Queue(act, { context });
    await queue.start();
    for (let item = 0; item < 100; item++) {
      await queue.submit(item);
      now += 2;
    }
    expect(longest(2)).toBeLessThanOrEqual(10);
    await queue.stop();
  });

  test('does so while another action goes on, and among actions that return a promise', async () => {
    const act = takes(1);
    const queue = new Queue(
      (kind: 'hangs' | 'sync' | 'async') => {
        if (kind === 'hangs') return new Promise<void>((resolve) => (finish = resolve));
        act();
        return kind === 'async' ? Promise.resolve() : undefined;
      },
      { context, parallelism: 2 },
    );
    let finish = (): void => {};
    await queue.start();
    const hanging = queue.submit('hangs');
    for (let item = 0; item < 100; item++) await queue.submit(item % 2 === 0 ? 'sync' : 'async');
    expect(longest(1)).toBeLessThanOrEqual(10);
    finish();
    await hanging;
    await queue.stop();
  });

  test('does so when the clock is set back', async () => {
    const act = takes(1);
    const queue = new Queue(
      (item: number) => {
        act();
        if (item === 2) now -= 100_000;
      },
      { context },
    );
    await queue.start();
    for (let item = 0; item < 50; item++) await queue.submit(item);
    expect(longest(1)).toBeLessThanOrEqual(10);
    await queue.stop();
  });

  test('goes on in order, with tryEnqueue too, and ends at a stop', async () => {
    const seen: number[] = [];
    const act = takes(1);
    const queue = new Queue(
      (item: number) => {
        act();
        seen.push(item);
      },
      { context },
    );
    await queue.start();
    for (let item = 0; item < 20; item++) {
      queue.tryEnqueue(item);
      await queue.idle();
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, item) => item));
    expect(longest(1)).toBeLessThanOrEqual(10);
    expect(await queue.stop()).toEqual([]);
  });
});

test('nobody waits for a turn of the event loop on behalf of items that come now and then', async () => {
  jest.useFakeTimers({ now: 1 });
  const queue = new Queue(() => void jest.setSystemTime(Date.now() + 2));
  await queue.start();
  for (let item = 0; item < 20; item++) {
    await queue.submit(item);
    jest.advanceTimersByTime(50);
    expect(jest.getTimerCount()).toBe(0);
  }
  await queue.stop();
});

test('nor while the clock stands still', async () => {
  jest.useFakeTimers();
  const queue = new Queue(() => {});
  await queue.start();
  for (let item = 0; item < 20; item++) await queue.submit(item);
  expect(jest.getTimerCount()).toBe(0);
  await queue.stop();
});

test('nor on behalf of actions that return a promise', async () => {
  jest.useFakeTimers({ now: 1 });
  const queue = new Queue(async () => void jest.setSystemTime(Date.now() + 1));
  await queue.start();
  for (let item = 0; item < 20; item++) await queue.submit(item);
  expect(jest.getTimerCount()).toBe(0);
  await queue.stop();
});

test('fake timers that are moved on between items hold nothing up', async () => {
  jest.useFakeTimers();
  const queue = new Queue((item: number) => item);
  await queue.start();
  for (let item = 0; item < 50; item++) {
    expect(await queue.submit(item)).toBe(item);
    jest.advanceTimersByTime(1 + (item % 7));
  }
  jest.advanceTimersByTime(0);
  expect(jest.getTimerCount()).toBe(0);
  await queue.stop();
});

test('somebody waits for one turn at a time', async () => {
  const immediate = jest.spyOn(globalThis, 'setImmediate').mockImplementation(() => ({}) as NodeJS.Immediate);
  const streak = new Streak();
  const begun: boolean[] = [];
  for (let item = 0; item < 6; item++) {
    begun.push(streak.begin());
    now++;
    streak.count();
  }
  expect(begun).toEqual([false, false, false, false, true, true]);
  expect(immediate).toHaveBeenCalledTimes(1);
  immediate.mock.calls[0]?.[0]();
  expect(streak.begin()).toBe(false);
  immediate.mockRestore();
  await quiet();
});
