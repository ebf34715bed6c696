// What does an item cost in a queue that gives no results, and does a synchronous action overflow the stack?
/* eslint-disable @typescript-eslint/require-await -- actions that do nothing are what is measured */
import { Queue } from '@x/async';
import { queue as asyncQueue, type QueueObject } from 'async';
import fastq from 'fastq';
import { Question, size, steps, type Contender } from '../harness/question.js';

const bench = new Question('queue-enqueue', 'What does an item cost in a queue without results?');
const n = size(100_000, 10_000, 200);
const expect = (n * (n - 1)) / 2;

let total = 0;
const act = (item: number): void => {
  total += item;
};
const actAsync = async (item: number): Promise<void> => act(item);

const ours = (parallelism: number, action: (item: number) => void | Promise<void>): Contender =>
  steps({
    prepare: async () => {
      total = 0;
      const queue = new Queue<number>(action, { parallelism, maxWork: n });
      await queue.start();
      return queue;
    },
    run: (queue) => {
      for (let item = 0; item < n; item++) queue.tryEnqueue(item);
      return queue.idle();
    },
    finish: async (_, queue) => ((await queue.close()).length === 0 ? total : 'items left'),
  });

const ofFastq = (parallelism: number, worker: fastq.worker<unknown, number>): Contender =>
  steps({
    prepare: () => {
      total = 0;
      return fastq(worker, parallelism);
    },
    run: (queue) =>
      new Promise<void>((resolve) => {
        queue.drain = resolve;
        for (let item = 0; item < n; item++) queue.push(item);
      }),
    finish: () => total,
  });

const ofAsync = (
  parallelism: number,
  worker: (item: number, callback: () => void) => void,
  add: (queue: QueueObject<number>, item: number) => unknown = (queue, item) => queue.push(item, ignore),
): Contender =>
  steps({
    prepare: () => {
      total = 0;
      return asyncQueue(worker, parallelism);
    },
    run: (queue) => {
      for (let item = 0; item < n; item++) void add(queue, item);
      return queue.drain();
    },
    finish: () => total,
  });
// Without a callback `push` makes a promise for each item.
const ignore = (): void => undefined;

/** A list of what waits, and callbacks: no promise but the action's own. */
const byHand = (parallelism: number): Contender =>
  steps({
    prepare: () => void (total = 0),
    run: () =>
      new Promise<void>((resolve) => {
        const waiting: number[] = [];
        let head = 0;
        let running = 0;
        const ended = (): void => {
          running -= 1;
          next();
          if (running === 0) resolve();
        };
        const next = (): void => {
          while (running < parallelism && head < waiting.length) {
            running += 1;
            void actAsync(waiting[head++] as number).then(ended);
          }
        };
        for (let item = 0; item < n; item++) {
          waiting.push(item);
          next();
        }
      }),
    finish: () => total,
  });

for (const parallelism of [1, 16, 1_000])
  await bench.compare({
    id: `queue.enqueue.${parallelism}`,
    title: `${n.toLocaleString('en')} async items that do nothing, without results, parallelism ${parallelism}`,
    ours: { tryEnqueue: ours(parallelism, actAsync) },
    peers: {
      fastq: ofFastq(parallelism, (item, done) => void actAsync(item).then(done as () => void)),
      'async.queue': ofAsync(parallelism, (item, done) => void actAsync(item).then(done)),
      'async.queue, a promise each': ofAsync(
        parallelism,
        (item, done) => void actAsync(item).then(done),
        (queue, item) => queue.push(item),
      ),
    },
    floor: { 'by hand': byHand(parallelism) },
    expect,
    targets: [
      { ours: 'tryEnqueue', of: 'fastq', atMost: 0.6 },
      { ours: 'tryEnqueue', of: 'async.queue', atMost: 0.25 },
    ],
  });

/** What the callback form does with synchronous actions whose items have waited. */
const overflow = await new Promise<string>((resolve) => {
  const queue = fastq<unknown, number>((_, done) => done(null), 1);
  queue.pause();
  queue.drain = () => resolve('ran');
  for (let item = 0; item < 100_000; item++) queue.push(item);
  try {
    queue.resume();
  } catch (error) {
    resolve(error instanceof RangeError ? 'overflows the stack' : String(error));
  }
});

await bench.compare({
  id: 'queue.enqueue.sync',
  title: `${n.toLocaleString('en')} synchronous items, parallelism 16`,
  ours: { tryEnqueue: ours(16, act) },
  peers: {
    'fastq, a microtask each': ofFastq(16, (item, done) => {
      act(item);
      queueMicrotask(() => done(null));
    }),
    'async.queue': ofAsync(16, (item, done) => {
      act(item);
      done();
    }),
  },
  expect,
  targets: [
    { ours: 'tryEnqueue', of: 'fastq, a microtask each', atMost: 0.6 },
    { ours: 'tryEnqueue', of: 'async.queue', atMost: 0.25 },
  ],
  absent: { 'fastq, 100,000 items that waited': overflow },
});

bench.end();
