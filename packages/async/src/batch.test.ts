import { availableParallelism } from 'node:os';
import { Readable } from 'node:stream';
import { describe, expect, jest, test } from '@jest/globals';
import { Batch } from './index.js';
import { deferred, listenersOn, quiet, unhandled } from './test-support/moments.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, index) => index);
const failing = new Error('this is only a test');

/** An asynchronous source that tells what was asked of it. */
function source(n: number) {
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

test('no more run at the same time than may, whatever the source is', async () => {
  const sources = [range(20), new Set(range(20)), range(20)[Symbol.iterator](), source(20).work];
  for (const work of sources) {
    let running = 0;
    let most = 0;
    const action = async (): Promise<void> => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < 4; turn++) await quiet();
      running--;
    };
    const result = await new Batch(work as Iterable<number>, action, { parallelism: 3 }).process();
    expect([result.done, most, running]).toEqual([20, 3, 0]);
  }
});

test('a source is read one at a time, and only when there is a place', async () => {
  const { work, log } = source(100);
  const gate = deferred();
  const done = new Batch(work, () => gate.promise, { parallelism: 4 }).process();
  for (let turn = 0; turn < 20; turn++) await quiet();
  expect([log.read, log.most]).toEqual([4, 1]);
  gate.resolve();
  expect((await done).done).toBe(100);
  expect(log.closed).toBe(0);
});

test('an abort waits for what is running, then rejects with the reason, and closes the source', async () => {
  for (const endless of [false, true]) {
    const { work, log } = source(100);
    const list = Object.assign(new Set(range(100)), {
      closed: 0,
      *[Symbol.iterator]() {
        try {
          yield* range(100);
        } finally {
          list.closed++;
        }
      },
    });
    const gate = deferred();
    const controller = new AbortController();
    let given: AbortSignal | undefined;
    const batch = new Batch<number>(endless ? work : list, (_, signal) => ((given = signal), gate.promise), {
      parallelism: 2,
    });
    let settled = false;
    const done = batch.process(controller.signal).finally(() => (settled = true));
    done.catch(() => {});
    for (let turn = 0; turn < 10; turn++) await quiet();
    controller.abort('reason');
    await quiet();
    expect([settled, given?.reason]).toEqual([false, 'reason']);
    gate.resolve();
    await expect(done).rejects.toBe('reason');
    expect(endless ? log.closed : list.closed).toBe(1);
    expect(batch.progress).toMatchObject({ done: 2, failed: 0, skipped: endless ? 0 : 98 });
    expect(listenersOn(controller.signal)).toBe(0);
    await expect(batch.process(controller.signal)).rejects.toBe('reason');
  }
});

test('an abort does not wait for a source that does not answer', async () => {
  const controller = new AbortController();
  const silent = {
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}), return: () => Promise.reject('late') }),
  };
  const seen = await unhandled(async () => {
    const done = new Batch(silent, () => {}).process(controller.signal);
    await quiet();
    controller.abort('reason');
    await expect(done).rejects.toBe('reason');
  });
  expect(seen).toEqual([]);
});

