import { expect, test } from '@jest/globals';
import { inBytes } from './bytes.js';

test('a size has a unit that keeps it short, and never a thousand of one', () => {
  expect([0, 999, 1000, 1024, 9994, 9995, 99_949, 99_950, 999_499, 999_500, 1_500_000, 2e9, 5e15].map(inBytes)).toEqual(
    [
      '0 B',
      '999 B',
      '1.00 kB',
      '1.02 kB',
      '9.99 kB',
      '10.0 kB',
      '99.9 kB',
      '100 kB',
      '999 kB',
      '1.00 MB',
      '1.50 MB',
      '2.00 GB',
      '5000 TB',
    ],
  );
});
