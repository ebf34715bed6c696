// CPU-bound work: a batch bounds and orders it and can be cancelled, a pool of threads does it.
import { Batch, Queue } from '@x/async';
import { Tinypool } from 'tinypool';

/** The threads. Whoever opens them destroys them. */
export function openThreads(): Tinypool {
  return new Tinypool({ filename: new URL('./primes.js', import.meta.url).href, maxThreads: 2 });
}

/** Counts the primes below each limit, in the order of the limits. An abort ends the threads at work, and throws its reason. */
export async function countPrimes(
  threads: Tinypool,
  limits: Iterable<number>,
  signal?: AbortSignal,
): Promise<number[]> {
  const batch = new Batch(limits, (limit, aborted) => countBelow(threads, limit, aborted), {
    parallelism: threads.options.maxThreads,
    stopOnError: true,
  });
  const counts: number[] = [];
  for await (const count of batch.results({ ordered: true, signal })) counts.push(count);
  return counts;
}

/** The same one by one, for a server: each request submits its limit, with a signal of its own. */
export function primesQueue(threads: Tinypool): Queue<number, number> {
  return new Queue((limit: number, signal) => countBelow(threads, limit, signal), {
    parallelism: threads.options.maxThreads,
    timeout: 60_000,
    name: 'primes',
  });
}

/** Hands the signal on: a thread that is at work when it aborts is ended, and another takes its place. */
async function countBelow(threads: Tinypool, limit: number, signal: AbortSignal): Promise<number> {
  return (await threads.run(limit, { signal })) as number;
}
