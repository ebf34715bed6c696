import { afterAll, expect, test } from '@jest/globals';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { removeTrees, tree } from './test-support/tree.js';
import { deadLinks, isBelow, isFolderNow, isPackage, nearestFolder, realName } from './watched-paths.js';

afterAll(removeTrees);

test('a path belongs to the tree but for what is in packages and in folders with a dot', () => {
  const root = tree({ '.env.ts': '' });
  mkdirSync(join(root, '.cache'));
  const inside = [
    '',
    'a.ts',
    'd/e',
    '.env.ts',
    '.gone',
    'node_modules',
    'node_modules/p',
    'd/node_modules/@s',
    'node_modules/@s/q',
  ];
  expect(inside.filter((path) => !isBelow(root, join(root, path)))).toEqual([]);
  const outside = ['../a.ts', '.cache', '.cache/a.ts', 'node_modules/p/a.js', 'node_modules/@s/q/a.js'];
  expect(outside.filter((path) => isBelow(root, join(root, path)))).toEqual([]);
  expect([isBelow('/', '/a'), isBelow('/a', '/ab')]).toEqual([true, false]);
});

test('a package is what is installed, with its scope', () => {
  expect(['/a/node_modules/p', '/a/node_modules/@s/q'].filter((path) => !isPackage(path))).toEqual([]);
  expect(['/a/node_modules', '/a/node_modules/@s', '/a/p'].filter(isPackage)).toEqual([]);
});

test('a folder is one that is there, and no link', () => {
  const root = tree({ 'd/a.ts': '' });
  symlinkSync('d', join(root, 'link'));
  symlinkSync('loop', join(root, 'loop'));
  expect(['d', 'd/a.ts', 'link', 'loop/x', 'none', 'd/a.ts/b'].filter((path) => isFolderNow(join(root, path)))).toEqual(
    ['d'],
  );
  expect(nearestFolder(join(root, 'd/a.ts/b/c'))).toBe(join(root, 'd'));
  expect(nearestFolder(join(root, 'none/x/y'))).toBe(root);
});

test('a file is known by its real name, before it is there, too', () => {
  const root = tree({ 'd/a.ts': '', 'd/e/b.ts': '' });
  for (const [path, target] of [
    ['link', 'd'],
    ['link.ts', 'd/a.ts'],
    ['deep', 'd/e'],
    ['d/e/dead', '../none'],
    ['twice', 'deep/dead/x'],
    ['absolute', join(root, 'none')],
    ['loop', 'loop'],
    ['longer', 'longer/x'],
  ] as const) {
    symlinkSync(target, join(root, path));
  }
  for (const [path, real] of [
    ['link/a.ts', 'd/a.ts'],
    ['link.ts', 'd/a.ts'],
    ['link/new.json', 'd/new.json'],
    ['link/none/new.json', 'd/none/new.json'],
    ['deep/dead/a.ts', 'd/none/a.ts'],
    ['twice', 'd/none/x'],
    ['absolute/a.ts', 'none/a.ts'],
    ['loop/a.ts', 'loop/a.ts'],
  ] as const) {
    expect([path, realName(join(root, path))]).toEqual([path, join(root, real)]);
  }
  expect(realName(join(root, 'longer'))).toBe(join(root, 'longer'));
  expect([...deadLinks(root)].sort()).toEqual(['absolute', 'longer', 'loop', 'twice'].map((path) => join(root, path)));
  expect(deadLinks(join(root, 'none'))).toEqual([]);
});
