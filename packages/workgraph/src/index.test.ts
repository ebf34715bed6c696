import { expect, test } from '@jest/globals';
import * as context from './context.js';
import * as index from './index.js';
import * as inspect from './inspect.js';

const shared = [
  'Once',
  'OnceMap',
  'RequestId',
  'RequestPromise',
  'Resolver',
  'SelfDependencyError',
  'UnresolvedError',
  'Worker',
  'WorkgraphUsageError',
  'captureSites',
  'newRequest',
  'noRequest',
  'onceFunc',
  'spawn',
];

test('the main entry exports these names', () => {
  expect(Object.keys(index).sort()).toEqual(shared);
});

test('the entry for the current worker exports the same, and tells the worker', () => {
  expect(Object.keys(context).sort()).toEqual([...shared, 'currentWorker'].sort());
});

test('the entry that looks at a graph exports these names', () => {
  expect(Object.keys(inspect).sort()).toEqual(['snapshot', 'toDot', 'toMermaid']);
});

// Looked at by the compiler alone.
export function types(): void {
  // @ts-expect-error -- requests are made by newRequest
  new index.Resolver<number>();
  // @ts-expect-error -- requests are made by newRequest
  new index.RequestPromise<number>();
  // @ts-expect-error -- each request has its own
  new index.RequestId();
  // @ts-expect-error -- requests are made by newRequest
  new context.Resolver<number>();
  // @ts-expect-error -- requests are made by newRequest
  new context.RequestPromise<number>();
  const main = new index.Worker();
  const [narrow, wide] = [index.newRequest<number>(main), index.newRequest<number | string>(main)];
  // Who can resolve with more can resolve with less, and who needs less may get more.
  const resolvers: [index.Resolver<number>, context.Resolver<number>] = [
    wide.resolver,
    context.newRequest<unknown>().resolver,
  ];
  const promise: index.RequestPromise<number | string> = narrow.promise;
  // @ts-expect-error -- it takes no string
  const wrong: index.Resolver<number | string> = narrow.resolver;
  // @ts-expect-error -- it takes no string
  const wrongToo: context.Resolver<number | string> = context.newRequest<number>().resolver;
  // @ts-expect-error -- it may give a string
  const more: index.RequestPromise<number> = wide.promise;
  void [resolvers, promise, wrong, wrongToo, more];
}
