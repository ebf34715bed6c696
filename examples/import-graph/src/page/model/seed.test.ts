import { expect, test } from '@jest/globals';
import { seedsOf } from './seed.js';

const clusters = [40, 25, 10, 1, 1].map((count) => ({ radii: Array.from({ length: count }, (_, at) => 3 + (at % 5)) }));

test('the same clusters have the same places', () => {
  expect(seedsOf(clusters)).toEqual(seedsOf(clusters));
});

test('no two discs of a cluster overlap', () => {
  for (const [at, { places }] of seedsOf(clusters).entries()) {
    const radii = clusters[at]?.radii ?? [];
    places.forEach((one, i) =>
      places.slice(i + 1).forEach((other, j) => {
        const apart = Math.hypot(one.x - other.x, one.y - other.y);
        expect(apart).toBeGreaterThanOrEqual((radii[i] ?? 0) + (radii[i + 1 + j] ?? 0));
      }),
    );
  }
});

test('no cluster reaches into another', () => {
  const seeds = seedsOf(clusters);
  const reach = seeds.map(({ centre, places }) =>
    Math.max(...places.map(({ x, y }) => Math.hypot(x - centre.x, y - centre.y))),
  );
  seeds.forEach((one, i) =>
    seeds.slice(i + 1).forEach((other, j) => {
      const apart = Math.hypot(one.centre.x - other.centre.x, one.centre.y - other.centre.y);
      expect(apart).toBeGreaterThan((reach[i] ?? 0) + (reach[i + 1 + j] ?? 0));
    }),
  );
});

test('a cluster of nothing is nowhere', () => {
  expect(seedsOf([{ radii: [] }])).toEqual([{ centre: { x: 0, y: 0 }, places: [] }]);
});
