import { expect, test } from '@jest/globals';
import { graph } from './test-support/graph.js';
import { edgeKey, viewOf } from './view.js';

test('each module knows what it imports and what imports it', () => {
  const { modules } = graph({ a: ['b', 'c'], b: ['c'], c: [] });
  expect(modules.get('a')?.imports.map(({ path }) => path)).toEqual(['b', 'c']);
  expect(modules.get('c')?.importers.map(({ path }) => path)).toEqual(['a', 'b']);
  expect(modules.get('a')?.importers).toEqual([]);
});

test('many statements from one module to another are one line, with all of their kinds', () => {
  const view = viewOf({
    version: 3,
    root: 'r',
    modules: [
      {
        path: 'a',
        size: 1,
        totalSize: 2,
        depth: 1,
        hash: '',
        imports: [
          { path: 'b', kind: 'dynamic', specifier: './b' },
          { path: 'b', kind: 'static', specifier: './b' },
          { path: 'b', kind: 'static', specifier: './b.js' },
        ],
      },
      { path: 'b', size: 1, totalSize: 1, depth: 0, hash: '', imports: [] },
    ],
    cycles: [],
    unresolved: [],
    errors: [],
    entries: ['a', 'gone'],
  });
  const link = { path: 'b', kinds: ['dynamic', 'static'], specifiers: ['./b', './b.js'] };
  expect(view.modules.get('a')?.imports).toEqual([link]);
  expect(view.modules.get('b')?.importers).toEqual([{ ...link, path: 'a' }]);
  expect([...view.edges.keys()]).toEqual([edgeKey('a', 'b')]);
  expect(view.totals).toEqual({ modules: 2, imports: 3, bytes: 2, cycles: 0, unresolved: 0, errors: 0 });
  expect([...view.entries]).toEqual(['a']);
});

test('a line that nothing but types go along is known as such', () => {
  const of = (...kinds: ('type' | 'static')[]): boolean | undefined => {
    const imports = kinds.map((kind) => ({ path: 'b', kind, specifier: './b' }));
    const module = { size: 1, totalSize: 1, depth: 0, hash: '' };
    const modules = [
      { ...module, path: 'a', imports },
      { ...module, path: 'b', imports: [] },
    ];
    return graph({}, { modules }).edges.get(edgeKey('a', 'b'))?.typesOnly;
  };
  expect(of('type')).toBe(true);
  expect(of('type', 'static')).toBe(false);
});

test('what is on a cycle is: its modules, and the lines from each to the next, but no others between them', () => {
  const { modules, edges } = graph(
    { a: ['b'], b: ['c', 'b'], c: ['a'], d: ['a'] },
    { cycles: [['a', 'b', 'c'], ['b']] },
  );
  expect([...modules.values()].filter(({ onCycle }) => onCycle).map(({ path }) => path)).toEqual(['a', 'b', 'c']);
  expect([...edges.values()].filter(({ onCycle }) => !onCycle).map(({ key }) => key)).toEqual([edgeKey('d', 'a')]);
});

test('what is on a cycle is, also where that is not listed', () => {
  const { modules, edges } = graph({ a: ['b'], b: ['a', 'b'], c: ['a'] });
  expect([...modules.values()].map(({ onCycle }) => onCycle)).toEqual([true, true, false]);
  expect([...edges.values()].map(({ onCycle }) => onCycle)).toEqual([true, true, true, false]);
});

test('an import of what is not in the graph is left out', () => {
  const { modules, edges } = graph({ a: ['b'] });
  expect(modules.get('a')?.imports).toEqual([]);
  expect(edges.size).toBe(0);
});

test('an empty graph is one', () => {
  expect(graph({}).totals).toEqual({ modules: 0, imports: 0, bytes: 0, cycles: 0, unresolved: 0, errors: 0 });
});
