import { afterAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deadly } from './parse.js';
import { ImportResolver } from './resolve.js';
import { readSource, reasonOf, stampOf } from './source.js';
import { removeTrees, tree } from './test-support/tree.js';

afterAll(removeTrees);

test('the stamp of what cannot be looked at is the reason of the system, whatever it is', () => {
  const root = tree({ 'a.ts': '' });
  symlinkSync('loop', join(root, 'loop'));
  expect(stampOf(join(root, 'none'))).toBe('ENOENT');
  expect(stampOf(join(root, 'a.ts/b.ts'))).toBe('ENOTDIR');
  expect(stampOf(join(root, 'loop/b.ts'))).toBe('ELOOP');
  // Whoever runs the tests may be allowed to look everywhere: this reason holds for all.
  expect(stampOf(join(root, 'x'.repeat(300)))).toBe('ENAMETOOLONG');
  expect(stampOf(join(root, 'a.ts'))).toMatch(/^\d+(?:,\d+){3}$/);
});

test('what cannot be read says why, and a pipe is not waited for', async () => {
  const root = tree({ 'a.ts': '' });
  symlinkSync('loop.ts', join(root, 'loop.ts'));
  mkdirSync(join(root, 'folder.ts'));
  execFileSync('mkfifo', [join(root, 'pipe.ts')]);
  const messageOf = async (path: string): Promise<string | undefined> =>
    (await readSource(join(root, path), new ImportResolver(root), { stamped: true })).fault?.message;
  expect(await messageOf('a.ts/b.ts')).toBe('it cannot be read (a file is where its folder should be)');
  expect(await messageOf('loop.ts')).toBe('it cannot be read (its symbolic links lead in a circle)');
  expect(await messageOf('folder.ts')).toBe('it cannot be read (it is a folder)');
  expect(await messageOf('pipe.ts')).toBe('it cannot be read (it is neither a file nor a folder)');
});

test('types that JSDoc names are followed where they are, and no mistake where they are not', async () => {
  const text = `import './none'; /** @type {import('./b').B} */ let b; /** @type {import('./gone').C} */ let c;`;
  const root = tree({ 'a.js': text, 'b.d.ts': '', 'b.js': '', 'c.ts': `import type {} from './gone';` });
  const read = (path: string) => readSource(join(root, path), new ImportResolver(root));
  const { links, unresolved } = await read('a.js');
  expect(links).toEqual([{ file: join(root, 'b.d.ts'), kind: 'type', specifier: './b' }]);
  expect(unresolved.map(({ specifier }) => specifier)).toEqual(['./none']);
  expect((await read('c.ts')).unresolved).toMatchObject([{ specifier: './gone', kind: 'type' }]);
});

test('an import of names that are each said to be types loads what it names where `verbatimModuleSyntax` holds', async () => {
  const text = `import { type B } from './b.js'; export { type C } from './b.js'; import type { D } from './b.js';`;
  const root = tree({
    ...{ 'on/a.ts': text, 'on/b.js': '', 'on/b.d.ts': '', 'on/c.ts': `import type { A } from './a.js';` },
    ...{ 'on/tsconfig.json': '{ "compilerOptions": { "verbatimModuleSyntax": true } }' },
    ...{ 'off/a.ts': text, 'off/b.js': '', 'off/b.d.ts': '' },
  });
  const read = (path: string) => readSource(join(root, path), new ImportResolver(root));
  const link = (path: string, kind: string) => ({ file: join(root, path), kind, specifier: './b.js' });
  const on = await read('on/a.ts');
  expect(on.links).toEqual([link('on/b.js', 'static'), link('on/b.d.ts', 'type'), link('on/b.js', 'export')]);
  const off = await read('off/a.ts');
  expect(off.links).toEqual(['type', 'type', 'type'].map((kind) => link('off/b.d.ts', kind)));
  expect([on.keepsEmptied, off.keepsEmptied, (await read('on/c.ts')).keepsEmptied]).toEqual([true, false, undefined]);
});

test('what is nested too deeply says so where it cannot be read elsewhere', async () => {
  const root = tree({ 'a.ts': `import './b';\n${'['.repeat(20_000)}` });
  const { fault, links } = await readSource(join(root, 'a.ts'), new ImportResolver(root), {
    elsewhere: () => Promise.resolve(undefined),
  });
  expect([fault?.line, fault?.message, links]).toEqual([2, 'it does not parse: it is nested too deeply', []]);
});

