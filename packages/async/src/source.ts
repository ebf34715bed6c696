import { check } from './arguments.js';

/** What `read` gives at the end. */
export const END: unique symbol = Symbol();

/** Reads items one after the other, of whatever can be iterated. */
export interface Source<T> {
  /** Whether items have to be waited for. */
  readonly slow: boolean;
  /** How many items there are, when that is known, and otherwise how many have been read. */
  readonly size: number;
  /** The next item. One call at a time is made to the iterator, however many are made here. */
  read(): T | typeof END | PromiseLike<T | typeof END>;
  /** Whether an item is being waited for: then closing may have to wait for that. */
  readonly reading: boolean;
  /** Closes the iterator, which is not asked for more. Settles when it has closed. */
  close(): Promise<void>;
}

/** `failed` is told what an asynchronous iterator fails with as it is asked for an item, before whoever reads is. */
export function sourceOf<T>(work: Iterable<T> | AsyncIterable<T>, failed: (error: unknown) => void): Source<T> {
  // By far the most frequent source, and the only one whose items need no object for each.
  if (Array.isArray(work) && work[Symbol.iterator] === Array.prototype[Symbol.iterator]) {
    const items = work as T[];
    let next = 0;
    return {
      slow: false,
      get size() {
        return items.length;
      },
      reading: false,
      read: () => (next < items.length ? (items[next++] as T) : END),
      close: async () => {},
    };
  }
  const asynchronous = (work as Partial<AsyncIterable<T>>)[Symbol.asyncIterator];
  const iterator: Iterator<T> | AsyncIterator<T> =
    asynchronous === undefined ? (work as Iterable<T>)[Symbol.iterator]() : asynchronous.call(work);
  let count = 0;
  let reading = false;
  let ended = false;
  let last: Promise<unknown> = Promise.resolve();
  const taken = (result: IteratorResult<T>): T | typeof END => {
    check(Object(result) === result, 'the result of next()', 'an object', result);
    if (result.done) return END;
    count++;
    return result.value;
  };
  const advance = async (): Promise<T | typeof END> => {
    if (ended) return END;
    reading = true;
    let item: T | typeof END = END;
    try {
      item = taken(await (iterator as AsyncIterator<T>).next());
    } finally {
      reading = false;
      ended ||= item === END;
    }
    return item;
  };
  return {
    slow: asynchronous !== undefined,
    get size() {
      return countOf(work) ?? count;
    },
    read: asynchronous
      ? () => {
          const item = last.then(advance);
          last = item.catch(failed);
          return item;
        }
      : () => taken((iterator as Iterator<T>).next()),
    get reading() {
      return reading;
    },
    close: async () => {
      ended = true;
      await iterator.return?.();
    },
  };
}

/** How many items there are in what knows that. A `length` or `size` of anything else may be anything. */
function countOf(work: unknown): number | undefined {
  if (typeof work === 'string') return [...work].length;
  if (Array.isArray(work) || ArrayBuffer.isView(work)) return (work as { length?: number }).length;
  return work instanceof Set || work instanceof Map ? work.size : undefined;
}
