import { expect, test } from '@jest/globals';
import { radiusOf, sizeOf } from './area.js';

const modules = [100, 200, 300].map((size) => ({ size, totalSize: 10 * size }));

test('areas are as the sizes are', () => {
  const radius = radiusOf(modules, 'own');
  expect(radius(400) ** 2 / radius(200) ** 2).toBeCloseTo(2);
});

test('the mean of either size looks the same', () => {
  expect(radiusOf(modules, 'own')(200)).toBeCloseTo(radiusOf(modules, 'total')(2000));
});

test('nothing is too small to be seen, or hides all else', () => {
  const radius = radiusOf(modules, 'own');
  expect(radius(0)).toBeGreaterThan(2);
  expect(radius(1e12)).toBeLessThan(50);
});

test('where everything is empty, or there is nothing, a radius is one all the same', () => {
  expect(radiusOf([{ size: 0, totalSize: 0 }], 'own')(0)).toBeGreaterThan(0);
  expect(radiusOf([], 'total')(0)).toBeGreaterThan(0);
});

test('either size can be asked for', () => {
  expect(sizeOf({ size: 1, totalSize: 2 }, 'own')).toBe(1);
  expect(sizeOf({ size: 1, totalSize: 2 }, 'total')).toBe(2);
});