describe('what a source fails with after the batch has stopped', () => {
  type Way = 'abort' | 'stopOnError' | 'break';
  const ways: Way[] = ['abort', 'stopOnError', 'break'];

  /** Ends a batch early, of which one item is running or was read, and returns what it rejects with. */
  const end = async (way: Way, batch: (action: () => unknown) => Batch<number, unknown>): Promise<unknown> => {
    const controller = new AbortController();
    const one = batch(async () => {
      await quiet();
      if (way === 'stopOnError') throw 'failed';
      if (way === 'abort') controller.abort('reason');
    });
    const leave = async (): Promise<unknown> => {
      for await (const _ of one.results()) break;
      return one;
    };
    const ended = way === 'break' ? leave() : one.process(controller.signal);
    const outcome = await ended.catch((error: unknown) => error);
    return [outcome === one ? 'left' : outcome, [...one.progress.errors].filter((error) => error !== 'failed')];
  };
  const outcomes = { abort: 'reason', stopOnError: 'failed', break: 'left' };

  test.each(ways)('is an unhandled rejection when the batch has settled, after %s', async (way) => {
    for (const fails of ['next', 'return', 'finally'] as const) {
      const gate = deferred<never>();
      const closing = deferred<never>();
      let reads = 0;
      const rejected = fails === 'return' ? closing : gate;
      const work: AsyncIterable<number> = {
        async *[Symbol.asyncIterator]() {
          try {
            yield 0;
            await gate.promise;
          } catch {
            throw 'late';
          }
        },
      };
      const byHand: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({
          next: () => (reads++ === 0 ? Promise.resolve({ done: false, value: 0 }) : gate.promise),
          return: () => closing.promise,
        }),
      };
      const seen = await unhandled(async () => {
        const outcome = await end(
          way,
          (action) =>
            new Batch(fails === 'finally' ? work : byHand, action, {
              parallelism: 2,
              stopOnError: way === 'stopOnError',
            }),
        );
        expect(outcome).toEqual([outcomes[way], []]);
        rejected.reject('late');
      });
      expect(seen).toEqual(['late']);
    }
  });

  test.each(ways)('is with the errors, or is what is thrown, as long as the batch goes on, after %s', async (way) => {
    for (const fails of ['next', 'return', 'both'] as const) {
      let fail!: () => void;
      let reads = 0;
      const work: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({
          next: () => {
            if (reads++ === 0) return Promise.resolve({ done: false, value: 0 });
            return new Promise<never>((_resolve, reject) => (fail = () => reject('next')));
          },
          return: () => {
            if (fails !== 'return') fail();
            return fails === 'next' ? Promise.resolve({ done: true, value: 0 }) : Promise.reject('return');
          },
        }),
      };
      const seen = await unhandled(async () => {
        const [outcome, errors] = (await end(
          way,
          (action) => new Batch(work, action, { parallelism: 2, stopOnError: way === 'stopOnError' }),
        )) as [unknown, unknown[]];
        const all = fails === 'both' ? ['next', 'return'] : [fails];
        if (way === 'break') expect([outcome, ...errors].sort()).toEqual(all);
        else expect([outcome, errors.sort()]).toEqual([outcomes[way], all]);
      });
      expect(seen).toEqual([]);
    }
  });

  test('is no news when it is the reason of the abort, or says that it is its cause', async () => {
    for (const late of [false, true]) {
      const controller = new AbortController();
      const { signal } = controller;
      const gate = deferred<never>();
      const work: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({
          next: () =>
            late ? gate.promise : new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
          return: () => Promise.reject(Object.assign(new Error(), { name: 'AbortError', cause: 'reason' })),
        }),
      }; // prettier-ignore
      const batch = new Batch(work, () => {});
      const seen = await unhandled(async () => {
        const done = batch.process(signal);
        await quiet();
        controller.abort('reason');
        await expect(done).rejects.toBe('reason');
        if (late) gate.reject('reason');
      });
      expect([seen, [...batch.progress.errors]]).toEqual([[], []]);
    }
  });

  test.each(ways)('of a synchronous source, too: what its return throws, after %s', async (way) => {
    const work = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: 0 }),
        return: (): never => {
          throw 'not closed';
        },
      }),
    };
    const seen = await unhandled(async () => {
      const outcome = await end(way, (action) => new Batch(work, action, { parallelism: 1, stopOnError: true }));
      expect(outcome).toEqual(way === 'break' ? ['not closed', []] : [outcomes[way], ['not closed']]);
    });
    expect(seen).toEqual([]);
  });

  test('before whoever reads has been told of it, is lost neither', async () => {
    for (let turns = 0; turns < 8; turns++) {
      const controller = new AbortController();
      const gate = deferred<never>();
      const work = { [Symbol.asyncIterator]: () => ({ next: () => gate.promise }) };
      const batch = new Batch<number>(work, () => {});
      const done = batch.process(controller.signal);
      await quiet();
      gate.reject('broken');
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      controller.abort('reason');
      const outcome = await done.catch((error: unknown) => error);
      const told = [outcome, ...batch.progress.errors];
      expect(told.filter((error) => error === 'broken')).toHaveLength(1);
    }
  });
});

