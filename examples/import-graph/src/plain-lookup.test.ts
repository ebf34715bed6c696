import { afterAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ImportResolver } from './resolve.js';
import { analyse } from './test-support/analyse.js';
import { removeTrees, tree } from './test-support/tree.js';
import { IgnoreRules } from './ignored.js';
import { unbuilt } from './unbuilt.js';

afterAll(removeTrees);

const files = {
  'src/a.ts': '',
  'src/a.js': '',
  'src/a.cts': '',
  'src/b.ts': '',
  'src/b.js': '',
  'src/c.tsx': '',
  'src/d.d.ts': '',
  'src/e.mts': '',
  'src/both.ts': '',
  'src/both/index.ts': '',
  'src/folder/index.js': '',
  'src/folder/index.ts': '',
  'src/h.mts': '',
  'src/h/index.ts': '',
  'src/i.cjs': '',
  'src/i.json': '{}',
  'src/in/index.mjs': '',
  'src/dotted.name.ts': '',
  'src/odd.js.ts': '',
  'src/data.json': '{}',
  'src/logo.svg': '',
  'src/other/index.tsx': '',
  'index.ts': '',
  'src.ts': '',
  'node_modules/dep/package.json': '{ "name": "dep", "exports": { "import": "./m.js", "require": "./c.js" } }',
  'node_modules/dep/m.js': '',
  'node_modules/dep/c.js': '',
  'node_modules/typed/package.json': '{ "main": "m.js", "types": "t.d.ts" }',
  'node_modules/typed/m.js': '',
  'node_modules/typed/t.d.ts': '',
  'node_modules/@types/s__p/index.d.ts': '',
  'lib/pk/package.json': '{ "main": "m", "types": "t.d.ts" }',
  'lib/pk/m.js': '',
  'lib/pk/t.d.ts': '',
  'lib/pk/index.ts': '',
  'lib/pk.d/x.d.ts': '',
  'lib/pk.d/x.js': '',
  'linked/package.json':
    '{ "name": "linked", "exports": { ".": { "types": "./t.d.ts", "default": "./m.js" }, "./t": { "types": "./t.d.ts" }, "./way": { "import": "./m.js", "require": "./c.cjs" } } }',
  'linked/m.js': '',
  'linked/c.cjs': '',
  'linked/t.d.ts': '',
  'tsconfig.json':
    '{ "compilerOptions": { "allowJs": true, "paths": { "@/*": ["./none/*", "./src/*"], "/@/*": ["./src/*"], "one": ["./src/b.ts"], "lib/*": ["./lib/*"] } } }',
  'node_modules/bad/package.json': '{',
  'node_modules/bad/index.js': '',
};
const specifiers = [
  ...['./a', './a.js', './b', './b.js', './c', './c.js', './d', './d.js', './e', './e.mjs', './none', './none.js'],
  ...[
    './both',
    './both/',
    './both/.',
    './h',
    './i',
    './in',
    '@/h',
    './both/in/..',
    '../src/.',
    './folder',
    './folder/',
    './folder/index',
    './dotted.name',
    './odd.js',
    './odd',
    './data',
  ],
  ...[
    './data.json',
    './logo.svg',
    './logo.svg?raw',
    './other',
    './other/index.jsx',
    '.',
    './',
    '..',
    '../',
    '../src/a',
  ],
  ...['/@/b', '/@/folder', '/@/none', '/none/b'],
  ...['@/b', '@/b.js', '@/folder', '@/none', 'one', 'one/b', 'lib/pk', 'lib/pk/t', '../lib/pk', '../lib/pk/'],
  ...[
    '../lib/pk.d/x',
    '../lib/pk.d/x.js',
    'linked',
    'linked/t',
    'linked/none',
    'linked/way',
    'typed',
    '@s/p',
    '@/both/',
  ],
  ...['dep', 'dep/m.js', 'not-installed', 'fs', 'node:fs', '#inner', 'https://host.example/x.js', ''],
];

/** What each leads to, from TypeScript and JavaScript. */
function targetsIn(root: string): unknown[] {
  const resolver = new ImportResolver(root);
  return ['src/a.ts', 'src/a.js', 'src/d.d.ts', 'src/a.cts'].flatMap((from) =>
    specifiers.map((specifier) => {
      const targets = (['static', 'require', 'type'] as const).map((kind) => {
        const target = resolver.resolve(join(root, from), specifier, kind);
        if ('nowhere' in target) return 'nowhere';
        return 'in' in target ? target.in.slice(root.length) : target.out;
      });
      return [from, specifier, ...targets];
    }),
  );
}

/** What may stand in the place of a file. */
const unreadable: readonly (readonly [name: string, make: (path: string) => void])[] = [
  ['a pipe', (path) => execFileSync('mkfifo', [path])],
  ['a link to a device that never ends', (path) => symlinkSync('/dev/zero', path)],
];

