import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Lines } from './lines.js';

test('a place is its line and its column, whatever ends the lines', () => {
  const text = 'a\nbc\r\n\rd\u2028e\u2029\n';
  const places = new Lines(text);
  const of = (offset: number): number[] => Object.values(places.at(offset));
  expect([of(0), of(1)]).toEqual([
    [1, 1],
    [1, 2],
  ]);
  expect([of(2), of(4)]).toEqual([
    [2, 1],
    [2, 3],
  ]);
  expect([of(text.indexOf('d')), of(text.indexOf('e')), of(text.length)]).toEqual([
    [4, 1],
    [5, 1],
    [7, 1],
  ]);
  expect(new Lines('').at(0)).toEqual({ line: 1, column: 1 });
});

test('a place is what counting from the start of the text gives', () => {
  const texts = fc
    .array(fc.constantFrom('a', '\n', '\r\n', '\u2028', 'é', '\ud83d\ude00'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(texts, fc.nat(), (text, number) => {
      const offset = number % (text.length + 1);
      fc.pre(text.slice(offset - 1, offset + 1) !== '\r\n');
      const lines = text.slice(0, offset).split(/\r\n|[\n\u2028]/);
      expect(new Lines(text).at(offset)).toEqual({ line: lines.length, column: (lines.at(-1) ?? '').length + 1 });
    }),
  );
});
