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
  expect([source.size(), source.read(), source.read()]).toEqual([2, 2, END]);
});

test('how many there are is known of arrays, typed arrays, sets, maps and strings; of anything else, what has been read', () => {
  function* some(): Generator<number> {
    yield 1;
    yield 2;
  }
  expect(sourceOf(Object.assign([1, 2], { [Symbol.iterator]: some })).size()).toBe(2);
  expect(sourceOf(new Uint8Array(3)).size()).toBe(3);
  expect(sourceOf(new Set([1, 2])).size()).toBe(2);
  expect(sourceOf(new Map([[1, 2]])).size()).toBe(1);
  expect(sourceOf('a😀').size()).toBe(2);
  const other = sourceOf(Object.assign(some(), { length: 5, size: 3 }));
  const sizes = [other.size()];
  while (other.read() !== END) sizes.push(other.size());
  expect([sizes, other.size()]).toEqual([[0, 1, 2], 2]);
});

test.each([1, undefined, null, 'done'])('an iterator that gives %p for a result is told so', async (result) => {
  const next = (): never => result as never;
  const told = `the result of next() must be an object, got ${String(result)}`;
  expect(() => sourceOf({ [Symbol.iterator]: () => ({ next }) }).read()).toThrow(TypeError);
  expect(() => sourceOf({ [Symbol.iterator]: () => ({ next }) }).read()).toThrow(told);
  const slow = sourceOf({ [Symbol.asyncIterator]: () => ({ next: async () => next() }) });
  const answer = await slow.ask?.();
  expect(() => slow.read(answer)).toThrow(told);
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

test('an asynchronous source gives what its iterator gives, and can be closed while it is asked', async () => {
  const item = deferred<IteratorResult<number>>();
  const { work, calls } = asked(() => item.promise);
  const source = sourceOf(work);
  const answer = source.ask?.();
  const closed = source.close();
  item.resolve({ done: false, value: 1 });
  expect(source.read(await answer)).toBe(1);
  await closed;
  expect(calls).toEqual(['next', 'return']);
});

test('closing waits for the iterator to close, which need not be able to', async () => {
  const { work } = asked(() => Promise.resolve({ done: true, value: undefined }));
  let closed = false;
  const closing = sourceOf(work)
    .close()
    .then(() => (closed = true));
  await Promise.resolve();
  expect(closed).toBe(false);
  await closing;
  await sourceOf([1, 2]).close();
  await sourceOf({ [Symbol.iterator]: () => ({ next: () => ({ done: true, value: 1 }) }) }).close();
});

test.each([
  ['gives an item', () => ({ done: false, value: 1 }), 1],
  ['ends', () => ({ done: true, value: 1 }), 0],
  [
    'throws',
    () => {
      throw new Error('broken');
    },
    0,
  ],
] as [string, () => IteratorResult<number>, number][])(
  'an iterator that has it closed while it is asked, and then %s, is closed after that if need be',
  async (_name, answer, times) => {
    const calls: string[] = [];
    let closing: Promise<void> | undefined;
    const source = sourceOf<number>({
      [Symbol.iterator]: () => ({
        next: () => {
          calls.push('next');
          closing = source.close();
          const result = answer();
          calls.push('answer');
          return result;
        },
        return: () => {
          calls.push('return');
          return { done: true, value: undefined };
        },
      }),
    });
    try {
      void source.read();
    } catch {
      calls.push('answer');
    }
    await closing;
    expect(calls).toEqual(['next', 'answer', 'return'].slice(0, 2 + times));
  },
);
