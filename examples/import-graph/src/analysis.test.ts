import { afterAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join, relative, dirname } from 'node:path';
import { Analysis } from './analysis.js';
import { ImportResolver } from './resolve.js';
import { readSource } from './source.js';
import { analyse } from './test-support/analyse.js';
import { depthOf, edgesOf, graphs, reachable, type Graph } from './test-support/graphs.js';
import { removeTrees, tree } from './test-support/tree.js';

jest.setTimeout(30_000);
afterAll(removeTrees);

/** A tree whose files import as the graph says, in several of the ways there are. */
function filesOf(graph: Graph): Record<string, string> {
  return Object.fromEntries(
    [...graph].map(([from, targets], number) => {
      const lines = targets.map((to, at) => {
        const path = relative(dirname(from), to).replace(/\.ts$/, ['.js', '', '.ts'][at % 3] ?? '');
        const specifier = path.startsWith('.') ? path : `./${path}`;
        return [`import '${specifier}';`, `export * from '${specifier}';`, `await import('${specifier}');`][at % 3];
      });
      return [from, `${lines.join('\n')}\n// ${'x'.repeat(number)}\n`];
    }),
  );
}

describe('the analysis of a tree', () => {
  test('gives what a plain search for each module gives, whatever cycles there are', async () => {
    await fc.assert(
      fc.asyncProperty(graphs(12), fc.integer({ min: 1, max: 8 }), async (graph, concurrency) => {
        const files = filesOf(graph);
        const { modules, errors, unresolved, analysis } = await analyse(tree(files), concurrency);
        expect([errors, unresolved]).toEqual([[], []]);
        expect(modules.map(({ path }) => path)).toEqual([...graph.keys()].sort());
        const hashes = new Map<string, string>();
        for (const { path, size, totalSize, depth, hash, imports } of modules) {
          const closure = new Set([path, ...reachable(graph, path)]);
          expect(size).toBe(Buffer.byteLength(files[path] ?? ''));
          expect(totalSize).toBe([...closure].reduce((sum, each) => sum + Buffer.byteLength(files[each] ?? ''), 0));
          expect(depth).toBe(depthOf(graph, path));
          expect([...new Set(imports.map((target) => target.path))]).toEqual([...new Set(edgesOf(graph, path))].sort());
          // Contents differ by length, so that hashes are equal if and only if the closures are.
          const key = [...closure].sort().join();
          expect(hashes.get(key) ?? hash).toBe(hash);
          hashes.set(key, hash);
        }
        expect(new Set(hashes.values()).size).toBe(hashes.size);
        // What the requests ran into are cycles: the files reach each other.
        expect(analysis.evaluated).toBe(graph.size);
        removeTrees();
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test('is the same whatever the concurrency, the folder it is in, and the name it is asked by', async () => {
    const graph = fc.sample(graphs(40), { numRuns: 5, seed: 7 });
    for (const files of graph.map(filesOf)) {
      const [one, two, three] = [tree(files), tree(files), tree(files)];
      const first = await analyse(one, 1);
      for (const other of [await analyse(one, 64), await analyse(two, 3), await analyse(three, 16)]) {
        expect(other.modules).toEqual(first.modules);
        expect(other.cycles).toEqual(first.cycles);
      }
    }
  });

  test('follows the tsconfig of each of several projects, whatever the concurrency', async () => {
    const names = Array.from({ length: 12 }, (_, number) => `p${number}`);
    const options = { outDir: 'dist', paths: { '@/*': ['./src/*'] }, rootDirs: ['src', 'made'] };
    const root = tree({
      'base.json': '{ "include": ["${configDir}/src"] }',
      ...Object.fromEntries(
        names.flatMap((name, number) => {
          const extended = number % 3 === 0 ? {} : { extends: '../base.json' };
          return [
            [`${name}/tsconfig.json`, JSON.stringify({ ...extended, compilerOptions: options })],
            [`${name}/src/a.ts`, "import '@/b'; import './c'; import type { T } from '@/b';"],
            ...['src/b.ts', 'made/c.ts'].map((path) => [`${name}/${path}`, '']),
          ];
        }),
      ),
    });
    for (const concurrency of [1, 16]) {
      const { modules, unresolved } = await analyse(root, concurrency);
      const targets = modules
        .filter(({ path }) => path.endsWith('/a.ts'))
        .map(({ path, imports }) => [path, [...new Set(imports.map((each) => each.path))]]);
      const expected = names.map((name) => [`${name}/src/a.ts`, [`${name}/made/c.ts`, `${name}/src/b.ts`]]);
      expect(targets).toEqual(expected.sort());
      expect(unresolved).toEqual([]);
    }
  });

  test('finishes ten thousand modules with cycles, twice the same', async () => {
    // In rows of a hundred; each imports some of the next rows, and every tenth row one that closes a cycle.
    const name = (number: number): string => `r${Math.floor(number / 100)}/m${number}.ts`;
    const files: Record<string, string> = {};
    let edges = 0;
    for (let number = 0; number < 10_000; number++) {
      const targets = [number + 100, number + 107, number + 201].filter((target) => target < 10_000);
      if (number % 1000 === 500) targets.push(number - 400);
      edges += targets.length;
      files[name(number)] = targets.map((target) => `import '../${name(target).replace('.ts', '.js')}';\n`).join('');
    }
    const root = tree(files);
    const first = await analyse(root, 16);
    expect(first.modules.length).toBe(10_000);
    expect(first.modules.reduce((sum, { imports }) => sum + imports.length, 0)).toBe(edges);
    expect(first.cycles.length).toBeGreaterThan(5);
    expect(first.analysis.evaluated).toBe(10_000);
    const second = await analyse(root, 3);
    expect(second.modules).toEqual(first.modules);
    expect(second.cycles).toEqual(first.cycles);
  }, 120_000);

  test('finishes a ring and a chain of ten thousand modules', async () => {
    const files: Record<string, string> = {};
    for (let number = 0; number < 10_000; number++) {
      files[`m${number}.mjs`] = `import './m${(number + 1) % 10_000}.mjs'`;
    }
    const root = tree(files);
    for (const ring of [true, false]) {
      if (!ring) writeFileSync(join(root, 'm9999.mjs'), (files['m9999.mjs'] = 'end'));
      const { modules, cycles } = await analyse(root);
      const total = Object.values(files).reduce((sum, text) => sum + text.length, 0);
      const first = modules.find(({ path }) => path === 'm0.mjs');
      expect([first?.totalSize, first?.depth]).toEqual([total, ring ? 0 : 9999]);
      expect(cycles.map((cycle) => cycle.length)).toEqual(ring ? [10_000] : []);
    }
  }, 120_000);

  test('hears of the end while one result leads to the next', async () => {
    const files: Record<string, string> = {};
    for (let number = 0; number < 10_000; number++) files[`m${number}.mjs`] = `import './m${number + 1}.mjs'`;
    const folder = tree(files);
    const { signal } = new AbortController();
    const analysis = new Analysis({ path: folder, kind: 'folder', boundary: folder }, { concurrency: 16, signal });
    const seen = new Set<number>();
    const look = setInterval(() => analysis.read === 10_000 && seen.add(analysis.evaluated));
    await analysis.run();
    clearInterval(look);
    await analysis.close();
    expect([...seen].filter((evaluated) => evaluated > 0 && evaluated < 10_000).length).toBeGreaterThan(0);
  });

  test('reports what is wrong with its place, and finishes the rest', async () => {
    const root = tree({
      'a.ts': "import './bad.js';\nimport './none.js';\n  import x from 'not-installed';\nimport './data.json';\n",
      'bad.ts': "import './a.js';\nconst x = ;\n",
      'data.json': '{ not json',
    });
    const { modules, cycles, unresolved, errors } = await analyse(root);
    expect(modules.map(({ path, imports }) => [path, imports.length])).toEqual([
      ['a.ts', 2],
      ['bad.ts', 1],
      ['data.json', 0],
    ]);
    expect(unresolved).toEqual([
      expect.objectContaining({ path: 'a.ts', line: 2, column: 8, kind: 'static', specifier: './none.js' }),
      expect.objectContaining({ path: 'a.ts', line: 3, column: 17, kind: 'static', specifier: 'not-installed' }),
    ]);
    expect(errors).toEqual([{ path: 'bad.ts', line: 2, column: 11, message: 'it does not parse: Unexpected token' }]);
    expect(cycles).toEqual([['a.ts', 'bad.ts']]);
  });

  test('lists an import once for each way in which it is made', async () => {
    const root = tree({ 'a.ts': "import './b'; import './b'; import './b.js'; await import('./b');", 'b.ts': '' });
    const { modules } = await analyse(root);
    expect(modules[0]?.imports).toEqual([
      { path: 'b.ts', kind: 'dynamic', specifier: './b' },
      { path: 'b.ts', kind: 'static', specifier: './b' },
      { path: 'b.ts', kind: 'static', specifier: './b.js' },
    ]);
  });
});

describe('the hash of a module', () => {
  test('changes with what it reaches, and with nothing else', async () => {
    const root = tree({
      ...{ 'top.ts': "import './a.js'", 'a.ts': "import './b.js'", 'b.ts': "import './a.js'; import './leaf.js'" },
      ...{ 'leaf.ts': '1', 'other.ts': '1' },
    });
    const hashes = async (): Promise<Record<string, string>> =>
      Object.fromEntries((await analyse(root)).modules.map(({ path, hash }) => [path, hash]));
    const before = await hashes();
    expect(before['a.ts']).toBe(before['b.ts']);
    writeFileSync(join(root, 'other.ts'), '2');
    const after = await hashes();
    expect({ ...after, 'other.ts': '' }).toEqual({ ...before, 'other.ts': '' });
    writeFileSync(join(root, 'leaf.ts'), '2');
    const last = await hashes();
    for (const path of ['top.ts', 'a.ts', 'b.ts', 'leaf.ts']) expect(last[path]).not.toBe(before[path]);
    // What an import leads to counts, too.
    renameSync(join(root, 'leaf.ts'), join(root, 'leaf.tsx'));
    writeFileSync(join(root, 'leaf.ts'), '3');
    expect((await hashes())['top.ts']).not.toBe(last['top.ts']);
  });

  test('is that of a SHA-256, in hexadecimal', async () => {
    const { modules } = await analyse(tree({ 'a.ts': '1' }));
    expect(modules[0]?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(modules[0]?.hash).not.toBe(createHash('sha256').update('1').digest('hex'));
  });
});

test('a file that cannot be read says so, and imports nothing', async () => {
  const root = tree({});
  const { fault, links, size } = await readSource(join(root, 'gone.ts'), new ImportResolver(root));
  expect({ fault, links, size }).toEqual({
    fault: { message: 'it cannot be read (it is not there)' },
    links: [],
    size: 0,
  });
});

test('an abort ends it with the reason of the signal', async () => {
  const controller = new AbortController();
  const root = tree(Object.fromEntries(Array.from({ length: 500 }, (_, number) => [`m${number}.ts`, 'export {}'])));
  const run = analyse(root, 2, controller.signal);
  const reason = new Error('enough');
  // In a microtask: the event loop may have no turn before all is read.
  queueMicrotask(() => controller.abort(reason));
  await expect(run).rejects.toBe(reason);
  await expect(analyse(root, 2, AbortSignal.abort(reason))).rejects.toBe(reason);
});
