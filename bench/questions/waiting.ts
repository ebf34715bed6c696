// What is added to actions that really wait, for a turn of the event loop each?
import { Batch, Queue } from '@x/async';
import { PromisePool } from '@supercharge/promise-pool';
import { mapLimit } from 'async';
import { Effect } from 'effect';
import fastq from 'fastq';
import pLimit from 'p-limit';
import pMap from 'p-map';
import PQueue from 'p-queue';
import { loops } from '../harness/floors.js';
import { Question, size, steps, type Contender } from '../harness/question.js';

const bench = new Question('waiting', 'What is added to actions that really wait?');
const n = size(20_000, 2_000, 100);
const items = Array.from({ length: n }, (_, index) => index);
const expect = (n * (n - 1)) / 2;

let total = 0;
const wait = (item: number): Promise<void> =>
  new Promise((resolve) =>
    setImmediate(() => {
      total += item;
      resolve();
    }),
  );

const summing = (run: () => PromiseLike<unknown>): Contender =>
  steps({ prepare: () => void (total = 0), run, finish: () => total });
const submitting = (submit: (item: number) => Promise<unknown>): Promise<unknown> => Promise.all(items.map(submit));

for (const parallelism of [16, 1_000])
  await bench.compare({
    id: `waiting.${parallelism}`,
    title: `${n.toLocaleString('en')} actions of one setImmediate each, parallelism ${parallelism}`,
    ours: {
      Batch: summing(() => new Batch(items, wait, { parallelism }).process()),
      Queue: summing(async () => {
        const queue = new Queue<number>(wait, { parallelism, maxWork: n });
        await queue.start();
        await submitting((item) => queue.submit(item));
        await queue.close();
      }),
    },
    peers: {
      'p-map': summing(() => pMap(items, wait, { concurrency: parallelism })),
      'async.mapLimit': summing(() =>
        mapLimit(items, parallelism, (item: number, done: () => void) => void wait(item).then(done)),
      ),
      'promise-pool': summing(() => PromisePool.for(items).withConcurrency(parallelism).process(wait)),
      'Effect.forEach': summing(() =>
        Effect.runPromise(
          Effect.forEach(items, (item) => Effect.promise(() => wait(item)), {
            concurrency: parallelism,
            discard: true,
          }),
        ),
      ),
      'fastq.promise': summing(() => {
        const queue = fastq.promise(wait, parallelism);
        return submitting((item) => queue.push(item));
      }),
      'p-limit': summing(() => {
        const limit = pLimit(parallelism);
        return submitting((item) => limit(wait, item));
      }),
      'p-queue': summing(() => {
        const queue = new PQueue({ concurrency: parallelism });
        return submitting((item) => queue.add(() => wait(item)));
      }),
    },
    floor: { loops: summing(() => loops(items, parallelism, wait)) },
    expect,
    targets: [{ ours: 'Batch', of: 'loops', atMost: 1.15 }],
  });

bench.end();