test('stopOnError waits for what is running, then rejects with the error', async () => {
  const gate = deferred();
  const onError = jest.fn();
  let started = 0;
  const batch = new Batch(
    range(10),
    async (item, signal) => {
      started++;
      if (item === 1) throw failing;
      await gate.promise;
      if (signal.aborted) throw signal.reason;
    },
    { parallelism: 3, stopOnError: true, onError },
  );
  const done = batch.process();
  done.catch(() => {});
  await quiet();
  gate.resolve();
  await expect(done).rejects.toBe(failing);
  expect([started, onError.mock.calls.length, batch.progress.failed, batch.progress.skipped]).toEqual([3, 1, 3, 7]);
  const sync = new Batch(
    range(10),
    () => {
      throw undefined;
    },
    { stopOnError: true },
  );
  await expect(sync.process()).rejects.toBeUndefined();
  expect(sync.progress).toMatchObject({ failed: 1, skipped: 9 });
});

test('what the source throws is what the batch rejects with, and the source is not closed', async () => {
  let closed = 0;
  const throwing = {
    next: () => {
      throw failing;
    },
    return: () => (closed++, { done: true, value: 1 }),
  };
  const sync = { [Symbol.iterator]: () => throwing } as unknown as Iterable<number>;
  const slow = {
    [Symbol.asyncIterator]: () => ({ ...throwing, next: async () => throwing.next() }),
  } as unknown as AsyncIterable<number>;
  for (const work of [sync, slow]) {
    await expect(new Batch(work, () => {}).process()).rejects.toBe(failing);
    await expect(new Batch(work, () => {}).results().next()).rejects.toBe(failing);
  }
  expect(closed).toBe(0);
});

test('a source that aborts the batch while it is closed is closed once', async () => {
  const controller = new AbortController();
  let closed = 0;
  const source: AsyncIterable<number> & AsyncIterator<number> = {
    [Symbol.asyncIterator]: () => source,
    next: () => Promise.resolve({ done: false, value: 1 }),
    return: () => {
      closed++;
      controller.abort('again');
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  const fails = (): never => {
    throw 'first';
  };
  await expect(new Batch(source, fails, { stopOnError: true }).process(controller.signal)).rejects.toBe('first');
  expect(closed).toBe(1);
});

test('a source that cannot be closed is left', async () => {
  const controller = new AbortController();
  const work = {
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: 1 }),
      return: () => {
        throw failing;
      },
    }),
  };
  const done = new Batch(work as Iterable<number>, () => controller.abort('reason')).process(controller.signal);
  await expect(done).rejects.toBe('reason');
});

test('synchronous actions let the event loop have its turn', async () => {
  const spin = (): void => {
    for (const end = performance.now() + 2; performance.now() < end;);
  };
  let turns = 0;
  let over = false;
  const count = (): void => {
    turns++;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  await new Batch(range(40), spin, { parallelism: 2 }).process();
  expect(turns).toBeGreaterThanOrEqual(8);
  turns = 0;
  for await (const _ of new Batch(range(40), spin, { parallelism: 50 }).results());
  over = true;
  expect(turns).toBeGreaterThanOrEqual(8);
});

test('no more than 10 ms of synchronous actions go on before the event loop has its turn', async () => {
  let now = 1;
  let turn = 0;
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => now);
  let turns: number[] = [];
  const work = (item: number): number => {
    now += 3;
    turns[turn] = (turns[turn] ?? 0) + 1;
    return item;
  };
  let over = false;
  const next = (): void => {
    turn++;
    if (!over) setImmediate(next);
  };
  setImmediate(next);
  const most = (): number => Math.max(...[...turns].map((items = 0) => items));
  const later = async function* (): AsyncGenerator<number> {
    yield* range(40);
  };
  await new Batch(later(), work, { parallelism: 16 }).process();
  expect(most()).toBeLessThanOrEqual(3);
  for (const parallelism of [1, 16]) {
    for (const source of [range(40), later()]) {
      turns = [];
      for await (const _ of new Batch<number, number>(source, work, { parallelism }).results());
      expect(most()).toBeLessThanOrEqual(3);
    }
  }
  over = true;
  clock.mockRestore();
});

test('an abort while the event loop has its turn is the end of what was read, too', async () => {
  let now = 1;
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => now);
  const controller = new AbortController();
  const seen: number[] = [];
  const batch = new Batch(
    (async function* () {
      yield* range(40);
    })(),
    (item) => {
      now += 6;
      seen.push(item);
      if (item === 2) setImmediate(() => controller.abort('reason'));
    },
    { parallelism: 4 },
  );
  await expect(batch.process(controller.signal)).rejects.toBe('reason');
  expect(seen).toEqual(range(seen.length));
  expect(seen.length).toBeLessThan(6);
  clock.mockRestore();
});

