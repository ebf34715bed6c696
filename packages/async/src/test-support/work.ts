import { quiet } from './moments.js';

interface Log {
  /** How many items it has given. */
  read: number;
  closed: number;
  /** How many calls are waiting for an item now, and how many were at most. */
  reading: number;
  most: number;
}

/** The whole numbers below `n`. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, index) => index);

/** An asynchronous source of them, in microtasks only. */
export async function* later(n: number): AsyncGenerator<number> {
  yield* range(n);
}

/** An asynchronous source of the same that tells what was asked of it. */
export function source(n: number): { work: AsyncIterable<number>; log: Log } {
  const log = { read: 0, closed: 0, reading: 0, most: 0 };
  const work: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      async next() {
        log.most = Math.max(log.most, ++log.reading);
        await quiet();
        log.reading--;
        return log.read < n ? { done: false, value: log.read++ } : { done: true, value: undefined };
      },
      async return() {
        log.closed++;
        return { done: true, value: undefined };
      },
    }),
  };
  return { work, log };
}
