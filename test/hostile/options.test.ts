// Options whose getters call back: they make another of the same, and abort its signal, while they are read.
import { expect, test } from '@jest/globals';
import { shield, sleep } from '@x/abort';
import { osSignal } from '@x/abort/node';
import { Batch, Interval, latchStopped, Queue, start, Worker } from '@x/async';
import { supervise } from '@x/proc';
import { main } from '@x/proc/node';
import { Process } from '@x/process';
import { RateLimiter } from '@x/process/ratelimit';
import { Group } from '@x/run';
import { newRequest, Once, OnceMap, spawn, Worker as GraphWorker } from '@x/workgraph';
import { uncaught } from '../test-support/uncaught.js';

const STOP = new Error('stop');

/** Makes one of these options, and brings it to its end. */
const makers: Record<string, (options: object) => unknown> = {
  osSignal: (options) => osSignal(['SIGUSR2'], options)[Symbol.dispose](),
  shield: (options) => shield(() => 1, options),
  sleep: (options) => sleep(0, options),
  Batch: (options) => new Batch([1, 2], () => {}, options).process(),
  'Batch.results': (options) => new Batch([1, 2], () => {}).results(options).next(),
  Interval: async (options) => {
    const interval = new Interval(() => {}, 0, options);
    await interval.start();
    await interval[Symbol.asyncDispose]();
    expect(interval.state).toBe(latchStopped);
  },
  Queue: async (options) => {
    const queue = new Queue<number>(() => {}, options);
    await queue.start();
    await queue.enqueue(1).catch(() => {});
    await queue.close();
    expect([queue.size, queue.running, queue.state]).toEqual([0, 0, latchStopped]);
  },
  'Queue.enqueue': async (options) => {
    const queue = new Queue<number>(() => {});
    await queue.enqueue(1, options).catch((error: unknown) => expect(error).toBe(STOP));
    await queue.close();
    expect(queue.size).toBe(0);
  },
  start: (options) => start(() => 1, options).cancel(),
  Worker: async (options) => {
    const worker = new Worker<number>(() => {}, options);
    await worker.enqueue(1).catch(() => {});
    await worker.start();
    await worker[Symbol.asyncDispose]();
  },
  main: (options) => main(() => {}, options),
  supervise: (options) => supervise(() => {}, options)(new AbortController().signal),
  Process: (options) => new Process(options).close(),
  'Process.close': (options) => new Process().close(options),
  'RateLimiter.limitedGo': async (options) => {
    const limiter = new RateLimiter(new Process(), 1);
    await limiter.limitedGo(() => {}, options).catch((error: unknown) => expect(error).toBe(STOP));
    await limiter.close();
  },
  Group: (options) => new Group(options).go(() => {}).run(),
  newRequest: (options) => newRequest(new GraphWorker(), options).promise.requestId.name,
  Once: (options) => new Once(options).do(new GraphWorker(), () => 1),
  OnceMap: (options) => new OnceMap<string, number>(() => 1, options).get('key', new GraphWorker()),
  await: (options) => {
    const worker = new GraphWorker();
    const { promise, resolver } = newRequest(worker);
    resolver.resolve(worker, 1);
    return promise.await(worker, options);
  },
  spawn: (options) => spawn(() => {}, options).name,
};

test.each(Object.entries(makers))('%s: what is read of its options may make another, and abort', async (_, make) => {
  const stop = new AbortController();
  const outcomes: Promise<unknown>[] = [];
  const read = new Set<PropertyKey>();
  const attempt = (): void => {
    const made = (async () => make(options))();
    outcomes.push(made.catch((error: unknown) => expect(error).toBe(STOP)));
  };
  let depth = 0;
  const options = new Proxy(
    {},
    {
      // For those who copy.
      ownKeys: () => ['name', 'signal'],
      getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true }),
      get(_target, key) {
        read.add(key);
        if (depth++ < 5) attempt();
        depth++;
        if (key !== 'signal') return undefined;
        stop.abort(STOP);
        return stop.signal;
      },
    },
  );
  const reported = await uncaught(async () => {
    attempt();
    // More come while these are waited for.
    for (let at = 0; at < outcomes.length; at++) await outcomes[at];
  });
  expect(reported).toEqual([]);
  expect(outcomes.length).toBeGreaterThan(1);
  expect(read.size).toBeGreaterThan(0);
  expect(process.listenerCount('SIGUSR2') + process.listenerCount('SIGINT')).toBe(0);
});