test('what the closing of the source fails with is the error of a stream that was left for no other', async () => {
  const source = (): AsyncGenerator<number> =>
    (async function* () {
      try {
        yield* range(10);
      } finally {
        await Promise.reject('not closed');
      }
    })();
  const left = async (enough: () => void): Promise<void> => {
    for await (const _ of new Batch(source(), (item) => item, { parallelism: 1 }).results()) {
      enough();
      break;
    }
  };
  expect(await unhandled(() => expect(left(() => {})).rejects.toBe('not closed'))).toEqual([]);
  const thrown = new Error('enough');
  const throws = (): void => {
    throw thrown;
  };
  expect(await unhandled(() => expect(left(throws)).rejects.toBe(thrown))).toEqual([]);
});

test('a source whose results are no objects is what the batch fails with', async () => {
  const action = jest.fn();
  const work = { [Symbol.iterator]: () => ({ next: () => 1 as never }) };
  await expect(new Batch(work, action).process()).rejects.toThrow(
    new TypeError('the result of next() must be an object, got 1'),
  );
  expect(action).not.toHaveBeenCalled();
});

test('skipped counts what was read and not started, where nothing is known of how many there are', async () => {
  const { work } = source(100);
  const sized = { length: 50, size: 60, [Symbol.asyncIterator]: () => work[Symbol.asyncIterator]() };
  const batch = new Batch(sized, () => Promise.reject(failing), { parallelism: 1, stopOnError: true });
  await expect(batch.process()).rejects.toBe(failing);
  expect(batch.progress).toMatchObject({ done: 0, failed: 1, skipped: 0 });
  const letters = new Batch('a😀b', () => Promise.reject(failing), { parallelism: 1, stopOnError: true });
  await expect(letters.process()).rejects.toBe(failing);
  expect(letters.progress).toMatchObject({ done: 0, failed: 1, skipped: 2 });
});

