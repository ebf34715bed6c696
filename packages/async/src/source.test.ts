import { expect, test } from '@jest/globals';
import { END, sourceOf } from './source.js';
import { deferred, quiet } from './test-support/moments.js';

test('an array with an iterator of its own is read by that', () => {
  const own = Object.assign([1, 2], { *[Symbol.iterator]() { yield 'own'; } }); // prettier-ignore
  const source = sourceOf<unknown>(own);
  expect([source.read(), source.read()]).toEqual(['own', END]);
  // And what is no array, but has the iterator of one.
  const like = sourceOf({
    length: 1,
    0: 'like',
    [Symbol.iterator]: Array.prototype[Symbol.iterator],
  } as Iterable<string>);
  expect([like.read(), like.read()]).toEqual(['like', END]);
});

test('an array may grow while it is read', () => {
  const items = [1];
  const source = sourceOf(items);
  expect(source.read()).toBe(1);
  items.push(2);
  expect([source.size, source.read(), source.read()]).toEqual([2, 2, END]);
});

test('how many there are is known where a number says so', () => {
  function* none(): Generator<number> {}
  expect(sourceOf(Object.assign(none(), { length: 'many', size: 3 })).size).toBe(3);
  expect(sourceOf(new Set([1, 2])).size).toBe(2);
  expect(sourceOf(none()).size).toBeUndefined();
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
  const source = sourceOf(work);
  await Promise.allSettled([source.read()]);
  expect(await source.read()).toBe(END);
  expect(calls).toEqual(['next']);
});

test('nor is one that was closed, also while it is being asked', async () => {
  const { work, calls } = asked(() => Promise.resolve({ done: false, value: 1 }));
  const source = sourceOf(work);
  expect(await source.read()).toBe(1);
  const reads = [Promise.resolve(source.read()), Promise.resolve(source.read())];
  await Promise.resolve();
  await source.close();
  expect(await Promise.all(reads)).toEqual([1, END]);
  expect(calls).toEqual(['next', 'next', 'return']);
});

test('closing waits for the source to close, but not for one that is being asked', async () => {
  const item = deferred<IteratorResult<number>>();
  const { work } = asked(() => item.promise);
  let closed = false;
  const idle = sourceOf(work).close().then(() => (closed = true)); // prettier-ignore
  await Promise.resolve();
  expect(closed).toBe(false);
  await idle;
  const never = sourceOf<number>({
    [Symbol.asyncIterator]: () => ({
      next: () => item.promise,
      return: () => item.promise,
    }),
  });
  void never.read();
  await Promise.resolve();
  await never.close();
  item.resolve({ done: true, value: undefined });
});
