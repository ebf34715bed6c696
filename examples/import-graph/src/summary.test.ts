import { describe, expect, test } from '@jest/globals';
import { toDot } from './dot.js';
import type { ImportKind } from './model.js';
import type { Report } from './result.js';
import { printable, summaryOf } from './summary.js';

const module = (path: string, imports: [string, ImportKind][] = [], size = 10) => ({
  ...{ path, size, totalSize: size * 2, depth: imports.length, hash: 'h' },
  imports: imports.map(([target, kind]) => ({ path: target, kind, specifier: `./${target}` })),
});

const report = (over: Partial<Report>): Report => ({
  ...{ root: '/tree/', outside: new Map(), modules: [], cycles: [], unresolved: [], errors: [], entries: [], ...over },
});

describe('the summary', () => {
  test('says what a person wants to know', () => {
    const text = summaryOf(
      report({
        modules: [
          module(
            'a.ts',
            [
              ['b.ts', 'static'],
              ['c.ts', 'type'],
              ['d.ts', 'static'],
            ],
            1_234_567,
          ),
          module('b.ts', [['a.ts', 'static']], 1500),
          module('c.ts', [['a.ts', 'static']], 999),
          module('d.ts', [['a.ts', 'dynamic']]),
        ],
        cycles: [
          ['a.ts', 'b.ts'],
          ['a.ts', 'c.ts'],
          ['a.ts', 'd.ts'],
        ],
        outside: new Map([
          ['zod', 1],
          ['node', 2],
          ['ajv', 1],
        ]),
        unresolved: [{ path: 'b.ts', line: 3, column: 8, kind: 'static', specifier: './none.js', message: 'none' }],
        errors: [{ path: 'c.ts', message: 'it does not parse' }],
      }),
    );
    expect(text).toBe(`/tree/
4 modules, 6 imports between them, 1.2 MB

Imported from outside, not followed: node (2), ajv (1), zod (1)

Heaviest modules, with all that they import
      total        own  depth  module
     2.5 MB     1.2 MB      3  a.ts
     3.0 kB     1.5 kB      1  b.ts
     2.0 kB      999 B      1  c.ts
       20 B       10 B      1  d.ts

Import cycles (3)
  a.ts -> b.ts -> a.ts
  a.ts -> d.ts -> a.ts  (through a dynamic import)
  a.ts -> c.ts -> a.ts  (through types only)

Unresolved imports (1)
  b.ts:3:8  ./none.js

1 file or folder with mistakes, named on stderr.
`);
  });

  test('says what a cycle is through where one module is imported in several ways', () => {
    const modules = [
      module('a.ts', [
        ['b.ts', 'type'],
        ['b.ts', 'dynamic'],
        ['c.ts', 'type'],
        ['c.ts', 'dynamic'],
        ['d.ts', 'dynamic'],
        ['d.ts', 'static'],
      ]),
      module('b.ts', [['a.ts', 'static']]),
      module('c.ts', [['a.ts', 'type']]),
      module('d.ts', [['a.ts', 'export']]),
    ];
    const cycles = ['b.ts', 'c.ts', 'd.ts'].map((other) => ['a.ts', other]);
    expect(summaryOf(report({ modules, cycles }))).toContain(`Import cycles (3)
  a.ts -> d.ts -> a.ts
  a.ts -> b.ts -> a.ts  (through a dynamic import)
  a.ts -> c.ts -> a.ts  (through types only)
`);
  });

  test('says so when there is nothing', () => {
    expect(summaryOf(report({}))).toBe(`/tree/
0 modules, 0 imports between them, 0 B

There is no JavaScript or TypeScript here.

No import cycles.

No unresolved imports.
`);
  });

  test('shows the first of many, and says how many more there are', () => {
    const cycles = Array.from({ length: 40 }, (_, number) => [`m${number}.ts`]);
    const outside = new Map(Array.from({ length: 20 }, (_, number) => [`p${String(number).padStart(2, '0')}`, 1]));
    const text = summaryOf(report({ cycles, outside }));
    expect(text).toContain('and 25 more: --json lists all');
    expect(text).toContain('p14 (1) and 5 more');
  });

  test('shows of a long cycle where it begins and ends', () => {
    const cycle = Array.from({ length: 5000 }, (_, number) => `m${number}.ts`);
    expect(summaryOf(report({ cycles: [cycle] }))).toContain(
      '  m0.ts -> m1.ts -> m2.ts -> m3.ts -> m4.ts -> m5.ts -> ... 4,992 more ... -> m4998.ts -> m4999.ts -> m0.ts\n',
    );
  });

  test('lets no file name act on the terminal', () => {
    expect(printable('a\u001b[31m\n\u009bb')).toBe('a\\u001b[31m\\u000a\\u009bb');
  });
});

test('the drawing has every module and import, cycles in red, names escaped', () => {
  const modules = [
    module('a"\\.ts', [
      ['b.ts', 'static'],
      ['b.ts', 'type'],
      ['c.ts', 'dynamic'],
    ]),
    module('b.ts', [['a"\\.ts', 'export']]),
    module('c.ts'),
  ];
  expect([...toDot(report({ modules }))].join('')).toBe(`digraph imports {
  rankdir=LR;
  node [shape=box, fontname="sans-serif"];
  "a\\"\\\\.ts" [tooltip="a\\"\\\\.ts, 10 bytes"];
  "b.ts" [tooltip="b.ts, 10 bytes"];
  "c.ts" [tooltip="c.ts, 10 bytes"];
  "a\\"\\\\.ts" -> "b.ts" [color=red];
  "a\\"\\\\.ts" -> "b.ts" [color=red, style=dashed];
  "a\\"\\\\.ts" -> "c.ts" [style=dotted];
  "b.ts" -> "a\\"\\\\.ts" [color=red];
}
`);
});
