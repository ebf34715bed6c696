import { expect, test } from '@jest/globals';
import { differenceOf } from './difference.js';
import { graph } from './test-support/graph.js';
import { edgeKey } from './view.js';

test('what came and what went is said, modules and lines', () => {
  const before = graph({ a: ['b'], b: ['c'], c: [] });
  const after = graph({ a: ['b', 'd'], b: [], d: [] });
  expect(differenceOf(before, after)).toEqual({
    added: ['d'],
    removed: ['c'],
    addedEdges: [edgeKey('a', 'd')],
    removedEdges: [edgeKey('b', 'c')],
  });
});

test('between a graph and itself there is no difference', () => {
  const view = graph({ a: ['b'], b: ['a'] });
  expect(differenceOf(view, view)).toEqual({ added: [], removed: [], addedEdges: [], removedEdges: [] });
});
