// How a queue of synchronous actions gives the event loop its turn: the clocks are replaced.
import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Clock, awaitedTurns } from './test-support/clock.js';
import { Batch, Queue } from './index.js';
import { quiet } from './test-support/moments.js';
import { later, range } from './test-support/work.js';
import { Turns } from './turns.js';

let clock: Clock;

beforeEach(async () => {
  // No turn that the test before awaits.
  await quiet();
  clock = new Clock();
});

afterEach(() => {
  clock.stop();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe.each(['queue', 'enqueuer'] as const)('a loop that awaits each synchronous item (%s)', (context) => {
  test.each([1, 2, 3, 4, 5])('of %d ms lets the event loop have its turn at least every 10 ms', async (ms) => {
    const queue = new Queue(() => clock.takes(ms), { context });
    await queue.start();
    for (let item = 0; item < 200; item++) await queue.submit(item);
    expect(clock.most * ms).toBeLessThanOrEqual(10);
    await queue.stop();
  });

  test.each([7, 20])('of %d ms does so after each', async (ms) => {
    const queue = new Queue(() => clock.takes(ms), { context });
    await queue.start();
    for (let item = 0; item < 50; item++) await queue.submit(item);
    expect(clock.most).toBeLessThanOrEqual(1);
    await queue.stop();
  });

  test('of less than a millisecond does so, too', async () => {
    const queue = new Queue(
      (item: number) => {
        clock.takes(0);
        if (item % 8 === 7) clock.now++;
      },
      { context },
    );
    await queue.start();
    for (let item = 0; item < 1_000; item++) await queue.submit(item);
    expect((clock.most * 1) / 8).toBeLessThanOrEqual(10);
    await queue.stop();
  });

  test('does so when the time goes by between them', async () => {
    const queue = new Queue(() => clock.takes(0), { context });
    await queue.start();
    for (let item = 0; item < 100; item++) {
      await queue.submit(item);
      clock.now += 2;
    }
    expect(clock.most * 2).toBeLessThanOrEqual(10);
    await queue.stop();
  });

  test('does so while another action goes on, and among actions that return a promise', async () => {
    const queue = new Queue(
      (kind: 'hangs' | 'sync' | 'async') => {
        if (kind === 'hangs') return new Promise<void>((resolve) => (finish = resolve));
        clock.takes(1);
        return kind === 'async' ? Promise.resolve() : undefined;
      },
      { context, parallelism: 2 },
    );
    let finish = (): void => {};
    await queue.start();
    const hanging = queue.submit('hangs');
    for (let item = 0; item < 100; item++) await queue.submit(item % 2 === 0 ? 'sync' : 'async');
    expect(clock.most).toBeLessThanOrEqual(10);
    finish();
    await hanging;
    await queue.stop();
  });

  test('does so when the clock is set back', async () => {
    const queue = new Queue(
      (item: number) => {
        clock.takes(1);
        if (item === 2) clock.now -= 100_000;
      },
      { context },
    );
    await queue.start();
    for (let item = 0; item < 50; item++) await queue.submit(item);
    expect(clock.most).toBeLessThanOrEqual(10);
    await queue.stop();
  });

  test('goes on in order, with tryEnqueue too, and ends at a stop', async () => {
    const seen: number[] = [];
    const queue = new Queue(
      (item: number) => {
        clock.takes(1);
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
    expect(clock.most).toBeLessThanOrEqual(10);
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
    ['some of 5 ms', 5, () => (next() < 0.2 ? 5 : 0.01)],
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
          const queue = new Queue((at: number) => void (clock.now += duration(at)), { context, parallelism, maxWork });
          await quiet();
          clock.gap = 0;
          await queue.start();
          await loop(queue, 200);
          await queue.idle();
          await quiet();
          expect([context, parallelism, Math.max(clock.gap - 5 - item, 0)]).toEqual([context, parallelism, 0]);
          await queue.stop();
        }
      }
    });
  });
});

test('after a row of quick ones the clock is read before every fourth: as many slow ones may go together, once', async () => {
  const gaps: number[][] = [];
  for (const quick of [100, 101, 102, 103]) {
    const queue = new Queue((item: number) => void (clock.now += item < quick ? 0 : 5), { parallelism: 1 });
    const gapOf = async (from: number): Promise<number> => {
      await quiet();
      clock.gap = 0;
      for (let item = from; item < quick + 40; item++) queue.tryEnqueue(item);
      await queue.idle();
      await quiet();
      return clock.gap;
    };
    await queue.start();
    gaps.push([await gapOf(0), await gapOf(quick)]);
    await queue.stop();
  }
  expect(gaps.map(([, again]) => again)).toEqual([5, 5, 5, 5]);
  expect(Math.max(...gaps.map(([first = 0]) => first))).toBe(20);
});

