import { check } from './arguments.js';
import { DONE } from './deferred.js';

/** What `read` gives at the end. */
export const END: unique symbol = Symbol();

/** Reads items one after the other, of whatever can be iterated. After the end, or an error, it is not to be read again. */
export interface Source<T> {
  /** How many items there are, when that is known, and otherwise how many have been read. */
  size(): number;
  /**
   * Asks for the next item, where items have to be waited for: `read` is to be given the answer before the next is asked for.
   * An item is not what the promise resolves with: if it had a `then`, that would be called.
   */
  readonly ask: (() => Promise<IteratorResult<T>>) | undefined;
  /** The next item. */
  read(answer?: IteratorResult<T>): T | typeof END;
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
  return {
    size() {
      return countOf(work) ?? count;
    },
    ask: asynchronous && (() => Promise.resolve((iterator as AsyncIterator<T>).next())),
    read(answer) {
      ended = !asynchronous; // if it throws; for one that is waited for nobody asks
      const result = asynchronous ? (answer as IteratorResult<T>) : (iterator as Iterator<T>).next();
      check(Object(result) === result, `${title}the result of next()`, 'an object', result);
      if (result.done) return END;
      count++;
      const item = result.value;
      ended = false;
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
    ask: undefined,
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
