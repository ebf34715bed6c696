import { describe, expect, test } from '@jest/globals';
import { isSource, parseImports } from './parse.js';

async function kinds(path: string, text: string): Promise<[string, string][]> {
  const { imports, fault } = await parseImports(path, text);
  expect(fault).toBeUndefined();
  return imports.map(({ kind, specifier }): [string, string] => [kind, specifier]).sort();
}

describe('the imports of a source', () => {
  test('are found in every form that a module has', async () => {
    const text = `
      import a from './a'; import * as b from './b'; import './c'; import {} from './d';
      import json from './e.json' with { type: 'json' };
      export * from './f'; export * as g from './g'; export { h } from './h'; export {} from './i';
      const later = import('./j'), other = import(\`./k\`), escaped = import('./\\x6c');`;
    expect(await kinds('m.js', text)).toEqual([
      ['dynamic', './j'],
      ['dynamic', './k'],
      ['dynamic', './l'],
      ['export', './f'],
      ['export', './g'],
      ['export', './h'],
      ['export', './i'],
      ['static', './a'],
      ['static', './b'],
      ['static', './c'],
      ['static', './d'],
      ['static', './e.json'],
    ]);
  });

  test('are each there once where what is imported is exported again', async () => {
    const text = `
      import { a } from './a'; export { a }; export { b, b as c }; import { b } from './b'; import d from './d'; export default d;
      import * as e from './e'; export { e, f }; import type { f } from './f'; import { g } from './g'; export { g }; export { h } from './g';`;
    for (const more of ['', 'let i: import("./i").I;']) {
      expect(await kinds('m.ts', text + more)).toEqual([
        ['export', './g'],
        ...['./a', './b', './d', './e', './g'].map((specifier) => ['static', specifier]),
        ['type', './f'],
        ...(more === '' ? [] : [['type', './i']]),
      ]);
    }
  });

  test('are of types alone when all that is imported is', async () => {
    const text = `
      import type A from './a'; import { type B } from './b'; import { type C, c } from './c';
      export type { D } from './d'; export { type E } from './e'; export type * from './f';
      import type G = require('./g'); let h: import('./h').H; export { type I, i } from './i';`;
    expect(await kinds('m.ts', text)).toEqual([
      ['export', './i'],
      ['static', './c'],
      ['type', './a'],
      ['type', './b'],
      ['type', './d'],
      ['type', './e'],
      ['type', './f'],
      ['type', './g'],
      ['type', './h'],
    ]);
  });

  test('are of types alone only as long as nothing emptied stays, where each name says so by itself', async () => {
    const text = `
      import type A from './a'; import { type B } from './b'; import { type C, type default as D } from './c';
      import /* so */ type { E } from './e'; import { type F, f } from './f'; import /* type */ { type G } from './g';
      export { type H } from './h'; export { type I, i } from './i'; export type { J } from './j'; export type * from './k';
      export /* so */ type { L } from './l'; export // type
      { type M } from './m';`;
    const kept = async (path: string): Promise<unknown[]> =>
      (await parseImports(path, text)).imports.flatMap(({ specifier, kind, kept }) =>
        kept === undefined ? [] : [[specifier, kind, kept]],
      );
    expect(await kept('m.ts')).toEqual([
      ...['./b', './c', './g'].map((specifier) => [specifier, 'type', 'static']),
      ...['./h', './m'].map((specifier) => [specifier, 'type', 'export']),
    ]);
    expect(await kept('m.d.ts')).toEqual([]);
  });

  test('are those in types, too, beside what is imported in a phase of its own', async () => {
    for (const call of [
      ...["import.defer('./d')", "import . source ('./d')", "import.defer /* so */ ('./d')"],
      ...["import./* so */defer('./d')", "import // so\n.source('./d')"],
    ]) {
      expect(await kinds('m.ts', `${call}; let x: import('./t').T;`)).toEqual([
        ['dynamic', './d'],
        ['type', './t'],
      ]);
    }
  });

  test('are of types alone when nothing is, and it says so', async () => {
    const text = `
      import type {} from './a'; import/* or */type/**/{}from'./b'; import // and
      type {} from './c'; export type {} from './d'; export/**/type // so
      {}/**/from './k'; export /* so */ { } from './l';
      import {} from './e'; import/* type */'./f'; import type from './g'; import type, {} from './h'; import /* type */ {} from './i';
      import // the old type
      './m'; import /* a */ // type\r'./n'; import //\u2028type {} from './o';`;
    expect(await kinds('m.ts', text)).toEqual([
      ...[['export', './l']],
      ...['./e', './f', './g', './h', './i', './m', './n'].map((specifier) => ['static', specifier]),
      ...['./a', './b', './c', './d', './k', './o'].map((specifier) => ['type', specifier]),
    ]);
  });

  test('are of types alone in the comments of JavaScript, each once, and in references to files', async () => {
    const text = `/// <reference path="r.ts" />
      import a from './a';
      /** @type {import('./b').B} */ let b; /** @type {import('./b').C} */ let c;
      /** @import { D } from './d' */ import('./e');
      /* @type {import('./no').A} */ const text = "/** @type {import('./no').A} */";
      // /** @type {import('./no').A} */`;
    const found = [
      ['dynamic', './e'],
      ['static', './a'],
      ['type', './r.ts'],
    ];
    for (const path of ['m.js', 'm.mjs', 'm.jsx']) {
      const types = ['./b', './d'].map((specifier) => ['type', specifier]);
      expect(await kinds(path, text)).toEqual([...found.slice(0, 2), ...types, ...found.slice(2)]);
    }
    expect(await kinds('m.ts', text)).toEqual(found);
    expect(await kinds('m.d.ts', '/// <reference path="./r.d.ts" />')).toEqual([['type', './r.d.ts']]);
    const { imports } = await parseImports('m.cjs', "/* \u{1F600} */ /** @type {import('./a').A} */ let a");
    expect(imports).toEqual([{ specifier: './a', kind: 'type', at: 27 }]);
  });

  test('are none where what is asked for is made of several strings', async () => {
    const computed = ["'./a/' + name + '.js'", '`./a` + `b`', "'./a.js' || './b.js'", '"./a" + "b"'];
    for (const argument of computed) {
      expect(await kinds('m.js', `import(${argument}); import('./c'); require(${argument});`)).toEqual([
        ['dynamic', './c'],
      ]);
    }
    expect(await kinds('m.js', 'import("./it\'s"); import(`./"a"`);')).toEqual([
      ['dynamic', './"a"'],
      ['dynamic', "./it's"],
    ]);
  });

  test('are CommonJS where require is called, in JavaScript and TypeScript', async () => {
    expect(
      await kinds('m.cjs', `const a = require('./a'); if (a) require?.("./b"); require(name); require();`),
    ).toEqual([
      ['require', './a'],
      ['require', './b'],
    ]);
    expect(await kinds('m.cts', `import a = require('./a'); export import b = require('./b');`)).toEqual([
      ['require', './a'],
      ['require', './b'],
    ]);
    for (const call of ["require<A>('./a')", "require?.<A | B>('./a')", "require /* of */ <A>('./a')"])
      expect(await kinds('m.ts', `const a = ${call};`)).toEqual([['require', './a']]);
    expect(await kinds('m.mjs', `const require = createRequire(import.meta.url); require('./a');`)).toEqual([
      ['require', './a'],
    ]);
  });

  test('are not what a parameter of that name calls, however it is taken', async () => {
    for (const parameter of [
      ...['require', 'a, require = null', '...require', '{ require }', '{ a: require = 1 }', '{ ...require }'],
      ...['[, require]', '[a, ...[{ b: [require] }]]', '{ a: { require = 1 } = {} }'],
    ]) {
      for (const text of [
        `function f(${parameter}) { require('./a') } require('./b')`,
        `((${parameter}) => require('./a'))(require('./b'))`,
        `class C { m(${parameter}) { require('./a') } n() { require('./b') } }`,
      ]) {
        expect([text, await kinds('m.js', text)]).toEqual([text, [['require', './b']]]);
      }
    }
    for (const parameter of ['{ require: a }', 'a = b.require', '{ a = require }']) {
      const text = `function f(${parameter}) { require('./a') }`;
      expect([text, await kinds('m.js', text)]).toEqual([text, [['require', './a']]]);
    }
    const property = "class C { constructor(private require = 1) { require('./a') } }";
    expect(await kinds('m.ts', property)).toEqual([]);
  });

  test('are not what a bundle calls require inside, nor what stands in comments and strings', async () => {
    const bundle = `
      modules = [function (require, module) { require('./inner') }, (require) => require('./other')];
      function shadow(require) { require('./third'); }
      // require('./comment')
      const text = "require('./text')"; const regex = /require\\('.regex'\\)/;
      require('./outer');`;
    expect(await kinds('m.js', bundle)).toEqual([['require', './outer']]);
  });

  test('are found in every kind of file', async () => {
    expect(await kinds('m.tsx', `import './a'; const x = <T,>(y: T) => <b>{y}</b>;`)).toEqual([['static', './a']]);
    expect(await kinds('m.jsx', `import './a'; const x = <b/>;`)).toEqual([['static', './a']]);
    expect(await kinds('m.js', `import './a'; const x = <b/>;`)).toEqual([['static', './a']]);
    expect(await kinds('m.mts', `import './a'; await 0; const x = <number>y;`)).toEqual([['static', './a']]);
    expect(await kinds('m.d.ts', `import './a'; export declare const x: number; export const y: 1;`)).toEqual([
      ['static', './a'],
    ]);
    expect(await kinds('m.js', `#!/usr/bin/env node\nrequire('./a'); return;`)).toEqual([['require', './a']]);
    expect(await kinds('m.js', `with (Math) require('./a');`)).toEqual([['require', './a']]);
  });

  test('stand at an offset', async () => {
    const text = `import './a'; import('./b'); require('./c');`;
    const { imports } = await parseImports('m.js', text);
    expect(imports.map(({ at }) => text.slice(at, at + 5)).sort()).toEqual([`'./a'`, `'./b'`, `'./c'`]);
  });
});