test('of the first synchronous action after others that returned a promise the time is left out', async () => {
  const queue = new Queue((item: number) => (item < 10 ? Promise.resolve() : void (clock.now += 9)));
  await queue.start();
  for (let item = 0; item < 20; item++) await queue.submit(item);
  await quiet();
  expect(clock.gap).toBe(18);
  await queue.stop();
});

test('a queue that runs synchronous actions waits for one turn of the event loop at a time, and for none when it has stopped', async () => {
  clock.stop();
  await quiet();
  const queues = [new Queue(() => {}), new Queue(() => {})];
  for (const queue of queues) await queue.start();
  for (let item = 0; item < 20; item++) for (const queue of queues) await queue.submit(item);
  expect(awaitedTurns()).toBe(1);
  await quiet();
  expect(awaitedTurns()).toBe(0);
  for (const queue of queues) await queue.submit(0);
  expect(awaitedTurns()).toBe(1);
  for (const queue of queues) await queue.stop();
  expect(awaitedTurns()).toBe(0);
  // Who begins again in the same turn counts on it as before.
  const again = queues[0] as Queue<number>;
  await again.start();
  await again.submit(0);
  expect(awaitedTurns()).toBe(1);
  await again.stop();
});

test('one that ends while the event loop is to have its turn waits for it no longer, and can be started again', async () => {
  const seen: number[] = [];
  const queue = new Queue((item: number) => {
    clock.takes(20);
    seen.push(item);
  });
  await queue.start();
  const { turn } = clock;
  await queue.submit(0);
  queue.tryEnqueue(1);
  for (let microtask = 0; microtask < 20; microtask++) await Promise.resolve();
  expect([seen, clock.turn]).toEqual([[0], turn]);
  expect(await queue.close()).toEqual([1]);
  await queue.start();
  expect(await queue.submit(2)).toBeUndefined();
  expect(seen).toEqual([0, 2]);
  await queue.stop();
});

test('the one that goes on when others end is not forgotten', async () => {
  const queues = [0, 1].map(() => new Queue(() => clock.takes(6)));
  for (const queue of queues) await queue.start();
  const [first, second] = queues as [Queue<number>, Queue<number>];
  await first.submit(0);
  // It has called nothing in this turn, and waits for the next.
  const submitted = second.submit(0);
  await Promise.resolve();
  await first.stop();
  await submitted;
  await second.stop();
});

test('nobody waits for a turn on behalf of actions that return a promise', async () => {
  clock.stop();
  await quiet();
  const queue = new Queue(async () => {});
  await queue.start();
  for (let item = 0; item < 20; item++) await queue.submit(item);
  expect(awaitedTurns()).toBe(0);
  await queue.stop();
});

describe('several at once, or one after the other, are one for the event loop', () => {
  const act = (): void => clock.takes(5);

  test('queues', async () => {
    const queues = range(10).map(() => new Queue(act));
    for (const queue of queues) {
      for (let item = 0; item < 5; item++) queue.tryEnqueue(item);
      await queue.start();
    }
    await Promise.all(queues.map((queue) => queue.idle()));
    expect(clock.most).toBe(1);
    for (const queue of queues) await queue.stop();
  });

  test('queues whose items have been taken already, and batches whose sources have given theirs', async () => {
    const slow = (): void => void (clock.now += 4);
    for (const context of ['queue', 'enqueuer'] as const) {
      const queues = range(20).map(() => new Queue(slow, { context }));
      for (const queue of queues) await queue.start();
      await quiet();
      clock.gap = 0;
      await Promise.all(queues.flatMap((queue) => range(3).map((item) => queue.submit(item))));
      await quiet();
      expect(clock.gap).toBe(4);
      for (const queue of queues) await queue.stop();
    }
    clock.gap = 0;
    await Promise.all(range(20).map(() => new Batch(later(3), slow).process()));
    await quiet();
    expect(clock.gap).toBe(4);
  });

  test('batches, also in a loop', async () => {
    await Promise.all(range(10).map(() => new Batch(range(5), act, { parallelism: 2 }).process()));
    const batch = new Batch(range(1), act);
    for (let time = 0; time < 20; time++) await batch.process();
    expect(clock.most).toBeLessThanOrEqual(2);
  });

  test('a new queue for each item, or one that is started for each', async () => {
    for (let item = 0; item < 20; item++) {
      const queue = new Queue(act);
      await queue.start();
      await queue.submit(item);
      await queue.stop();
    }
    const queue = new Queue(act);
    for (let item = 0; item < 20; item++) {
      await queue.start();
      await queue.submit(item);
      await queue.stop();
    }
    expect(clock.most).toBeLessThanOrEqual(2);
  });

  test('in a context of their own', async () => {
    const storage = new AsyncLocalStorage<number>();
    const seen: unknown[] = [];
    const work = (): void => {
      act();
      seen.push(storage.getStore());
    };
    await Promise.all(range(3).map((id) => storage.run(id, () => new Batch(range(4), work).process())));
    expect(seen.sort()).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
  });
});

