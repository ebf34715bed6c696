import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Module } from './analysis.js';
import type { Change } from './change.js';
import type { Scope } from './scope.js';
import { removeTrees, tree } from './test-support/tree.js';
import { TreeWatcher } from './watcher.js';

jest.setTimeout(20_000);
const open = new Set<TreeWatcher>();
afterEach(() => {
  for (const watcher of open) watcher.close();
  open.clear();
});
afterAll(removeTrees);

/** What a watcher tells, in order, taken by whoever waits for it. */
class Told {
  readonly watcher: TreeWatcher;
  readonly errors: unknown[] = [];
  #changes: Change[] = [];
  #look: () => void = () => undefined;

  private constructor(scope: Scope, options?: ConstructorParameters<typeof TreeWatcher>[3]) {
    const tell = (change: Change): void => {
      this.#changes.push(change);
      this.#look();
    };
    this.watcher = new TreeWatcher(scope, tell, (error) => this.errors.push(error), options);
    open.add(this.watcher);
  }

  static async of(path: string, options?: ConstructorParameters<typeof TreeWatcher>[3]): Promise<Told> {
    return Told.#begun(new Told({ path, kind: 'folder', boundary: path }, options));
  }

  static async ofFile(path: string): Promise<Told> {
    return Told.#begun(new Told({ path, kind: 'file', boundary: '/' }));
  }