describe('results', () => {
  /** An action that ends when it is aborted. */
  const untilAborted = (_: number, signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

  test.each([1, 2, 3])(
    'return while the next result is waited for aborts what runs, and that one is told that there are no more (parallelism: %d)',
    async (parallelism) => {
      const seen = await unhandled(async () => {
        const controller = new AbortController();
        const { work, log } = source(100);
        for (const items of [[1, 2], work]) {
          const stream = new Batch<number>(items, untilAborted, { parallelism }).results({ signal: controller.signal });
          const pending = [stream.next(), stream.next()];
          await quiet();
          const ends = [stream.return!('value'), stream.return!()];
          expect(await Promise.all(pending)).toEqual([
            { done: true, value: undefined },
            { done: true, value: undefined },
          ]);
          expect(await Promise.all(ends)).toEqual([
            { done: true, value: 'value' },
            { done: true, value: undefined },
          ]);
          expect(await stream.next()).toEqual({ done: true, value: undefined });
          expect(listenersOn(controller.signal)).toBe(0);
        }
        expect(log.closed).toBe(1);
      });
      expect(seen).toEqual([]);
    },
  );

  test('return while the source is waited for does not wait for it', async () => {
    const work = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const stream = new Batch(work, () => {}).results();
    const pending = stream.next();
    await quiet();
    await stream.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
  });

  test('a loop that is left when the source has ended aborts what runs, too', async () => {
    const stream = new Batch([0, 1], (item, signal) => (item === 0 ? item : untilAborted(item, signal)), {
      parallelism: 3,
    }).results();
    for await (const result of stream) {
      expect(result).toBe(0);
      break;
    }
  });

  test('what they fail with as they are ended is told to who ends them, each time, and not to who waits', async () => {
    const fails = (item: number, signal: AbortSignal): Promise<never> =>
      untilAborted(item, signal).catch(() => Promise.reject(failing));
    const seen = await unhandled(async () => {
      const stream = new Batch([1], fails).results();
      const pending = stream.next();
      await quiet();
      await expect(stream.return?.()).rejects.toBe(failing);
      expect(await pending).toEqual({ done: true, value: undefined });
      await expect(stream[Symbol.asyncDispose]()).rejects.toBe(failing);
    });
    expect(seen).toEqual([]);
  });

  test('disposal ends them, also when nothing has been asked for, or all has been read; so does throw', async () => {
    const action = jest.fn((item: number) => item);
    const unused = new Batch([1], action).results();
    await unused[Symbol.asyncDispose]();
    expect([await unused.next(), action.mock.calls]).toEqual([{ done: true, value: undefined }, []]);
    let given: AbortSignal | undefined;
    const read = new Batch([1], (_, signal) => void (given = signal)).results();
    for await (const _ of read);
    expect([await read[Symbol.asyncDispose](), given?.aborted]).toEqual([undefined, false]);
    const thrown = new Batch([1], untilAborted).results();
    const pending = thrown.next();
    await quiet();
    await expect(thrown.throw?.(failing)).rejects.toBe(failing);
    expect(await pending).toEqual({ done: true, value: undefined });
  });

  test('a stream of Node that is made of them can be destroyed', async () => {
    let given: AbortSignal | undefined;
    const stream = Readable.from(
      new Batch([1], (item, signal) => ((given = signal), untilAborted(item, signal))).results(),
    );
    stream.on('error', () => {}).resume();
    await quiet();
    expect(given?.aborted).toBe(false);
    const closed = new Promise((resolve) => stream.on('close', resolve));
    stream.destroy();
    await closed;
    await quiet();
    expect(given?.aborted).toBe(true);
  });

  test('come as they are ready, or in the order of the source', async () => {
    for (const ordered of [false, true]) {
      const gates = range(4).map(() => deferred<number>());
      const stream = new Batch(range(4), (item) => gates[item]!.promise, { parallelism: 4 }).results({ ordered });
      const seen: number[] = [];
      const reading = (async () => {
        for await (const result of stream) seen.push(result);
      })();
      for (const item of [2, 0, 3, 1]) {
        gates[item]!.resolve(item);
        await quiet();
      }
      await reading;
      expect(seen).toEqual(ordered ? [0, 1, 2, 3] : [2, 0, 3, 1]);
    }
  });

  test('are made only so far ahead as may run at a time', async () => {
    for (const ordered of [false, true]) {
      let started = 0;
      const stream = new Batch(range(1100), async (item) => (started++, item), { parallelism: 3 }).results({ ordered });
      await quiet();
      expect(started).toBe(0);
      await stream.next();
      await quiet();
      expect(started).toBeLessThanOrEqual(4);
      let count = 1;
      for await (const _ of stream) count++;
      expect([count, started]).toEqual([1100, 1100]);
    }
  });

  test('ordered look-ahead is bounded when the first one is slow', async () => {
    const gate = deferred<number>();
    let started = 0;
    const stream = new Batch(range(100), (item) => (started++, item === 0 ? gate.promise : item), {
      parallelism: 5,
    }).results({ ordered: true });
    const first = stream.next();
    for (let turn = 0; turn < 5; turn++) await quiet();
    expect(started).toBe(5);
    gate.resolve(0);
    expect(await first).toEqual({ done: false, value: 0 });
    await stream.return?.();
  });

  test('ending the loop stops the batch, aborts and waits for what runs, and closes the source', async () => {
    const { work, log } = source(100);
    const controller = new AbortController();
    let running = 0;
    const action = async (item: number, signal: AbortSignal): Promise<number> => {
      running++;
      try {
        if (item > 0)
          await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        return item;
      } finally {
        await quiet();
        running--;
      }
    };
    const seen = await unhandled(async () => {
      for await (const _ of new Batch(work, action, { parallelism: 3 }).results({ signal: controller.signal })) break;
    });
    expect([seen, running, log.closed, listenersOn(controller.signal)]).toEqual([[], 0, 1, 0]);
  });

  test.each([true, false])(
    'ending the loop waits for an action that ignores the abort (ordered: %p)',
    async (ordered) => {
      const gate = deferred();
      let left = 0;
      const action = async (item: number): Promise<void> => {
        if (item === 0) return;
        await gate.promise;
        left++;
      };
      const stream = new Batch([0, 1, 2], action, { parallelism: 3 }).results({ ordered });
      await stream.next();
      let ended = false;
      const end = stream.return?.().then(() => (ended = true));
      await quiet();
      expect(ended).toBe(false);
      gate.resolve();
      await end;
      expect(left).toBe(2);
    },
  );

  test('what a source gives while it stops the batch is not started', async () => {
    for (const way of ['process', 'results'] as const) {
      const controller = new AbortController();
      function* items(): Generator<number> {
        yield 0;
        controller.abort('enough');
        yield 1;
      }
      const started: number[] = [];
      const batch = new Batch(items(), (item: number) => void started.push(item), { parallelism: 2 });
      const all = async (): Promise<void> => {
        for await (const _ of batch.results({ signal: controller.signal }));
      };
      await expect(way === 'process' ? batch.process(controller.signal) : all()).rejects.toBe('enough');
      expect(started).toEqual([0]);
    }
  });

  test('an error stops the stream, after the results before it; with onError it is left out', async () => {
    const action = async (item: number): Promise<number> => {
      if (item === 2) throw failing;
      return item;
    };
    const seen: number[] = [];
    const read = async (stream: AsyncIterable<number>): Promise<void> => {
      for await (const result of stream) seen.push(result);
    };
    await expect(read(new Batch(range(5), action, { parallelism: 1 }).results())).rejects.toBe(failing);
    expect(seen).toEqual([0, 1]);
    const onError = jest.fn();
    await read(new Batch(range(5), action, { parallelism: 1, onError }).results({ ordered: true }));
    expect([seen, onError.mock.calls]).toEqual([[0, 1, 0, 1, 3, 4], [[failing, 2]]]);
    await expect(
      read(new Batch(range(5), action, { parallelism: 1, onError, stopOnError: true }).results()),
    ).rejects.toBe(failing);
  });

  test('an abort throws the reason', async () => {
    const controller = new AbortController();
    const stream = new Batch(range(5), async (item) => (item === 1 && controller.abort('reason'), item), {
      parallelism: 1,
    }).results({ signal: controller.signal });
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      for await (const result of stream) seen.push(result);
    };
    await expect(read()).rejects.toBe('reason');
    expect(seen).toEqual([0, 1]);
    await expect(new Batch(range(5), () => {}).results({ signal: controller.signal }).next()).rejects.toBe('reason');
  });
});

