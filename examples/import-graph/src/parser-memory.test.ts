import { expect, test } from '@jest/globals';
import { countParsed } from './parser-memory.js';

test('what nobody has any more is gone after some megabytes of sources', async () => {
  const left = (() => new WeakRef({ tree: 'of a file' }))();
  // A reference that was just made holds what it refers to until its turn is over.
  await new Promise(setImmediate);
  countParsed(1000);
  for (let file = 0; file < 100; file++) countParsed(100_000);
  await new Promise(setImmediate);
  expect(left.deref()).toBeUndefined();
});