describe('who acts all the time leaves the others their turns:', () => {
  let acted: number;
  beforeEach(() => void (acted = 0));

  const act = (ms: number): void => {
    clock.takes(ms);
    acted++;
  };

  const all: [name: string, run: (durations: number[], rounds: number) => Promise<unknown>][] = [
    [
      'a queue',
      async (durations, rounds) => {
        const queue = new Queue(act, { parallelism: 1, maxWork: Infinity });
        await queue.start();
        for (let round = 0; round < rounds; round++) durations.forEach((ms) => queue.tryEnqueue(ms));
        await queue.stop();
      },
    ],
    [
      'a batch',
      (durations, rounds) =>
        new Batch(
          range(rounds).flatMap(() => durations),
          act,
        ).process(),
    ],
    [
      'a stream',
      async (durations, rounds) => {
        for await (const _ of new Batch(
          range(rounds).flatMap(() => durations),
          act,
        ).results());
      },
    ],
    [
      'batches one after the other',
      async (durations, rounds) => {
        for (let round = 0; round < rounds; round++) await new Batch(durations, act).process();
      },
    ],
    [
      'queues that wait for each other, of which one has actions that return promises',
      async (durations, rounds) => {
        const options = { context: 'queue' } as const;
        const [queue, other] = [new Queue(act, options), new Queue(async () => {}, options)];
        await queue.start();
        await other.start();
        for (let round = 0; round < rounds; round++) {
          await other.submit(0);
          for (const ms of durations) await queue.submit(ms);
        }
        await queue.stop();
        await other.stop();
      },
    ],
    [
      'streams one after the other',
      async (durations, rounds) => {
        for (let round = 0; round < rounds; round++) for await (const _ of new Batch(durations, act).results());
      },
    ],
  ];

  describe.each(all)('%s', (_, run) => {
    test.each([[[5]], [[5, 1]], [[3, 2]], [[0.5, 4.5]], [[1, 3.5, 1]]])('of actions of %j ms', async (durations) => {
      const queues = (['queue', 'enqueuer'] as const).map((context) => new Queue(() => {}, { context }));
      for (const queue of queues) await queue.start();
      const others: (() => Promise<unknown>)[] = [
        ...queues.map((queue) => () => queue.submit(0)),
        ...queues.map((queue) => () => (queue.tryEnqueue(0), queue.idle())),
        () => new Batch([0], () => {}).process(),
        () => new Batch(later(1), () => {}).process(),
      ];
      const waited: number[] = [];
      const done = run(durations, 100);
      for (const other of [...others, ...others]) {
        for (let turn = waited.length; turn >= 0; turn--) await new Promise((resolve) => setImmediate(resolve));
        const before = acted;
        await other();
        waited.push(acted - before);
      }
      expect(acted).toBeLessThan(100 * durations.length);
      // As many as there are in two turns of the event loop, and in a third when there is an asynchronous source.
      expect(Math.max(...waited)).toBeLessThanOrEqual(3 * durations.length);
      await done;
      for (const queue of queues) await queue.stop();
    });
  });

  test('all in their order', async () => {
    const order: string[] = [];
    const work = (id: number) => (): void => {
      clock.takes(5);
      order.push('abc'.charAt(id));
    };
    for (const context of ['queue', 'enqueuer'] as const) {
      const queues = range(3).map((id) => new Queue(work(id), { context, parallelism: 1 }));
      for (const queue of queues) await queue.start();
      await Promise.all(queues.flatMap((queue) => range(4).map((item) => queue.submit(item))));
      for (const queue of queues) await queue.stop();
    }
    await Promise.all(range(3).map((id) => new Batch(range(4), work(id)).process()));
    // The first act in the turn in which they are made: no other has waited for longer.
    expect(order.join('')).toBe(`aabcabcabcbc${'abc'.repeat(8)}`);
  });

  test('nobody is forgotten when those whose turn it was end', async () => {
    const queues = range(3).map(() => new Queue(act, { parallelism: 1 }));
    for (const queue of queues) await queue.start();
    for (const queue of queues) for (let item = 0; item < 3; item++) queue.tryEnqueue(5);
    for (const queue of queues) {
      const before = acted;
      while (acted === before) await new Promise((resolve) => setImmediate(resolve));
      await queue.close();
      // Beside that of the clock.
      if (queue !== queues[2]) expect(awaitedTurns()).toBe(2);
    }
  });
});

