import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ImportKind } from './model.js';
import { ImportResolver } from './resolve.js';
import { removeTrees, tree } from './test-support/tree.js';

afterAll(removeTrees);

function resolverOf(files: Record<string, string>, links: Record<string, string> = {}) {
  const root = tree(files);
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    symlinkSync(join(root, target), join(root, path));
  }
  const resolver = new ImportResolver(root);
  return (from: string, specifier: string, kind: ImportKind = 'static'): string => {
    const target = resolver.resolve(join(root, from), specifier, kind);
    if ('in' in target) return target.in.slice(root.length + 1);
    return 'out' in target ? `outside: ${target.out}` : 'nowhere';
  };
}

describe('an import', () => {
  test('of .js from TypeScript is the TypeScript file that it will be made from', () => {
    const resolve = resolverOf({
      ...{ 'a.ts': '', 'b.ts': '', 'b.js': '', 'c.mts': '', 'd.cts': '', 'e.tsx': '', 'f.d.ts': '', 'f.js': '' },
      ...{ 'folder/index.ts': '', 'g.d.mts': '', 'data.json': '{}' },
    });
    expect(resolve('a.ts', './b.js')).toBe('b.ts');
    expect(resolve('a.js', './b.js')).toBe('b.js');
    expect(resolve('a.ts', './b')).toBe('b.ts');
    expect(resolve('a.js', './b')).toBe('b.js');
    expect(resolve('a.ts', './c.mjs')).toBe('c.mts');
    expect(resolve('a.ts', './d.cjs')).toBe('d.cts');
    expect(resolve('a.ts', './e.jsx')).toBe('e.tsx');
    expect(resolve('a.ts', './e.js')).toBe('e.tsx');
    expect(resolve('a.ts', './f.js')).toBe('f.js');
    expect(resolve('a.d.ts', './f.js')).toBe('f.d.ts');
    expect(resolve('a.d.ts', './f.ts')).toBe('f.d.ts');
    expect(resolve('a.d.mts', './g.mts')).toBe('g.d.mts');
    expect(resolve('a.ts', './g.mjs')).toBe('g.d.mts');
    expect(resolve('a.ts', './folder')).toBe('folder/index.ts');
    expect(resolve('a.ts', './data.json')).toBe('data.json');
    expect(resolve('a.ts', './b.ts')).toBe('b.ts');
    expect(resolve('a.ts', './none.js')).toBe('nowhere');
  });

  test('of a folder by its dots is the folder, whatever stands beside it', () => {
    const resolve = resolverOf({ 'b.ts': '', 'b/index.ts': '', 'b/a.ts': '', 'b/in/a.ts': '', 'b/in.ts': '' });
    for (const kind of ['static', 'require', 'type'] as const) {
      for (const specifier of ['.', './', './.', './in/..', '../b/.']) {
        expect([specifier, resolve('b/a.ts', specifier, kind)]).toEqual([specifier, 'b/index.ts']);
      }
      for (const specifier of ['..', '../', '../.', './..', '../in/..']) {
        expect([specifier, resolve('b/in/a.ts', specifier, kind)]).toEqual([specifier, 'b/index.ts']);
      }
      expect(resolve('b/in/a.ts', '.', kind)).toBe('nowhere');
    }
  });

  test('without an extension is not one that says what kind of module it is because of a `baseUrl`, if there are types', () => {
    for (const options of [{ baseUrl: '.' }, { paths: { '*': ['./*'] } }]) {
      const resolve = resolverOf({
        'tsconfig.json': JSON.stringify({ compilerOptions: options }),
        ...{ 'config.mjs': '', 'src/a.ts': '', 'node_modules/@types/config/index.d.ts': '' },
        'node_modules/@types/config/package.json': '{ "name": "@types/config", "types": "index.d.ts" }',
      });
      expect(['static', 'type'].map((kind) => resolve('src/a.ts', 'config', kind as ImportKind))).toEqual([
        'outside: @types/config',
        'outside: @types/config',
      ]);
    }
  });

  test('without an extension is one that says what kind of module it is only if there is nothing else, as for bundlers', () => {
    const resolve = resolverOf({
      ...{ 'a.cjs': '', 'a/index.js': '', 'b.mjs': '', 'b.json': '{}', 'c.mts': '', 'c/index.ts': '', 'd.cts': '' },
      ...{ 'd.js': '', 'e.mjs': '', 'e.mts': '', 'f.d.ts': '', 'f/index.js': '', 'g/index.mjs': '', 'h.d.mts': '' },
      ...{ 'i/package.json': '{ "main": "m" }', 'i/m.cjs': '', 'i/index.js': '', 'j/package.json': '{ "main": "m" }' },
      'j/m.cjs': '',
    });
    for (const [specifier, javascript, typescript] of [
      ['./a', 'a/index.js', 'a/index.js'],
      ['./b', 'b.json', 'b.json'],
      ['./c', 'c/index.ts', 'c/index.ts'],
      ['./d', 'd.js', 'd.js'],
      ['./e', 'e.mjs', 'e.mts'],
      ['./f', 'f/index.js', 'f.d.ts'],
      ['./g', 'g/index.mjs', 'g/index.mjs'],
      ['./h', 'h.d.mts', 'h.d.mts'],
      ['./i', 'i/index.js', 'i/index.js'],
      ['./j', 'j/m.cjs', 'j/m.cjs'],
    ] as const) {
      for (const kind of ['static', 'require'] as const) {
        const found = [resolve('x.js', specifier, kind), resolve('x.cjs', specifier, kind)];
        found.push(resolve('x.ts', specifier, kind));
        expect([specifier, ...found]).toEqual([specifier, javascript, javascript, typescript]);
      }
    }
  });

  test('of types alone, or in a declaration, is looked up as TypeScript does', () => {
    const manifest = {
      name: 'self',
      exports: {
        '.': { types: './t.d.ts', default: './t.js' },
        './lib/*': './lib/*.js',
        './untyped': { types: './none.d.ts', default: './lib/a.js' },
      },
      imports: {
        '#t': { types: './t.d.ts', default: './t.js' },
        '#e/*': { types: './lib/*.enum.d.ts', default: './lib/*.js' },
        '#lib/*': './lib/*.js',
        '#none': './none.js',
      },
    };
    const resolve = resolverOf({
      ...{ 'package.json': JSON.stringify(manifest), 't.js': '', 't.d.ts': '', 'm.ts': '', 'm.js': '', 'm.d.ts': '' },
      ...{
        'lib/a.js': '',
        'lib/a.d.ts': '',
        'lib/a.enum.d.ts': '',
        'lib/b.js': '',
        'x.ts': '',
        'x.d.ts': '',
        'x.js': '',
      },
      'style.css': '',
    });
    for (const [specifier, types, code] of [
      ['self', 't.d.ts', 't.js'],
      ['#t', 't.d.ts', 't.js'],
      ['#e/a', 'lib/a.enum.d.ts', 'lib/a.js'],
      ['#lib/a', 'lib/a.d.ts', 'lib/a.js'],
      ['#lib/b', 'lib/b.js', 'lib/b.js'],
      ['self/lib/a', 'lib/a.d.ts', 'lib/a.js'],
      ['self/untyped', 'lib/a.d.ts', 'lib/a.js'],
      ['./lib/a.js', 'lib/a.d.ts', 'lib/a.js'],
      ['./x.js', 'x.ts', 'x.ts'],
      ['./x', 'x.ts', 'x.ts'],
      ['./style.css', 'style.css', 'style.css'],
      ['#none', 'nowhere', 'nowhere'],
      ['#lib/none', 'nowhere', 'nowhere'],
      ['fs', 'outside: node', 'outside: node'],
    ] as const) {
      const found = [
        resolve('m.ts', specifier, 'type'),
        resolve('m.js', specifier, 'type'),
        resolve('m.d.ts', specifier, 'static'),
        resolve('m.d.ts', specifier, 'require'),
        resolve('m.ts', specifier, 'static'),
      ];
      expect([specifier, ...found]).toEqual([specifier, types, types, types, types, code]);
    }
    expect(resolve('m.js', './x.js', 'static')).toBe('x.js');
  });

  test('of a declaration that a manifest names is that, if it is there; of one by its place, the source beside it', () => {
    const imports = { '#a': { types: './a.d.ts', default: './a.js' }, '#b': { types: './b.d.ts' } };
    const exports = { '.': { types: './a.d.ts', default: './a.js' } };
    const resolve = resolverOf({
      ...{ 'package.json': JSON.stringify({ name: 'self', imports, exports }), 'm.ts': '', 'm.js': '', 'm.d.ts': '' },
      ...{ 'a.ts': '', 'a.d.ts': '', 'b.ts': '', 'c.mts': '', 'c.d.mts': '', 'd.tsx': '', 'd.d.ts': '' },
    });
    for (const [specifier, target] of [
      ['#a', 'a.d.ts'],
      ['#b', 'nowhere'],
      ['self', 'a.d.ts'],
      ['./a.d.ts', 'a.ts'],
      ['./b.d.ts', 'b.ts'],
      ['./c.d.mts', 'c.mts'],
      ['./d.d.ts', 'd.tsx'],
      ['./a', 'a.ts'],
    ] as const) {
      const found = ['m.ts', 'm.js', 'm.d.ts'].map((from) => resolve(from, specifier, 'type'));
      expect([specifier, ...found]).toEqual([specifier, target, target, target]);
    }
  });

  test('of a package whose types are in @types leads there, wherever TypeScript would leave it out', () => {
    const resolve = resolverOf({
      ...{ 'a.ts': '', 'a.js': '', 'a.d.ts': '', 'node_modules/@types/estree/index.d.ts': '' },
      ...{ 'node_modules/@types/scope__name/sub.d.ts': '', 'node_modules/@types/plain/index.d.ts': '' },
      ...{ 'node_modules/plain/index.js': '', 'node_modules/@types/events/index.d.ts': '' },
    });
    expect(resolve('a.ts', 'estree', 'type')).toBe('outside: @types/estree');
    expect(resolve('a.js', 'estree', 'type')).toBe('outside: @types/estree');
    expect(resolve('a.d.ts', 'estree', 'static')).toBe('outside: @types/estree');
    expect(resolve('a.d.ts', 'estree', 'require')).toBe('outside: @types/estree');
    expect(resolve('a.ts', '@scope/name/sub', 'type')).toBe('outside: @types/scope__name');
    expect(resolve('a.ts', 'plain', 'type')).toBe('outside: @types/plain');
    expect(resolve('a.ts', 'plain', 'static')).toBe('outside: plain');
    expect(resolve('a.ts', 'estree', 'static')).toBe('outside: @types/estree');
    expect(resolve('a.js', 'estree', 'static')).toBe('nowhere');
    expect(resolve('a.ts', 'events', 'type')).toBe('outside: node');
    expect(resolve('a.ts', 'none', 'type')).toBe('nowhere');
  });

  test('of types alone follows what a manifest without exports says of types', () => {
    const resolve = resolverOf(
      {
        ...{ 'a/a.ts': '', 'b/package.json': '{ "name": "b", "main": "m.js", "types": "t.d.ts" }', 'b/m.js': '' },
        ...{ 'b/t.d.ts': '', 'c/package.json': '{ "main": "m.js", "typesVersions": { "*": { "*": ["old/*"] } } }' },
        ...{ 'c/m.js': '', 'c/old/m.d.ts': '' },
      },
      { 'a/node_modules/b': 'b', 'a/node_modules/c': 'c' },
    );
    expect([resolve('a/a.ts', 'b', 'type'), resolve('a/a.ts', 'b')]).toEqual(['b/t.d.ts', 'b/m.js']);
    expect([resolve('a/a.ts', 'c', 'type'), resolve('a/a.ts', 'c')]).toEqual(['c/old/m.d.ts', 'c/m.js']);
  });

  test('of a package whose exports are null leads where it would without them', () => {
    const targets = ['"exports": null, ', ''].map((exports) => {
      const manifest = `{ "name": "p", ${exports}"main": "m.js", "types": "t.d.ts" }`;
      const resolve = resolverOf(
        {
          ...{ 'a.ts': '', 'a.js': '', 'w/package.json': manifest, 'w/m.js': '', 'w/src/m.ts': '', 'w/t.d.ts': '' },
          ...{ 'w/in/x.js': '', 'node_modules/q/package.json': manifest, 'node_modules/q/m.js': '' },
        },
        { 'node_modules/p': 'w' },
      );
      return [
        ...[resolve('a.ts', 'p'), resolve('a.js', 'p', 'require'), resolve('a.ts', 'p', 'type')],
        ...[resolve('a.js', 'p/in/x.js'), resolve('a.js', 'p/in/x'), resolve('a.js', 'p/none'), resolve('a.js', 'q')],
      ];
    });
    const right = ['w/m.js', 'w/m.js', 'w/t.d.ts', 'w/in/x.js', 'w/in/x.js', 'nowhere', 'outside: q'];
    expect(targets).toEqual([right, right]);
  });

  test('of a part of a package does not lead to the types of the whole, unless it names these', () => {
    const versions = { types: 't.d.ts', typesVersions: { '*': { sub: ['t.d.ts'] } } };
    const every = { types: 'index.d.ts', typesVersions: { '>=4': { '*': ['types/*'] }, '*': null } };
    const exports = { '.': { types: './t.d.ts' }, './sub': { types: './t.d.ts' } };
    const resolve = resolverOf(
      {
        ...{ 'a.ts': '', 'a.js': '', 'w/package.json': '{ "main": "m.js", "types": "t.d.ts" }', 'w/m.js': '' },
        ...{ 'w/t.d.ts': '', 'w/in/x.js': '', 'w/in/y.js': '', 'w/in/y.d.ts': '', 'w/d/index.d.ts': '' },
        ...{ 'v/package.json': JSON.stringify(versions), 'v/t.d.ts': '', 'v/x.js': '' },
        ...{ 'y/package.json': JSON.stringify(every), 'y/types/index.d.ts': '', 'y/types/x.d.ts': '', 'y/z.js': '' },
        ...{ 'e/package.json': JSON.stringify({ exports }), 'e/t.d.ts': '' },
        'node_modules/@types/u/package.json': '{ "types": "index.d.ts" }',
        'node_modules/@types/u/index.d.ts': '',
      },
      { 'node_modules/@s/w': 'w', 'node_modules/v': 'v', 'node_modules/y': 'y', 'node_modules/e': 'e' },
    );
    for (const [specifier, target] of [
      ['@s/w', 'w/t.d.ts'],
      ['@s/w/t', 'w/t.d.ts'],
      ['@s/w/t.js', 'w/t.d.ts'],
      ['@s/w/in/x.js', 'w/in/x.js'],
      ['@s/w/in/x', 'w/in/x.js'],
      ['@s/w/in/y', 'w/in/y.d.ts'],
      ['@s/w/d', 'w/d/index.d.ts'],
      ['@s/w/none', 'nowhere'],
      ['v', 'v/t.d.ts'],
      ['v/sub', 'v/t.d.ts'],
      ['v/x', 'v/x.js'],
      ['v/none', 'nowhere'],
      ['y', 'y/types/index.d.ts'],
      ['y/index', 'y/types/index.d.ts'],
      ['y/x', 'y/types/x.d.ts'],
      ['y/z', 'y/z.js'],
      ['y/none', 'nowhere'],
      ['e/sub', 'e/t.d.ts'],
      ['u/index', 'outside: @types/u'],
      ['u/none', 'nowhere'],
    ] as const) {
      expect([specifier, resolve('a.ts', specifier, 'type')]).toEqual([specifier, target]);
      expect([specifier, resolve('a.js', specifier, 'type')]).toEqual([specifier, target]);
    }
    expect([resolve('a.ts', '@s/w/none'), resolve('a.ts', 'u/none')]).toEqual(['nowhere', 'nowhere']);
  });

  test('of what a package does not let out leads nowhere, built or not', () => {
    const exports = {
      ...{ '.': './src/a.ts', './priv/*': null, './*': './dist/*.js', './*.css': null },
      ...{ './pub/*.js': './src/pub/*.ts', './list': [null, './dist/l.js'], './x*': null },
      ...{ './a*': './dist/none/*.js', './a*z': './dist/*.js', './two*stars*': './src/a.ts' },
      ...{ './bare/*': { types: './bare/*.d.ts', default: './bare/*.js' } },
    };
    const resolve = resolverOf({
      ...{ 'package.json': JSON.stringify({ name: 'self', exports }), 'src/a.ts': '', 'src/priv/x.ts': '' },
      ...{ 'src/b.ts': '', 'src/deep/c.ts': '', 'src/pub/d.ts': '', 'src/bc.ts': '', 'src/x.ts': '', 'src/l.ts': '' },
      ...{ 'src/style.css.ts': '', 'src/bare/a.ts': '' },
    });
    for (const kind of ['static', 'type', 'require'] as const) {
      expect(resolve('src/a.ts', 'self/priv/x', kind)).toBe('nowhere');
      expect(resolve('src/a.ts', 'self/style.css', kind)).toBe('nowhere');
      expect(resolve('src/a.ts', 'self/xx', kind)).toBe('nowhere');
      expect(resolve('src/a.ts', 'self/b', kind)).toBe('src/b.ts');
      expect(resolve('src/a.ts', 'self/x', kind)).toBe('src/x.ts');
      expect(resolve('src/a.ts', 'self/deep/c', kind)).toBe('src/deep/c.ts');
      expect(resolve('src/a.ts', 'self/pub/d.js', kind)).toBe('src/pub/d.ts');
      expect(resolve('src/a.ts', 'self/abcz', kind)).toBe('src/bc.ts');
      expect(resolve('src/a.ts', 'self/list', kind)).toBe('src/l.ts');
      expect(resolve('src/a.ts', 'self/bare/a', kind)).toBe('src/bare/a.ts');
      expect(resolve('src/a.ts', 'self/bare/a.js', kind)).toBe('nowhere');
      expect(resolve('src/a.ts', 'self', kind)).toBe('src/a.ts');
    }
  });

  test('follows the paths of the nearest tsconfig', () => {
    const resolve = resolverOf({
      'tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }',
      'src/a.ts': '',
      'src/b.ts': '',
      'app/tsconfig.json': '{ "extends": "not-installed", "compilerOptions": {} }',
      'app/c.ts': '',
      'app/d.ts': '',
    });
    expect(resolve('src/a.ts', '@/b')).toBe('src/b.ts');
    expect(resolve('src/a.ts', '@/b.js')).toBe('src/b.ts');
    expect(resolve('app/c.ts', './d.js')).toBe('app/d.ts');
  });

  test('follows them in a file that this tsconfig does not list, too, which others import', () => {
    const paths = { '@/*': ['./lib/*'] };
    const resolve = resolverOf({
      'files/tsconfig.json': JSON.stringify({ files: ['a.ts'], compilerOptions: { paths } }),
      'exclude/tsconfig.json': JSON.stringify({ exclude: ['*.test.ts'], compilerOptions: { paths } }),
      'check/tsconfig.json': JSON.stringify({ compilerOptions: { checkJs: true, paths } }),
      'base/tsconfig.json': '{ "extends": "c" }',
      'base/node_modules/c/package.json': '{ "tsconfig": "conf.json" }',
      'base/node_modules/c/conf.json': JSON.stringify({ compilerOptions: { paths: { '@/*': ['../../lib/*'] } } }),
      ...Object.fromEntries(
        ['files', 'exclude', 'check', 'base'].flatMap((folder) =>
          ['x.ts', 'y.js', 'y.d.ts', 'z.mjs', 'in/index.ts'].map((file) => [`${folder}/lib/${file}`, '']),
        ),
      ),
    });
    for (const from of ['files/b.ts', 'exclude/a.test.ts', 'check/a.js', 'base/a.ts']) {
      const lib = `${from.split('/')[0]}/lib`;
      for (const [specifier, target] of [
        ['@/x.js', `${lib}/x.ts`],
        ['@/y', `${lib}/y.js`],
        ['@/z', `${lib}/z.mjs`],
        ['@/in', `${lib}/in/index.ts`],
        ['@/none', 'nowhere'],
      ]) {
        expect([from, specifier, resolve(from, specifier as string)]).toEqual([from, specifier, target]);
      }
      expect([from, resolve(from, '@/y', 'type')]).toEqual([from, `${lib}/y.d.ts`]);
    }
  });

  test('of types alone, too, is looked for by these before a package of that name', () => {
    const manifest = { name: 'q', exports: { '.': { types: './dist/q.d.ts', default: './dist/q.js' } } };
    const own = { name: 'self', exports: { '.': './dist/s.js' }, imports: { '#in': './dist/s.js' } };
    const paths = {
      ...{ q: ['./q/src/q.ts'], installed: ['./shims/i.d.ts'], typed: ['./shims/folder'], '@s/w': ['./shims/w'] },
      ...{ self: ['./src/s.ts'], '#in': ['./src/in.ts'], fs: ['./src/fs.ts'], gone: ['./none'], '*': ['./types/*'] },
    };
    const resolve = resolverOf(
      {
        ...{ 'tsconfig.json': JSON.stringify({ compilerOptions: { allowJs: true, paths } }), 'a.ts': '', 'a.js': '' },
        ...{ 'a.d.ts': '', 'q/package.json': JSON.stringify(manifest), 'q/dist/q.d.ts': '', 'q/dist/q.js': '' },
        ...{ 'q/src/q.ts': '', 'node_modules/installed/index.js': '', 'node_modules/@types/installed/index.d.ts': '' },
        ...{ 'node_modules/typed/index.d.ts': '', 'shims/i.d.ts': '', 'shims/folder/package.json': '{ "types": "t" }' },
        ...{ 'shims/folder/t.d.ts': '', 'node_modules/@s/w/index.d.ts': '', 'shims/w.js': '', 'shims/w.d.ts': '' },
        ...{ 'package.json': JSON.stringify(own), 'dist/s.js': '', 'dist/s.d.ts': '', 'src/s.ts': '', 'src/in.ts': '' },
        ...{ 'src/fs.ts': '', 'node_modules/gone/index.d.ts': '', 'node_modules/any/index.d.ts': '' },
        ...{ 'node_modules/any/index.js': '', 'types/any.d.ts': '', 'unread/tsconfig.json': '{', 'unread/a.ts': '' },
      },
      { 'node_modules/q': 'q' },
    );
    for (const [specifier, target] of [
      ['q', 'q/src/q.ts'],
      ['installed', 'shims/i.d.ts'],
      ['typed', 'shims/folder/t.d.ts'],
      ['@s/w', 'shims/w.d.ts'],
      ['self', 'src/s.ts'],
      ['#in', 'src/in.ts'],
      ['fs', 'src/fs.ts'],
      ['gone', 'outside: gone'],
      ['any', 'types/any.d.ts'],
    ] as const) {
      const found = [
        resolve('a.ts', specifier, 'type'),
        resolve('a.js', specifier, 'type'),
        resolve('a.d.ts', specifier),
      ];
      expect([specifier, ...found]).toEqual([specifier, target, target, target]);
    }
    expect(resolve('unread/a.ts', 'q', 'type')).toBe('q/dist/q.d.ts');
  });

  test('of types alone, in a file that the nearest tsconfig does not list, is looked for among the packages first', () => {
    const config = { compilerOptions: { paths: { p: ['./shims/p.ts'], q: ['./shims/q.ts'] } }, include: ['src'] };
    const resolve = resolverOf({
      ...{ 'tsconfig.json': JSON.stringify(config), 'src/a.ts': '', 'tests/a.ts': '', 'shims/p.ts': '' },
      ...{ 'shims/q.ts': '', 'node_modules/p/index.d.ts': '', 'node_modules/p/index.js': '' },
    });
    const found = ['src/a.ts', 'tests/a.ts'].map((from) => ['p', 'q'].map((name) => resolve(from, name, 'type')));
    expect(found).toEqual([
      ['shims/p.ts', 'shims/q.ts'],
      ['outside: p', 'shims/q.ts'],
    ]);
  });

  test('of types alone is not JSON that has the name of a package with types', () => {
    for (const options of [{ baseUrl: '.' }, { paths: { '*': ['./*'] } }]) {
      const resolve = resolverOf({
        ...{ 'tsconfig.json': JSON.stringify({ compilerOptions: options }), 'a.ts': '', 'tool.json': '{}' },
        ...{ 'other.json': '{}', 'node_modules/tool/index.d.ts': '', 'node_modules/tool/index.js': '' },
      });
      const found = ['tool', 'other'].map((specifier) => resolve('a.ts', specifier, 'type'));
      expect(found).toEqual(['outside: tool', 'other.json']);
    }
  });

  test('of types alone follows what the manifest of a folder says that `paths` name, and the declaration that they name', () => {
    const versions = { main: 'm.js', typesVersions: { '*': { '*': ['old/*'] } } };
    const paths = { main: ['./main'], versions: ['./versions'], named: ['./none', './n.d.ts'], '~/*': ['./*'] };
    const resolve = resolverOf({
      ...{ 'tsconfig.json': JSON.stringify({ compilerOptions: { paths } }), 'a.ts': '' },
      ...{ 'main/package.json': '{ "main": "m.js", "module": "e.js" }', 'main/m.js': '', 'main/m.d.ts': '' },
      ...{ 'main/e.js': '', 'main/e.d.ts': '', 'versions/package.json': JSON.stringify(versions) },
      ...{ 'versions/m.js': '', 'versions/m.d.ts': '', 'versions/old/m.d.ts': '', 'n.ts': '', 'n.d.ts': '' },
    });
    for (const [specifier, target] of [
      ['main', 'main/m.d.ts'],
      ['versions', 'versions/old/m.d.ts'],
      ['named', 'n.d.ts'],
      ['~/n.d.ts', 'n.ts'],
    ] as const) {
      expect([specifier, resolve('a.ts', specifier, 'type')]).toEqual([specifier, target]);
    }
  });

  test('follows the tsconfig of a file that this lists only by what it extends, from another folder', () => {
    const compilerOptions = { paths: { p: ['../src/p.ts'] }, rootDirs: ['../src', './made'] };
    const lists = { include: ['../src'], files: ['../src/a.ts'], exclude: ['./src'] };
    for (const [list, value] of Object.entries(lists)) {
      const resolve = resolverOf({
        'tsconfig.json': JSON.stringify({ compilerOptions: { paths: { p: ['./outer.ts'] } } }),
        'in/tsconfig.json': '{ "extends": "./base/base.json" }',
        'in/base/base.json': JSON.stringify({ [list]: value, compilerOptions }),
        ...{ 'in/src/a.ts': '', 'in/src/p.ts': '', 'in/base/made/types.d.ts': '', 'outer.ts': '', 'in/b.ts': '' },
        'in/node_modules/p/index.js': '',
      });
      const found = (['static', 'type'] as const).map((kind) => [
        resolve('in/src/a.ts', 'p', kind),
        resolve('in/src/a.ts', './types', kind),
      ]);
      const expected = ['in/src/p.ts', 'in/base/made/types.d.ts'];
      expect([list, ...found]).toEqual([list, expected, expected]);
      expect([list, resolve('in/b.ts', 'p')]).toEqual([list, list === 'exclude' ? 'in/src/p.ts' : 'outer.ts']);
    }
  });

  test('follows the tsconfig of a file that this lists from above its own folder', () => {
    const paths = { p: ['./src/p.ts'] };
    const resolve = resolverOf({
      'tsconfig.json': JSON.stringify({ compilerOptions: { paths: { p: ['./outer.ts'] } } }),
      'in/tsconfig.json': JSON.stringify({ include: ['${configDir}/./../in/src'], compilerOptions: { paths } }),
      ...{ 'in/src/a.ts': '', 'in/src/p.ts': '', 'outer.ts': '', 'in/b.ts': '' },
    });
    expect(['in/src/a.ts', 'in/b.ts'].map((from) => resolve(from, 'p'))).toEqual(['in/src/p.ts', 'outer.ts']);
  });

  test('is looked up by the tsconfig of its own project, whichever of several came first, until that says something else', () => {
    const options = (paths: string, made: string) => ({
      compilerOptions: { outDir: 'dist', paths: { '@/*': [`./${paths}/*`] }, rootDirs: ['src', made] },
    });
    const base = { include: ['${configDir}/src'], exclude: ['./none'] };
    const own = (name: string) => ({ extends: '../base/base.json', ...options('src', `made/${name}`) });
    const root = tree({
      'base/base.json': JSON.stringify(base),
      ...Object.fromEntries(
        ['a', 'b', 'c', 'd'].flatMap((name) => [
          // The first two are listed by what they extend, the others by themselves, with a folder that is built.
          [`${name}/tsconfig.json`, JSON.stringify(name < 'c' ? own(name) : options('src', `made/${name}`))],
          ...['src/a.ts', 'src/b.ts', `src/own-${name}.ts`, 'old/b.ts', `made/${name}/types.d.ts`].map((path) => [
            `${name}/${path}`,
            '',
          ]),
        ]),
      ),
    });
    for (const order of ['abcd', 'dcba', 'bdac']) {
      const resolver = new ImportResolver(root);
      for (const kind of ['static', 'type'] as const) {
        for (const name of order) {
          const from = join(root, name, 'src/a.ts');
          const found = ['@/b', `@/own-${name}`, './types'].map((each) => resolver.resolve(from, each, kind));
          const expected = ['src/b.ts', `src/own-${name}.ts`, `made/${name}/types.d.ts`];
          expect([order, name, found]).toEqual([order, name, expected.map((path) => ({ in: join(root, name, path) }))]);
        }
      }
    }
    const resolver = new ImportResolver(root);
    for (const [paths, target] of [
      ['src', 'src/b.ts'],
      ['old', 'old/b.ts'],
    ] as const) {
      writeFileSync(join(root, 'b/tsconfig.json'), JSON.stringify({ ...own('b'), ...options(paths, 'made/b') }));
      resolver.forget();
      const found = ['a', 'b'].map((name) => resolver.resolve(join(root, name, 'src/a.ts'), '@/b', 'static'));
      expect(found).toEqual([{ in: join(root, 'a/src/b.ts') }, { in: join(root, 'b', target) }]);
    }
  });

  test('is looked up with a tsconfig that extends what is not there, but not with that, which is no mistake', () => {
    const own = { extends: 'not-installed/base.json', compilerOptions: { baseUrl: '.', paths: { '@/*': ['lib/*'] } } };
    const root = tree({
      'tsconfig.json': JSON.stringify(own),
      ...{ 'a.ts': '', 'lib/b.ts': '', 'lib/c.js': '', 'lib/c.d.ts': '' },
      ...{ 'node_modules/p/a.js': '', 'node_modules/p/tsconfig.json': JSON.stringify(own) },
    });
    const resolver = new ImportResolver(root);
    const resolve = (specifier: string, kind: ImportKind = 'static') =>
      resolver.resolve(join(root, 'a.ts'), specifier, kind);
    expect(['@/b', './lib/b', 'lib/b', '@/c'].map((each) => resolve(each))).toEqual([
      ...Array.from({ length: 3 }, () => ({ in: join(root, 'lib/b.ts') })),
      { in: join(root, 'lib/c.js') },
    ]);
    expect(resolve('@/c', 'type')).toEqual({ in: join(root, 'lib/c.d.ts') });
    expect(resolver.faultFor(join(root, 'a.ts'))).toBeUndefined();
  });

  test('follows paths that begin with a dot, which are names, or with a slash', () => {
    const paths = { '.config': ['./conf.ts'], '.made/*': ['./src/*'], '...': ['./conf.ts'], '/*': ['./*'] };
    const resolve = resolverOf({
      'tsconfig.json': JSON.stringify({ compilerOptions: { paths }, exclude: ['out.ts'] }),
      ...{ 'conf.ts': '', 'src/b.js': '', 'src/b.d.ts': '', 'in/a.ts': '' },
    });
    for (const from of ['in/a.ts', 'out.ts']) {
      expect(['.config', '.made/b', '...', '.other'].map((each) => [from, resolve(from, each)])).toEqual(
        ['conf.ts', 'src/b.js', 'conf.ts', 'nowhere'].map((each) => [from, each]),
      );
      expect([from, resolve(from, '.made/b', 'type')]).toEqual([from, 'src/b.d.ts']);
    }
    for (const from of ['in/a.ts', 'out.ts']) {
      const found = ['/src/b', '/none/b'].map((each) => [resolve(from, each), resolve(from, each, 'type')]);
      expect([from, ...found]).toEqual([from, ['src/b.js', 'src/b.d.ts'], ['nowhere', 'nowhere']]);
    }
  });

  test('that begins with a slash is a path from the root of all, unless `paths` name it, and not one from the `baseUrl`', () => {
    const options = {
      compilerOptions: { baseUrl: '.', paths: { '/@/*': ['src/*'], '/one': ['src/b.ts'], '/ab*ba': ['src/b.ts'] } },
    };
    const config = JSON.stringify({ ...options, include: ['src'] });
    const root = tree({
      ...Object.fromEntries(['ts', 'js'].map((name) => [`${name}/${name}config.json`, config])),
      ...Object.fromEntries(
        ['ts', 'js'].flatMap((name) =>
          ['src/a.ts', 'src/b.ts', 'test/a.ts'].map((path): [string, string] => [`${name}/${path}`, '']),
        ),
      ),
    });
    const resolver = new ImportResolver(root);
    for (const folder of ['ts', 'js']) {
      for (const kind of ['static', 'type'] as const) {
        for (const from of ['src/a.ts', 'test/a.ts']) {
          const place = join(root, folder, 'src/b');
          const found = ['/@/b', '/one', place, '/ab-ba', '/src/b', '/one/b', '/aba'].map((specifier) => {
            const target = resolver.resolve(join(root, folder, from), specifier, kind);
            return 'in' in target ? target.in : 'nowhere';
          });
          const file = `${place}.ts`;
          const nowhere = ['nowhere', 'nowhere', 'nowhere'];
          expect([folder, from, kind, ...found]).toEqual([folder, from, kind, file, file, file, file, ...nowhere]);
        }
      }
    }
  });

  test('follows the paths of a jsconfig.json', () => {
    const resolve = resolverOf({
      'jsconfig.json': '{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["src/*"] } } }',
      ...{ 'src/a.js': '', 'src/b.js': '', 'src/c.js': '', 'src/c.d.ts': '' },
    });
    expect(['@/b', '@/b.js', 'src/b'].map((each) => resolve('src/a.js', each))).toEqual([
      ...['src/b.js', 'src/b.js', 'src/b.js'],
    ]);
    expect(resolve('src/a.js', '@/c', 'type')).toBe('src/c.d.ts');
  });

  test('of types alone that `paths` lead nowhere is looked for among the packages, and not by the `baseUrl`', () => {
    const options = { baseUrl: './src', paths: { installed: ['./none'] } };
    const resolve = resolverOf({
      ...{ 'tsconfig.json': JSON.stringify({ compilerOptions: options }), 'a.ts': '', 'src/installed.ts': '' },
      ...{ 'src/other.ts': '', 'node_modules/installed/index.d.ts': '', 'node_modules/other/index.d.ts': '' },
    });
    const found = ['installed', 'other'].map((specifier) => resolve('a.ts', specifier, 'type'));
    expect(found).toEqual(['outside: installed', 'src/other.ts']);
  });

  test('is looked up without a tsconfig that does not parse, in any order, and it is said where that is', () => {
    const files = {
      ...{
        'a.ts': '',
        'b.ts': '',
        'sub/c.ts': '',
        'sub/tsconfig.json': '{ "extends": "../base.json" }',
        'sub/d.ts': '',
      },
      ...{ 'base.json': '{ "compilerOptions": {} }', 'good/tsconfig.json': '{ // so\n}', 'good/e.ts': '' },
    };
    for (const [text, line, column, message] of [
      ['{', 1, 1, 'EOF while parsing an object'],
      ['{\n  "compilerOptions": { "paths" }\n}', 2, 32, 'expected `:`'],
      ['{ "a": "\\"q\\x" }', 1, 13, 'invalid escape'],
    ] as const) {
      const root = tree({ ...files, 'tsconfig.json': text });
      const resolver = new ImportResolver(root);
      const fault = { path: join(root, 'tsconfig.json'), line, column, message: `it does not parse: ${message}` };
      for (const specifier of ['@/b', './b', '@/b', 'node:fs', './b']) {
        const target = resolver.resolve(join(root, 'a.ts'), specifier, 'static');
        const nowhere = { nowhere: "Cannot find module '@/b'" };
        const found = specifier === './b' ? { in: join(root, 'b.ts') } : { out: 'node' };
        expect(target).toEqual(specifier === '@/b' ? nowhere : found);
        expect(resolver.faultFor(join(root, 'a.ts'))).toEqual(fault);
      }
      expect(resolver.faultFor(join(root, 'sub/c.ts'))).toBeUndefined();
      expect(resolver.faultFor(join(root, 'good/e.ts'))).toBeUndefined();
      writeFileSync(join(root, 'base.json'), text);
      expect(resolver.faultFor(join(root, 'sub/d.ts'))).toBeUndefined();
      resolver.forget();
      expect(resolver.faultFor(join(root, 'sub/d.ts'))).toEqual({ ...fault, path: join(root, 'base.json') });
      expect(resolver.resolve(join(root, 'sub/c.ts'), './d', 'static')).toEqual({ in: join(root, 'sub/d.ts') });
    }
  });

  test('is looked up by the tsconfig of its file, whichever file of the folder came first', () => {
    const config = '{ "exclude": ["*.test.ts"], "compilerOptions": { "paths": { "@/*": ["./lib/*"] } } }';
    const root = tree({
      ...{ 'tsconfig.json': '{', 'in/tsconfig.json': config, 'in/a.ts': '', 'in/a.test.ts': '', 'in/lib/x.ts': '' },
    });
    const [file, excluded] = [join(root, 'in/a.ts'), join(root, 'in/a.test.ts')];
    for (const order of [
      [file, excluded],
      [excluded, file],
    ]) {
      const resolver = new ImportResolver(root);
      for (const from of order) resolver.resolve(from, '@/x', 'static');
      expect(resolver.resolve(file, '@/x', 'static')).toEqual({ in: join(root, 'in/lib/x.ts') });
      expect(resolver.faultFor(file)).toBeUndefined();
      expect(resolver.faultFor(excluded)?.path).toBe(join(root, 'tsconfig.json'));
    }
  });

  test('of a package whose manifest does not parse leads nowhere, and it is said why', () => {
    const root = tree({ 'a.ts': '', 'node_modules/dep/package.json': '{', 'node_modules/dep/index.js': '' });
    const target = new ImportResolver(root).resolve(join(root, 'a.ts'), 'dep', 'static');
    expect(target).toEqual({ nowhere: 'dep/package.json does not parse' });
  });

  test('follows exports, imports and self-references of packages, by condition', () => {
    const manifest = {
      name: 'self',
      exports: { '.': { import: './m.mjs', require: './c.cjs' }, './t': { types: './t.d.ts' } },
      imports: { '#inner': './inner.js', '#builtin': 'node:fs' },
    };
    const resolve = resolverOf({
      ...{
        'package.json': JSON.stringify(manifest),
        'm.mjs': '',
        'c.cjs': '',
        't.d.ts': '',
        'inner.js': '',
        'x.js': '',
      },
    });
    expect(resolve('x.js', 'self')).toBe('m.mjs');
    expect(resolve('x.js', 'self', 'require')).toBe('c.cjs');
    expect(resolve('x.js', 'self/t')).toBe('t.d.ts');
    expect(resolve('x.js', 'self/none')).toBe('nowhere');
    expect(resolve('x.js', '#inner')).toBe('inner.js');
    expect(resolve('x.js', '#none')).toBe('nowhere');
    expect(resolve('x.js', '#builtin')).toBe('outside: node');
  });

  test('in a file that is CommonJS by its extension takes what is there to be required, unless it is dynamic', () => {
    const imports = {
      '#code': { import: './m.mjs', require: './c.cjs' },
      '#types': { import: { types: './m.d.mts' }, require: { types: './c.d.cts' } },
    };
    const files = { 'm.mjs': '', 'c.cjs': '', 'm.d.mts': '', 'c.d.cts': '' };
    const resolve = resolverOf({ ...files, 'package.json': JSON.stringify({ imports }) });
    for (const [from, code, types] of [
      ['a.cts', 'c.cjs', 'c.d.cts'],
      ['a.cjs', 'c.cjs', 'c.d.cts'],
      ['a.mts', 'm.mjs', 'm.d.mts'],
      ['a.ts', 'm.mjs', 'm.d.mts'],
    ] as const) {
      const found = (['static', 'export', 'require', 'dynamic'] as const).map((kind) => resolve(from, '#code', kind));
      expect([from, ...found]).toEqual([from, code, code, 'c.cjs', 'm.mjs']);
      expect([from, resolve(from, '#types', 'type')]).toEqual([from, types]);
    }
    expect(resolve('a.d.cts', '#types', 'static')).toBe('c.d.cts');
  });

  test('of the package itself leads nowhere if that does not say what it lets out, as for Node and TypeScript', () => {
    const resolve = resolverOf({
      'package.json': '{ "name": "self", "main": "m.js" }',
      'm.js': '',
      'src/index.ts': '',
    });
    for (const kind of ['static', 'type', 'require'] as const) {
      expect([resolve('src/index.ts', 'self', kind), resolve('m.js', 'self/m.js', kind)]).toEqual([
        'nowhere',
        'nowhere',
      ]);
    }
  });

  test('that leaves the tree, or goes into node_modules, is outside', () => {
    const resolve = resolverOf({
      ...{ 'node_modules/dep/package.json': '{"name":"dep"}', 'node_modules/dep/index.js': '', 'a.js': '' },
      ...{ 'node_modules/@s/p/package.json': '{"name":"@s/p"}', 'node_modules/@s/p/index.js': '' },
    });
    expect(resolve('a.js', 'dep')).toBe('outside: dep');
    expect(resolve('a.js', '@s/p/index.js')).toBe('outside: @s/p');
    expect(resolve('a.js', 'fs')).toBe('outside: node');
    expect(resolve('a.js', 'node:fs/promises')).toBe('outside: node');
    expect(resolve('a.js', 'https://host.example/x.js')).toBe('outside: https:');
    expect(resolve('a.js', 'bun:test')).toBe('outside: bun:');
    expect(resolve('a.js', 'not-installed')).toBe('nowhere');
    expect(resolve('a.js', '')).toBe('nowhere');
    const root = tree({ 'in/a.js': '', 'beside.js': '' });
    const inner = new ImportResolver(join(root, 'in'));
    expect(inner.resolve(join(root, 'in/a.js'), '../beside.js', 'static')).toEqual({ out: 'files outside' });
  });

  test('of a workspace is the file where it really is, or what it will be built from', () => {
    const exports = {
      '.': { import: './dist/index.js' },
      './node': { types: './dist/node.d.ts' },
      './deep/*': './dist/*.js',
    };
    const resolve = resolverOf(
      {
        'packages/a/src/a.ts': '',
        'packages/b/package.json': JSON.stringify({ name: '@w/b', exports }),
        'packages/b/src/index.ts': '',
        'packages/b/src/node.ts': '',
        'packages/b/src/x.ts': '',
        'packages/c/package.json': '{ "name": "c", "main": "lib/entry.js" }',
        'packages/c/src/entry.tsx': '',
        'packages/d/package.json': '{ "name": "d", "exports": "./real.js" }',
        'packages/d/real.js': '',
        'packages/e/package.json': '{ "name": "e" }',
      },
      {
        ...{ 'packages/a/node_modules/@w/b': 'packages/b', 'packages/a/node_modules/c': 'packages/c' },
        ...{ 'packages/a/node_modules/d': 'packages/d', 'packages/a/node_modules/e': 'packages/e' },
      },
    );
    expect(resolve('packages/a/src/a.ts', '@w/b')).toBe('packages/b/src/index.ts');
    expect(resolve('packages/a/src/a.ts', '@w/b/node')).toBe('packages/b/src/node.ts');
    expect(resolve('packages/a/src/a.ts', '@w/b/deep/x')).toBe('packages/b/src/x.ts');
    expect(resolve('packages/a/src/a.ts', '@w/b/x')).toBe('nowhere');
    expect(resolve('packages/a/src/a.ts', 'c/entry')).toBe('packages/c/src/entry.tsx');
    expect(resolve('packages/b/src/x.ts', '@w/b')).toBe('packages/b/src/index.ts');
    expect(resolve('packages/a/src/a.ts', 'c')).toBe('packages/c/src/entry.tsx');
    expect(resolve('packages/a/src/a.ts', 'd')).toBe('packages/d/real.js');
    expect(resolve('packages/a/src/a.ts', 'e')).toBe('nowhere');
  });

  test('that the manifest names for the package itself leads to the source of what has not been built', () => {
    const imports = {
      ...{ '#src/*': './dist/*.js', '#one': { types: './types/one.d.ts', default: './build/esm/one.mjs' } },
      ...{ '#linked': { node: 'linked/part', default: './none.js' }, '#installed': 'installed/part' },
      ...{ '#src/priv/*': null, '#out': '../dist/out.js', '#again': '#again', '#none': './dist/none.js' },
      ...{ '#bare': 'lib/one.js' },
    };
    const linked = { name: 'linked', exports: { './part': './lib/part.js' } };
    const resolve = resolverOf(
      {
        ...{ 'a/package.json': JSON.stringify({ imports }), 'a/src/in/a.ts': '', 'a/src/one.ts': '', 'src/out.ts': '' },
        ...{ 'a/src/priv/x.ts': '', 'a/in/package.json': '{}', 'linked/package.json': JSON.stringify(linked) },
        ...{ 'linked/src/part.ts': '', 'a/node_modules/installed/src/part.ts': '', 'a/src/src/one.ts': '' },
        'a/node_modules/installed/package.json': JSON.stringify({ exports: { './part': './lib/part.js' } }),
      },
      { 'a/node_modules/linked': 'linked' },
    );
    for (const kind of ['static', 'type', 'require'] as const) {
      for (const [specifier, target] of [
        ['#src/one', 'a/src/one.ts'],
        ['#src/in/a', 'a/src/in/a.ts'],
        ['#one', 'a/src/one.ts'],
        ['#linked', 'linked/src/part.ts'],
        ...['#src/priv/x', '#out', '#again', '#none', '#installed', '#bare', '#unnamed', '#src'].map((each) => [
          each,
          'nowhere',
        ]),
      ] as const) {
        expect([kind, specifier, resolve('a/src/in/a.ts', specifier, kind)]).toEqual([kind, specifier, target]);
      }
      expect([kind, resolve('a/in/a.ts', '#src/one', kind)]).toEqual([kind, 'nowhere']);
      expect([kind, resolve('src/out.ts', '#src/one', kind)]).toEqual([kind, 'nowhere']);
    }
  });

  test('of what has not been built is of what would be loaded, and else of whatever has a source', () => {
    const entries = {
      env: { browser: './dist/env.browser.js', default: './dist/env.node.js' },
      node: { browser: './dist/env.browser.js', node: './dist/env.node.js' },
      way: { require: './dist/way.cjs', import: './dist/way.mjs' },
      same: { require: './dist/same.cjs', import: './dist/same.mjs' },
      types: { types: './dist/types.d.ts', default: './dist/code.js' },
      deep: {
        browser: { import: './dist/env.browser.js' },
        node: { require: './dist/way.cjs' },
        types: './dist/t.d.ts',
      },
      other: { worker: './dist/env.browser.js' },
      later: { import: './dist/none.js', default: [{ deno: './dist/env.browser.js' }, './dist/code.js'] },
    };
    const named = (start: string) => Object.fromEntries(Object.entries(entries).map(([k, v]) => [start + k, v]));
    const resolve = resolverOf({
      'package.json': JSON.stringify({ name: 'self', imports: named('#'), exports: named('./') }),
      ...Object.fromEntries(
        ['env.browser.ts', 'env.node.ts', 'way.ts', 'way.cts', 'way.mts', 'same.ts', 'types.ts', 'code.ts', 't.ts'].map(
          (file) => [`src/${file}`, ''],
        ),
      ),
    });
    for (const [name, ...expected] of [
      ['env', 'env.node.ts', 'env.node.ts', 'env.node.ts'],
      ['node', 'env.node.ts', 'env.node.ts', 'env.node.ts'],
      ['way', 'way.mts', 'way.cts', 'way.mts'],
      ['same', 'same.ts', 'same.ts', 'same.ts'],
      ['types', 'code.ts', 'code.ts', 'types.ts'],
      ['deep', 'way.cts', 'way.cts', 't.ts'],
      ['other', 'env.browser.ts', 'env.browser.ts', 'env.browser.ts'],
      ['later', 'code.ts', 'code.ts', 'code.ts'],
    ]) {
      for (const specifier of [`#${name}`, `self/${name}`]) {
        const found = (['static', 'require', 'type'] as const).map((kind) => resolve('src/code.ts', specifier, kind));
        expect([specifier, ...found]).toEqual([specifier, ...expected.map((file) => `src/${file}`)]);
      }
    }
    expect(resolve('src/a.cts', '#way')).toBe('src/way.cts');
    expect(resolve('src/a.d.ts', '#types')).toBe('src/types.ts');
  });

  test('of what has not been built stays in the package and in the tree, and is the file where it really is', () => {
    const exports = {
      ...{ './out': './../other/dist/x.js', './deep/*': './dist/*.js', './in': './node_modules/y/dist/y.js' },
      ...{ './real': './dist/real.js', './far': './dist/far.js' },
    };
    const outside = tree({ 'far.ts': '' });
    const resolve = resolverOf(
      {
        'p/package.json': JSON.stringify({ name: 'p', exports }),
        ...{ 'p/a.ts': '', 'p/code/real.ts': '', 'other/dist/x.ts': '', 'p/node_modules/y/dist/y.ts': '' },
      },
      { 'p/src': 'p/code', 'p/code/far.ts': join('..', basename(outside), 'far.ts') },
    );
    expect(resolve('p/a.ts', 'p/real')).toBe('p/code/real.ts');
    for (const specifier of ['p/out', 'p/deep/../../other/dist/x', 'p/in', 'p/far']) {
      expect([specifier, resolve('p/a.ts', specifier)]).toEqual([specifier, 'nowhere']);
    }
  });

  test('of the package itself stops nothing if the manifest is nested deeply', () => {
    const exports = `${'{"a":'.repeat(20_000)}"./x"${'}'.repeat(20_000)}`;
    const resolve = resolverOf({ 'package.json': `{"name":"self","exports":${exports}}`, 'a.ts': '' });
    expect(resolve('a.ts', 'self')).toBe('nowhere');
  });

  test('with a query is the file before it', () => {
    const resolve = resolverOf({ 'a.js': '', 'logo.svg': '' });
    expect(resolve('a.js', './logo.svg?raw')).toBe('logo.svg');
  });
});
