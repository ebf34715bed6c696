// What does an item cost in a queue that gives a result for each?
/* eslint-disable @typescript-eslint/require-await -- actions that do nothing are what is measured */
import { Queue } from '@x/async';
import fastq from 'fastq';
import pLimit from 'p-limit';
import PQueue from 'p-queue';
import { MinimalQueue } from '../harness/floors.js';
import { Question, size, steps, type Contender } from '../harness/question.js';

const bench = new Question('queue-submit', 'What does an item cost in a queue that gives a result for each?');
const n = size(100_000, 5_000, 200);
const action = async (item: number): Promise<number> => item + 1;
const expect = (n * (n + 1)) / 2;

/** Hands in all items at once and adds up their results. */
async function sum(submit: (item: number) => Promise<number>): Promise<number> {
  const results = new Array<Promise<number>>(n);
  for (let item = 0; item < n; item++) results[item] = submit(item);
  let total = 0;
  for (const result of await Promise.all(results)) total += result;
  return total;
}

const ours = (parallelism: number, context: 'queue' | 'enqueuer'): Contender =>
  steps({
    prepare: async () => {
      const queue = new Queue<number, number>(action, { parallelism, maxWork: n, context });
      await queue.start();
      return queue;
    },
    run: (queue) => sum((item) => queue.submit(item)),
    finish: async (total, queue) => ((await queue.close()).length === 0 ? total : 'items left'),
  });

for (const parallelism of [1, 16, 1_000])
  await bench.compare({
    id: `queue.submit.${parallelism}`,
    title: `${n.toLocaleString('en')} async items that do nothing, with results, parallelism ${parallelism}`,
    ours: { 'Queue, own context': ours(parallelism, 'queue'), Queue: ours(parallelism, 'enqueuer') },
    peers: {
      'fastq.promise': steps({
        prepare: () => fastq.promise(action, parallelism),
        run: (queue) => sum((item) => queue.push(item)),
      }),
      'p-limit': steps({
        prepare: () => ({ limit: pLimit(parallelism) }),
        run: ({ limit }) => sum((item) => limit(action, item)),
      }),
      'p-queue': steps({
        prepare: () => new PQueue({ concurrency: parallelism }),
        run: (queue) => sum((item) => queue.add(() => action(item))),
      }),
    },
    floor: {
      'one promise an item': steps({
        prepare: () => new MinimalQueue(action, parallelism),
        run: (queue) => sum((item) => queue.submit(item)),
      }),
    },
    expect,
    targets: [
      { ours: 'Queue, own context', of: 'fastq.promise', atMost: 0.6 },
      { ours: 'Queue, own context', of: 'one promise an item', atMost: 1.2 },
      { ours: 'Queue', of: 'fastq.promise', atMost: 0.85 },
      { ours: 'Queue', of: 'p-limit', atMost: 0.5 },
      { ours: 'Queue', of: 'p-queue', atMost: 0.5 },
    ],
  });

bench.end();
