import { describe, expect, jest, test } from '@jest/globals';
import { Queue } from './index.js';
import { Room } from './room.js';
import { listenersOn } from './test-support/moments.js';

describe('many that wait', () => {
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

  /** Submits, or tries to enqueue, by turns, so that bare items and jobs stand in one row. */
  function fill(queue: Queue<number, void>, items: number[]): void {
    for (const item of items) {
      if (item % 3 === 0) void queue.enqueue(item);
      else queue.tryEnqueue(item);
    }
  }

  test.each(['queue', 'enqueuer'] as const)('keep their order, however many there are (%s)', async (context) => {
    const seen: number[] = [];
    const queue = new Queue((item: number) => void seen.push(item), { maxWork: 5000, parallelism: 1, context });
    fill(queue, range(0, 3000));
    expect(queue.size).toBe(3000);
    await queue.start();
    await queue.idle();
    fill(queue, range(3000, 5500));
    expect(queue.size).toBe(2500);
    await queue.idle();
    expect(seen).toEqual(range(0, 5500));
    expect(queue.size).toBe(0);
  });

  test('bare items alone, and then jobs, keep their order over the pieces of the row', async () => {
    const seen: number[] = [];
    const queue = new Queue((item: number) => void seen.push(item), { maxWork: 5000, parallelism: 1 });
    for (const item of range(0, 2046)) queue.tryEnqueue(item);
    for (const item of range(2046, 2050)) void queue.submit(item);
    for (const item of range(2050, 4000)) queue.tryEnqueue(item);
    void queue.submit(-1, { priority: 1 });
    void queue.submit(-2, { priority: -1 });
    await queue.start();
    await queue.idle();
    expect(seen).toEqual([-1, ...range(0, 4000), -2]);
  });

  test('with priorities of all kinds start in their order, also when some come while others start', async () => {
    const seen: number[] = [];
    const queue = new Queue((item: number) => void seen.push(item), { maxWork: Infinity, parallelism: 1 });
    const priorities = new Map<number, number>();
    let seed = 7;
    const add = (items: number[]): void => {
      for (const item of items) {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
        const priority = ((seed >> 8) % 41) - 20;
        priorities.set(item, priority);
        queue.tryEnqueue(item, { priority });
      }
    };
    const sorted = (items: number[]): number[] =>
      [...items].sort((a, b) => (priorities.get(b) as number) - (priorities.get(a) as number) || a - b);
    for (const [from, to] of [
      [0, 300],
      [300, 301],
      [301, 307],
      [307, 800],
    ] as const) {
      seen.length = 0;
      add(range(from, to));
      if (from === 0) await queue.start();
      await queue.idle();
      expect(seen).toEqual(sorted(range(from, to)));
    }
  });

  test('the cancelled among them are passed over and swept away; the others keep their order', async () => {
    for (const cancelled of [40, 400, 900]) {
      const seen: number[] = [];
      const queue = new Queue((item: number) => void seen.push(item), { maxWork: Infinity, parallelism: 1 });
      const controller = new AbortController();
      const { signal } = controller;
      const expected: number[] = [];
      for (const item of range(0, 1000)) {
        const goes = item % 1000 < cancelled;
        const priority = item % 10 === 0 ? 1 : 0;
        if (goes) queue.tryEnqueue(item, { signal, priority });
        else if (item % 3 === 0) void queue.submit(item, { priority });
        else queue.tryEnqueue(item, { priority });
        if (!goes) expected.push(item);
      }
      const late = new AbortController();
      const submitted = queue.submit(5000, { signal: late.signal });
      controller.abort();
      expect(queue.size).toBe(1001 - cancelled);
      for (const item of range(1000, 1010)) {
        queue.tryEnqueue(item);
        expected.push(item);
      }
      await queue.start();
      await submitted;
      await queue.idle();
      const urgent = (item: number): boolean => item < 1000 && item % 10 === 0;
      const ordered = [...expected.filter(urgent), ...expected.filter((item) => !urgent(item))];
      ordered.splice(ordered.indexOf(1000), 0, 5000);
      expect(seen).toEqual(ordered);
      expect([queue.size, listenersOn(signal), listenersOn(late.signal)]).toEqual([0, 0, 0]);
    }
  });

  test('one that was cancelled at the head is not taken for the bare item behind it', async () => {
    const seen: number[] = [];
    const queue = new Queue((item: number) => void seen.push(item), { parallelism: 1 });
    const controller = new AbortController();
    queue.tryEnqueue(1, { signal: controller.signal });
    controller.abort();
    queue.tryEnqueue(2);
    queue.tryEnqueue(3);
    await queue.start();
    await queue.idle();
    expect(seen).toEqual([2, 3]);
  });

  test('however many wait for a shorter line, who takes one looks at those alone that are told', async () => {
    const room = new Room<number>(Infinity, { entering: [], settle: () => {} });
    for (let item = 0; item < 1000; item++) room.push(item);
    let { length } = room;
    let looks = 0;
    Object.defineProperty(room, 'length', { get: () => (looks++, length), set: (n: number) => (length = n) });
    const told: number[] = [];
    for (let n = 1; n <= 1000; n++) void room.below((n % 500) + 1).then(() => told.push((n % 500) + 1));
    looks = 0;
    for (let left = 1000; left > 0; left--) {
      room.shift();
      room.moved();
      await Promise.resolve();
      expect(told.length).toBe(Math.max(0, 501 - left) * 2);
    }
    expect(told).toEqual([...told].sort((one, other) => other - one));
    expect(looks).toBeLessThan(20_000);
  });

  test('a reason is made for those alone for whose end somebody waits', () => {
    const settle = jest.fn();
    const room = new Room<number>(2, { entering: [], settle });
    const told: unknown[] = [];
    room.push(1);
    room.add({ item: 2, first: undefined, second: (reason) => told.push(reason) });
    const why = jest.fn((item: number) => `no ${item}`);
    const kept: number[] = [];
    room.empty(why, kept);
    expect(kept).toEqual([1, 2]);
    expect([told, why.mock.calls]).toEqual([['no 2'], [[2]]]);
  });

  test('a sweep leaves everybody the priority that they have', async () => {
    const seen: string[] = [];
    const queue = new Queue((item: string) => void seen.push(item), { maxWork: Infinity, parallelism: 1 });
    const controller = new AbortController();
    for (let item = 0; item < 50; item++) queue.tryEnqueue('cancelled', { signal: controller.signal });
    queue.tryEnqueue('five', { priority: 5 });
    queue.tryEnqueue('minus one', { priority: -1 });
    queue.tryEnqueue('bare');
    controller.abort();
    queue.tryEnqueue('three', { priority: 3 });
    queue.tryEnqueue('zero');
    await queue.start();
    await queue.idle();
    expect(seen).toEqual(['five', 'three', 'bare', 'zero', 'minus one']);
  });

  test('what was swept together can still be cancelled', async () => {
    const seen: number[] = [];
    const queue = new Queue((item: number) => void seen.push(item), { maxWork: Infinity, parallelism: 1 });
    const controllers = range(0, 100).map(() => new AbortController());
    const outcomes = controllers.map(({ signal }, item) =>
      queue.submit(item, { signal, priority: item % 4 === 0 ? 1 : 0 }).then(
        () => item,
        (reason: unknown) => reason,
      ),
    );
    for (const item of range(0, 98)) {
      controllers[item]?.abort(`cancelled ${item}`);
      expect(queue.size).toBe(99 - item);
    }
    controllers[98]?.abort('cancelled 98');
    await queue.start();
    expect(await Promise.all(outcomes)).toEqual([...range(0, 99).map((item) => `cancelled ${item}`), 99]);
    expect(seen).toEqual([99]);
  });
});
