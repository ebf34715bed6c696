import { availableParallelism } from 'node:os';
import { describe, expect, jest, test } from '@jest/globals';
import { Batch } from './index.js';
import { deferred, quiet } from './test-support/moments.js';
import { range } from './test-support/work.js';

const failing = new Error('this is only a test');

describe('upstream', () => {
  test('TestBatch, Test_Batch', async () => {
    let processed = 0;
    const onError = jest.fn();
    const action = (): never => {
      processed++;
      throw failing;
    };
    const result = await new Batch(range(32), action, { onError, parallelism: 4 }).process();
    expect([processed, result.failed, result.done, result.errors.size, onError.mock.calls.length]).toEqual([
      32, 32, 0, 32, 32,
    ]);
  });

  test('Test_Batch_empty', async () => {
    const result = await new Batch([], () => {}).process();
    expect(result).toMatchObject({ done: 0, failed: 0, skipped: 0 });
  });

  test('Test_Batch_panic', async () => {
    let processed = 0;
    const action = (): void => {
      if (++processed === 1) throw 'this is only a test';
    };
    const result = await new Batch(range(32), action).process();
    expect([processed, result.done, result.failed, result.errors.first()]).toEqual([32, 31, 1, 'this is only a test']);
  });
});

test('a source whose results are no objects is what the batch fails with', async () => {
  const action = jest.fn();
  const work = { [Symbol.iterator]: () => ({ next: () => 1 as never }) };
  await expect(new Batch(work, action).process()).rejects.toThrow(
    new TypeError('the result of next() must be an object, got 1'),
  );
  expect(action).not.toHaveBeenCalled();
});

/** An asynchronous iterator by hand: unlike a generator it waits for no item. */
function byHand<T>(items: T[]): AsyncIterable<T> & { closed: number } {
  const iterator = items[Symbol.iterator]();
  return {
    closed: 0,
    [Symbol.asyncIterator]() {
      return {
        next: async () => iterator.next(),
        return: async () => (this.closed++, { done: true, value: undefined }),
      };
    },
  };
}

describe.each([
  ['an array', (items: unknown[]) => items],
  ['an iterator', (items: unknown[]) => items.values()],
  ['an asynchronous iterator', byHand],
] as [string, (items: unknown[]) => Iterable<unknown>][])('items with a `then` of %s', (_, work) => {
  test('are given to the action as they are', async () => {
    const query = { then: jest.fn() };
    const seen: unknown[][] = [];
    const batch = new Batch(work([query, query]), (item) => void seen.push([item]), { parallelism: 2 });
    await batch.process();
    for await (const _ of new Batch(work([query]), (item) => void seen.push([item])).results());
    expect(seen).toEqual([[query], [query], [query]]);
    expect(query.then).not.toHaveBeenCalled();
  });

  test('run as many at a time as may, and fail one by one', async () => {
    const gates = range(3).map(() => deferred());
    let running = 0;
    const source = work(gates.map(({ promise }) => promise));
    const batch = new Batch(source, (item) => (running++, item as Promise<void>), { parallelism: 2 });
    const done = batch.process();
    await quiet();
    expect(running).toBe(2);
    gates[0]?.reject(failing);
    gates[1]?.resolve();
    gates[2]?.resolve();
    expect(await done).toMatchObject({ done: 2, failed: 1, skipped: 0 });
    expect(batch.progress.errors.first()).toBe(failing);
  });
});

test.each(['done', 'value'])(
  'an answer that throws when its `%s` is read is what the batch fails with',
  async (key) => {
    const answer = { done: false, value: 1, get [key]() { throw failing; } }; // prettier-ignore
    const action = jest.fn();
    const close = jest.fn();
    const iterator = { next: () => answer, return: close };
    for (const work of [{ [Symbol.iterator]: () => iterator }, { [Symbol.asyncIterator]: () => iterator }])
      await expect(new Batch(work as unknown as Iterable<number>, action).process()).rejects.toBe(failing);
    expect([action.mock.calls, close.mock.calls]).toEqual([[], []]);
  },
);

test('without being told the results come as they are ready, of as many at a time as there are cores', async () => {
  const gate = deferred<number>();
  const stream = new Batch(range(2), (item) => (item === 0 ? gate.promise : item), { parallelism: 2 }).results();
  expect(await stream.next()).toEqual({ done: false, value: 1 });
  gate.resolve(0);
  expect(await stream.next()).toEqual({ done: false, value: 0 });
  let running = 0;
  const hold = deferred();
  const done = new Batch(range(1000), () => (running++, hold.promise)).process();
  await quiet();
  expect(running).toBe(availableParallelism());
  hold.resolve();
  await done;
});

test('the end of an iterator is whatever is truthy', async () => {
  let item = 0;
  const work = { [Symbol.iterator]: () => ({ next: () => ({ done: ++item > 5 ? 1 : 0, value: item }) }) };
  const action = (): void => {
    if (item > 10) throw failing;
  };
  const result = await new Batch(work as unknown as Iterable<number>, action, { stopOnError: true }).process();
  expect(result.done).toBe(5);
});

