import { expect, test } from '@jest/globals';
import { emphasisOf, type Selection } from './emphasis.js';
import { graph } from './test-support/graph.js';
import { edgeKey } from './view.js';
import { waysFrom } from './way.js';

const view = graph(
  { entry: ['a', 'other'], a: ['b'], b: ['c', 'd'], c: ['b'], d: [], other: ['b'] },
  { cycles: [['b', 'c']] },
);
const ways = waysFrom(view);
const of = (
  selection: Selection | undefined,
  matches?: string[],
): [Record<string, string>, Record<string, string>] | undefined => {
  const emphasis = emphasisOf(view, ways, selection, matches);
  return emphasis && [Object.fromEntries(emphasis.modules), Object.fromEntries(emphasis.edges)];
};

test('where nothing is selected or looked for, nothing stands out', () => {
  expect(of(undefined)).toBeUndefined();
});

test('a module stands out with what it imports, what imports it, and the way to it; what it imports counts most', () => {
  expect(of({ kind: 'module', path: 'b' })).toEqual([
    { entry: 'way', a: 'way', b: 'selected', other: 'importer', c: 'import', d: 'import' },
    {
      [edgeKey('entry', 'a')]: 'way',
      [edgeKey('a', 'b')]: 'way',
      [edgeKey('other', 'b')]: 'importer',
      [edgeKey('c', 'b')]: 'importer',
      [edgeKey('b', 'c')]: 'import',
      [edgeKey('b', 'd')]: 'import',
    },
  ]);
});

test('a cycle stands out with the lines from each to the next', () => {
  expect(of({ kind: 'cycle', cycle: ['b', 'c'] })).toEqual([
    { b: 'cycle', c: 'cycle' },
    { [edgeKey('b', 'c')]: 'cycle', [edgeKey('c', 'b')]: 'cycle' },
  ]);
  expect(of({ kind: 'cycle', cycle: ['b'] })?.[1]).toEqual({ [edgeKey('b', 'b')]: 'cycle' });
});

test('while something is looked for, that stands out, and nothing where nothing is found', () => {
  expect(of({ kind: 'module', path: 'b' }, ['d'])).toEqual([{ d: 'match' }, {}]);
  expect(of({ kind: 'module', path: 'b' }, [])).toEqual([{}, {}]);
});

test('what is not there stands out alone', () => {
  expect(of({ kind: 'module', path: 'gone' })).toEqual([{ gone: 'selected' }, {}]);
});
