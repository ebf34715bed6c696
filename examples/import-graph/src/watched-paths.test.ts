import { afterAll, expect, test } from '@jest/globals';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { removeTrees, tree } from './test-support/tree.js';
import { isBelow, isFolderNow, isPackage, nearestFolder, realName } from './watched-paths.js';

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
  const root = tree({ 'd/a.ts': '' });
  symlinkSync('d', join(root, 'link'));
  symlinkSync('d/a.ts', join(root, 'link.ts'));
  const names = ['link/a.ts', 'link.ts', 'link/new.json', 'link/none/new.json'];
  expect(names.map((name) => realName(join(root, name)))).toEqual(
    ['d/a.ts', 'd/a.ts', 'd/new.json', 'd/none/new.json'].map((name) => join(root, name)),
  );
});
