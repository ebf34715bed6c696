import { expect, test } from '@jest/globals';
import { namesOf } from './names.js';

test('a path is its folder and its name', () => {
  expect(namesOf('src/deep/a.ts')).toEqual({ folder: 'src/deep/', name: 'a.ts' });
  expect(namesOf('a.ts')).toEqual({ folder: '', name: 'a.ts' });
});

test('the folder of an index is part of its name', () => {
  expect(namesOf('packages/run/index.ts')).toEqual({ folder: 'packages/', name: 'run/index.ts' });
  expect(namesOf('run/index.d.ts')).toEqual({ folder: '', name: 'run/index.d.ts' });
  expect(namesOf('index.ts')).toEqual({ folder: '', name: 'index.ts' });
  expect(namesOf('src/indexes.ts')).toEqual({ folder: 'src/', name: 'indexes.ts' });
});
