import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Tinypool } from 'tinypool';
import { countPrimes, openThreads, primesQueue } from './count-primes.js';

let threads: Tinypool;
beforeAll(() => {
  threads = openThreads();
});
afterAll(() => threads.destroy());

test('a batch counts in threads, in order', async () => {
  expect(await countPrimes(threads, [10, 20_000, 100])).toEqual([4, 2262, 25]);
});

test('cancelling ends a thread that would never return, and the pool goes on', async () => {
  const controller = new AbortController();
  const counting = countPrimes(threads, [-1, 10], controller.signal);
  setTimeout(() => controller.abort('enough'));
  await expect(counting).rejects.toBe('enough');
  expect(await countPrimes(threads, [10])).toEqual([4]);
});

test('each item of a queue is cancelled by its own signal', async () => {
  const queue = primesQueue(threads);
  await queue.start();
  const controller = new AbortController();
  const endless = queue.submit(-1, { signal: controller.signal });
  expect(await queue.submit(10)).toBe(4);
  controller.abort('enough');
  await expect(endless).rejects.toBe('enough');
  expect(await queue.stop()).toEqual([]);
});
