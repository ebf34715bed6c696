import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { graph } from './test-support/graph.js';
import { wayTo, waysFrom } from './way.js';

test('the way to a module is the shortest from the nearest entry', () => {
  const view = graph({ far: ['x'], x: ['y'], y: ['z'], near: ['y'], z: [] });
  expect(wayTo(waysFrom(view), 'z')).toEqual(['near', 'y', 'z']);
});

test('an entry is its own way', () => {
  expect(wayTo(waysFrom(graph({ a: ['b'], b: [] })), 'a')).toEqual(['a']);
});

test('where no entry leads there is no way', () => {
  const ways = waysFrom(graph({ a: [], b: ['c'], c: ['b'] }));
  expect(wayTo(ways, 'c')).toEqual([]);
  expect(wayTo(ways, 'unknown')).toEqual([]);
});

test('a cycle does not keep it from ending', () => {
  expect(wayTo(waysFrom(graph({ a: ['b'], b: ['c'], c: ['b', 'c', 'd'], d: [] })), 'd')).toEqual(['a', 'b', 'c', 'd']);
});

test('every step of a way is an import, it begins at an entry, and none is shorter', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  fc.assert(
    fc.property(
      fc.array(fc.subarray(names), { minLength: 6, maxLength: 6 }),
      fc.subarray(names, { minLength: 1 }),
      (targets, entries) => {
        const view = graph(Object.fromEntries(names.map((name, at) => [name, targets[at] ?? []])), { entries });
        const ways = waysFrom(view);
        const lengthOf = (path: string): number => wayTo(ways, path).length || Infinity;
        for (const name of names) {
          const way = wayTo(ways, name);
          if (way.length > 0) expect(entries).toContain(way[0]);
          way.slice(1).forEach((path, at) => {
            expect(view.modules.get(way[at] ?? '')?.imports.map((link) => link.path)).toContain(path);
          });
          for (const { path } of view.modules.get(name)?.imports ?? [])
            expect(lengthOf(path)).toBeLessThanOrEqual(lengthOf(name) + 1);
        }
      },
    ),
  );
});
