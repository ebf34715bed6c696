import { afterAll, describe, expect, jest, test } from '@jest/globals';
import type * as tsconfigs from 'get-tsconfig';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PathAliases } from './path-aliases.js';
import { removeTrees, tree } from './test-support/tree.js';

afterAll(removeTrees);

const paths = (target: string, others: object = {}): string =>
  JSON.stringify({ compilerOptions: { paths: { '@/*': [`./${target}/*`] } }, ...others });

/** What a specifier may mean in a file of a tree, relative to that. */
function aliasesIn(root: string, aliases = new PathAliases()) {
  return (from: string, specifier: string): string[] =>
    aliases.of(join(root, from), specifier).map((path) => path.slice(root.length + 1));
}

describe('what a specifier may mean', () => {
  test('is said by the nearest tsconfig, in comments, commas and all, with what that extends', () => {
    const root = tree({
      'tsconfig.json': `{ // so
        "extends": "./base.json", "compilerOptions": { "paths": { "@/*": ["./a/*", "./b/*"], "one": ["./c"] }, }, }`,
      'base.json': '{ "compilerOptions": { "baseUrl": "./base" } }',
      'inner/tsconfig.json': paths('src'),
      'none/tsconfig.json': '{}',
    });
    const of = aliasesIn(root);
    expect(of('x.ts', '@/y')).toEqual(['base/a/y', 'base/b/y']);
    expect(of('deep/down/x.ts', 'one')).toEqual(['base/c']);
    expect(of('x.ts', 'other')).toEqual(['base/other']);
    expect(of('inner/deep/x.ts', '@/y')).toEqual(['inner/src/y']);
    expect(of('inner/x.ts', 'one')).toEqual([]);
    expect(of('none/x.ts', '@/y')).toEqual([]);
  });

  test('is said by the project that the file belongs to', () => {
    const references = [{ path: './app.json' }, { path: './lib' }, { path: './none' }];
    const root = tree({
      'tsconfig.json': JSON.stringify({ files: [], references }),
      'app.json': paths('app', { include: ['app'], references: [{ path: './other.json' }] }),
      'other.json': paths('other', { include: ['other'] }),
      'lib/tsconfig.json': paths('src', { compilerOptions: { allowJs: true, paths: { '@/*': ['./src/*'] } } }),
    });
    const of = aliasesIn(root);
    expect(of('app/x.ts', '@/y')).toEqual(['app/y']);
    expect(of('app/x.js', '@/y')).toEqual([]);
    expect(of('lib/x.js', '@/y')).toEqual(['lib/src/y']);
    expect(of('other/x.ts', '@/y')).toEqual([]);
  });

  test('is said by the nearest tsconfig, too, for a file that it does not list, but not for what is installed', () => {
    const root = tree({
      'tsconfig.json': paths('all'),
      'in/tsconfig.json': paths('src', { include: ['src'] }),
      'files/tsconfig.json': paths('src', { files: ['a.ts'] }),
      'none/tsconfig.json': '{ "extends": "not-installed" }',
    });
    const of = aliasesIn(root);
    expect(of('in/src/x.ts', '@/y')).toEqual(['in/src/y']);
    // Another lists it: that comes first.
    expect(of('in/test/x.ts', '@/y')).toEqual(['all/y', 'in/src/y']);
    expect(of('files/b.js', '@/y')).toEqual(['files/src/y']);
    expect(of('none/x.ts', '@/y')).toEqual([]);
    expect(of('node_modules/p/x.ts', '@/y')).toEqual([]);
  });

  test('is said without what is extended and is not there', () => {
    const root = tree({
      'own/tsconfig.json': paths('src', { extends: 'not-installed/base.json' }),
      'own/in/tsconfig.json': '{ // "extends": "./none.json",\n "extends": "../tsconfig.json" }',
      'list/tsconfig.json': '{ "extends": ["./none.json", "./base", "not-installed"] }',
      'list/base.json': paths('base', { extends: '../base.json' }),
      'up/tsconfig.json': '{ "extends": "./base.json" }',
      'up/base.json': paths('base', { extends: './more/base.json' }),
      'up/more/base.json': '{ "extends": "./base.json/none", "compilerOptions": { "baseUrl": ".." } }',
      'refs/tsconfig.json': '{ "files": [], "references": [{ "path": "./app.json" }] }',
      'refs/app.json': paths('app', { extends: './none.json', include: ['src'] }),
      'odd/tsconfig.json': `{ "extends" /* " * */ : // "so": [
        [".\\/none.json", /* ] */ "./[x].json", "./[y].json"] }`,
      'odd/[x].json': paths('x'),
      'word/tsconfig.json': paths('src', { extends: 'extends' }),
      'beside/tsconfig.json': '{ "extends": "./base" }',
      'beside/base.json': paths('file'),
      'beside/base/x.json': '',
      // Its base is there, and what that calls by the same words is not.
      'deep/more/tsconfig.json': '{ "extends": "../base.json" }',
      'deep/base.json': paths('kept', { extends: '../base.json' }),
    });
    const of = aliasesIn(root);
    for (const [from, target] of [
      ['own/x.ts', 'own/src/y'],
      ['own/in/x.ts', 'own/src/y'],
      ['list/x.ts', 'list/base/y'],
      ['up/x.ts', 'up/base/y'],
      ['refs/src/x.ts', 'refs/app/y'],
      ['deep/more/x.ts', 'deep/kept/y'],
      ['odd/x.ts', 'odd/x/y'],
      ['word/x.ts', 'word/src/y'],
      ['beside/x.ts', 'beside/file/y'],
    ] as const) {
      expect([from, of(from, '@/y')]).toEqual([from, [target]]);
    }
  });

  test('is said by a jsconfig.json where there is no tsconfig.json, which lists JavaScript, and takes what it extends', () => {
    const root = tree({
      'tsconfig.json': paths('all', { compilerOptions: { allowJs: true, paths: { '@/*': ['./all/*'] } } }),
      'in/jsconfig.json': '{ "extends": "./base/base.json" }',
      'in/base/base.json': paths('../src', { include: ['../src'] }),
      'both/tsconfig.json': paths('ts'),
      'both/jsconfig.json': paths('js'),
    });
    const aliases = new PathAliases();
    const of = aliasesIn(root, aliases);
    expect(of('in/src/x.js', '@/y')).toEqual(['in/src/y']);
    expect(of('in/test/x.js', '@/y')).toEqual(['all/y', 'in/src/y']);
    expect(of('both/x.ts', '@/y')).toEqual(['both/ts/y']);
    // With a mistake in it every import would be one, if the resolver were asked with it.
    expect(aliases.listedOtherwise(join(root, 'in/src/x.js'))).toBeUndefined();
  });

  test('is not listed by what is extended if that lists nothing, wherever the project is built to', () => {
    const listing = { include: ['..'], exclude: ['./dist'] };
    const root = tree({
      'base/base.json': '{ "compilerOptions": { "outDir": "../dist" } }',
      'base/listing.json': JSON.stringify(listing),
      'alone/tsconfig.json': '{ "compilerOptions": { "outDir": "dist", "declarationDir": "types" } }',
      'with/tsconfig.json': '{ "extends": "../base/base.json", "include": ["src"] }',
      'by/tsconfig.json': '{ "extends": "../base/listing.json", "compilerOptions": { "outDir": "dist" } }',
      'own/tsconfig.json': JSON.stringify({ extends: '../base/listing.json', include: ['src'], exclude: ['dist'] }),
      'both/tsconfig.json': '{ "extends": "../base/listing.json", "include": ["src"] }',
    });
    const aliases = new PathAliases();
    for (const [from, config] of [
      ['alone/src/x.ts', undefined],
      ['with/src/x.ts', undefined],
      ['by/x.ts', 'by/tsconfig.json'],
      ['own/src/x.ts', undefined],
      ['both/src/x.ts', 'both/tsconfig.json'],
    ] as const) {
      expect([from, aliases.listedOtherwise(join(root, from))]).toEqual([from, config && join(root, config)]);
    }
  });

  test('is known of a file when it has been asked once, however many projects there are, until all is forgotten', () => {
    const library = createRequire(import.meta.url)('get-tsconfig') as typeof tsconfigs;
    const { createFilesMatcher } = library;
    let asked = 0;
    const spy = jest.spyOn(library, 'createFilesMatcher').mockImplementation((config) => {
      const matches = createFilesMatcher(config);
      return (path) => (asked++, matches(path));
    });
    const root = tree({
      'tsconfig.json': JSON.stringify({ files: [], references: [{ path: './a' }, { path: './b' }] }),
      'a/tsconfig.json': paths('src', { include: ['src'] }),
      'b/tsconfig.json': paths('src', { include: ['src'] }),
    });
    const aliases = new PathAliases();
    const of = aliasesIn(root, aliases);
    for (const specifier of ['@/x', '@/y', '@/z']) of('b/test/x.ts', specifier);
    const once = asked;
    of('b/test/x.ts', '@/a');
    expect([once > 0, asked]).toEqual([true, once]);
    aliases.forget();
    of('b/test/x.ts', '@/a');
    expect(asked).toBe(2 * once);
    writeFileSync(join(root, 'b/tsconfig.json'), '{ "include": ["${configDir}/../b"] }');
    aliases.forget();
    asked = 0;
    const listed = Array.from({ length: 3 }, () => aliases.listedOtherwise(join(root, 'b/test/x.ts')));
    expect([listed, asked]).toEqual([listed.map(() => join(root, 'b/tsconfig.json')), 1]);
    spy.mockRestore();
  });

  test('is nothing where no tsconfig can be used, until one can', () => {
    const root = tree({ 'tsconfig.json': '{ "extends": "./tsconfig.json" }', 'in/a.ts': '' });
    const aliases = new PathAliases();
    const of = aliasesIn(root, aliases);
    expect(of('in/x.ts', '@/y')).toEqual([]);
    rmSync(join(root, 'tsconfig.json'));
    mkdirSync(join(root, 'tsconfig.json'));
    aliases.forget();
    expect(of('in/x.ts', '@/y')).toEqual([]);
    writeFileSync(join(root, 'in/tsconfig.json'), paths('src'));
    expect(of('in/x.ts', '@/y')).toEqual([]);
    aliases.forget();
    expect(of('in/x.ts', '@/y')).toEqual(['in/src/y']);
  });
});

