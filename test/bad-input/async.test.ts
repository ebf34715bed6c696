import { describe } from '@jest/globals';
import * as main from '@x/async';
import { kinds, oneOf, optional, Table } from '../test-support/bad-input.js';

const { signal, time, count, whole, number, nothing, anything } = kinds;
const fn = kinds.function;

const queue = {
  subject: () => new main.Queue((item: number) => item * 2, { maxWork: 1, parallelism: 1, onError: () => {} }),
  works: async (one: main.Queue<number, number>) => {
    if (one.size !== 0 || one.running !== 0 || one.state !== main.latchStopped) throw new Error('is not as it was');
    await one.start();
    if ((await one.submit(2)) !== 4) throw new Error('does not work any more');
    await one.stop();
  },
};
const worker = {
  subject: () => new main.Worker(() => {}),
  works: async (one: main.Worker<unknown>) => {
    if (one.state !== main.latchStopped) throw new Error('is not as it was');
    await one.start();
    await one.enqueue(1);
    await one.stop();
  },
};
const interval = {
  subject: () => new main.Interval(() => {}, 1e9),
  works: async (one: main.Interval) => {
    if (one.state !== main.latchStopped) throw new Error('is not as it was');
    await one.start();
    await one.stop();
  },
};
const latch = {
  subject: () => new main.Latch(),
  works: (one: main.Latch) => {
    if (!one.isStopped()) throw new Error('is not as it was');
    one.starting();
  },
};
const group = {
  subject: () => {
    const one = new main.SignalGroup();
    one.add(1);
    return one;
  },
  works: async (one: main.SignalGroup) => {
    one.done();
    await one.wait();
  },
};