  static async #begun(told: Told): Promise<Told> {
    await told.watcher.ready;
    return told;
  }

  /** Waits until a path is told of, and forgets all that was told up to there. */
  async next(path: string, kind?: Change['kind']): Promise<void> {
    const found = (): number =>
      this.#changes.findIndex((change) => change.path === path && (kind === undefined || change.kind === kind));
    await new Promise<void>((resolve, reject) => {
      const tooLate = setTimeout(() => {
        reject(new Error(`${path} was not told of, but ${this.#changes.map((each) => each.path).join()}`));
      }, 5000);
      this.#look = () => {
        if (found() === -1) return;
        clearTimeout(tooLate);
        resolve();
      };
      this.#look();
    });
    this.#changes = this.#changes.slice(found() + 1);
  }

  /** What has been told, and not been taken. */
  rest(): string[] {
    return [...new Set(this.#changes.splice(0).map(({ path }) => path))];
  }

  /** As the session does after every update: nothing is known of the modules but where they are. */
  follow(files: readonly string[] = [], missing: readonly string[] = []): void {
    const modules = files.map((file): [string, Module] => {
      const targets = missing.map((specifier) => ({ specifier, kind: 'static', target: { nowhere: '' } }));
      return [file, { source: { file, targets } } as unknown as Module];
    });
    this.watcher.follow(new Map(modules));
  }
}

describe('a folder is watched', () => {
  test('with what comes, goes and changes in it at any depth', async () => {
    const root = tree({ 'a.ts': '', 'd/e/b.ts': '' });
    const told = await Told.of(root);
    writeFileSync(join(root, 'd/e/b.ts'), '1');
    await told.next(join(root, 'd/e/b.ts'), 'contents');
    writeFileSync(join(root, 'd/c.ts'), '1');
    await told.next(join(root, 'd/c.ts'), 'entry');
    rmSync(join(root, 'a.ts'));
    await told.next(join(root, 'a.ts'), 'entry');
  });

  test('but for packages inside, folders with a dot, and what the program writes', async () => {
    const root = tree({ 'node_modules/p/x.js': '', 'node_modules/@s/q/x.js': '', '.cache/x.ts': '', 'a.ts': '' });
    const told = await Told.of(root, { ignored: new Set([join(root, 'out.dot')]) });
    told.rest();
    for (const path of ['node_modules/p/x.js', 'node_modules/@s/q/x.js', '.cache/x.ts', 'out.dot', '.z/x.ts', 'a.ts']) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), '1');
    }
    await told.next(join(root, 'a.ts'));
    expect(told.rest().filter((path) => path !== join(root, 'a.ts'))).toEqual([]);
    for (const path of ['node_modules/r', 'node_modules/@s/t']) {
      mkdirSync(join(root, path));
      await told.next(join(root, path), 'entry');
    }
    writeFileSync(join(root, '.gitignore'), '');
    await told.next(join(root, '.gitignore'), 'entry');
  });

  test('with what has a dot and was a file, and is a folder before that was seen', async () => {
    const root = tree({ '.gitignore': '', 'd/.b.ts': '' });
    const told = await Told.of(root);
    for (const path of ['.gitignore', 'd/.b.ts']) {
      rmSync(join(root, path));
      mkdirSync(join(root, path));
      await told.next(join(root, path), 'entry');
    }
  });

  test('and so is one that comes, with what came in it before that was seen', async () => {
    const root = tree({});
    const told = await Told.of(root);
    mkdirSync(join(root, 'd/e'), { recursive: true });
    await told.next(join(root, 'd'), 'entry');
    await told.next(join(root, 'd/e'), 'entry');
    writeFileSync(join(root, 'd/e/a.ts'), '');
    await told.next(join(root, 'd/e/a.ts'));
  });

  test('when it takes the place of another, at once or later, with all below it', async () => {
    const root = tree({ 'd/e/a.ts': '', 'other/e/b.ts': '' });
    const outside = tree({ 'd/e/c.ts': '' });
    const told = await Told.of(root);
    for (const replace of [
      () => (renameSync(join(root, 'd'), join(root, 'old')), mkdirSync(join(root, 'd/e'), { recursive: true })),
      () => (rmSync(join(root, 'd'), { recursive: true }), mkdirSync(join(root, 'd/e'), { recursive: true })),
      () => {
        for (const [from, to] of [
          ['d', 't'],
          ['other', 'd'],
          ['t', 'other'],
        ] as const) {
          renameSync(join(root, from), join(root, to));
        }
      },
      () => (renameSync(join(root, 'd'), join(outside, 'gone')), renameSync(join(outside, 'd'), join(root, 'd'))),
    ]) {
      replace();
      await told.next(join(root, 'd'), 'entry');
      told.follow();
      writeFileSync(join(root, 'd/e/new.ts'), String(Math.random()));
      await told.next(join(root, 'd/e/new.ts'));
    }
    expect(told.errors).toEqual([]);
  });

  test('when it is the root that is replaced, or a folder above it', async () => {
    const home = tree({ 'x/top/d/a.ts': '', 'y/top/d/a.ts': '', 'z/d/a.ts': '' });
    const root = join(home, 'x/top');
    const told = await Told.of(root);
    renameSync(root, join(home, 'x/old'));
    renameSync(join(home, 'z'), root);
    await told.next(root, 'entry');
    told.follow();
    writeFileSync(join(root, 'd/a.ts'), '1');
    await told.next(join(root, 'd/a.ts'));
    renameSync(join(home, 'x'), join(home, 'old'));
    renameSync(join(home, 'y'), join(home, 'x'));
    await told.next(join(home, 'x'), 'entry');
    told.follow();
    writeFileSync(join(root, 'd/a.ts'), '2');
    await told.next(join(root, 'd/a.ts'));
  });

  test('as long as it is there, whatever takes its place', async () => {
    const root = tree({ 'd/a.ts': '', 'a.ts': '' });
    const told = await Told.of(root);
    for (const replace of [
      () => writeFileSync(join(root, 'd'), ''),
      () => symlinkSync('d', join(root, 'd')),
      () => symlinkSync('.', join(root, 'd')),
      () => mkdirSync(join(root, 'd')),
    ]) {
      rmSync(join(root, 'd'), { recursive: true });
      replace();
      await told.next(join(root, 'd'), 'entry');
      told.follow();
    }
    told.rest();
    writeFileSync(join(root, 'd/b.ts'), '');
    await told.next(join(root, 'd/b.ts'));
    expect(told.errors).toEqual([]);
  });
});

