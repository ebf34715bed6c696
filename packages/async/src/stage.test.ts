import { describe, expect, jest, test } from '@jest/globals';
import { Batch } from './index.js';
import { deferred, listenersOn, quiet, unhandled } from './test-support/moments.js';
import { range, source } from './test-support/work.js';

const failing = new Error('this is only a test');

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

test('nor for one that stops the batch as it is asked, and does not answer', async () => {
  const controller = new AbortController();
  const hangs = (): Promise<never> => {
    controller.abort('reason');
    return new Promise(() => {});
  };
  const generator = async function* (): AsyncGenerator<number> {
    yield hangs();
  };
  const answer = { next: hangs, return: () => new Promise<never>(() => {}) };
  for (const work of [generator(), { [Symbol.asyncIterator]: () => answer }]) {
    await expect(new Batch(work, () => {}).process(controller.signal)).rejects.toBe('reason');
  }
});

test.each(['process', 'results'] as const)(
  'what an action fails with after an abort is among the errors and told to onError, unless it says that it was aborted (%s)',
  async (way) => {
    const echo = Object.assign(new Error(), { name: 'AbortError', cause: 'reason' });
    const onError = jest.fn();
    const controller = new AbortController();
    const { signal } = controller;
    const thrown = ['other', 'reason', echo, failing];
    const action = async (item: number): Promise<void> => {
      await quiet();
      controller.abort('reason');
      await quiet();
      throw thrown[item];
    };
    const batch = new Batch(range(6), action, { onError, parallelism: 4 });
    const seen = await unhandled(async () => {
      const first = way === 'process' ? batch.process(signal) : batch.results({ signal }).next();
      await expect(first).rejects.toBe('reason');
    });
    const { failed, skipped, errors } = batch.progress;
    expect([failed, skipped, [...errors], seen]).toEqual([4, 2, ['other', failing], []]);
    expect(onError.mock.calls).toEqual([
      ['other', 0],
      [failing, 3],
    ]);
  },
);

test('what onError throws is an unhandled rejection, and the batch goes on', async () => {
  const onError = (error: unknown): never => {
    throw [error];
  };
  const fails = [(item: number) => Promise.reject(item), (item: number): never => { throw item; }]; // prettier-ignore
  for (const action of fails) {
    const seen = await unhandled(async () => {
      const batch = new Batch<number, void>(range(2), action, { onError, parallelism: 1 });
      expect(await batch.process()).toMatchObject({ failed: 2 });
      expect(await batch.results().next()).toEqual({ done: true, value: undefined });
    });
    expect(seen).toEqual([[0], [1], [0], [1]]);
  }
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

test('a synchronous generator that stops the batch itself is closed when it has answered', async () => {
  for (const way of ['process', 'results'] as const) {
    const controller = new AbortController();
    const log: string[] = [];
    function* items(): Generator<number> {
      try {
        yield 0;
        controller.abort('enough');
        yield 1;
      } finally {
        log.push('closed');
      }
    }
    const batch = new Batch(items(), (item) => log.push(`started ${item}`), { parallelism: 2 });
    const { signal } = controller;
    const all = async (): Promise<void> => {
      for await (const _ of batch.results({ signal }));
    };
    await expect(way === 'process' ? batch.process(signal) : all()).rejects.toBe('enough');
    expect([log, [...batch.progress.errors]]).toEqual([['started 0', 'closed'], []]);
  }
});

test('work that aborts the signal as it is asked for its iterator is closed, and not read', async () => {
  for (const way of ['process', 'results'] as const) {
    const controller = new AbortController();
    const log: string[] = [];
    const work: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => {
        controller.abort('at once');
        return {
          next: () => (log.push('next'), Promise.resolve({ done: true, value: undefined })),
          return: () => (log.push('return'), Promise.resolve({ done: true, value: undefined })),
        };
      },
    };
    const batch = new Batch(work, () => log.push('started'));
    const { signal } = controller;
    const seen = await unhandled(async () => {
      const first = way === 'process' ? batch.process(signal) : batch.results({ signal }).next();
      await expect(first).rejects.toBe('at once');
    });
    expect([log, seen, listenersOn(signal)]).toEqual([['return'], [], 0]);
  }
});