const table = new Table('async')
  .takesAnything(
    'noopActioner.action',
    ...['CannotCancelError', 'CannotStartError', 'CannotStopError', 'DiscardedError', 'LatchTransitionError'].map(
      (name) => `new ${name}`,
    ),
  )
  .takesAnything(
    ...['add', 'first', 'all'].map((method) => `Errors.${method}`),
    'new Errors',
    'new Latch',
    'new SignalGroup',
  )
  .throws('new Batch', 'work', { ...nothing, takes: isIterable }, (value) => new main.Batch(value, () => {}))
  .throws('new Batch', 'action', { ...fn, takes: isAction }, (value) => new main.Batch([], value))
  .options(
    'throws',
    'new Batch',
    'BatchOptions',
    { parallelism: count, onError: fn, stopOnError: anything, name: kinds.string },
    (value) => new main.Batch([], () => {}, value),
  )
  .rejects('Batch.process', 'signal', optional(signal), (value, one: main.Batch<number>) => one.process(value), {
    subject: () => new main.Batch([1, 2], () => {}),
    works: async (one) => {
      if ((await one.process()).done !== 2) throw new Error('does not work any more');
    },
  })
  .options(
    'throws',
    'Batch.results',
    'ResultsOptions',
    { ordered: anything, signal },
    (value, one: main.Batch<number>) => one.results(value),
    { subject: () => new main.Batch([1, 2], () => {}) },
  )
  .throws('new Queue', 'action', { ...fn, takes: isAction }, (value) => new main.Queue(value))
  .options(
    'throws',
    'new Queue',
    'QueueOptions',
    {
      parallelism: count,
      maxWork: count,
      signal,
      name: kinds.string,
      onError: fn,
      shutdownGracePeriod: time,
      timeout: time,
      rate: nothing,
      context: oneOf('enqueuer', 'queue'),
      onDiscarded: fn,
    },
    (value) => new main.Queue(() => {}, value),
    {
      says: /\b(options|parallelism|maxWork|signal|name|onError|shutdownGracePeriod|timeout|rate|context|onDiscarded)\b/,
    },
  )
  .throws(
    'new Queue',
    'rate.limit',
    count,
    (value) => new main.Queue(() => {}, { rate: { limit: value, interval: 1 } }),
  )
  .throws(
    'new Queue',
    'rate.interval',
    time,
    (value) => new main.Queue(() => {}, { rate: { limit: 1, interval: value } }),
  )
  .throws(
    'Queue.parallelism',
    'parallelism',
    count,
    (value, one: main.Queue<number, number>) => (one.parallelism = value),
    queue,
  )
  .rejects('Queue.run', 'signal', signal, (value, one: main.Queue<number, number>) => one.run(value), queue)
  .rejects('Queue.belowSize', 'n', count, (value, one: main.Queue<number, number>) => one.belowSize(value), queue)
  .takesAnything(...['start', 'pause', 'resume', 'idle', 'stop', 'close'].map((method) => `Queue.${method}`))
  .throws('new Worker', 'action', { ...fn, takes: isAction }, (value) => new main.Worker(value))
  .options(
    'throws',
    'new Worker',
    'WorkerOptions',
    { finalizer: fn, onError: fn, signal, name: kinds.string },
    (value) => new main.Worker(() => {}, value),
  )
  .options(
    'throws',
    'new Worker',
    'BackgroundOptions',
    { signal, name: kinds.string },
    (value) => new main.Worker(() => {}, value),
  )
  .options(
    'rejects',
    'Worker.enqueue',
    'WaitOptions',
    { signal },
    (value, one: main.Worker<unknown>) => one.enqueue(1, value),
    worker,
  )
  .rejects('Worker.run', 'signal', signal, (value, one: main.Worker<unknown>) => one.run(value), worker)
  .takesAnything('Queue.end', 'Future.end', 'Worker.start', 'Worker.stop', 'Worker.end', 'Worker.serve', 'Worker.halt')
  .throws('new Interval', 'action', fn, (value) => new main.Interval(value))
  .throws('new Interval', 'interval', optional(time), (value) => new main.Interval(() => {}, value))
  .options(
    'throws',
    'new Interval',
    'IntervalOptions',
    { delay: time, stopOnError: anything, onError: fn, signal, name: kinds.string },
    (value) => new main.Interval(() => {}, 1, value),
  )
  .rejects('Interval.run', 'signal', signal, (value, one: main.Interval) => one.run(value), interval)
  .takesAnything('Interval.start', 'Interval.stop', 'Interval.serve', 'Interval.halt')
  .options(
    'rejects',
    'Latch.waitStarted',
    'WaitOptions',
    { signal },
    (value, one: main.Latch) => one.waitStarted(value),
    latch,
  )
  .options(
    'rejects',
    'Latch.waitStopped',
    'WaitOptions',
    { signal },
    (value, one: main.Latch) => one.waitStopped(value),
    latch,
  )
  .throws(
    'SignalGroup.add',
    'n',
    { ...whole, takes: (value) => whole.takes(value) && (value as number) >= -1 },
    (value, one: main.SignalGroup) => one.add(value),
    {
      ...group,
      says: /\bn\b|below zero/,
    },
  )
  .takesAnything('SignalGroup.done')
  .options(
    'rejects',
    'SignalGroup.wait',
    'WaitOptions',
    { signal },
    (value, one: main.SignalGroup) => one.wait(value),
    group,
  )
  .rejects('recover', 'fn', fn, (value) => main.recover(value, new main.Errors()))
  .rejects('recover', 'errors', nothing, (value) => main.recover(() => {}, value))
  .rejects('recoverGroup', 'fn', fn, (value) => main.recoverGroup(value, new main.Errors()))
  .rejects('recoverGroup', 'errors', nothing, (value) => main.recoverGroup(() => {}, value))
  .rejects('recoverGroup', 'group', { ...nothing, takes: (value) => value === undefined || value === null }, (value) =>
    main.recoverGroup(() => {}, new main.Errors(), value),
  )
  .throws('start', 'work', fn, (value) => main.start(value))
  .options('throws', 'start', 'StartOptions', { signal }, (value) => main.start(() => {}, value))
  .throws('Future.start', 'work', fn, (value) => main.Future.start(value))
  .options('throws', 'Future.start', 'StartOptions', { signal }, (value) => main.Future.start(() => {}, value))
  .free('Queue.enqueue item', 'Queue.tryEnqueue item', 'Queue.submit item', 'Worker.enqueue item', 'interceptors chain')
  .throws('interceptors', 'interceptors', { ...fn, takes: isInterceptor }, (value) => main.interceptors(value))
  .takesAnything('Future.cancel', 'Future.complete', 'Future.then', 'new Future');

for (const method of ['enqueue', 'submit', 'tryEnqueue'] as const) {
  const how = method === 'tryEnqueue' ? 'throws' : 'rejects';
  table.options(
    how,
    `Queue.${method}`,
    'EnqueueOptions',
    { priority: number, signal },
    (value, one: main.Queue<number, number>) => one[method](1, value),
    queue,
  );
}
for (const name of Object.getOwnPropertyNames(main.Latch.prototype)) {
  if (!name.startsWith('wait') && name !== 'state') table.takesAnything(`Latch.${name}`);
}

function isIterable(value: unknown): boolean {
  return typeof (value as Iterable<unknown> | undefined)?.[Symbol.iterator] === 'function';
}
function isAction(value: unknown): boolean {
  return typeof value === 'function';
}
function isInterceptor(value: unknown): boolean {
  return typeof value === 'function' || value === null || value === undefined;
}

describe('@x/async, handed over wrongly', () => {
  table.complete(main);
});
