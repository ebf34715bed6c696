// How many bytes does an item take that waits in a queue?
/* eslint-disable @typescript-eslint/require-await -- actions that do nothing are what is measured */
import { Queue } from '@x/async';
import { queue as asyncQueue } from 'async';
import fastq from 'fastq';
import pLimit from 'p-limit';
import PQueue from 'p-queue';
import { Question, size, type Weighed } from '../harness/question.js';

const bench = new Question('memory', 'How many bytes does a waiting item take?');
const n = size(100_000, 10_000, 500);

let ran = 0;
const action = async (_item: number): Promise<void> => {
  ran += 1;
};
// Whoever gets a promise keeps it; the place for it is there before anything is weighed.
const promises = new Array<unknown>(n).fill(undefined);
const resolvers = new Array<unknown>(n).fill(undefined);
const ignore = (): void => undefined;

/** Fills a queue that does not run yet; `run` has it run to its end, and every item must have run. */
const waiting = <Q>(make: () => Q, add: (queue: Q, item: number) => unknown, run: (queue: Q) => unknown): Weighed => ({
  hold: () => {
    ran = 0;
    const queue = make();
    for (let item = 0; item < n; item++) promises[item] = add(queue, item);
    return queue;
  },
  release: async (queue: Q) => {
    await run(queue);
    await Promise.all(promises);
    promises.fill(undefined);
    return ran;
  },
});

const ours = (context: 'queue' | 'enqueuer') => (): Queue<number> =>
  new Queue<number>(action, { parallelism: 1, maxWork: n, context });
const runOurs = async (queue: Queue<number>): Promise<void> => {
  await queue.start();
  await queue.idle();
  await queue.close();
};

await bench.weigh({
  id: 'memory.waiting',
  title: `bytes of each of ${n.toLocaleString('en')} waiting items`,
  items: n,
  ours: {
    tryEnqueue: waiting(ours('queue'), (queue, item) => queue.tryEnqueue(item), runOurs),
    'submit, own context': waiting(ours('queue'), (queue, item) => queue.submit(item), runOurs),
    submit: waiting(ours('enqueuer'), (queue, item) => queue.submit(item), runOurs),
  },
  peers: {
    'async.queue': waiting(
      () => {
        const queue = asyncQueue((item: number, done: () => void) => void action(item).then(done), 1);
        queue.pause();
        return queue;
      },
      (queue, item) => void queue.push(item, ignore),
      (queue) => {
        queue.resume();
        return queue.drain();
      },
    ),
    fastq: waiting(
      () => {
        const queue = fastq<unknown, number>((item, done) => void action(item).then(() => done(null)), 1);
        queue.pause();
        return queue;
      },
      (queue, item) => queue.push(item),
      (queue) =>
        new Promise<void>((resolve) => {
          queue.drain = resolve;
          queue.resume();
        }),
    ),
    'fastq.promise': waiting(
      () => {
        const queue = fastq.promise(action, 1);
        queue.pause();
        return queue;
      },
      (queue, item) => queue.push(item),
      (queue) => queue.resume(),
    ),
    'p-limit': waiting(
      () => {
        const limit = pLimit(1);
        let open = (): void => undefined;
        const gate = new Promise<void>((resolve) => (open = resolve));
        void limit(() => gate);
        return { limit, open: () => open() };
      },
      ({ limit }, item) => limit(action, item),
      ({ open }) => open(),
    ),
    'p-queue': waiting(
      () => new PQueue({ concurrency: 1, autoStart: false }),
      (queue, item) => queue.add(() => action(item)),
      (queue) => void queue.start(),
    ),
  },
  floor: {
    'a pending promise': waiting(
      () => resolvers,
      (_, item) =>
        new Promise<void>((resolve) => {
          resolvers[item] = resolve;
        }),
      () => {
        for (const resolve of resolvers) {
          ran += 1;
          (resolve as () => void)();
        }
        resolvers.fill(undefined);
      },
    ),
  },
  expect: n,
  targets: [
    { ours: 'tryEnqueue', atMost: 64 },
    { ours: 'submit, own context', atMost: 290 },
    { ours: 'submit', atMost: 540 },
  ],
});

bench.end();
