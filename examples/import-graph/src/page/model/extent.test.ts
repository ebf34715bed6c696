import { expect, test } from '@jest/globals';
import { extentOf } from './extent.js';

test('the extent holds every disc whole, not only its middle', () => {
  const discs = [
    { x: -5, y: 1, size: 2 },
    { x: 3, y: 4, size: 10 },
  ];
  expect(extentOf(discs)).toEqual({ x: [-7, 13], y: [-6, 14] });
});

test('that of nothing is a point', () => {
  expect(extentOf([])).toEqual({ x: [0, 0], y: [0, 0] });
});
