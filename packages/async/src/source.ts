import { check } from './arguments.js';
import { DONE } from './deferred.js';

/** What `read` gives at the end. */
export const END: unique symbol = Symbol();

/** Reads items one after the other, of whatever can be iterated. After the end, or an error, it is not to be read again. */
export interface Source<T> {
  /** How many items there are, when that is known, and otherwise how many have been read. */
  size(): number;
  /** Whether items have to be waited for. Then `read` gives a promise, and the next is not to be asked for before that has settled. */
  readonly slow: boolean;
  /** The next item. */
  read(): T | typeof END | Promise<T | typeof END>;
  /** Closes the iterator, which is not to be asked for more. Settles when it has closed. */
  close(): Promise<void>;
}

/** The source of whatever can be iterated. The title is what messages begin with. */
export function sourceOf<T>(work: Iterable<T> | AsyncIterable<T>, title = ''): Source<T> {
  // By far the most frequent source, and the only one whose items need no object for each.
  if (Array.isArray(work) && work[Symbol.iterator] === Array.prototype[Symbol.iterator])
    return sourceOfArray(work as T[]);
  // As for `for await`, null is none.
  const asynchronous = (work as Partial<AsyncIterable<T>>)[Symbol.asyncIterator] ?? undefined;
  const iterator: Iterator<T> | AsyncIterator<T> =
    asynchronous === undefined ? (work as Iterable<T>)[Symbol.iterator]() : asynchronous.call(work);
  let count = 0;
  /** It has ended or thrown while it was read, and has therefore closed itself. */
  let ended = false;
  const taken = (result: IteratorResult<T>): T | typeof END => {
    check(Object(result) === result, `${title}the result of next()`, 'an object', result);
    if (result.done) return END;
    count++;
    return result.value;
  };
  return {
    size() {
      return countOf(work) ?? count;
    },
    slow: asynchronous !== undefined,
    read: asynchronous
      ? () => Promise.resolve((iterator as AsyncIterator<T>).next()).then(taken)
      : () => {
          ended = true; // if it throws
          const item = taken((iterator as Iterator<T>).next());
          ended = item === END;
          return item;
        },
    close: async () => {
      // Who stops the batch may be the iterator itself: it cannot be closed before it has answered.
      if (!asynchronous) await DONE;
      if (!ended) await iterator.return?.();
    },
  };
}

/** It may grow while it is read. */
function sourceOfArray<T>(items: T[]): Source<T> {
  let next = 0;
  return {
    size() {
      return items.length;
    },
    slow: false,
    read: () => (next < items.length ? (items[next++] as T) : END),
    close: async () => {},
  };
}

/** How many items there are in what knows that. A `length` or `size` of anything else may be anything. */
export function countOf(work: unknown): number | undefined {
  if (typeof work === 'string') return [...work].length;
  if (Array.isArray(work) || ArrayBuffer.isView(work)) return (work as { length?: number }).length;
  return work instanceof Set || work instanceof Map ? work.size : undefined;
}