test('half of a pair of surrogates is a name as any other', async () => {
  for (const [half, character] of [
    ['\\ud800', '\ud800'],
    ['\\uDFFF', '\udfff'],
    ['\\u{dabc}', '\udabc'],
    ['\\u{00DC00}', '\udc00'],
  ] as const) {
    for (const [kind, text] of [
      ['static', `import './a${half}';`],
      ['static', `import a from"./a${half}";`],
      ['export', `export * from './a${half}';`],
      ['dynamic', `import('./a${half}');`],
      ['require', `require('./a${half}');`],
    ] as const)
      expect(await kinds('m.ts', text)).toEqual([[kind, `./a${character}`]]);
  }
});

test('any number of comments is read in no time', async () => {
  const started = performance.now();
  const comments = '/* */ '.repeat(100);
  expect(
    await kinds(
      'm.ts',
      `require ${comments}; import ${comments} type {} from './a'; export ${comments} let a = import.meta;`,
    ),
  ).toEqual([['type', './a']]);
  expect(performance.now() - started).toBeLessThan(2000);
});

test('a source that does not parse says where, and gives the imports that could be made out', async () => {
  const { fault } = await parseImports('m.ts', 'const a = ;');
  expect(fault).toEqual({ at: 10, message: 'Unexpected token' });
  const { fault: second } = await parseImports('m.mts', `import './a';\nreturn;`);
  expect(second?.at).toBe(14);
});

