// How a queue of synchronous actions gives the event loop its turn: the clocks are replaced.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Queue } from './index.js';
import { quiet } from './test-support/moments.js';

let now: number;
let turn: number;
/** How many actions were called in each turn of the event loop. */
let turns: number[];
let watching: boolean;
/** The longest time between two turns. */
let gap: number;

const { setImmediate: nextTurn } = globalThis;

beforeEach(() => {
  now = 1_000_000;
  turn = 0;
  turns = [];
  watching = true;
  jest.spyOn(Date, 'now').mockImplementation(() => Math.floor(now));
  jest.spyOn(performance, 'now').mockImplementation(() => now - 999_000);
  gap = 0;
  let last = now;
  const next = (): void => {
    turn++;
    gap = Math.max(gap, now - last);
    last = now;
    if (watching) nextTurn(next);
  };
  nextTurn(next);
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

  test.each([7, 20])('of %d ms does so after each', async (ms) => {
    const queue = new Queue(takes(ms), { context });
    await queue.start();
    for (let item = 0; item < 50; item++) await queue.submit(item);
    expect(longest(1)).toBeLessThanOrEqual(1);
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
    let back = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => Math.floor(now) - back);
    const queue = new Queue(
      (item: number) => {
        act();
        if (item === 2) back = 100_000;
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

describe('less than 5 ms and an item go by between two turns of the event loop', () => {
  let random = 7;
  const next = (): number => (random = (random * 16807) % 2147483647) / 2147483647;
  const patterns: [name: string, item: number, duration: (item: number) => number][] = [
    ['each of 4 ms', 4, () => 4],
    ['each of 9.9 ms', 9.9, () => 9.9],
    ['every other of 6 ms', 6, (item) => (item % 2 === 0 ? 6 : 0.01)],
    ['every other of 20 ms', 20, (item) => (item % 2 === 0 ? 20 : 0.01)],
    ['every tenth of 9 ms', 9, (item) => (item % 10 === 0 ? 9 : 0.01)],
    ['20 quick ones, 20 of 9 ms', 9, (item) => (item % 40 < 20 ? 0.01 : 9)],
    ['some of 5 ms', 5, () => (next() < 0.1 ? 5 : 0.01)],
    ['anything up to 6 ms', 6, () => 6 * next()],
  ];
  const loops: [name: string, maxWork: number, loop: (queue: Queue<number>, items: number) => unknown][] = [
    ['awaits each submit', 100, (queue, items) => each(items, (item) => queue.submit(item))],
    ['awaits each enqueue, with one place', 1, (queue, items) => each(items, (item) => queue.enqueue(item))],
    ['awaits each enqueue, with four places', 4, (queue, items) => each(items, (item) => queue.enqueue(item))],
    ['awaits idle after each', 1, (queue, items) => each(items, (item) => (queue.tryEnqueue(item), queue.idle()))],
    ['awaits nothing', Infinity, (queue, items) => each(items, (item) => void queue.enqueue(item))],
    [
      'is one of five at the same time',
      100,
      (queue, items) =>
        Promise.all([0, 1, 2, 3, 4].map((loop) => each(items / 5, (item) => queue.submit(5 * item + loop)))),
    ],
  ];

  async function each(items: number, work: (item: number) => unknown): Promise<void> {
    for (let item = 0; item < items; item++) await work(item);
  }

  describe.each(patterns)('items %s', (_, item, duration) => {
    test.each(loops)('in a loop that %s', async (_, maxWork, loop) => {
      for (const context of ['queue', 'enqueuer'] as const) {
        for (const parallelism of [1, 4]) {
          const queue = new Queue((at: number) => void (now += duration(at)), { context, parallelism, maxWork });
          await quiet();
          gap = 0;
          await queue.start();
          await loop(queue, 200);
          await queue.idle();
          await quiet();
          expect([context, parallelism, Math.max(gap - 5 - item, 0)]).toEqual([context, parallelism, 0]);
          await queue.stop();
        }
      }
    });
  });
});

test('of the first synchronous action after others that returned a promise the time is left out', async () => {
  const queue = new Queue((item: number) => (item < 10 ? Promise.resolve() : void (now += 9)));
  await queue.start();
  for (let item = 0; item < 20; item++) await queue.submit(item);
  await quiet();
  expect(gap).toBe(18);
  await queue.stop();
});

test('a queue that runs synchronous actions waits for one turn of the event loop at a time, and for none when it has stopped', async () => {
  jest.useFakeTimers();
  const queue = new Queue(() => {});
  await queue.start();
  for (let item = 0; item < 20; item++) await queue.submit(item);
  expect(jest.getTimerCount()).toBe(1);
  jest.advanceTimersByTime(0);
  expect(jest.getTimerCount()).toBe(0);
  await queue.submit(0);
  expect(jest.getTimerCount()).toBe(1);
  await queue.stop();
  expect(jest.getTimerCount()).toBe(0);
});

test('one that ends while the event loop is to have its turn waits for it no longer, and can be started again', async () => {
  jest.spyOn(globalThis, 'setImmediate').mockImplementation(() => ({}) as NodeJS.Immediate);
  const seen: number[] = [];
  const queue = new Queue((item: number) => {
    now += 20;
    seen.push(item);
  });
  await queue.start();
  await queue.submit(0);
  queue.tryEnqueue(1);
  await quiet();
  expect(seen).toEqual([0]);
  expect(await queue.close()).toEqual([1]);
  await queue.start();
  expect(await queue.submit(2)).toBeUndefined();
  expect(seen).toEqual([0, 2]);
  await queue.stop();
});

test('nobody waits for a turn on behalf of actions that return a promise', async () => {
  jest.useFakeTimers({ now: 1 });
  const queue = new Queue(async () => jest.advanceTimersByTime(1));
  await queue.start();
  for (let item = 0; item < 20; item++) await queue.submit(item);
  expect(jest.getTimerCount()).toBe(0);
  await queue.stop();
});

test('fake timers hold nothing up that are moved on between items, whose clock is set, or that came or went meanwhile', async () => {
  jest.restoreAllMocks();
  const queue = new Queue((item: number) => item);
  await queue.start();
  jest.useFakeTimers();
  for (let item = 0; item < 50; item++) {
    expect(await queue.submit(item)).toBe(item);
    if (item % 2 === 0) jest.advanceTimersByTime(1 + (item % 7));
    else jest.setSystemTime(Date.now() + 100_000 * (item % 7) - 200_000);
  }
  jest.useRealTimers();
  const start = performance.now();
  while (performance.now() - start < 20);
  expect(await queue.submit(50)).toBe(50);
  await queue.stop();
});

test('nor do those that replace the clock on the wall alone', async () => {
  jest.spyOn(Date, 'now').mockImplementation(() => 1);
  jest.spyOn(globalThis, 'setImmediate').mockImplementation(() => ({}) as NodeJS.Immediate);
  const queue = new Queue(takes(9));
  await queue.start();
  for (let item = 0; item < 20; item++) await queue.submit(item);
  expect(turns[turn]).toBeGreaterThan(0);
  await queue.stop();
});