test('a stream counts what becomes of the items, and loses no error', async () => {
  const gate = deferred();
  const action = async (item: number): Promise<number> => {
    if (item < 2) return item;
    await gate.promise;
    throw item;
  };
  const batch = new Batch(range(10), action, { parallelism: 3 });
  const stream = batch.results();
  await stream.next();
  await stream.next();
  const last = stream.next();
  await quiet();
  gate.resolve();
  await expect(last).rejects.toBe(2);
  const { done, failed, skipped, errors } = batch.progress;
  expect([done, failed, skipped, [...errors]]).toEqual([2, 3, 5, [2, 3, 4]]);
  for await (const _ of new Batch(range(3), (item) => item).results());
  // The errors have their place: none is reported a second time.
  const seen = await unhandled(async () => {
    const failingStream = new Batch(range(2), () => Promise.reject(failing)).results();
    await expect(failingStream.next()).rejects.toBe(failing);
  });
  expect(seen).toEqual([]);
  const whole = new Batch(range(3), (item) => item);
  for await (const _ of whole.results());
  expect(whole.progress).toMatchObject({ done: 3, failed: 0, skipped: 0 });
});

test('a stream that an abort ends counts the actions that the abort ended, and takes them for no errors', async () => {
  const controller = new AbortController();
  const batch = new Batch(
    range(4),
    (_, signal) =>
      new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    { parallelism: 2, onError: () => expect(1).toBe(2) },
  );
  const next = batch.results({ signal: controller.signal }).next();
  await quiet();
  controller.abort('reason');
  await expect(next).rejects.toBe('reason');
  expect([batch.progress.failed, batch.progress.skipped, batch.progress.errors.size]).toEqual([2, 2, 0]);
});

test('synchronous actions do not wait for the event loop each', async () => {
  // However busy the machine is: the clock stands still.
  const clock = jest.spyOn(Date, 'now').mockReturnValue(1);
  let turns = 0;
  let over = false;
  const count = (): void => {
    turns++;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  await new Batch(range(300), () => {}).process();
  for await (const _ of new Batch(range(300), (item) => item).results());
  over = true;
  clock.mockRestore();
  expect(turns).toBeLessThan(50);
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