test('it is soon seen that words before comments are no calls', async () => {
  const text = 'require /* a */ ;\nimport.meta /* b */ ;\n'.repeat(30_000);
  const begun = performance.now();
  expect((await parseImports('m.js', text)).imports).toEqual([]);
  // To look through the rest of the text for each of them would take minutes.
  expect(performance.now() - begun).toBeLessThan(10_000);
});

test('it is soon seen that words in a comment that look like comments are none', async () => {
  for (const word of ['require', 'require?.', 'import', 'export', 'export type', 'export {', 'export {}']) {
    for (const text of [`/*${`${word}/*`.repeat(80_000)}*/`, `//${`${word}//`.repeat(80_000)}`]) {
      const begun = performance.now();
      expect((await parseImports('m.ts', text)).imports).toEqual([]);
      // To look for the end of the comment from each of them would take minutes.
      expect(performance.now() - begun).toBeLessThan(10_000);
    }
  }
});

test('a specifier that does not end, or is not there, is none', async () => {
  for (const text of [
    ...[
      'import "./b',
      'import a from "./b\n',
      'export * from "./b',
      'export { a } from "./b',
      'import("./b',
      'require("./b',
    ],
    ...['import a from ;', 'export * from', 'import a = require("./b', 'import(`./b'],
  ]) {
    const { imports, fault } = await parseImports('m.ts', text);
    expect({ text, imports, isFaulty: fault !== undefined }).toEqual({ text, imports: [], isFaulty: true });
  }
  expect(await kinds('m.ts', 'import "";')).toEqual([['static', '']]);
});

test('a source is what has an extension of JavaScript or TypeScript', () => {
  const sources = ['a.js', 'a.mjs', 'a.cjs', 'a.jsx', 'a.ts', 'a.mts', 'a.cts', 'a.tsx', 'a.d.ts'];
  expect(sources.filter(isSource)).toEqual(sources);
  expect(['a.json', 'a.css', 'js', 'a.tsv', 'a.mjsx', 'a.vue'].filter(isSource)).toEqual([]);
});