describe('the turn is the real one, whatever is done to the globals:', () => {
  test.each<[name: string, fake: () => void]>([
    [
      'a setImmediate that calls nobody',
      () => jest.spyOn(globalThis, 'setImmediate').mockReturnValue({} as NodeJS.Immediate),
    ],
    [
      'a setImmediate that calls at once',
      () =>
        jest.spyOn(globalThis, 'setImmediate').mockImplementation(((callback: () => void) => {
          callback();
        }) as unknown as typeof setImmediate),
    ],
    ['a clock that stands still', () => jest.spyOn(Date, 'now').mockReturnValue(1)],
    ['a clock that is ahead', () => jest.spyOn(Date, 'now').mockImplementation(() => clock.now + 5_000)],
    ['fake timers that leave Date alone', () => jest.useFakeTimers({ doNotFake: ['Date'] })],
  ])('%s', async (_, fake) => {
    const queue = new Queue(() => clock.takes(9));
    await queue.start();
    await queue.submit(0);
    fake();
    for (let item = 0; item < 20; item++) await queue.submit(item);
    await new Batch(range(20), () => clock.takes(9)).process();
    await queue.stop();
    expect(clock.most).toBe(1);
  });
});

describe('nobody waits for a turn while both the clock and the timers are replaced:', () => {
  const fakes: [name: string, fake: () => void][] = [
    ['by fake timers', () => jest.useFakeTimers()],
    ['by some that go on', () => jest.useFakeTimers({ now: 5, advanceTimers: true })],
    [
      'by hand',
      () => {
        jest.spyOn(Date, 'now').mockReturnValue(1);
        jest.spyOn(globalThis, 'setTimeout').mockReturnValue(undefined as never);
      },
    ],
  ];

  test.each(fakes)('%s', async (_, fake) => {
    const queue = new Queue(() => clock.takes(9), { parallelism: 1 });
    // A turn is due already, and nobody has had one.
    await queue.start();
    await queue.submit(0);
    fake();
    const others = [queue, new Queue(() => clock.takes(9)), new Queue(async () => {})];
    for (const other of others.slice(1)) await other.start();
    for (let item = 0; item < 40; item++) await others[item % 3]?.submit(item);
    for (let item = 0; item < 40; item++) queue.tryEnqueue(item);
    await queue.idle();
    await new Batch(range(20), () => clock.takes(9)).process();
    for (const other of others) await other.stop();
    expect(clock.turn).toBe(0);
  });

  test('by fake timers that are moved on while only microtasks run', async () => {
    jest.useFakeTimers();
    const begin = Date.now();
    const starts: number[] = [];
    const rated = new Queue(
      () => {
        clock.now += 3;
        starts.push(Date.now() - begin);
      },
      { rate: { limit: 1, interval: 100 } },
    );
    await rated.start();
    for (let item = 0; item < 9; item++) rated.tryEnqueue(item);
    for (let step = 0; step < 900; step++) {
      for (let hop = 0; hop < 10; hop++) await Promise.resolve();
      jest.advanceTimersByTime(1);
    }
    expect(starts).toEqual(range(9).map((item) => item * 100));
    expect(clock.turn).toBe(0);
    await rated.stop();
  });

  test('fake timers that are moved on between items, whose clock is set, or that are there no longer', async () => {
    const queue = new Queue((item: number) => item);
    await queue.start();
    jest.useFakeTimers();
    for (let item = 0; item < 50; item++) {
      expect(await queue.submit(item)).toBe(item);
      if (item % 2 === 0) jest.advanceTimersByTime(1 + (item % 7));
      else jest.setSystemTime(Date.now() + 100_000 * (item % 7) - 200_000);
    }
    jest.useRealTimers();
    clock.now += 20;
    expect(await queue.submit(50)).toBe(50);
    await queue.stop();
  });
});

test('one that rests again before the turn, as a queue does that was stopped and started meanwhile, is told once', async () => {
  let told = 0;
  const turns = new Turns(() => told++);
  turns.rest();
  turns.end();
  turns.rest();
  await quiet();
  expect(told).toBe(1);
});
