import { countPrimes, openThreads } from './count-primes.js';

const threads = openThreads();
try {
  console.log(await countPrimes(threads, [10, 100, 1_000, 10_000, 100_000]));
} finally {
  await threads.destroy();
}
