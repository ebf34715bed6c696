import { describe } from '@jest/globals';
import * as main from '@x/workgraph';
import * as context from '@x/workgraph/context';
import * as inspect from '@x/workgraph/inspect';
import { kinds, Table } from '../test-support/bad-input.js';

const { signal, string, boolean, nothing } = kinds;
const fn = kinds.function;
const name = string;

interface Pending {
  worker: main.Worker;
  resolver: main.Resolver<number>;
  promise: main.RequestPromise<number>;
}
/** A request that is as it was: pending, and its worker's. */
const request = {
  subject: (): Pending => {
    const worker = new main.Worker({ name: 'maker' });
    return { worker, ...main.newRequest<number>(worker, { name: 'r' }) };
  },
  works: async ({ worker, resolver, promise }: Pending) => {
    const waiting = promise.await(new main.Worker());
    resolver.resolve(worker, 1);
    if ((await waiting) !== 1) throw new Error('does not work any more');
  },
};
const map = {
  subject: () => new main.OnceMap((key: number) => key * 2),
  works: async (one: main.OnceMap<number, number>) => {
    if (one.size !== 0) throw new Error('has something in it');
    if ((await one.get(2, new main.Worker())) !== 4) throw new Error('does not work any more');
  },
};
const once = {
  subject: () => new main.Once<number>(),
  works: async (one: main.Once<number>) => {
    if (one.requestId !== main.noRequest) throw new Error('has run');
    if ((await one.do(new main.Worker(), () => 1)) !== 1) throw new Error('does not work any more');
  },
};
const worker = (): main.Worker => new main.Worker();

const table = new Table('workgraph')
  .options('throws', 'new Worker', 'WorkerOptions', { name, signal }, (value) => new main.Worker(value))
  .throws('new Worker', 'delegated', nothing, (value) => new main.Worker({}, value))
  .rejects('Worker.track', 'name', string, (value, one: main.Worker) => one.track(Promise.resolve(), value), {
    subject: worker,
  })
  .throws('newRequest', 'worker', nothing, (value) => main.newRequest(value))
  .options(
    'throws',
    'newRequest',
    'RequestOptions',
    { name },
    (value, one: main.Worker) => main.newRequest(one, value),
    { subject: worker },
  )
  .throws('Resolver.resolve', 'worker', nothing, (value, one: Pending) => one.resolver.resolve(value, 1), request)
  .throws('Resolver.reject', 'worker', nothing, (value, one: Pending) => one.resolver.reject(value, 1), request)
  .throws(
    'Resolver.report',
    'worker',
    nothing,
    (value, one: Pending) => one.resolver.report(value, { status: 'fulfilled', value: 1 }),
    request,
  )
  .throws(
    'Resolver.report',
    'outcome',
    nothing,
    (value, one: Pending) => one.resolver.report(one.worker, value),
    request,
  )
  .rejects('RequestPromise.await', 'worker', nothing, (value, one: Pending) => one.promise.await(value), request)
  .options(
    'rejects',
    'RequestPromise.await',
    'AwaitOptions',
    { signal },
    (value, one: Pending) => one.promise.await(one.worker, value),
    {
      ...request,
    },
  )
  .throws('spawn', 'work', fn, (value) => main.spawn(value))
  .options('throws', 'spawn', 'WorkerOptions', { name, signal }, (value) => main.spawn(() => {}, value))
  .throws('spawn', 'delegated', nothing, (value) => main.spawn(() => {}, {}, value))
  .options('throws', 'new Once', 'RequestOptions', { name }, (value) => new main.Once(value))
  .rejects('Once.do', 'worker', nothing, (value, one: main.Once<number>) => one.do(value, () => 1), once)
  .rejects('Once.do', 'fn', fn, (value, one: main.Once<number>) => one.do(new main.Worker(), value), once)
  .options(
    'rejects',
    'Once.do',
    'AwaitOptions',
    { signal },
    (value, one: main.Once<number>) => one.do(new main.Worker(), () => 1, value),
    { ...once },
  )
  .throws('onceFunc', 'fn', fn, (value) => main.onceFunc(value))
  .options('throws', 'onceFunc', 'RequestOptions', { name }, (value) => main.onceFunc(() => {}, value))
  .throws('new OnceMap', 'fn', fn, (value) => new main.OnceMap(value))
  .options(
    'throws',
    'new OnceMap',
    'OnceMapOptions',
    { name: fn, keepFailures: boolean, signal },
    (value) => new main.OnceMap(() => {}, value),
  )
  .rejects('OnceMap.get', 'worker', nothing, (value, one: main.OnceMap<number, number>) => one.get(1, value), map)
  .options(
    'rejects',
    'OnceMap.get',
    'AwaitOptions',
    { signal },
    (value, one: main.OnceMap<number, number>) => one.get(1, new main.Worker(), value),
    { ...map },
  )
  // What is no promise is waited for as one that has it.
  .free('Worker.track promise', 'OnceMap.get key', 'Resolver.resolve value', 'Resolver.reject error')
  .throws('snapshot', 'roots', nothing, (value) => inspect.snapshot(value), { says: /\broot\b/ })
  .throws('toDot', 'snapshot', nothing, (value) => inspect.toDot(value))
  .throws('toMermaid', 'snapshot', nothing, (value) => inspect.toMermaid(value))
  .takesAnything(
    ...[
      'Once.reset',
      'OnceMap.requestId',
      'OnceMap.reset',
      'OnceMap.clear',
      'Resolver.containedResolvers',
      'captureSites',
      'currentWorker',
    ],
    ...['SelfDependencyError', 'UnresolvedError', 'WorkgraphUsageError', 'RequestId', 'RequestPromise', 'Resolver'].map(
      (one) => `new ${one}`,
    ),
    'RequestId.toString',
  );