test('whether `verbatimModuleSyntax` holds for a file is said by the tsconfig that lists it, with what that extends', () => {
  const verbatim = (verbatimModuleSyntax: boolean, others: object = {}): string =>
    JSON.stringify({ compilerOptions: { verbatimModuleSyntax }, ...others });
  const root = tree({
    'tsconfig.json': JSON.stringify({ files: [], references: [{ path: './app.json' }, { path: './lib' }] }),
    'app.json': JSON.stringify({ include: ['app'], extends: './base.json' }),
    'base.json': verbatim(true),
    'lib/tsconfig.json': verbatim(false, { extends: '../base.json' }),
    'in/tsconfig.json': verbatim(true, { files: [] }),
  });
  const aliases = new PathAliases();
  const of = (from: string): boolean => aliases.isVerbatim(join(root, from));
  expect(['app/x.ts', 'lib/x.ts', 'test/x.ts', 'in/x.ts', 'node_modules/p/x.ts'].map(of)).toEqual([
    ...[true, false, false, true, false],
  ]);
  writeFileSync(join(root, 'base.json'), '{}');
  aliases.forget();
  expect(of('app/x.ts')).toBe(false);
});

test('it is known which files say so, there or not: a base of any name, what is referred to, and those further up', () => {
  const root = tree({
    'tsconfig.json': '{ "extends": "./base.jsonc" }',
    '.made/tsconfig.json': '{}',
    'base.jsonc': '{ "extends": "./none.json" }',
    'well/tsconfig.json': '{ "extends": "../.made/tsconfig.json", "references": [{ "path": "../lib" }] }',
  });
  const aliases = new PathAliases();
  const filesFor = (from: string): string[] =>
    [...aliases.filesFor(join(root, from))].map((path) => path.slice(root.length + 1));
  const broken = ['tsconfig.json', 'base.jsonc', 'none.json'];
  expect(filesFor('deep/x.ts')).toEqual(expect.arrayContaining(broken));
  const well = ['well/tsconfig.json', '.made/tsconfig.json', 'lib', ...broken];
  expect(filesFor('well/x.ts')).toEqual(expect.arrayContaining(well));
  mkdirSync(join(root, 'lib'));
  aliases.forget();
  expect(filesFor('well/x.ts')).toContain('lib/tsconfig.json');
});
