/** What `read` gives at the end. */
export const END: unique symbol = Symbol();

/** Reads items one after the other, of whatever can be iterated. */
export interface Source<T> {
  /** Whether items have to be waited for. */
  readonly slow: boolean;
  /** How many items there are, when that is known. */
  readonly size: number | undefined;
  /** The next item. One call at a time is made to the iterator, however many are made here. */
  read(): T | typeof END | PromiseLike<T | typeof END>;
  /** Closes the iterator, which is not asked for more. Settles when it has closed, or at once while it is being asked. */
  close(): Promise<void>;
}

export function sourceOf<T>(work: Iterable<T> | AsyncIterable<T>): Source<T> {
  // By far the most frequent source, and the only one whose items need no object for each.
  if (Array.isArray(work) && work[Symbol.iterator] === Array.prototype[Symbol.iterator]) {
    const items = work as T[];
    let next = 0;
    return {
      slow: false,
      get size() {
        return items.length;
      },
      read: () => (next < items.length ? (items[next++] as T) : END),
      close: async () => {},
    };
  }
  const { length, size } = work as { length?: unknown; size?: unknown };
  const known = [length, size].find((each): each is number => typeof each === 'number');
  const asynchronous = (work as Partial<AsyncIterable<T>>)[Symbol.asyncIterator];
  const iterator: Iterator<T> | AsyncIterator<T> =
    asynchronous === undefined ? (work as Iterable<T>)[Symbol.iterator]() : asynchronous.call(work);
  let reading = false;
  let last: Promise<unknown> = Promise.resolve();
  const close = async (): Promise<void> => {
    const closed = iterator.return?.();
    if (!reading) await closed;
    else Promise.resolve(closed).catch(() => {});
  };
  if (asynchronous === undefined) {
    const read = (): T | typeof END => {
      const result = (iterator as Iterator<T>).next();
      return result.done ? END : result.value;
    };
    return { slow: false, size: known, read, close };
  }
  let ended = false;
  const advance = async (): Promise<T | typeof END> => {
    if (ended) return END;
    reading = true;
    let done: boolean | undefined = true;
    try {
      const result = await (iterator as AsyncIterator<T>).next();
      done = result.done;
      if (!done) return result.value as T;
    } finally {
      reading = false;
      ended ||= !!done;
    }
    return END;
  };
  return {
    slow: true,
    size: known,
    read: () => {
      const item = last.then(advance);
      last = item.catch(() => {});
      return item;
    },
    close: () => {
      ended = true;
      return close();
    },
  };
}
