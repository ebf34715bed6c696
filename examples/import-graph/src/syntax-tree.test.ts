import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { parseImports } from './parse.js';

/** What TypeScript collects from a source: what it imports, and the modules that it adds to. */
function collected(path: string, text: string): string[] {
  const host: ts.CompilerHost = {
    getSourceFile: (name, how) => (name === path ? ts.createSourceFile(name, text, how) : undefined),
    fileExists: (name) => name === path,
    ...{ getDefaultLibFileName: () => 'lib.d.ts', getCurrentDirectory: () => '', getCanonicalFileName: (name) => name },
    ...{ useCaseSensitiveFileNames: () => true, getNewLine: () => '\n', readFile: () => undefined },
    writeFile: () => undefined,
  };
  const options = { noLib: true, noResolve: true, module: ts.ModuleKind.ESNext, types: [] };
  const source: unknown = ts.createProgram([path], options, host).getSourceFile(path);
  const { imports, moduleAugmentations } = source as Record<string, readonly ts.Node[]>;
  const names = [...(imports ?? []), ...(moduleAugmentations ?? [])];
  return names.flatMap((name) => (ts.isStringLiteralLike(name) ? [name.text] : [])).sort();
}

async function found(path: string, text: string): Promise<string[]> {
  const { imports } = await parseImports(path, text);
  return imports.map(({ specifier }) => specifier).sort();
}

const inside = `
  import a from 'a'; import './place'; import b = require('b'); import c = require('../place'); export import d = require('d');
  export { e } from 'e'; export { f } from './place'; export * from 'f'; export * as g from '/place'; export {} from 'g';
  import h = N.h; import type { i } from '.hidden'; import type j = require('..'); export * from '.\\\\place'; import 'C:/place';
  import ''; namespace N { export const h: import('anywhere').A; }
  let k: import('./anywhere').B;`;

const bodies: readonly (readonly [what: string, text: string])[] = [
  ['a declared module', `declare module 'x' {${inside}}`],
  ['one by a place', `declare module './x' {${inside}}`],
  ['one without a body', `declare module 'x'; declare module /* so */ "./y";`],
  ['what is global', `declare global {${inside}}`],
  ['what is global alone', `/**/ declare // so\n global { import a from 'a'; }`],
  ['one inside another', `declare module 'x' { module 'y' {${inside}} module './z' {${inside}} global {${inside}} }`],
  ['one that is not declared', `module 'x' { import 'a' }`],
  ['one after another', `declare module 'x' {}module 'y' {}\n/* so */module 'z' {}; /**/declare/**/module "w" {}`],
  ['a namespace', `declare namespace N { const a: import('./a').A } namespace A.B { export const b: import('b').B }`],
];

const modules: readonly (readonly [what: string, text: string])[] = [
  ['a script', ''],
  ['an import', "import './top';"],
  ['an export', 'export {};'],
  ['something exported', 'export const top: 1;'],
  ['a default export', 'export default top;'],
  ['everything exported', "export * from './top';"],
  ['an import as in CommonJS', "import top = require('./top');"],
  ['an export as in CommonJS', 'export = top;'],
  ['an exported alias', 'export import top = N.top;'],
  ['an alias', 'import top = N.top;'],
  ['the name of a global', 'export as namespace top;'],
  ['import.meta', 'import.meta.url;'],
  ['an import in an expression', "import('./top');"],
];

describe('of a source with declared modules TypeScript collects the same', () => {
  test.each(modules)('beside %s', async (_, top) => {
    for (const path of ['m.ts', 'm.tsx', 'm.mts', 'm.cts', 'm.d.ts', 'm.d.mts', 'm.d.cts']) {
      for (const [what, body] of bodies) {
        const text = `${top}\n${body}`;
        expect([path, what, await found(path, text)]).toEqual([path, what, collected(path, text)]);
      }
    }
  });
});

test('what a declared module imports is of types alone, and stands at its place', async () => {
  const text = `declare module 'x' { import a from 'a'; export * from 'b'; import c = require('c'); module 'd' {} }`;
  const { imports, fault } = await parseImports('m.ts', text);
  expect(fault).toBeUndefined();
  expect(imports.map(({ kind, specifier, at }) => [kind, specifier, text.slice(at, at + 3)])).toEqual(
    ['a', 'b', 'c', 'd'].map((name) => ['type', name, `'${name}'`]),
  );
});

test('a pattern is no module that could be added to, though TypeScript looks for it', async () => {
  const text = "export {}; declare module '*.css' {} declare module './a.js' {}";
  expect([await found('m.d.ts', text), collected('m.d.ts', text)]).toEqual([['./a.js'], ['*.css', './a.js']]);
});

test('it is soon seen that words in a comment that look like comments declare nothing', async () => {
  for (const text of [
    `/*${'\n;module/*'.repeat(80_000)}*/`,
    `/*${'\n;declare/*'.repeat(80_000)}*/`,
    `//${';global//'.repeat(80_000)}`,
  ]) {
    const begun = performance.now();
    expect(await found('m.ts', text)).toEqual([]);
    // To look for the end of the comment from each of them would take minutes.
    expect(performance.now() - begun).toBeLessThan(10_000);
  }
});

test('it is soon seen that words before comments declare nothing', async () => {
  const text = 'declare /* a */ ;\nmodule /* b */ ;\ndeclare module /* c */ ;\n\n   \n'.repeat(30_000);
  const begun = performance.now();
  expect(await found('m.ts', text)).toEqual([]);
  expect(performance.now() - begun).toBeLessThan(10_000);
});