test('the folders above tell of what has rules, and of nothing else', async () => {
  const home = tree({ 'root/a.ts': '', 'other/a.ts': '' });
  const told = await Told.of(join(home, 'root'));
  told.rest();
  writeFileSync(join(home, 'note.ts'), '');
  writeFileSync(join(home, 'other/a.ts'), '1');
  writeFileSync(join(home, 'tsconfig.json'), '{}');
  await told.next(join(home, 'tsconfig.json'), 'entry');
  expect(told.rest().filter((path) => basename(path) !== 'tsconfig.json')).toEqual([]);
});

test('a link that leads to the folder is watched, too', async () => {
  const home = tree({ 'one/a.ts': '', 'two/a.ts': '' });
  const link = join(home, 'link');
  symlinkSync('one', link);
  const told = await Told.of(join(home, 'one'), { asked: link });
  told.rest();
  symlinkSync('two', join(home, 'new'));
  renameSync(join(home, 'new'), link);
  await told.next(link, 'entry');
});

test('of a file its modules are watched where they are, and where those may come that are missing', async () => {
  const root = tree({ 'app/a.ts': '', 'lib/b.ts': '', 'far/x.ts': '' });
  const told = await Told.ofFile(join(root, 'app/a.ts'));
  told.follow([join(root, 'app/a.ts'), join(root, 'lib/b.ts')], ['../more/deep/c.js', 'bare']);
  writeFileSync(join(root, 'lib/b.ts'), '1');
  await told.next(join(root, 'lib/b.ts'), 'contents');
  mkdirSync(join(root, 'more'));
  await told.next(join(root, 'more'), 'entry');
  told.follow([join(root, 'app/a.ts')], ['../more/deep/c.js']);
  await told.next(join(root, 'more'), 'entry');
  mkdirSync(join(root, 'more/deep'));
  await told.next(join(root, 'more/deep'), 'entry');

  // What is a module no longer is not watched any more, and a folder that was replaced is.
  told.rest();
  writeFileSync(join(root, 'lib/b.ts'), '2');
  renameSync(join(root, 'app'), join(root, 'old'));
  mkdirSync(join(root, 'app'));
  await told.next(join(root, 'app'), 'entry');
  told.follow([join(root, 'app/a.ts')]);
  writeFileSync(join(root, 'app/a.ts'), '');
  await told.next(join(root, 'app/a.ts'));
  expect(told.rest()).not.toContain(join(root, 'lib/b.ts'));
});