test.each([
  ['an array', () => [1, 2, 3]],
  ['a set', () => new Set([1, 2, 3])],
  ['a map', () => new Map(range(3).map((item) => [item, item]))],
  ['a string', () => 'a😀b'],
  ['a typed array', () => new Float64Array(3)],
] as [string, () => Iterable<unknown>][])('%s that is never begun is skipped as a whole', async (_name, work) => {
  const signal = AbortSignal.abort('reason');
  const skipped = { done: 0, failed: 0, skipped: 3 };
  const ways: ((batch: Batch<unknown>) => Promise<unknown>)[] = [
    (batch) => expect(batch.process(signal)).rejects.toBe('reason'),
    (batch) => expect(batch.results({ signal }).next()).rejects.toBe('reason'),
    async (batch) => batch.results().return?.(),
    async (batch) => batch.results()[Symbol.asyncDispose](),
    (batch) => expect(batch.results().throw?.('thrown')).rejects.toBe('thrown'),
  ];
  for (const end of ways) {
    const batch = new Batch(work(), () => {});
    await end(batch);
    expect(batch.progress).toMatchObject(skipped);
  }
});

test('of work that does not tell how much it is nothing is skipped that was not read, nor is it closed', async () => {
  const work = { [Symbol.iterator]: jest.fn() };
  const batch = new Batch(work as never, () => {});
  await batch.process().catch(() => {});
  work[Symbol.iterator].mockClear();
  await expect(batch.process(AbortSignal.abort('reason'))).rejects.toBe('reason');
  const stream = batch.results();
  await stream.return?.();
  expect(await stream.next()).toEqual({ done: true, value: undefined });
  expect([batch.progress.skipped, work[Symbol.iterator].mock.calls]).toEqual([0, []]);
});

test('a stream that is ended again, or after it has begun, leaves what is said of how far it has come', async () => {
  const batch = new Batch(range(3), (item) => item);
  const unused = batch.results();
  const stream = batch.results();
  for await (const _ of stream);
  await stream.return?.();
  expect(batch.progress).toMatchObject({ done: 3, skipped: 0 });
  await unused.return?.();
  await batch.process();
  await unused.return?.();
  expect(batch.progress).toMatchObject({ done: 3, skipped: 0 });
});

test('of a call in which the work gives no iterator nothing has come, whatever came of the one before', async () => {
  let calls = 0;
  const work: Iterable<number> = {
    [Symbol.iterator]() {
      if (calls++ % 2 === 1) throw new Error('not now');
      return [1, 2].values();
    },
  };
  const batch = new Batch(work, (item) => item);
  const none = { done: 0, failed: 0, skipped: 0 };
  for (const again of [() => batch.process(), () => batch.results().next()]) {
    expect(await batch.process()).toMatchObject({ done: 2 });
    await expect(again()).rejects.toThrow('not now');
    expect(batch.progress).toMatchObject(none);
  }
});

test('an asynchronous iterator that is null is none', async () => {
  for (const none of [null, undefined]) {
    const work = { [Symbol.asyncIterator]: none, [Symbol.iterator]: () => range(3)[Symbol.iterator]() };
    expect(await new Batch<number>(work as never, () => {}).process()).toMatchObject({ done: 3 });
  }
});

test('every error about a batch says its name', async () => {
  const batch = new Batch([], () => {}, { name: 'mails' });
  await expect(batch.process(5 as never)).rejects.toThrow(
    new TypeError('Batch "mails": signal must be an AbortSignal, got 5'),
  );
  expect(() => batch.results({ signal: 5 as never })).toThrow('Batch "mails": signal must be an AbortSignal, got 5');
  expect(() => batch.results(5 as never)).toThrow('Batch "mails": options must be an object like { signal }, got 5');
  const next = (): never => undefined as never;
  for (const work of [{ [Symbol.iterator]: () => ({ next }) }, { [Symbol.asyncIterator]: () => ({ next }) }]) {
    const silent = new Batch(work as Iterable<number>, () => {}, { name: 'mails' });
    const told = 'Batch "mails": the result of next() must be an object, got undefined';
    await expect(silent.process()).rejects.toThrow(told);
    await expect(silent.results().next()).rejects.toThrow(told);
  }
});

test('bad arguments are told before anything has happened', async () => {
  expect(() => new Batch(undefined as never, () => {})).toThrow(TypeError);
  expect(() => new Batch(5 as never, () => {}, { name: 'mails' })).toThrow(
    'Batch "mails": work must be iterable, got 5',
  );
  expect(() => new Batch([], 1 as never)).toThrow(TypeError);
  expect(() => new Batch([], () => {}, { parallelism: 0 })).toThrow(
    /^parallelism must be a whole number from 1 on, got 0$/,
  );
  expect(() => new Batch([], () => {}, { onError: 1 as never, name: 'mails' })).toThrow(
    'Batch "mails": onError must be a function, got 1',
  );
  expect(() => new Batch([], () => {}, { parallelism: 0, name: 'mails' })).toThrow('Batch "mails": parallelism must');
  expect(() => new Batch([], () => {}, { parallelism: 0 })).toThrow(RangeError);
  expect(() => new Batch([], () => {}, { onError: 1 as never })).toThrow(TypeError);
  await expect(new Batch([], () => {}).process(1 as never)).rejects.toThrow(TypeError);
  expect(() => new Batch([], () => {}).results({ signal: 1 as never })).toThrow(TypeError);
});
