import { expect, test } from '@jest/globals';
import { layoutOf, type LayoutTask } from './force.js';

const task = (places: number[], more: Partial<LayoutTask> = {}): LayoutTask => ({
  places: Float32Array.from(places),
  radii: new Float32Array(places.length / 2).fill(10),
  homes: Float32Array.from(places),
  links: Uint32Array.from([]),
  pinned: new Uint8Array(places.length / 2),
  ...more,
});
const finished = (of: LayoutTask): Float32Array => {
  const layout = layoutOf(of);
  while (layout.step());
  return layout.places();
};
const apart = (places: Float32Array, a: number, b: number): number =>
  Math.hypot((places[2 * a] ?? 0) - (places[2 * b] ?? 0), (places[2 * a + 1] ?? 0) - (places[2 * b + 1] ?? 0));

test('what overlaps is drawn apart', () => {
  const places = finished(task([0, 0, 1, 0, 0, 1]));
  for (const [a, b] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const)
    expect(apart(places, a, b)).toBeGreaterThan(20);
});

test('what imports each other is drawn together', () => {
  const far = [0, 0, 1000, 0];
  const links = Uint32Array.from([0, 1]);
  expect(apart(finished(task(far, { links })), 0, 1)).toBeLessThan(apart(finished(task(far)), 0, 1) / 2);
});

test('what is pinned stays exactly where it is', () => {
  const places = finished(
    task([3, 4, 4, 4, 5, 4], { pinned: Uint8Array.from([1, 0, 1]), links: Uint32Array.from([0, 1, 2, 1]) }),
  );
  expect([...places.slice(0, 2), ...places.slice(4)]).toEqual([3, 4, 5, 4]);
  expect([...places.slice(2, 4)]).not.toEqual([4, 4]);
});

test('the same task has the same result', () => {
  const places = Array.from({ length: 60 }, (_, at) => (at * 37) % 101);
  const links = Uint32Array.from([0, 1, 1, 2, 2, 0, 5, 9]);
  expect(finished(task(places, { links }))).toEqual(finished(task(places, { links })));
});

test('it ends, sooner where there is more; with nothing to do, at once', () => {
  const steps = (count: number): number => {
    const layout = layoutOf(task(Array.from({ length: 2 * count }, (_, at) => at)));
    let made = 1;
    while (layout.step()) made += 1;
    return made;
  };
  expect(steps(3)).toBeGreaterThan(100);
  expect(layoutOf(task([])).step()).toBe(false);
  expect([...layoutOf(task([])).places()]).toEqual([]);
});