describe('beside a manifest that cannot be used', () => {
  test.each([
    ['no JSON', (path: string) => writeFileSync(path, '{ bad')],
    ['half of it', (path: string) => writeFileSync(path, '{ "name": "tree", ')],
    ['one with a comma too many', (path: string) => writeFileSync(path, '{ "name": "tree", }')],
    ['an empty file', (path: string) => writeFileSync(path, '')],
    ...unreadable,
  ])('every import of a file or package leads where it leads without one: %s', (_, make) => {
    const root = tree(files);
    symlinkSync('../linked', join(root, 'node_modules/linked'));
    const expected = targetsIn(root);
    make(join(root, 'package.json'));
    expect(targetsIn(root)).toEqual(expected);
  });

  test('types are where TypeScript finds them, by the paths of a tsconfig, too, and without one that cannot be used', () => {
    const root = tree(files);
    symlinkSync('../linked', join(root, 'node_modules/linked'));
    const { options } = ts.parseJsonConfigFileContent(
      { extends: './tsconfig.json', compilerOptions: { module: 'esnext', moduleResolution: 'bundler' } },
      ts.sys,
      root,
    );
    for (const manifest of ['{}', '{', '{ "name": "tree", }', '']) {
      writeFileSync(join(root, 'package.json'), manifest);
      const resolver = new ImportResolver(root);
      for (const from of ['src/a.ts', 'src/a.js', 'src/d.d.ts']) {
        let found = 0;
        for (const specifier of specifiers) {
          const { resolvedModule } = ts.resolveModuleName(specifier, join(root, from), options, ts.sys);
          // It looks for less than what may be imported.
          if (resolvedModule === undefined) continue;
          found++;
          const path = realpathSync(resolvedModule.resolvedFileName);
          const target = resolver.resolve(join(root, from), specifier, 'type');
          const right = resolver.contains(path) ? { in: path } : { out: expect.any(String) };
          expect({ manifest, from, specifier, target }).toEqual({ manifest, from, specifier, target: right });
        }
        expect(found).toBeGreaterThan(30);
      }
    }
  });

  test('what is wrong with it is a mistake with its place, once, and the graph is whole', async () => {
    const sources = {
      'src/a.js': "import './b'; import '#x';",
      'src/b.js': "import './a.js'",
      'c.js': "import './src/a'",
    };
    const root = tree({ ...sources, 'src/package.json': '{\n  "name": "x",\n}' });
    const { modules, errors, unresolved } = await analyse(root);
    expect(modules.map(({ imports }) => imports.map(({ path }) => path))).toEqual([
      ['src/a.js'],
      ['src/b.js'],
      ['src/a.js'],
    ]);
    expect(errors).toEqual([
      { path: 'src/package.json', line: 3, column: 1, message: 'it does not parse: trailing comma' },
    ]);
    expect(unresolved.map(({ specifier, message }) => [specifier, message])).toEqual([
      ['#x', 'src/package.json does not parse'],
    ]);
  });

  test.each(unreadable)('it is a mistake that there is no file, and nobody waits for it: %s', async (_, make) => {
    const root = tree({ 'in/a.js': "import './b'; import '#x'", 'in/b.js': '', 'c.js': "import './in'" });
    make(join(root, 'in/package.json'));
    const { modules, errors, unresolved } = await analyse(root);
    expect(modules.map(({ imports }) => imports.length)).toEqual([0, 1, 0]);
    expect(errors).toEqual([
      { path: 'in/package.json', message: 'it cannot be read (it is neither a file nor a folder)' },
    ]);
    expect(unresolved.map(({ path, message }) => [path, message])).toEqual([
      ['c.js', 'in/package.json cannot be read'],
      ['in/a.js', 'in/package.json cannot be read'],
    ]);
  });

  test('a package of which that is the manifest leads nowhere, and none above counts', () => {
    for (const [, make] of unreadable) {
      const root = tree({ ...files, 'package.json': '{}' });
      const manifest = join(root, 'node_modules/dep/package.json');
      rmSync(manifest);
      make(manifest);
      const target = () => new ImportResolver(root).resolve(join(root, 'src/a.ts'), 'dep', 'static');
      expect(target()).toEqual({ nowhere: 'dep/package.json cannot be read' });
      writeFileSync(join(root, 'package.json'), '{');
      expect(target()).toEqual({ nowhere: 'dep/package.json cannot be read' });
      expect(unbuilt(join(root, 'node_modules/dep'), 'dep', [], () => true)).toBeUndefined();
    }
    const outer = tree({ 'in/package.json': '{}', 'in/a.js': '', 'in/b.js': '' });
    execFileSync('mkfifo', [join(outer, 'package.json')]);
    const inner = new ImportResolver(join(outer, 'in'));
    expect(inner.resolve(join(outer, 'in/a.js'), './b', 'static')).toEqual({ in: join(outer, 'in/b.js') });
    expect(inner.faultFor(join(outer, 'in/a.js'))).toBeUndefined();
  });

  test('all is looked up anew once it has been mended', () => {
    const root = tree({ 'package.json': '{ "imports": { "#x": "./b.js" } ', 'a.js': '', 'b.js': '' });
    const resolver = new ImportResolver(root);
    const target = () => resolver.resolve(join(root, 'a.js'), '#x', 'static');
    const [name] = root.split('/').slice(-1);
    expect(target()).toEqual({ nowhere: `${name}/package.json does not parse` });
    writeFileSync(join(root, 'package.json'), '{ "imports": { "#x": "./b.js" } }');
    resolver.forget();
    expect(target()).toEqual({ in: join(root, 'b.js') });
    rmSync(join(root, 'package.json'));
    execFileSync('mkfifo', [join(root, 'package.json')]);
    resolver.forget();
    expect(target()).toEqual({ nowhere: `${name}/package.json cannot be read` });
    rmSync(join(root, 'package.json'));
    resolver.forget();
    expect(resolver.faultFor(join(root, 'a.js'))).toBeUndefined();
  });
});

test.each(unreadable)('in the place of a .gitignore nothing is waited for, and nothing is ignored: %s', (_, make) => {
  const root = tree({ 'a.js': '' });
  mkdirSync(join(root, '.git'));
  make(join(root, '.gitignore'));
  expect(IgnoreRules.above(root).within(root).ignores(join(root, 'a.js'), false)).toBe(false);
});