test('what has ended another process is named, and not parsed here', async () => {
  const text = `import './b';\n${'['.repeat(20_000)}`;
  const root = tree({
    'a.ts': text,
    'b.ts': `import './none';\n`.repeat(70_000),
    'c.ts': `import './b';\n${`require('./none');\n`.repeat(30_000)}`,
  });
  const read = (path: string) =>
    readSource(join(root, path), new ImportResolver(root), { elsewhere: () => Promise.resolve(deadly) });
  expect(await read('a.ts')).toMatchObject({
    fault: { line: 2, message: 'it does not parse: it is nested too deeply' },
  });
  for (const path of ['b.ts', 'c.ts']) {
    const { fault, targets } = await read(path);
    expect(fault).toEqual({ line: 1, column: 1, message: 'it does not parse: the parser does not survive it' });
    // What the parser said before another process was asked for the rest.
    expect(targets.map(({ specifier }) => specifier)).toEqual(path === 'b.ts' ? [] : ['./b']);
  }
});

test('who has thousands of imports to look up hears of the end meanwhile', async () => {
  const count = 2000;
  const root = tree({ 'a.ts': Array.from({ length: count }, (_, number) => `import './none${number}';\n`).join('') });
  const controller = new AbortController();
  let looked = 0;
  class Slow extends ImportResolver {
    override resolve(): { nowhere: string } {
      if (looked++ === 0) setImmediate(() => controller.abort('enough'));
      for (const begun = performance.now(); performance.now() - begun < 1;);
      return { nowhere: 'it leads nowhere' };
    }
  }
  const reading = readSource(join(root, 'a.ts'), new Slow(root), { signal: controller.signal });
  await expect(reading).rejects.toBe('enough');
  expect(looked).toBeLessThan(count / 2);
});

test('a source in UTF-16 that begins with its mark is read as one in UTF-8', async () => {
  const text = "// Größe 😀\nimport './b'; import './none';\n";
  const wide = Buffer.from(`\ufeff${text}`, 'utf16le');
  const deep = Buffer.from(`\ufeff\n${'['.repeat(20_000)}`, 'utf16le');
  const root = tree({ 'b.ts': '', 'utf8.ts': text, 'marked.ts': `\ufeff${text}`, 'empty.ts': '' });
  writeFileSync(join(root, 'little.ts'), wide);
  writeFileSync(join(root, 'big.ts'), Buffer.from(wide).swap16());
  writeFileSync(join(root, 'cut.ts'), Buffer.concat([Buffer.from(wide).swap16(), Buffer.from([0])]));
  writeFileSync(join(root, 'deep.ts'), deep);
  writeFileSync(join(root, 'mark.ts'), deep.subarray(0, 2));
  const read = (name: string) => readSource(join(root, name), new ImportResolver(root));
  for (const name of ['utf8.ts', 'marked.ts', 'little.ts', 'big.ts', 'cut.ts']) {
    const { links, unresolved, fault } = await read(name);
    expect({ name, links, unresolved, fault }).toEqual({
      ...{ name, fault: undefined },
      links: [{ file: join(root, 'b.ts'), kind: 'static', specifier: './b' }],
      unresolved: [expect.objectContaining({ line: 2, column: 22, specifier: './none' })],
    });
  }
  for (const name of ['empty.ts', 'mark.ts']) expect((await read(name)).fault).toBeUndefined();
  expect((await read('little.ts')).size).toBe(wide.length);
  expect((await read('deep.ts')).fault).toMatchObject({ line: 2, message: expect.stringContaining('too deeply') });
});

test('what takes long to parse is parsed elsewhere, and here where that cannot be had', async () => {
  const root = tree({ 'a.js': `${'a;\n'.repeat(340_000)}import './b'`, 'b.js': '' });
  const link = { file: join(root, 'b.js'), kind: 'static', specifier: './b' };
  const asked: string[] = [];
  for (const answer of [
    { imports: [{ specifier: './b', kind: 'static', at: 0 }], fault: undefined } as const,
    undefined,
  ]) {
    const { links } = await readSource(join(root, 'a.js'), new ImportResolver(root), {
      elsewhere: (path) => Promise.resolve((asked.push(path), answer)),
    });
    expect(links).toEqual([link]);
  }
  expect(asked).toEqual([join(root, 'a.js'), join(root, 'a.js')]);
});

test('why the system refuses is said in words', () => {
  const root = tree({ 'a.ts': '' });
  const refusal = (path: string): string => {
    try {
      readFileSync(path);
    } catch (error) {
      return reasonOf(error);
    }
    return 'it does not';
  };
  expect(refusal(join(root, 'a'.repeat(300)))).toBe('its path is too long');
  expect(refusal(root)).toBe('it is a folder');
  expect(refusal(join(root, 'a.ts/b'))).toBe('a file is where its folder should be');
  expect(refusal(join(root, 'b.ts'))).toBe('it is not there');
});
