import { describe, expect, test } from '@jest/globals';
import { importsInDoc, mayImportInDocs, referencesOf } from './comments.js';

describe('a reference to a file', () => {
  const paths = (text: string): string[] => referencesOf(text).map(({ specifier }) => specifier);

  test('is an import of types of that file, at its quote, before the code of a source', () => {
    const text = `#!/usr/bin/env node
      /* of whom */ /// <reference path="./a.ts" />
      // what
      ///<reference path='b.ts'/>\r\n/// <REFERENCE  Path = "sub\\c.ts"  preserve="true" /> and so on
      /// <reference path="../d.ts" />\u2028/// <reference path="/e.ts" />
      code(); /// <reference path="./late.ts" />
      /// <reference path="./later.ts" />`;
    expect(paths(text)).toEqual(['./a.ts', './b.ts', './sub/c.ts', '../d.ts', '/e.ts']);
    for (const { at, kind } of referencesOf(text)) {
      expect(text.slice(at)).toMatch(/^['"][./]*(?:sub.)?[a-e]\.ts/);
      expect(kind).toBe('type');
    }
    expect(paths('/// <reference path=".hidden/a.ts" />')).toEqual(['./.hidden/a.ts']);
  });

  test('is not what refers to something else, or is no such comment', () => {
    for (const text of [
      ...['/// <reference types="node" />', '/// <reference types="a" path="./b.ts" />', '/// <reference path="" />'],
      ...['/// <reference path="./b.ts" lib="es5" />', '/// <reference no-default-lib="true" path="./b.ts" />'],
      ...['// <reference path="./b.ts" />', '//// <reference path="./b.ts" />', '/// so <reference path="./b.ts" />'],
      ...['/// <reference path="./b.ts">', '/// <reference xpath="./b.ts" />', '/* /// <reference path="./b.ts" /> */'],
      ...['', '#!', '/*', '/* /// <reference path="./b.ts" />', '"/// <reference path=\'./b.ts\' />"'],
    ]) {
      expect({ text, paths: paths(text) }).toEqual({ text, paths: [] });
    }
  });

  test('is not looked for in a line that nobody wrote, which takes no time', () => {
    const started = performance.now();
    expect(paths(`/// <reference ${'path="./a.ts" '.repeat(100_000)}`)).toEqual([]);
    expect(paths('/*'.repeat(100_000))).toEqual([]);
    expect(paths(`/// x\n${'// \n'.repeat(100_000)}`)).toEqual([]);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('the types that JSDoc imports', () => {
  /** In a comment that stands somewhere in a source. */
  const specifiers = (comment: string): string[] =>
    importsInDoc(comment, 100).map(({ specifier, at, kind }) => {
      expect(comment.slice(at - 100).slice(1, specifier.length + 1)).toBe(specifier);
      expect(comment[at - 100]).toMatch(/['"]/);
      expect(kind).toBe('type');
      return specifier;
    });

  test('are those in the types of its tags, wherever in these', () => {
    expect(specifiers(`* @type {import('./a.js').A} */`)).toEqual(['./a.js']);
    expect(specifiers(`* so @typedef {Map<{ a: import("./a").A }, typeof import('./b')>} {import('./no')}`)).toEqual([
      './a',
      './b',
    ]);
    const text = `*
      * @param {import('./a').A} a
      * @param b {import('./b').B}
      * @param [c=1] {import('./c').C} Not import('./no').
      * @returns {Promise<{
      *   d: import(
      *     './d').D }>} import('./no')
      * @throws {import('./e').E} @template {import('./f').F} T
      * @extends {Array<import('./g').G>}
      * @satisfies {import("./h", { with: { 'resolution-mode': 'import' } }).H}
      * @param {...import('./i').I} i @param {(...j: [...import('./j').J]) => void} j`;
    expect(specifiers(text)).toEqual(['./a', './b', './c', './d', './e', './f', './g', './h', './i', './j']);
  });

  test('may stand without braces', () => {
    expect(specifiers(`* @type import('./a').A | import('./b').B\n * import('./no')`)).toEqual(['./a', './b']);
    expect(specifiers(`* @typedef import('./no').A A`)).toEqual([]);
  });

  test('are what an import tag names', () => {
    expect(specifiers(`* @import A, { B as C } from "./a"`)).toEqual(['./a']);
    expect(specifiers(`* @import * as D from './b' */`)).toEqual(['./b']);
    expect(
      specifiers(`*\n * @import {\n *   E\n * } from './c' with { type: 'json' }\n * @import F from './d'`),
    ).toEqual(['./c', './d']);
    expect(specifiers(`* @import './no'`)).toEqual([]);
    expect(specifiers(`* @imports A from './no'`)).toEqual([]);
  });

  test('are not in what is quoted, nor where there is no such tag', () => {
    expect(specifiers("* `@type {import('./no').A}` and `import('./no')`")).toEqual([]);
    expect(specifiers(`* @see {import('./no').A} @example import('./no') {import('./no')}`)).toEqual([]);
    expect(specifiers(`* me@type {import('./no').A} {@link import('./no')}`)).toEqual([]);
    expect(
      specifiers(
        `* @type {reimport('./no').A | x.import('./no') | x..import('./no')} @type {import(x)} @type {import('./no`,
      ),
    ).toEqual([]);
    expect(specifiers(`* @type {{ a: string @param {import('./a').A} b`)).toEqual(['./a']);
  });

  test('are found in time that grows with the comment, however that is written', () => {
    const started = performance.now();
    const many = 20_000;
    for (const text of [
      '@type {',
      '@type {import("',
      '@import ',
      '@import {',
      '`',
      'import(',
      '@param [',
      '@param\n*\n',
    ])
      importsInDoc(`*${` ${text}`.repeat(many)}`, 0);
    expect(importsInDoc(`* @import ${' '.repeat(many)}x`, 0)).toEqual([]);
    expect(importsInDoc(`* @type {${'{'.repeat(many)}`, 0)).toEqual([]);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test('are looked for only where a comment may have some', () => {
    expect(mayImportInDocs(`/** @type {import('./a').A} */`)).toBe(true);
    expect(mayImportInDocs(`glob('/**', a); /** @import { A } from './a' */`)).toBe(true);
    expect(mayImportInDocs(`/**/ import('./a') /** so */`)).toBe(false);
    expect(mayImportInDocs(`/** important */ /* import('./a') */ /** @type {import`)).toBe(false);
    expect(mayImportInDocs(`import('./a')`)).toBe(false);
  });
});