interface Made {
  resolver: context.Resolver<number>;
  promise: context.RequestPromise<number>;
}
const made = {
  subject: (): Made => context.newRequest<number>({ name: 'r' }),
  works: async ({ resolver, promise }: Made) => {
    const waiting = promise.await();
    resolver.resolve(1);
    if ((await waiting) !== 1) throw new Error('does not work any more');
  },
};
const inContext = new Table('workgraph')
  .options('throws', 'new Worker', 'WorkerOptions', { name, signal }, (value) => new context.Worker(value))
  .throws('new Worker', 'delegated', nothing, (value) => new context.Worker({}, value))
  .options('throws', 'newRequest', 'RequestOptions', { name }, (value) => context.newRequest(value))
  .throws('Resolver.report', 'outcome', nothing, (value, one: Made) => one.resolver.report(value), made)
  .options(
    'rejects',
    'RequestPromise.await',
    'AwaitOptions',
    { signal },
    (value, one: Made) => one.promise.await(value),
    made,
  )
  .throws('spawn', 'work', fn, (value) => context.spawn(value))
  .options('throws', 'spawn', 'WorkerOptions', { name, signal }, (value) => context.spawn(() => {}, value))
  .throws('spawn', 'delegated', nothing, (value) => context.spawn(() => {}, {}, value))
  .options('throws', 'new Once', 'RequestOptions', { name }, (value) => new context.Once(value))
  .rejects('Once.do', 'fn', fn, (value, one: context.Once<number>) => one.do(value), {
    subject: () => new context.Once<number>(),
  })
  .options(
    'rejects',
    'Once.do',
    'AwaitOptions',
    { signal },
    (value, one: context.Once<number>) => one.do(() => 1, value),
    { subject: () => new context.Once<number>() },
  )
  .throws('onceFunc', 'fn', fn, (value) => context.onceFunc(value))
  .options('throws', 'onceFunc', 'RequestOptions', { name }, (value) => context.onceFunc(() => {}, value))
  .throws('new OnceMap', 'fn', fn, (value) => new context.OnceMap(value))
  .options(
    'throws',
    'new OnceMap',
    'OnceMapOptions',
    { name: fn, keepFailures: boolean, signal },
    (value) => new context.OnceMap(() => {}, value),
  )
  .options(
    'rejects',
    'OnceMap.get',
    'AwaitOptions',
    { signal },
    (value, one: context.OnceMap<number, number>) => one.get(1, value),
    { subject: () => new context.OnceMap<number, number>((key) => key) },
  )
  .free('OnceMap.get key')
  .takesAnything(
    ...[
      'Worker.track',
      'Resolver.resolve',
      'Resolver.reject',
      'Resolver.containedResolvers',
      'Once.reset',
      'captureSites',
      'currentWorker',
    ],
    ...['OnceMap.requestId', 'OnceMap.reset', 'OnceMap.clear', 'RequestId.toString'],
    ...['SelfDependencyError', 'UnresolvedError', 'WorkgraphUsageError', 'RequestId', 'RequestPromise', 'Resolver'].map(
      (one) => `new ${one}`,
    ),
  );

describe('@x/workgraph, handed over wrongly', () => {
  table.complete(main, inspect);
});

describe('@x/workgraph/context, handed over wrongly', () => {
  inContext.complete(context);
});