describe('where an import may lead to is watched', () => {
  test('with the manifests and tsconfigs above each module, there or not', async () => {
    const root = tree({ 'app/a.ts': '', 'lib/src/b.ts': '', 'lib/package.json': '{}' });
    const told = await Told.ofFile(join(root, 'app/a.ts'));
    told.follow([join(root, 'app/a.ts'), join(root, 'lib/src/b.ts')]);
    await told.watcher.ready;
    writeFileSync(join(root, 'lib/package.json'), '{ "name": "lib" }');
    await told.next(join(root, 'lib/package.json'), 'contents');
    writeFileSync(join(root, 'lib/tsconfig.json'), '{}');
    await told.next(join(root, 'lib/tsconfig.json'), 'entry');
  });

  test('with what would come before that which was found, in a folder with a dot and behind a link, too', async () => {
    const root = tree({ 'a.ts': '', 'sub/x/index.ts': '', 'tree/a.ts': '', 'tree/.made/x/index.ts': '' });
    const other = tree({ 'x/index.ts': '' });
    symlinkSync(other, join(root, 'link'));
    const file = await Told.ofFile(join(root, 'a.ts'));
    file.follow([join(root, 'a.ts')], ['./sub/x', './link/x']);
    await file.watcher.ready;
    writeFileSync(join(root, 'sub/x.ts'), '');
    await file.next(join(root, 'sub/x.ts'), 'entry');
    writeFileSync(join(other, 'x.ts'), '');
    await file.next(join(other, 'x.ts'), 'entry');

    const folder = await Told.of(join(root, 'tree'));
    folder.follow([join(root, 'tree/a.ts')], ['./.made/x']);
    await folder.watcher.ready;
    writeFileSync(join(root, 'tree/.made/x.ts'), '');
    await folder.next(join(root, 'tree/.made/x.ts'), 'entry');
  });

  test('with a folder with a dot that is not there yet: of a place, of an alias, and by its own name', async () => {
    const paths = '{ "compilerOptions": { "paths": { "made": ["./.alias/x.ts"] } } }';
    const root = tree({ 'a.ts': '', 'd/x.md': '', 'tsconfig.json': paths });
    const told = await Told.of(root);
    for (const [specifier, ...comes] of [
      ['./.made/deep/x', '.made', '.made/deep', '.made/deep/x.ts'],
      ['./d/.made/x.js', 'd/.made', 'd/.made/x.ts'],
      ['made', '.alias', '.alias/x.ts'],
      ['./.whole', '.whole', '.whole/index.ts'],
    ] as const) {
      for (const name of comes) {
        told.follow([join(root, 'a.ts')], ['./none.js', specifier]);
        await told.watcher.ready;
        told.rest();
        const path = join(root, name);
        if (name.endsWith('.ts')) writeFileSync(path, '');
        else mkdirSync(path);
        await told.next(path, 'entry');
      }
    }
  });

  test('with a folder that has no index yet', async () => {
    const root = tree({ 'a.ts': '', 'd/x.md': '' });
    const told = await Told.ofFile(join(root, 'a.ts'));
    told.follow([join(root, 'a.ts')], ['./d']);
    await told.watcher.ready;
    writeFileSync(join(root, 'd/index.ts'), '');
    await told.next(join(root, 'd/index.ts'), 'entry');
  });

  test('with what an alias means that leads nowhere, as long as it does', async () => {
    const paths = (folder: string): string => `{ "compilerOptions": { "paths": { "@/*": ["./${folder}/*"] } } }`;
    const root = tree({ 'src/a.ts': '', 'lib/z.md': '', 'more/z.md': '', 'tsconfig.json': paths('lib') });
    const told = await Told.ofFile(join(root, 'src/a.ts'));
    told.follow([join(root, 'src/a.ts')], ['@/y']);
    await told.watcher.ready;
    writeFileSync(join(root, 'lib/y.ts'), '');
    await told.next(join(root, 'lib/y.ts'), 'entry');
    writeFileSync(join(root, 'tsconfig.json'), paths('more'));
    await told.next(join(root, 'tsconfig.json'));
    told.follow([join(root, 'src/a.ts')], ['@/y']);
    await told.watcher.ready;
    writeFileSync(join(root, 'more/y.ts'), '');
    await told.next(join(root, 'more/y.ts'), 'entry');
  });

  test('with what an alias means that begins with a slash, and not with the root of all', async () => {
    const paths = '{ "compilerOptions": { "paths": { "/@/*": ["./lib/*"] } } }';
    const root = tree({ 'src/a.ts': '', 'lib/z.md': '', 'tsconfig.json': paths });
    const told = await Told.ofFile(join(root, 'src/a.ts'));
    told.follow([join(root, 'src/a.ts')], ['/@/y']);
    await told.watcher.ready;
    const rest = told.rest();
    expect([rest.includes(join(root, 'lib')), rest.includes('/')]).toEqual([true, false]);
    writeFileSync(join(root, 'lib/y.ts'), '');
    await told.next(join(root, 'lib/y.ts'), 'entry');
  });

  test('with what is installed above, and where a link there leads', async () => {
    const home = tree({ 'app/src/a.ts': '', 'node_modules/@s/p/x.js': '' });
    const modules = [join(home, 'app/src/a.ts')];
    for (const told of [await Told.ofFile(modules[0] as string), await Told.of(join(home, 'app/src'))]) {
      told.follow(modules, ['bare', '@s/q']);
      await told.watcher.ready;
      symlinkSync('../one', join(home, 'node_modules/bare'));
      await told.next(join(home, 'node_modules/bare'), 'entry');
      mkdirSync(join(home, 'node_modules/@s/q'));
      await told.next(join(home, 'node_modules/@s/q'), 'entry');
      mkdirSync(join(home, 'app/node_modules'));
      await told.next(join(home, 'app/node_modules'), 'entry');
      for (const path of ['node_modules/bare', 'node_modules/@s/q', 'app/node_modules']) {
        rmSync(join(home, path), { recursive: true });
      }
    }
  });

  test('with where a link is going to lead that leads nowhere yet: of a package, of a folder and of a file', async () => {
    const home = tree({ 'app/src/a.ts': '', 'app/node_modules/@s/x': '', 'lib/x.md': '', 'far/x.md': '' });
    symlinkSync('../../../lib/p', join(home, 'app/node_modules/@s/p'));
    symlinkSync('../../more', join(home, 'app/src/link'));
    symlinkSync('../../far/y.ts', join(home, 'app/src/x.ts'));
    const modules = [join(home, 'app/src/a.ts')];
    for (const told of [await Told.ofFile(modules[0] as string), await Told.of(join(home, 'app'))]) {
      const comes = ['lib/p', 'more', 'far/y.ts'];
      for (const [at, specifier] of ['@s/p', './link/x.js', './x.js'].entries()) {
        told.follow(modules, [specifier]);
        await told.watcher.ready;
        told.rest();
        const path = join(home, comes[at] as string);
        mkdirSync(path);
        await told.next(path, 'entry');
        rmSync(path, { recursive: true });
      }
    }
  });

  test('with the manifest of a package that is there, and leads nowhere', async () => {
    const home = tree({ 'app/src/a.ts': '', 'app/node_modules/@s/x': '', 'lib/package.json': '{ "exports": {} }' });
    symlinkSync('../../../lib', join(home, 'app/node_modules/@s/lib'));
    const modules = [join(home, 'app/src/a.ts')];
    for (const told of [await Told.ofFile(modules[0] as string), await Told.of(join(home, 'app'))]) {
      told.follow(modules, ['@s/lib/x']);
      await told.watcher.ready;
      writeFileSync(join(home, 'lib/package.json'), '{}');
      await told.next(join(home, 'lib/package.json'), 'contents');
    }
  });

  test('with what a tsconfig extends, wherever that is and whatever it is called', async () => {
    const home = tree({
      'root/tsconfig.json': '{ "extends": ["../base.jsonc", "./plain", "./.made/tsconfig.json"] }',
      'root/a.ts': '',
      'root/plain.json': '{}',
      'root/.made/tsconfig.json': '{}',
      'root/in/tsconfig.json': '{ "extends": "./rules.jsonc" }',
      'root/in/b.ts': '',
      'root/in/rules.jsonc': '{}',
      'base.jsonc': '{}',
      'tsconfig.json': '{ "extends": "./outer.jsonc" }',
      'outer.jsonc': '{}',
    });
    const told = await Told.of(join(home, 'root'));
    told.follow([join(home, 'root/a.ts'), join(home, 'root/in/b.ts')], ['./none.js']);
    await told.watcher.ready;
    told.rest();
    // The outermost holds for what the others do not list.
    for (const path of ['base.jsonc', 'root/.made/tsconfig.json', 'root/in/rules.jsonc', 'outer.jsonc']) {
      writeFileSync(join(home, path), '{ "compilerOptions": {} }');
      // What is in it says where imports lead, which no name but these tells.
      await told.next(join(home, path), 'entry');
    }
  });
});
