// Does an item cost the same when many wait, and with priorities?
/* eslint-disable @typescript-eslint/require-await -- actions that do nothing are what is measured */
import { Queue } from '@x/async';
import { priorityQueue } from 'async';
import fastq from 'fastq';
import pLimit from 'p-limit';
import PQueue from 'p-queue';
import { MinimalQueue } from '../harness/floors.js';
import { mode, Question, steps, type Field } from '../harness/question.js';
import { random } from '../harness/random.js';

const bench = new Question('growth', 'Does an item cost the same when many wait?');

const action = async (item: number): Promise<number> => item + 1;

const inOrder = (n: number): Field => {
  const sum = async (submit: (item: number) => Promise<number>): Promise<number> => {
    const results = new Array<Promise<number>>(n);
    for (let item = 0; item < n; item++) results[item] = submit(item);
    let total = 0;
    for (const result of await Promise.all(results)) total += result;
    return total;
  };
  return {
    ours: {
      Queue: steps({
        prepare: async () => {
          const queue = new Queue<number, number>(action, { parallelism: 16, maxWork: n });
          await queue.start();
          return queue;
        },
        run: (queue) => sum((item) => queue.submit(item)),
        finish: async (total, queue) => ((await queue.close()).length === 0 ? total : 'items left'),
      }),
    },
    peers: {
      'fastq.promise': () => {
        const queue = fastq.promise(action, 16);
        return sum((item) => queue.push(item));
      },
      'p-limit': () => {
        const limit = pLimit(16);
        return sum((item) => limit(action, item));
      },
      'p-queue': () => {
        const queue = new PQueue({ concurrency: 16 });
        return sum((item) => queue.add(() => action(item)));
      },
    },
    floor: {
      'one promise an item': () => {
        const queue = new MinimalQueue(action, 16);
        return sum((item) => queue.submit(item));
      },
    },
  };
};

await bench.grow({
  id: 'growth.order',
  title: 'items with results, in the order of arrival, parallelism 16',
  sizes: { full: [10_000, 100_000, 1_000_000], quick: [1_000, 4_000, 16_000], tiny: [100, 200] }[mode],
  field: inOrder,
  expect: (n) => (n * (n + 1)) / 2,
  // Linear, but for what a hundred times the memory costs the caches and the collector: as much as a list of promises.
  factors: [{ ours: 'Queue', of: 'one promise an item', atMost: 1.2 }],
  patience: 8_000,
});

/** The items in the order in which their priorities have them start: higher first, then first come. */
const prioritiesOf = (n: number): { priorities: number[]; hash: number } => {
  const next = random(n);
  const priorities = Array.from({ length: n }, () => next() % 1_000);
  const order = priorities.map((_, item) => item).sort((a, b) => (priorities[b] ?? 0) - (priorities[a] ?? 0) || a - b);
  return { priorities, hash: order.reduce((hash, item) => (Math.imul(hash, 31) + item) | 0, 0) };
};

const byPriority = (n: number): Field => {
  const { priorities } = prioritiesOf(n);
  const priorityOf = (item: number): number => priorities[item] ?? 0;
  let hash = 0;
  const act = async (item: number): Promise<void> => {
    hash = (Math.imul(hash, 31) + item) | 0;
  };
  const submitted = (submit: (item: number) => Promise<unknown>): Promise<unknown> => {
    const results = new Array<Promise<unknown>>(n);
    for (let item = 0; item < n; item++) results[item] = submit(item);
    return Promise.all(results);
  };
  const prepare = (): void => void (hash = 0);
  const finish = (): number => hash;
  return {
    ours: {
      Queue: steps({
        prepare,
        run: async () => {
          const queue = new Queue<number>(act, { parallelism: 1, maxWork: n });
          const results = submitted((item) => queue.submit(item, { priority: priorityOf(item) }));
          await queue.start();
          await results;
          await queue.close();
        },
        finish,
      }),
    },
    peers: {
      'p-queue': steps({
        prepare,
        run: () => {
          const queue = new PQueue({ concurrency: 1, autoStart: false });
          const results = submitted((item) => queue.add(() => act(item), { priority: priorityOf(item) }));
          queue.start();
          return results;
        },
        finish,
      }),
      'async.priorityQueue': steps({
        prepare,
        run: () => {
          // A lower number goes first there.
          const queue = priorityQueue((item: number, done: () => void) => void act(item).then(done), 1);
          return submitted((item) => queue.push(item, -priorityOf(item)));
        },
        finish,
      }),
    },
  };
};

await bench.grow({
  id: 'growth.priority',
  title: 'items with results and random priorities',
  sizes: { full: [10_000, 40_000, 160_000], quick: [1_000, 4_000, 8_000], tiny: [100, 200] }[mode],
  field: byPriority,
  expect: (n) => prioritiesOf(n).hash,
  targets: [{ ours: 'Queue', of: 'p-queue', atMost: 0.03 }],
  // n log n: a heap's growth.
  factors: [{ ours: 'Queue', of: 'async.priorityQueue', atMost: 1.2 }],
  patience: Infinity,
});

bench.end();
