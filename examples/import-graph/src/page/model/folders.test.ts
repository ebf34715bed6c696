import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { groupsOf, huesOf } from './folders.js';

const many = (folder: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${folder}f${at}.ts`);
const sizes = (paths: string[], most: number): Record<string, number> =>
  Object.fromEntries([...groupsOf(paths, most)].map(([name, { length }]) => [name, length]));

test('a group is named for the deepest folder that all of it is in', () => {
  expect(sizes([...many('packages/a/src/', 6), ...many('packages/b/src/deep/', 4)], 8)).toEqual({
    'packages/a/src/': 6,
    'packages/b/src/deep/': 4,
  });
});

test('the largest is split for as long as there is room', () => {
  const paths = [...many('a/x/', 8), ...many('a/y/', 6), ...many('b/x/', 5), ...many('b/y/', 4)];
  expect(Object.keys(sizes(paths, 2))).toEqual(['a/', 'b/']);
  expect(Object.keys(sizes(paths, 3))).toEqual(['b/', 'a/x/', 'a/y/']);
  expect(Object.keys(sizes(paths, 4))).toEqual(['a/x/', 'a/y/', 'b/x/', 'b/y/']);
});

test('what does not fit stays with the folder', () => {
  const paths = [...many('a/', 9), ...many('b/', 8), ...many('c/', 7), ...many('d/', 6), 'top.ts'];
  expect(sizes(paths, 3)).toEqual({ '': 14, 'a/': 9, 'b/': 8 });
});

test('what lies in a folder beside folders is a group of that folder', () => {
  expect(sizes([...many('src/', 5), ...many('src/deep/', 4)], 8)).toEqual({ 'src/': 5, 'src/deep/': 4 });
});

test('nothing has no groups, and one file has one', () => {
  expect(sizes([], 8)).toEqual({});
  expect(sizes(['a/b.ts'], 8)).toEqual({ 'a/': 1 });
  expect(sizes(['b.ts'], 8)).toEqual({ '': 1 });
});

test('every path is in one group, below the folder it is named for, and there are no more groups than asked for', () => {
  const path = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1, maxLength: 5 })
    .map((parts) => `${parts.join('/')}x`);
  fc.assert(
    fc.property(fc.uniqueArray(path, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (paths, most) => {
      const groups = groupsOf(paths, most);
      expect([...groups.values()].flat().sort()).toEqual([...paths].sort());
      expect(groups.size).toBeLessThanOrEqual(most);
      for (const [folder, members] of groups)
        for (const member of members) expect(member.startsWith(folder)).toBe(true);
    }),
  );
});

test('a group keeps its hue, a new one takes a free one, and what is over has none', () => {
  expect([...huesOf(['a', 'b', 'c', 'd'], new Map(), 3)]).toEqual([
    ['a', 0],
    ['b', 1],
    ['c', 2],
  ]);
  const hues = huesOf(
    ['new', 'c', 'a'],
    new Map([
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ]),
    3,
  );
  expect(Object.fromEntries(hues)).toEqual({ a: 0, c: 2, new: 1 });
});
