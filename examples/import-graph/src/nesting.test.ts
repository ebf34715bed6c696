import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { GraphResult } from './model.js';
import { deepAt } from './nesting.js';
import { start } from './test-support/program.js';
import { removeTrees, tree } from './test-support/tree.js';

// Some start processes.
jest.setTimeout(60_000);
afterAll(removeTrees);

/** So much of it is too much for the parser. */
const deep: Readonly<Record<string, string>> = {
  brackets: `x = ${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  parentheses: '('.repeat(20_000),
  objects: `x = ${'{a:'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  blocks: '{\n'.repeat(20_000),
  functions: 'function f() {\n  g();\n'.repeat(8000),
  sums: `x = ${"'a;,' + ".repeat(100_000)}1`,
  prefixes: `x = ${'!'.repeat(100_000)}1`,
  words: `x = ${'new '.repeat(50_000)}a`,
  ifs: `${'if (a) '.repeat(40_000)};`,
  elses: `${'if (a) {} else '.repeat(40_000)};`,
  loops: `${'for (;;) '.repeat(40_000)};`,
  dos: `${'do '.repeat(40_000)};`,
  arrows: `x = ${'a => '.repeat(30_000)}1`,
  conditions: `x = ${'a ? b : '.repeat(40_000)}1`,
  assignments: `${'a = '.repeat(40_000)}1`,
  templates: `x = ${'`${'.repeat(20_000)}1${'}`'.repeat(20_000)}`,
  members: `x = ${'a.'.repeat(300_000)}b`,
  calls: `x = a${'()'.repeat(200_000)}`,
  comparisons: `x = ${'a<'.repeat(20_000)}b`,
  labels: `${Array.from({ length: 30_000 }, (_, number) => `l${number}:`).join('')};`,
  classes: `x = ${'class extends '.repeat(20_000)}a${'{}'.repeat(20_000)}`,
  commentedWords: 'do/* one; two, three */'.repeat(40_000),
  quotedWords: `x = 'a'${" in 'a;,'".repeat(100_000)}`,
  commented: `x = ${'1 + // one; two, three\n'.repeat(100_000)}1`,
};

/** So much of it is too much, and what stands before it, or how it is written, makes it look like something else. */
const hidden: Readonly<Record<string, string>> = {
  afterQuoteInRegex: `x = /['"]/; x = ${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  sumAfterQuoteInRegex: `x = /["]/; x = 1${'+1'.repeat(100_000)}`,
  wordsAfterQuoteInRegex: `x = /["]/; x = ${'new '.repeat(50_000)}a`,
  afterCommentInTemplate: `x = \`\${y}/*\`, ${'['.repeat(30_000)}${']'.repeat(30_000)}`,
  afterAddressInTemplate: `x = \`https://\${y}\`, ${'['.repeat(30_000)}${']'.repeat(30_000)}`,
  afterApostropheInText: `x = <a>don't{${'['.repeat(20_000)}${']'.repeat(20_000)}}</a>`,
  linesThatBeginWithComments: `x = ${'[\n/**/'.repeat(30_000)}${']'.repeat(30_000)}`,
  linesThatBeginWithBraces: `x = ${`${'('.repeat(9000)}function () {\n},`.repeat(4)}1${')'.repeat(36_000)}`,
};

describe('what may be nested too deeply for the parser', () => {
  test.each(Object.keys(deep))('is found: %s', (name) => {
    expect(deepAt(Buffer.from(deep[name] ?? ''))).toBeGreaterThan(0);
  });

  test.each(Object.keys(hidden))('is found where it is hidden: %s', (name) => {
    expect(deepAt(Buffer.from(hidden[name] ?? ''))).toBeGreaterThan(0);
  });

  test('may be what stands in a string, or in a comment, which a quote elsewhere may have made of it', () => {
    for (const text of [`x = '${'['.repeat(20_000)}'`, `/*${'['.repeat(20_000)}*/`])
      expect(deepAt(Buffer.from(text))).toBeGreaterThan(0);
  });

  test('is nothing that stands side by side, in strings or in comments, either', () => {
    for (const text of [
      'x = [[1]];\n'.repeat(20_000),
      'function f(a) { return [a]; }\n'.repeat(20_000),
      'function f() {}'.repeat(20_000),
      `x = [${'[1, 2], '.repeat(20_000)}]`,
      `x = {${'a: { b: 1 },\n'.repeat(20_000)}}`,
      'if (a) { b(); }\n'.repeat(20_000),
      `x = "${'\\"[],'.repeat(20_000)}"`,
      '// [it is], or\n'.repeat(20_000),
      'export class A { a() { return 1; } }\n'.repeat(5000),
    ]) {
      expect([text.slice(0, 30), deepAt(Buffer.from(text))]).toEqual([text.slice(0, 30), undefined]);
    }
  });

  test('is nothing that is short', () => {
    expect(deepAt(Buffer.from('['.repeat(9999)))).toBeUndefined();
  });

  test('is nothing of what a compiler of two hundred thousand lines is written in', () => {
    const compiler = readFileSync(createRequire(import.meta.url).resolve('typescript'));
    expect(compiler.length).toBeGreaterThan(1_000_000);
    expect(deepAt(compiler)).toBeUndefined();
  });
});

test('a source that has ended the process in which it is parsed is named, and stops nothing', async () => {
  // The commas are in strings, and the strings in what looks like a comment.
  const root = tree({ 'a.ts': `x = \`/*\` + ${'"a,"+'.repeat(250_000)}1`, 'b.ts': `import './a';` });
  const { status, signal, stdout } = await start([root, '--json']).ended;
  expect([status, signal]).toEqual([2, null]);
  const { modules, errors } = JSON.parse(stdout) as GraphResult;
  expect(modules.map(({ path, imports }) => [path, imports.length])).toEqual([
    ['a.ts', 0],
    ['b.ts', 1],
  ]);
  const message = 'it does not parse: the parser does not survive it';
  expect(errors).toEqual([{ path: 'a.ts', line: 1, column: 1, message }]);
});

test('a source that is nested too deeply does not parse, and stops nothing', async () => {
  const root = tree({
    'a.ts': `import './b.js';\n// ä\nx = ${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    'b.ts': `x = ${'1+'.repeat(300_000)}1`,
    // The parser has room for these.
    'c.ts': `import './a.js';\nx = ${'['.repeat(5000)}${']'.repeat(5000)}`,
    'd.ts': `x = ${'1+'.repeat(8000)};`,
  });
  const { status, signal, stdout, stderr } = await start([root, '--json']).ended;
  expect([status, signal]).toEqual([2, null]);
  const { modules, errors } = JSON.parse(stdout) as GraphResult;
  expect(modules.map(({ path, imports }) => [path, imports.length])).toEqual([
    ...[
      ['a.ts', 0],
      ['b.ts', 0],
      ['c.ts', 1],
      ['d.ts', 0],
    ],
  ]);
  expect(errors).toEqual([
    { path: 'a.ts', line: 3, column: 3005, message: 'it does not parse: it is nested too deeply' },
    { path: 'b.ts', line: 1, column: 6006, message: 'it does not parse: it is nested too deeply' },
    { path: 'd.ts', line: 1, column: 16_005, message: expect.stringContaining('it does not parse') },
  ]);
  expect(stderr).toContain('import-graph: a.ts:3:3005: it does not parse: it is nested too deeply\n');
});
