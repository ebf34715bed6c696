import { expect, jest, test } from '@jest/globals';
import { Batch } from './index.js';
import { deferred, quiet } from './test-support/moments.js';
import { range, source } from './test-support/work.js';

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

test('synchronous actions let the event loop have its turn', async () => {
  const spin = (): void => {
    for (const end = performance.now() + 2; performance.now() < end;);
  };
  let turns = 0;
  let over = false;
  const count = (): void => {
    turns++;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  await new Batch(range(40), spin, { parallelism: 2 }).process();
  expect(turns).toBeGreaterThanOrEqual(8);
  turns = 0;
  for await (const _ of new Batch(range(40), spin, { parallelism: 50 }).results());
  over = true;
  expect(turns).toBeGreaterThanOrEqual(8);
});

test('synchronous actions do not wait for the event loop each', async () => {
  // However busy the machine is: the clock stands still.
  const clock = jest.spyOn(Date, 'now').mockReturnValue(1);
  let turns = 0;
  let over = false;
  const count = (): void => {
    turns++;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  await new Batch(range(300), () => {}).process();
  for await (const _ of new Batch(range(300), (item) => item).results());
  over = true;
  clock.mockRestore();
  expect(turns).toBeLessThan(50);
});

test('no more than 10 ms of synchronous actions go on before the event loop has its turn', async () => {
  let now = 1;
  let turn = 0;
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => now);
  let turns: number[] = [];
  const work = (item: number): number => {
    now += 3;
    turns[turn] = (turns[turn] ?? 0) + 1;
    return item;
  };
  let over = false;
  const next = (): void => {
    turn++;
    if (!over) setImmediate(next);
  };
  setImmediate(next);
  const most = (): number => Math.max(...[...turns].map((items = 0) => items));
  const later = async function* (): AsyncGenerator<number> {
    yield* range(40);
  };
  await new Batch(later(), work, { parallelism: 16 }).process();
  expect(most()).toBeLessThanOrEqual(3);
  for (const parallelism of [1, 16]) {
    for (const source of [range(40), later()]) {
      turns = [];
      for await (const _ of new Batch<number, number>(source, work, { parallelism }).results());
      expect(most()).toBeLessThanOrEqual(3);
    }
  }
  over = true;
  clock.mockRestore();
});

test('an abort while the event loop has its turn is the end of what was read, too', async () => {
  let now = 1;
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => now);
  const controller = new AbortController();
  const seen: number[] = [];
  const batch = new Batch(
    (async function* () {
      yield* range(40);
    })(),
    (item) => {
      now += 6;
      seen.push(item);
      if (item === 2) setImmediate(() => controller.abort('reason'));
    },
    { parallelism: 4 },
  );
  await expect(batch.process(controller.signal)).rejects.toBe('reason');
  expect(seen).toEqual(range(seen.length));
  expect(seen.length).toBeLessThan(6);
  clock.mockRestore();
});
