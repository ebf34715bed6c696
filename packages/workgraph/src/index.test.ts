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
