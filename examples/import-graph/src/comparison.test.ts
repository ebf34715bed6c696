import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { differenceOf, verdictOf } from '../compare/graph.js';
import { ours, ratioOf, tablesOf, type Comparison } from '../compare/table.js';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const comparison = JSON.parse(read('compare/result.json')) as Comparison;

describe('the comparison with others', () => {
  test('is in the README as it was measured', () => {
    const [, quoted = ''] = /<!-- comparison -->([^]*)<!-- \/comparison -->/.exec(read('README.md')) ?? [];
    // Without what a formatter does to tables.
    const plain = (text: string): string =>
      text
        .trim()
        .replaceAll(/ +/g, ' ')
        .replaceAll(/-{3,}:?/g, '---');
    expect(plain(quoted)).toBe(plain(tablesOf(comparison)));
  });

  test('is of the versions that are named, on five trees, in five rounds or more', () => {
    const { dependencies } = JSON.parse(read('compare/package.json')) as { dependencies: Record<string, string> };
    expect(dependencies).toMatchObject(comparison.versions);
    expect(comparison.trees.map(({ tree }) => tree)).toEqual([
      'rxjs/src',
      'three/src',
      'lodash-es',
      'effect/src',
      'zod/src',
    ]);
    for (const { tree, version, tools } of comparison.trees) {
      expect(dependencies[tree.split('/')[0] ?? '']).toBe(version);
      expect(tools[ours]?.milliseconds.length).toBeGreaterThanOrEqual(5);
    }
  });

  test('finds this program to be of the same opinion as the judge, and to list every import that is on a cycle', () => {
    for (const { judge, tools } of comparison.trees) {
      expect(tools[ours]).toMatchObject({
        modules: { missing: 0, extra: 0 },
        imports: { missing: 0, extra: 0 },
        cycles: { covered: judge.onCycles },
      });
    }
  });

  test('finds it to take at most half of the processor time of the fastest other', () => {
    for (const { tools } of comparison.trees) {
      for (const other of Object.keys(comparison.versions)) {
        expect(ratioOf(tools, other, 'cpuMilliseconds')).toBeLessThanOrEqual(0.5);
      }
    }
  });

  test('counts what is missing, what is too much, and the imports of a cycle that a list leaves out', () => {
    const right = {
      modules: ['a', 'b', 'c', 'd'],
      edges: [...['ab', 'ba', 'bc', 'cb', 'cd', 'dd'].map((pair): [string, string] => [pair[0] ?? '', pair[1] ?? ''])],
    };
    expect(verdictOf(right)).toEqual({ modules: 4, imports: 6, onCycles: 5 });
    const found = {
      modules: ['a', 'b', 'c', 'x'],
      edges: [...right.edges.slice(1), ['a', 'x'] as const],
      cycles: [['a', 'b'], ['d']],
    };
    expect(differenceOf(found, right)).toEqual({
      modules: { missing: 1, extra: 1 },
      imports: { missing: 1, extra: 1 },
      examples: ['missing: d', 'extra: x', 'missing: a -> b', 'extra: a -> x'],
      cycles: { listed: 2, covered: 3 },
    });
  });
});
