import { afterAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Analysis, type Updated } from './analysis.js';
import type { Change } from './change.js';
import { pause } from './pause.js';
import { reportOf, type Report } from './result.js';
import type { Scope } from './scope.js';
import { removeTrees, tree } from './test-support/tree.js';

jest.setTimeout(30_000);
afterAll(removeTrees);

const { signal } = new AbortController();

/** An analysis that is brought up to date, and what a new one says of the same tree. */
class Followed {
  readonly root: string;
  readonly #scope: Scope;
  readonly #analysis: Analysis;

  private constructor(root: string, scope: Scope) {
    this.root = root;
    this.#scope = scope;
    this.#analysis = new Analysis(scope, { concurrency: 4, signal, watched: true });
  }

  static async of(files: Readonly<Record<string, string>>, entry?: string): Promise<Followed> {
    const root = tree(files);
    const scope: Scope =
      entry === undefined
        ? { path: root, kind: 'folder', boundary: root }
        : { path: join(root, entry), kind: 'file', boundary: '/' };
    const followed = new Followed(root, scope);
    await followed.#analysis.run();
    return followed;
  }

  /** Tells it of changes, and holds the result against that of a new run. */
  async update(...changes: readonly [path: string, kind: Change['kind']][]): Promise<Updated & { report: Report }> {
    const updated = await this.#analysis.update(changes.map(([path, kind]) => ({ path: join(this.root, path), kind })));
    const report = await reportOf(this.#scope, updated.modules, this.#analysis.faults, pause(signal));
    const fresh = new Analysis(this.#scope, { concurrency: 4, signal });
    expect(report).toEqual(await reportOf(this.#scope, await fresh.run(), fresh.faults, pause(signal)));
    await fresh.close();
    expect(this.#analysis.evaluated).toBe(updated.modules.size);
    return { ...updated, changed: updated.changed.map((path) => relative(this.root, path)).sort(), report };
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  close(): Promise<void> {
    return this.#analysis.close();
  }
}

describe('an update', () => {
  test('evaluates what has changed and what imports it, and nothing else', async () => {
    const followed = await Followed.of({
      ...{ 'top.ts': "import './left.js'; import './right.js'", 'left.ts': "import './leaf.js'", 'right.ts': '' },
      ...{ 'leaf.ts': '1', 'other.ts': "import './right.js'" },
    });
    followed.write('leaf.ts', '2');
    expect(await followed.update(['leaf.ts', 'contents'])).toMatchObject({ recomputed: 3, changed: ['leaf.ts'] });
    followed.write('other.ts', '');
    expect(await followed.update(['other.ts', 'contents'])).toMatchObject({ recomputed: 1, changed: ['other.ts'] });
    followed.write('right.ts', "import './other.js'");
    expect(await followed.update(['right.ts', 'contents'])).toMatchObject({ recomputed: 2, changed: ['right.ts'] });
    await followed.close();
  });

  test('that finds everything as it was evaluates nothing', async () => {
    const followed = await Followed.of({ 'a.ts': "import './b.js'", 'b.ts': '', 'note.md': '' });
    const nothing = { recomputed: 0, changed: [], isNew: false };
    expect(await followed.update()).toMatchObject({ ...nothing, reread: 0 });
    expect(await followed.update(['note.md', 'contents'], ['', 'entry'])).toMatchObject({ ...nothing, reread: 0 });
    followed.write('b.ts', '');
    expect(await followed.update(['b.ts', 'contents'])).toMatchObject({ ...nothing, reread: 1 });
    await followed.close();
  });

  test('while a manifest is half saved says so, and keeps the graph', async () => {
    const manifest = '{ "name": "self", "imports": { "#b": "./b.ts" } }';
    const followed = await Followed.of({
      ...{ 'package.json': manifest, 'a.ts': "import './b.js'; import '#b'", 'b.ts': "import './c.js'", 'c.ts': '' },
    });
    followed.write('package.json', manifest.slice(0, 20));
    const { report } = await followed.update(['package.json', 'contents']);
    expect(report.modules.map(({ imports }) => imports.map(({ path }) => path))).toEqual([['b.ts'], ['c.ts'], []]);
    expect(report.errors.map(({ path, line }) => [path, line])).toEqual([['package.json', 1]]);
    followed.write('package.json', manifest);
    const mended = await followed.update(['package.json', 'contents']);
    expect([mended.report.errors, mended.report.unresolved]).toEqual([[], []]);
    await followed.close();
  });

  test('makes and takes apart cycles', async () => {
    const followed = await Followed.of({
      ...{ 'a.ts': "import './b.js'", 'b.ts': "import './c.js'", 'c.ts': '', 'd.ts': "import './a.js'", 'e.ts': '' },
    });
    followed.write('c.ts', "import './a.js'");
    const made = await followed.update(['c.ts', 'contents']);
    expect([made.recomputed, made.report.cycles]).toEqual([4, [['a.ts', 'b.ts', 'c.ts']]]);
    followed.write('c.ts', "import './a.js'; import './d.js'");
    expect((await followed.update(['c.ts', 'contents'])).report.cycles).toHaveLength(2);
    followed.write('c.ts', "import './e.js'");
    const apart = await followed.update(['c.ts', 'contents']);
    expect([apart.recomputed, apart.report.cycles]).toEqual([4, []]);
    await followed.close();
  });

  test('finds what an import has waited for, and what stands before what it found', async () => {
    const followed = await Followed.of({ 'a.ts': "import './b'; import 'dep';", 'c.ts': '' });
    followed.write('b.js', '1');
    const found = await followed.update(['b.js', 'entry']);
    expect([found.changed, found.report.unresolved.length]).toEqual([['a.ts', 'b.js'], 1]);
    followed.write('b.ts', '2');
    expect((await followed.update(['b.ts', 'entry'])).changed).toEqual(['a.ts', 'b.ts']);
    followed.write('node_modules/dep/index.js', '');
    expect((await followed.update(['node_modules/dep', 'entry'])).report.unresolved).toEqual([]);
    await followed.close();
  });

  test('looks all imports up again when a tsconfig or a manifest says something else', async () => {
    const config = (folder: string): string => `{ "compilerOptions": { "paths": { "@/*": ["./${folder}/*"] } } }`;
    const followed = await Followed.of({
      ...{ 'tsconfig.json': config('one'), 'package.json': '{ "imports": { "#x": "./one/b.ts" } }' },
      ...{ 'a.ts': "import '@/b'", 'one/b.ts': '', 'two/b.ts': '', 'c.mjs': "import '#x'" },
    });
    followed.write('tsconfig.json', config('two'));
    expect((await followed.update(['tsconfig.json', 'contents'])).changed).toEqual(['a.ts']);
    followed.write('package.json', '{ "imports": { "#x": "./two/b.ts" } }');
    expect((await followed.update(['package.json', 'contents'])).changed).toEqual(['c.mjs']);
    await followed.close();
  });

  test('reads what imports types alone anew when `verbatimModuleSyntax` says whether that is loaded', async () => {
    const config = (on: boolean): string => `{ "compilerOptions": { "verbatimModuleSyntax": ${on} } }`;
    const text = { 'a.ts': "import { type B } from './b'", 'b.ts': '', 'c.ts': "import type { B } from './b'" };
    const followed = await Followed.of({ 'tsconfig.json': config(true), ...text });
    for (const on of [false, true]) {
      followed.write('tsconfig.json', config(on));
      const { changed, report } = await followed.update(['tsconfig.json', 'contents']);
      const kinds = report.modules.map(({ imports }) => imports.map(({ kind }) => kind));
      expect([changed, kinds]).toEqual([['a.ts'], [[on ? 'static' : 'type'], [], ['type']]]);
    }
    await followed.close();
  });

  test('says that a tsconfig does not parse as long as it does not, once, and from where it is', async () => {
    const config = '{ "compilerOptions": { "paths": { "@/*": ["./*"] } } }';
    const followed = await Followed.of({
      ...{ 'tsconfig.json': config, 'a.ts': "import '@/b'; import './d/c'", 'b.ts': "import './a'" },
      ...{ 'd/c.ts': "import '@/b'", 'd/e.ts': '' },
    });
    for (const path of ['tsconfig.json', 'tsconfig.json', 'd/tsconfig.json']) {
      followed.write(path, '{');
      const { report } = await followed.update([path, 'contents']);
      const errors = report.errors.map((each) => [each.path, each.line, each.message]);
      expect(errors).toEqual([[path, 1, 'it does not parse: EOF while parsing an object']]);
      // What is read anew is looked up in the same way.
      followed.write('a.ts', `import './d/c'; import '@/b'; // ${Math.random()}`);
      await followed.update(['a.ts', 'contents']);
      followed.write(path, config);
      expect((await followed.update([path, 'contents'])).report.errors).toEqual([]);
    }
    await followed.close();
  });

  test('follows .gitignore, folders that come and go, and links', async () => {
    const followed = await Followed.of({
      'a.ts': "import './made/b.js'",
      'made/b.ts': '',
      'made/c.ts': '',
      '.git/x': '',
    });
    followed.write('.gitignore', 'made');
    // What is imported is a module all the same.
    expect((await followed.update(['.gitignore', 'entry'])).changed).toEqual(['made/c.ts']);
    followed.write('.gitignore', '');
    expect((await followed.update(['.gitignore', 'contents'])).changed).toEqual(['made/c.ts']);
    renameSync(join(followed.root, 'made'), join(followed.root, 'other'));
    expect((await followed.update(['made', 'entry'], ['other', 'entry'])).changed).toEqual([
      ...['a.ts', 'made/b.ts', 'made/c.ts', 'other/b.ts', 'other/c.ts'],
    ]);
    symlinkSync('..', join(followed.root, 'other/up'));
    const faulty = await followed.update(['other/up', 'entry']);
    expect([faulty.changed, faulty.isNew, faulty.report.errors.length]).toEqual([[], true, 1]);
    rmSync(join(followed.root, 'a.ts'));
    symlinkSync('other/b.ts', join(followed.root, 'a.ts'));
    expect((await followed.update(['a.ts', 'contents'])).changed).toEqual(['a.ts']);
    await followed.close();
  });

  test('of a file drops what it no longer leads to', async () => {
    const followed = await Followed.of({ 'a.ts': "import './b.js'", 'b.ts': "import './c.js'", 'c.ts': '' }, 'a.ts');
    followed.write('b.ts', '');
    expect(await followed.update(['b.ts', 'contents'])).toMatchObject({ recomputed: 2, changed: ['b.ts', 'c.ts'] });
    followed.write('b.ts', "import './d.js'");
    await followed.update(['b.ts', 'contents']);
    followed.write('d.ts', '');
    expect((await followed.update(['d.ts', 'entry'])).changed).toEqual(['b.ts', 'd.ts']);
    await followed.close();
  });

  test('goes on where a folder has become a file, a link to itself, or one that leads nowhere, and a file a pipe', async () => {
    for (const entry of [undefined, 'a.ts']) {
      const followed = await Followed.of({ 'a.ts': "import './d/b.js'", 'd/b.ts': '', 'd/c.ts': '' }, entry);
      const at = (path: string): string => join(followed.root, path);
      for (const replace of [
        () => writeFileSync(at('d'), ''),
        () => symlinkSync('d', at('d')),
        () => symlinkSync('nowhere', at('d')),
        () => symlinkSync('.', at('d')),
        () => (mkdirSync(at('d')), writeFileSync(at('d/b.ts'), '')),
        () => (mkdirSync(at('d')), symlinkSync('b.ts', at('d/b.ts'))),
        () => (mkdirSync(at('d')), execFileSync('mkfifo', [at('d/b.ts')])),
      ]) {
        rmSync(at('d'), { recursive: true });
        replace();
        await followed.update(['d', 'entry'], ['d/b.ts', 'contents'], ['d/c.ts', 'contents']);
      }
      await followed.close();
    }
  });

  test('says what cannot be looked at, for whatever reason, and finishes the rest', async () => {
    const followed = await Followed.of({ 'a.ts': "import './d/b.js'", 'd/b.ts': '', 'c.ts': '' });
    // Who runs the tests may be allowed everything: the reason is one that holds for all.
    rmSync(join(followed.root, 'c.ts'));
    symlinkSync('c.ts', join(followed.root, 'c.ts'));
    followed.write('d/b.ts', '1');
    const { report } = await followed.update(['c.ts', 'entry'], ['d/b.ts', 'contents']);
    expect(report.errors).toEqual([
      { path: 'c.ts', message: 'the symbolic link cannot be followed (its symbolic links lead in a circle)' },
    ]);
    await followed.close();
  });

  test('finds what was written while nobody looked', async () => {
    const followed = await Followed.of({ 'a.ts': '1', 'b.ts': '' });
    followed.write('a.ts', '2.0');
    rmSync(join(followed.root, 'b.ts'));
    expect((await followed.update(['', 'entry'])).changed).toEqual(['a.ts', 'b.ts']);
    await followed.close();
  });
});

describe('any sequence of edits', () => {
  const files = ['a.ts', 'b.ts', 'c.js', 'd/index.ts', 'd/e.ts', 'd/f.tsx', 'g/h.ts', 'b.js', 'x.json'];
  const asked = ['./a', './b', './b.js', './c.js', './d', './d/e', './d/f', './g/h', './x.json', '@/h', './none'];
  const textOf = (imports: readonly string[], number: number, path: string): string => {
    const up = path.includes('/') ? '../' : './';
    const lines = imports.map((each) => `import '${each.replace(/^\.\//, up)}';`);
    return `${lines.join('\n')}\n// ${'x'.repeat(number)}${number === 7 ? '\nlet = ;' : ''}\n`;
  };
  const text = fc.tuple(fc.subarray(asked), fc.nat(8));
  const edit = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('write' as const), path: fc.constantFrom(...files), text }) },
    fc.record({ do: fc.constant('remove' as const), path: fc.constantFrom(...files, 'd', 'g') }),
    fc.record({
      do: fc.constant('rename' as const),
      path: fc.constantFrom(...files, 'd'),
      to: fc.constantFrom(...files, 'i'),
    }),
    fc.record({ do: fc.constant('config' as const), folder: fc.constantFrom('d', 'g') }),
    fc.record({ do: fc.constant('ignore' as const), rules: fc.subarray(['d/', 'b.ts', 'c.js', '!d/e.ts']) }),
  );

  test('gives what a new run gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom(...files), text, { maxKeys: 6 }),
        fc.array(fc.array(edit, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
        fc.option(fc.constantFrom('a.ts', 'd/e.ts'), { nil: undefined }),
        async (first, bursts, entry) => {
          const start = Object.entries(first).map(([path, [imports, number]]) => [path, textOf(imports, number, path)]);
          const kept = entry === undefined ? {} : { [entry]: '' };
          const followed = await Followed.of({ '.git/x': '', ...kept, ...Object.fromEntries(start) }, entry);
          const at = (path: string): string => join(followed.root, path);
          for (const burst of bursts) {
            const changes: [string, Change['kind']][] = [];
            for (const each of burst) {
              // The file that was asked for stays, or there would be nothing to run on.
              const isKept = (path: string): boolean => entry?.startsWith(path) === true;
              if (each.do === 'write') {
                if (!existsSync(join(at(each.path), '.'))) {
                  changes.push([each.path, existsSync(at(each.path)) ? 'contents' : 'entry']);
                  followed.write(each.path, textOf(...each.text, each.path));
                }
              } else if (each.do === 'remove') {
                if (isKept(each.path)) continue;
                rmSync(at(each.path), { recursive: true, force: true });
                changes.push([each.path, 'entry']);
              } else if (each.do === 'rename') {
                if (!existsSync(at(each.path)) || existsSync(at(each.to)) || isKept(each.path)) continue;
                if (each.to.startsWith(`${each.path}/`)) continue;
                mkdirSync(dirname(at(each.to)), { recursive: true });
                renameSync(at(each.path), at(each.to));
                changes.push([each.path, 'entry'], [each.to, 'entry']);
              } else if (each.do === 'config') {
                changes.push(['tsconfig.json', existsSync(at('tsconfig.json')) ? 'contents' : 'entry']);
                followed.write(
                  'tsconfig.json',
                  `{ "compilerOptions": { "paths": { "@/*": ["./${each.folder}/*"] } } }`,
                );
              } else {
                changes.push(['.gitignore', existsSync(at('.gitignore')) ? 'contents' : 'entry']);
                followed.write('.gitignore', each.rules.join('\n'));
              }
            }
            await followed.update(...changes);
          }
          await followed.close();
          removeTrees();
        },
      ),
      { numRuns: 120 },
    );
  }, 120_000);
});
