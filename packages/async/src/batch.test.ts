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
