import { expect, test } from '@jest/globals';
import { abridged } from './abridged.js';

test('of a long cycle the first are shown, and the last, and how many are between', () => {
  const names = Array.from({ length: 5000 }, (_, number) => `m${number}`);
  const shown = ['m0', 'm1', 'm2', 'm3', 'm4', 'm5', '... 4,991 more ...', 'm4997', 'm4998', 'm4999'];
  expect(abridged(names)).toEqual(shown);
  expect(abridged(names.slice(0, 15))).toEqual(names.slice(0, 15));
  expect(abridged(names.slice(0, 16))[6]).toBe('... 7 more ...');
});
