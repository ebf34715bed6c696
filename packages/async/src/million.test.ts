// One million items each, with failures and cancellations at random: what goes in comes out, and nothing stays.
import { expect, test } from '@jest/globals';
import { Batch, DiscardedError, Queue } from './index.js';

const MILLION = 1_000_000;

/** Numbers that look random, the same ones each time. */
function generator(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

function heap(): number {
  for (let time = 0; time < 3; time++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

test('a million items through a queue', async () => {
  const random = generator(1);
  // After the first round: what is made once, compiled code above all, is not what is looked for.
  let before = 0;
  const counts = { done: 0, failed: 0, cancelled: 0, discarded: 0, told: 0 };
  let ran = 0;
  let enqueued = 0;
  let handedBack = 0;
  const queue = new Queue<number, number>(
    (item) => {
      ran++;
      if (item % 7 === 0) throw item;
      if (item % 5 === 0) return item;
      return item % 11 === 0 ? Promise.reject(item) : Promise.resolve(item);
    },
    { maxWork: Infinity, parallelism: 16, onError: () => counts.told++ },
  );
  const settle = {
    done: () => void counts.done++,
    failed: (error: unknown) => {
      if (error === 'cancelled') counts.cancelled++;
      else if (error instanceof DiscardedError) counts.discarded++;
      else counts.failed++;
    },
  };
  for (let round = 0; round < 20; round++) {
    const controller = new AbortController();
    await queue.start();
    const last: Promise<void>[] = [];
    for (let item = 0; item < MILLION / 20; item++) {
      const kind = random();
      if (kind < 0.4) {
        enqueued++;
        queue.tryEnqueue(item);
        continue;
      }
      const signal = kind < 0.6 ? controller.signal : undefined;
      const priority = Math.floor(random() * 5) - 2;
      last.push(queue.submit(item, kind < 0.8 ? { signal, priority } : undefined).then(settle.done, settle.failed));
    }
    if (round % 2 === 0) controller.abort('cancelled');
    if (round % 4 === 3) {
      await Promise.resolve();
      handedBack += (await queue.close()).length;
    } else {
      expect(await queue.stop()).toEqual([]);
    }
    await Promise.all(last);
    if (round === 0) before = heap();
  }
  const submitted = counts.done + counts.failed + counts.cancelled + counts.discarded;
  expect(submitted + enqueued).toBe(MILLION);
  expect(ran + counts.cancelled + handedBack).toBe(MILLION);
  expect([queue.size, queue.running]).toEqual([0, 0]);
  for (const kind of ['done', 'failed', 'cancelled', 'discarded', 'told'] as const)
    expect(counts[kind]).toBeGreaterThan(1000);
  expect(heap() - before).toBeLessThan(2e6);
}, 120_000);

test('a million items through a batch', async () => {
  const random = generator(2);
  const before = heap();
  let ran = 0;
  function* work(): Generator<number> {
    for (let item = 0; item < MILLION; item++) yield random();
  }
  const batch = new Batch(
    work(),
    (item) => {
      ran++;
      if (item < 0.0005) throw item;
      return item < 0.5 ? undefined : Promise.resolve();
    },
    { parallelism: 16 },
  );
  const { done, failed, skipped, errors } = await batch.process();
  expect([done + failed, skipped, errors.size, ran]).toEqual([MILLION, 0, failed, MILLION]);
  const controller = new AbortController();
  const stopped = new Batch(new Uint8Array(MILLION), () => {
    if (++ran === MILLION * 1.5) controller.abort('cancelled');
  });
  await expect(stopped.process(controller.signal)).rejects.toBe('cancelled');
  const { progress } = stopped;
  expect(progress.done + progress.failed + progress.skipped).toBe(MILLION);
  expect(heap() - before).toBeLessThan(2e6);
}, 120_000);
