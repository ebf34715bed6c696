import { expect, test } from '@jest/globals';
import { END, sourceOf } from './source.js';
import { deferred, quiet } from './test-support/moments.js';

const ignore = (): void => {};

test('an array with an iterator of its own is read by that', () => {
  const own = Object.assign([1, 2], { *[Symbol.iterator]() { yield 'own'; } }); // prettier-ignore
  const source = sourceOf<unknown>(own, ignore);
  expect([source.read(), source.read()]).toEqual(['own', END]);
  // And what is no array, but has the iterator of one.
  const like = sourceOf(
    {
      length: 1,
      0: 'like',
      [Symbol.iterator]: Array.prototype[Symbol.iterator],
    } as Iterable<string>,
    ignore,
  );
  expect([like.read(), like.read()]).toEqual(['like', END]);
});

test('an array may grow while it is read', () => {
  const items = [1];
  const source = sourceOf(items, ignore);
  expect(source.read()).toBe(1);
  items.push(2);
  expect([source.size, source.read(), source.read()]).toEqual([2, 2, END]);
});

test('how many there are is known of arrays, typed arrays, sets, maps and strings; of anything else, what has been read', () => {
  function* some(): Generator<number> {
    yield 1;
    yield 2;
  }
  expect(sourceOf(Object.assign([1, 2], { [Symbol.iterator]: some }), ignore).size).toBe(2);
  expect(sourceOf(new Uint8Array(3), ignore).size).toBe(3);
  expect(sourceOf(new Set([1, 2]), ignore).size).toBe(2);
  expect(sourceOf(new Map([[1, 2]]), ignore).size).toBe(1);
  expect(sourceOf('a😀', ignore).size).toBe(2);
  const other = sourceOf(Object.assign(some(), { length: 5, size: 3 }), ignore);
  const sizes = [other.size];
  while (other.read() !== END) sizes.push(other.size);
  expect([sizes, other.size]).toEqual([[0, 1, 2], 2]);
});

test.each([1, undefined, null, 'done'])('an iterator that gives %p for a result is told so', async (result) => {
  const next = (): never => result as never;
  const told = `the result of next() must be an object, got ${String(result)}`;
  expect(() => sourceOf({ [Symbol.iterator]: () => ({ next }) }, ignore).read()).toThrow(TypeError);
  expect(() => sourceOf({ [Symbol.iterator]: () => ({ next }) }, ignore).read()).toThrow(told);
  const slow = sourceOf({ [Symbol.asyncIterator]: () => ({ next }) }, ignore);
  await expect(slow.read()).rejects.toThrow(told);
  expect(await slow.read()).toBe(END);
});

/** An asynchronous source of one item each time it is asked, and what it was asked. */
function asked(next: () => Promise<IteratorResult<number>>): { work: AsyncIterable<number>; calls: string[] } {
  const calls: string[] = [];
  const iterator: AsyncIterator<number> = {
    next() {
      calls.push('next');
      return next();
    },
    return() {
      calls.push('return');
      return closed.promise;
    },
  };
  const closed = deferred<IteratorResult<number>>();
  void Promise.resolve()
    .then(quiet)
    .then(() => closed.resolve({ done: true, value: undefined }));
  return { calls, work: { [Symbol.asyncIterator]: () => iterator } };
}

test.each<[string, () => Promise<IteratorResult<number>>]>([
  ['has ended', () => Promise.resolve({ done: true, value: 1 })],
  ['has thrown', () => Promise.reject(new Error('broken'))],
])('an asynchronous source that %s is asked no more', async (_name, next) => {
  const { work, calls } = asked(next);
  const source = sourceOf(work, ignore);
  await Promise.allSettled([source.read()]);
  expect(await source.read()).toBe(END);
  expect(calls).toEqual(['next']);
});

test('nor is one that was closed, also while it is being asked', async () => {
  const { work, calls } = asked(() => Promise.resolve({ done: false, value: 1 }));
  const source = sourceOf(work, ignore);
  expect(await source.read()).toBe(1);
  const reads = [Promise.resolve(source.read()), Promise.resolve(source.read())];
  await Promise.resolve();
  await source.close();
  expect(await Promise.all(reads)).toEqual([1, END]);
  expect(calls).toEqual(['next', 'next', 'return']);
});

test('closing waits for the source to close, and it is known whether it is being asked', async () => {
  const item = deferred<IteratorResult<number>>();
  const { work } = asked(() => item.promise);
  let closed = false;
  const idle = sourceOf(work, ignore).close().then(() => (closed = true)); // prettier-ignore
  await Promise.resolve();
  expect(closed).toBe(false);
  await idle;
  const never = sourceOf<number>(
    {
      [Symbol.asyncIterator]: () => ({
        next: () => item.promise,
        return: () => item.promise,
      }),
    },
    ignore,
  );
  expect(never.reading).toBe(false);
  void never.read();
  await Promise.resolve();
  expect(never.reading).toBe(true);
  const end = never.close();
  item.resolve({ done: true, value: undefined });
  await end;
  expect(never.reading).toBe(false);
});
