import { expect, test } from '@jest/globals';
import { groupsOf } from './folders.js';
import { firstPlaces, placesBeside } from './places.js';
import { graph } from './test-support/graph.js';

test('every module has a place at first, and its home is the middle of its group', () => {
  const view = graph({ 'a/x': [], 'a/y': [], 'a/z': [], 'b/x': [], 'b/y': [], 'b/z': [] });
  const places = firstPlaces(view, groupsOf(view.modules.keys(), 2));
  expect([...places.keys()].sort()).toEqual([...view.modules.keys()].sort());
  expect(places.get('a/x')?.home).toEqual(places.get('a/z')?.home);
  expect(places.get('a/x')?.home).not.toEqual(places.get('b/x')?.home);
});

const known = new Map([
  ['a/x', { x: 100, y: 0 }],
  ['a/y', { x: 300, y: 0 }],
  ['b/x', { x: -100, y: 50 }],
]);
const add = (imports: Record<string, string[]>): ReturnType<typeof placesBeside> => {
  const view = graph({ 'a/x': [], 'a/y': [], 'b/x': [], ...imports });
  const groups = groupsOf(view.modules.keys(), 4);
  return placesBeside(view, groups, Object.keys(imports), (path) => known.get(path));
};

test('what is new is at home between what it imports and what imports it', () => {
  expect(add({ new: ['a/x', 'b/x'] }).get('new')?.home).toEqual({ x: 0, y: 25 });
});

test('what has no neighbours is at home in its group, and where that is new, in the middle of all', () => {
  expect(add({ 'a/new': [] }).get('a/new')?.home).toEqual({ x: 200, y: 0 });
  const [first] = add({ 'c/1': [], 'c/2': [], 'c/3': [] }).values();
  expect(first?.home.x).toBeCloseTo(100);
});

test('two that are at home in the same place do not lie on top of each other', () => {
  const places = [...add({ 'a/new': [], 'a/other': [] }).values()];
  expect(places[0]?.home).toEqual(places[1]?.home);
  expect(places[0]?.x).not.toBe(places[1]?.x);
});

test('where nothing stays, what is new begins in the middle', () => {
  const view = graph({ a: [] });
  expect(placesBeside(view, groupsOf(['a'], 2), ['a'], () => undefined).get('a')?.home).toEqual({ x: 0, y: 0 });
});
