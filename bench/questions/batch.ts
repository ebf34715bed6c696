// What does an item cost in a batch over an array, with asynchronous and with synchronous actions?
/* eslint-disable @typescript-eslint/require-await -- actions that do nothing are what is measured */
import { Batch } from '@x/async';
import { PromisePool } from '@supercharge/promise-pool';
import { mapLimit } from 'async';
import { Effect } from 'effect';
import pMap from 'p-map';
import { loops } from '../harness/floors.js';
import { Question, size, steps, type Contender } from '../harness/question.js';

const bench = new Question('batch', 'What does an item cost in a batch over an array?');
const n = size(100_000, 5_000, 200);
const items = Array.from({ length: n }, (_, index) => index);
const expect = (n * (n - 1)) / 2;

let total = 0;
const act = (item: number): void => {
  total += item;
};
const actAsync = async (item: number): Promise<void> => act(item);

const summing = (run: () => PromiseLike<unknown>): Contender =>
  steps({ prepare: () => void (total = 0), run, finish: () => total });

for (const parallelism of [1, 16, 1_000])
  await bench.compare({
    id: `batch.async.${parallelism}`,
    title: `${n.toLocaleString('en')} async items that do nothing, parallelism ${parallelism}`,
    ours: { Batch: summing(() => new Batch(items, actAsync, { parallelism }).process()) },
    peers: {
      'p-map': summing(() => pMap(items, actAsync, { concurrency: parallelism })),
      'async.mapLimit': summing(() => mapLimit(items, parallelism, actAsync)),
      'promise-pool': summing(() => PromisePool.for(items).withConcurrency(parallelism).process(actAsync)),
      'Effect.forEach': summing(() =>
        Effect.runPromise(
          Effect.forEach(items, (item) => Effect.promise(() => actAsync(item)), {
            concurrency: parallelism,
            discard: true,
          }),
        ),
      ),
    },
    floor: { loops: summing(() => loops(items, parallelism, actAsync)) },
    expect,
    targets: [
      { ours: 'Batch', of: 'p-map', atMost: 0.3 },
      { ours: 'Batch', of: 'async.mapLimit', atMost: 0.7 },
    ],
  });

for (const parallelism of [1, 16, 1_000])
  await bench.compare({
    id: `batch.sync.${parallelism}`,
    title: `${n.toLocaleString('en')} synchronous items, parallelism ${parallelism}`,
    ours: { Batch: summing(() => new Batch(items, act, { parallelism }).process()) },
    peers: {
      'p-map': summing(() => pMap(items, act, { concurrency: parallelism })),
      'async.mapLimit': summing(() =>
        mapLimit(items, parallelism, (item: number, done: () => void) => {
          act(item);
          done();
        }),
      ),
      'promise-pool': summing(() => PromisePool.for(items).withConcurrency(parallelism).process(act)),
      'Effect.forEach of native effects': summing(() =>
        Effect.runPromise(
          Effect.forEach(items, (item) => Effect.sync(() => act(item)), { concurrency: parallelism, discard: true }),
        ),
      ),
    },
    floor: { 'loops that await only promises': summing(() => syncLoops(parallelism)) },
    expect,
    targets: [{ ours: 'Batch', of: 'Effect.forEach of native effects', atMost: 1 }],
  });

/** The loops by hand, told apart at each item from one that has to be waited for. */
async function syncLoops(parallelism: number): Promise<void> {
  const action: (item: number) => unknown = act;
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < items.length) {
      const result = action(items[next++] as number);
      if (result instanceof Promise) await result;
    }
  };
  await Promise.all(Array.from({ length: parallelism }, loop));
}

bench.end();
