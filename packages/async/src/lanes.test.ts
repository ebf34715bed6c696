import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { awaitedTurns, Clock } from './test-support/clock.js';
import { Batch } from './index.js';
import { deferred, quiet } from './test-support/moments.js';
import { later, range, source } from './test-support/work.js';

let clock: Clock;

beforeEach(async () => {
  // No turn that the test before awaits.
  await quiet();
  clock = new Clock();
});

afterEach(() => {
  clock.stop();
});

test('no more run at the same time than may, whatever the source is', async () => {
  const sources = [range(20), new Set(range(20)), range(20)[Symbol.iterator](), source(20).work];
  for (const work of sources) {
    let running = 0;
    let most = 0;
    const action = async (): Promise<void> => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < 4; turn++) await quiet();
      running--;
    };
    const result = await new Batch(work as Iterable<number>, action, { parallelism: 3 }).process();
    expect([result.done, most, running]).toEqual([20, 3, 0]);
  }
});

test('a source is read one at a time, and only when there is a place', async () => {
  const { work, log } = source(100);
  const gate = deferred();
  const done = new Batch(work, () => gate.promise, { parallelism: 4 }).process();
  for (let turn = 0; turn < 20; turn++) await quiet();
  expect([log.read, log.most]).toEqual([4, 1]);
  gate.resolve();
  expect((await done).done).toBe(100);
  expect(log.closed).toBe(0);
});

test('synchronous actions do not wait for the event loop each', async () => {
  await new Batch(range(300), () => clock.takes(0)).process();
  for await (const _ of new Batch(range(300), () => clock.takes(0)).results());
  await quiet();
  expect(clock.turns.reduce((sum, items = 0) => sum + items)).toBe(600);
  expect(clock.turn).toBeLessThan(50);
});

const patterns: [name: string, duration: (item: number) => number, gap: number][] = [
  ['each of 1 ms', () => 1, 4],
  ['each of 3 ms', () => 3, 6],
  ['each of 9 ms', () => 9, 9],
  ['every other of 6 ms', (item) => (item % 2 === 0 ? 6 : 0.01), 6.01],
  ['every tenth of 9 ms', (item) => (item % 10 === 0 ? 9 : 0.01), 9.1],
];

describe.each(patterns)('synchronous actions %s', (_, duration, gap) => {
  const loops: [name: string, run: (work: Iterable<number> | AsyncIterable<number>, lanes: number) => unknown][] = [
    [
      'process',
      (work, parallelism) => new Batch(work, (item) => clock.takes(duration(item)), { parallelism }).process(),
    ],
    [
      'results',
      async (work, parallelism) => {
        const batch = new Batch(work, (item) => clock.takes(duration(item)), { parallelism });
        for await (const _ of batch.results());
      },
    ],
  ];

  test.each(loops)('in %s let the event loop have its turn', async (_, run) => {
    for (const parallelism of [1, 16]) {
      for (const work of [range(60), later(60)]) {
        await quiet();
        clock.gap = 0;
        await run(work, parallelism);
        await quiet();
        expect(clock.gap).toBeGreaterThan(0);
        expect(clock.gap).toBeLessThanOrEqual(gap + 1e-6);
      }
    }
  });
});

test('the time counts that a source takes, and whoever reads the results', async () => {
  const slow = function* (): Generator<number> {
    for (const item of range(40)) {
      clock.now += 3;
      yield item;
    }
  };
  await new Batch(slow(), () => clock.takes(0)).process();
  await quiet();
  expect(clock.gap).toBe(6);
  for await (const _ of new Batch(range(40), () => clock.takes(0), { parallelism: 1 }).results()) clock.now += 3;
  await quiet();
  expect(clock.gap).toBeLessThanOrEqual(9);
});

test('a batch of synchronous actions waits for one turn of the event loop at a time, and for none when it has ended', async () => {
  clock.stop();
  const counts: number[] = [];
  // By the real clock: when the machine does something else meanwhile, a turn may be due.
  for (let before = -Infinity; Date.now() - before > 2;) {
    await quiet();
    counts.length = 0;
    before = Date.now();
    await new Batch(range(3), () => void counts.push(awaitedTurns()), { parallelism: 2 }).process();
    counts.push(awaitedTurns());
    await new Batch(range(3), async () => void counts.push(awaitedTurns()), { parallelism: 2 }).process();
  }
  expect(counts).toEqual([0, 1, 1, 0, 0, 0, 0]);
});

test('an abort while the event loop has its turn is the end of what was read, too', async () => {
  const controller = new AbortController();
  const seen: number[] = [];
  const batch = new Batch(
    later(40),
    (item) => {
      clock.now += 6;
      seen.push(item);
      if (item === 2) setImmediate(() => controller.abort('reason'));
    },
    { parallelism: 4 },
  );
  await expect(batch.process(controller.signal)).rejects.toBe('reason');
  expect(seen).toEqual(range(seen.length));
  expect(seen.length).toBeLessThan(6);
});

test.each(['runs', 'has run'])(
  'a source that has ended before an abort is not closed, also while the event loop has its turn and an action %s',
  async (state) => {
    const controller = new AbortController();
    const [ends, gate] = [deferred<IteratorResult<number>>(), deferred()];
    const answers: (IteratorResult<number> | Promise<IteratorResult<number>>)[] = [
      { done: false, value: 0 },
      ends.promise,
    ];
    const log: string[] = [];
    const iterator = {
      next: async () => answers.shift() as IteratorResult<number>,
      return: async () => (log.push('closed'), { done: true as const, value: undefined }),
    };
    const batch = new Batch({ [Symbol.asyncIterator]: () => iterator }, () => gate.promise, { parallelism: 2 });
    const done = batch.process(controller.signal).then(
      () => log.push('done'),
      (reason) => log.push(reason as string),
    );
    await quiet();
    if (state === 'has run') gate.resolve();
    await quiet();
    // Another makes the turn due.
    const other = new Batch([1, 2], () => clock.takes(6), { parallelism: 1 }).process();
    ends.resolve({ done: true, value: undefined });
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    controller.abort('reason');
    gate.resolve();
    await done;
    await other;
    expect(log).toEqual([state === 'runs' ? 'reason' : 'done']);
  },
);
