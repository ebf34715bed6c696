import { Readable } from 'node:stream';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { Batch, type ResultsOptions } from './index.js';
import { deferred, listenersOn, quiet, unhandled } from './test-support/moments.js';
import { range, source } from './test-support/work.js';

const failing = new Error('this is only a test');

// The event loop has the turn that earlier tests owe it.
beforeEach(quiet);

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

test('what items fail with as they are ended is in the progress, and told neither to who ends them nor to who waits', async () => {
  const fails = (item: number, signal: AbortSignal): Promise<never> =>
    untilAborted(item, signal).catch(() => Promise.reject(failing));
  const seen = await unhandled(async () => {
    const batch = new Batch([1], fails);
    const stream = batch.results();
    const pending = stream.next();
    await quiet();
    expect(await stream.return?.('value')).toEqual({ done: true, value: 'value' });
    expect(await pending).toEqual({ done: true, value: undefined });
    await stream[Symbol.asyncDispose]();
    expect([...batch.progress.errors]).toEqual([failing]);
  });
  expect(seen).toEqual([]);
});

test.each([
  ['an item that fails meanwhile', { ordered: false }],
  ['an item that fails meanwhile, in order', { ordered: true }],
  ['with onError and stopOnError', { ordered: false, onError: () => {}, stopOnError: true }],
])('who leaves with the result that was looked for keeps it: %s', async (_, { ordered, ...options }) => {
  const gate = deferred<number>();
  const batch = new Batch<number, number>([0, 1], (item) => (item === 0 ? 0 : gate.promise), {
    parallelism: 2,
    ...options,
  });
  const first = async (): Promise<number | undefined> => {
    for await (const result of batch.results({ ordered })) {
      gate.reject(failing);
      await quiet();
      return result;
    }
    return undefined;
  };
  expect(await unhandled(async () => expect(await first()).toBe(0))).toEqual([]);
  expect([...batch.progress.errors]).toEqual([failing]);
});

test('who leaves after the signal has aborted is not thrown its reason', async () => {
  const controller = new AbortController();
  for await (const _ of new Batch([0, 1], (item) => item, { parallelism: 1 }).results({ signal: controller.signal })) {
    controller.abort('reason');
    break;
  }
  const stream = new Batch([0, 1], untilAborted).results({ signal: controller.signal });
  await expect(stream.next()).rejects.toBe('reason');
});

test('what the source or its closing fails with is thrown to who leaves, each time, also when an item fails because of that', async () => {
  const fails = (item: number, signal: AbortSignal): number | Promise<never> =>
    item === 0 ? item : untilAborted(item, signal).catch(() => Promise.reject(failing));
  const close = async (): Promise<never> => {
    await quiet();
    throw new Error('not closed');
  };
  let item = 0;
  const work = {
    [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: item++ }), return: close }),
  };
  const batch = new Batch(work, fails, { parallelism: 2 });
  const stream = batch.results();
  await stream.next();
  await quiet();
  await expect(stream.return?.()).rejects.toThrow('not closed');
  await expect(stream[Symbol.asyncDispose]()).rejects.toThrow('not closed');
  expect([...batch.progress.errors]).toEqual([failing]);
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

test.each([1, 2, 3, 5])(
  'in the order of the source nothing comes behind a gap, whatever makes it (parallelism: %d)',
  async (parallelism) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ turns: fc.nat(3), end: fc.constantFrom('well', 'well', 'badly', 'aborts') }), {
          maxLength: 8,
        }),
        fc.boolean(),
        async (items, slow) => {
          const controller = new AbortController();
          const action = async (
            [index, { turns, end }]: [number, (typeof items)[number]],
            signal: AbortSignal,
          ): Promise<number> => {
            for (let turn = 0; turn < turns; turn++) await Promise.resolve();
            signal.throwIfAborted();
            if (end === 'badly') throw failing;
            if (end === 'aborts') controller.abort('stop');
            return index;
          };
          const stream = new Batch([...items.entries()], action, { parallelism }).results({
            ordered: true,
            signal: controller.signal,
          });
          const seen: number[] = [];
          let thrown: unknown;
          try {
            for await (const index of stream) {
              seen.push(index);
              if (slow) await quiet();
            }
          } catch (error) {
            thrown = error;
          }
          // Without gaps, and whole when nothing has stopped it.
          expect(seen).toEqual([...seen.keys()]);
          if (thrown === undefined) expect(seen).toHaveLength(items.length);
          else expect([failing, 'stop']).toContain(thrown);
          expect(thrown === undefined).toBe(items.every(({ end }) => end === 'well'));
        },
      ),
      { numRuns: 300 },
    );
  },
);

test('in the order of the source a failure comes at its place, also when others were ready before', async () => {
  const gates = [0, 1, 2, 3].map(() => deferred());
  const stream = new Batch([0, 1, 2, 3], (item) => (gates[item]?.promise as Promise<unknown>).then(() => item), {
    parallelism: 4,
  }).results({ ordered: true });
  const first = stream.next();
  for (const item of [2, 3, 0]) gates[item]?.resolve();
  expect(await first).toEqual({ done: false, value: 0 });
  const second = stream.next();
  gates[1]?.reject(failing);
  await expect(second).rejects.toBe(failing);
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test('take their options when they are made', async () => {
  const controller = new AbortController();
  const options: ResultsOptions = { signal: controller.signal, ordered: true };
  const gate = deferred();
  const make = (): AsyncIterableIterator<number> =>
    new Batch(range(2), async (item) => (item === 0 ? (await gate.promise, item) : item), { parallelism: 2 }).results(
      options,
    );
  const streams = [make(), make()] as const;
  options.ordered = false;
  options.signal = AbortSignal.abort('another');
  const first = streams[0].next();
  await quiet();
  gate.resolve();
  expect(await first).toEqual({ done: false, value: 0 });
  await streams[0].return?.();
  controller.abort('reason');
  await expect(streams[1].next()).rejects.toBe('reason');
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

test('who asks for more before the first has come is served in turn', async () => {
  for (const action of [(item: number) => item, async (item: number) => item]) {
    const stream = new Batch(range(4), action, { parallelism: 4 }).results({ ordered: true });
    const seen: unknown[] = [];
    const asked = range(6).map(() => stream.next().then(({ value }) => void seen.push(value)));
    await Promise.all(asked);
    expect(seen).toEqual([0, 1, 2, 3, undefined, undefined]);
  }
});

test('a source that asks for a result as it is asked for an item is asked for one at a time', async () => {
  const { work, log } = source(4);
  const iterator = work[Symbol.asyncIterator]();
  const asked: Promise<IteratorResult<number>>[] = [];
  const next = (): Promise<IteratorResult<number>> => {
    if (log.read === 1) asked.push(stream.next());
    return iterator.next();
  };
  const stream = new Batch({ [Symbol.asyncIterator]: () => ({ next }) }, (item) => item, { parallelism: 1 }).results();
  const results: number[] = [];
  for await (const result of stream) results.push(result);
  for (const { value } of await Promise.all(asked)) results.push(value as number);
  expect([log.most, results.sort()]).toEqual([1, range(4)]);
});

test('of a result that was handed out nothing is kept', async () => {
  const stream = new Batch(range(2), (item) => ({ item }), { parallelism: 1 }).results();
  const read = async (): Promise<WeakRef<object>> => new WeakRef((await stream.next()).value as object);
  const first = await read();
  const last = await read();
  for (let turn = 0; turn < 3; turn++) {
    await quiet();
    globalThis.gc?.();
  }
  expect([first.deref(), last.deref()]).toEqual([undefined, undefined]);
  await stream.return?.();
});

test.each(['read to the end', 'return', 'disposal', 'abort', 'throw'])(
  'a stream that has ended keeps no result, nor the promise of anybody who has waited (%s)',
  async (way) => {
    const kept: unknown[] = [];
    const ended = async (ordered: boolean, waiting: number): Promise<WeakRef<object>[]> => {
      const controller = new AbortController();
      const refs: WeakRef<object>[] = [];
      const action = async (): Promise<object> => {
        await quiet();
        const result = {};
        refs.push(new WeakRef(result));
        return result;
      };
      const stream = new Batch(range(4), action, { parallelism: 2 }).results({ ordered, signal: controller.signal });
      const asked = range(waiting).map(() => stream.next());
      if (waiting === 1) await asked[0];
      for (let turn = 0; turn < 3; turn++) await quiet();
      if (way === 'return') await stream.return?.();
      if (way === 'disposal') await stream[Symbol.asyncDispose]();
      if (way === 'throw') await stream.throw?.(failing).catch(() => {});
      if (way === 'abort') controller.abort();
      for (const one of asked) refs.push(new WeakRef(one), new WeakRef(await one.catch(() => failing)));
      for (let more = 0; more < 4; more++) await stream.next().catch(() => {});
      kept.push(stream, controller);
      return refs;
    };
    const refs: WeakRef<object>[] = [];
    for (const ordered of [false, true]) {
      for (const waiting of [1, 8]) refs.push(...(await ended(ordered, waiting)));
    }
    for (let turn = 0; turn < 5; turn++) {
      await quiet();
      globalThis.gc?.();
    }
    expect(refs.length).toBeGreaterThan(8);
    expect(refs.map((ref) => ref.deref()).filter((one) => one && one !== failing)).toEqual([]);
    expect(kept.length).toBe(8);
  },
);

// One that looks at all who wait for each that it answers does not come to its end in the time that a test has.
test('any number may ask at once, and are answered in their order', async () => {
  const stream = new Batch(range(200_000), async (item) => item, { parallelism: 1 }).results();
  const results = await Promise.all(range(200_001).map(() => stream.next()));
  expect(results.findIndex(({ value }, index) => value !== index)).toBe(200_000);
  expect(results.at(-1)).toEqual({ done: true, value: undefined });
});

describe('what a stream fails with, when an error is thrown into it, is with the other errors', () => {
  /** Two results that nobody has read: the stream has not ended. */
  const thrownInto = async (
    next: () => IteratorResult<number>,
    close: () => IteratorResult<number>,
    action: (item: number, controller: AbortController) => unknown,
    stopOnError = false,
  ): Promise<[unknown, unknown[]]> => {
    const controller = new AbortController();
    const work = { [Symbol.iterator]: () => ({ next, return: close }) };
    const batch = new Batch<number, unknown>(work, (item) => action(item, controller), { parallelism: 3, stopOnError });
    const stream = batch.results({ signal: controller.signal });
    await stream.next();
    await quiet();
    const outcome: unknown = await stream.throw?.('thrown').catch((error: unknown) => error);
    // It was told, and is not told again.
    await stream.return?.();
    await expect(stream.throw?.('again')).rejects.toBe('again');
    return [outcome, [...batch.progress.errors]];
  };
  let item = 0;
  const endless = (): IteratorResult<number> => ({ done: false, value: item++ });
  const fail = (): never => {
    throw failing;
  };
  const closed = (): IteratorResult<number> => ({ done: true, value: undefined });

  test('when the source cannot be closed', async () => {
    expect(await thrownInto(endless, fail, (value) => value)).toEqual(['thrown', [failing]]);
  });

  test('when the source has failed before that', async () => {
    let reads = 0;
    const breaks = (): IteratorResult<number> => (reads++ < 2 ? endless() : fail());
    expect(await thrownInto(breaks, closed, (value) => value)).toEqual(['thrown', [failing]]);
  });

  test('once, when an action has stopped it', async () => {
    let calls = 0;
    const action = (): number => (calls++ < 2 ? calls : fail());
    expect(await thrownInto(endless, closed, action)).toEqual(['thrown', [failing]]);
  });

  test('but not the reason of its signal', async () => {
    let calls = 0;
    const action = (_: number, controller: AbortController): void => {
      if (calls++ === 2) controller.abort('reason');
    };
    expect(await thrownInto(endless, closed, action)).toEqual(['thrown', []]);
  });
});

test('what cannot be iterated after all is told to who asks first', async () => {
  const work = {
    [Symbol.iterator]: (): never => {
      throw failing;
    },
  };
  const stream = new Batch(work, () => {}).results();
  await expect(stream.next()).rejects.toBe(failing);
  expect(await stream.next()).toEqual({ done: true, value: undefined });
  await expect(new Batch(work, () => {}).process()).rejects.toBe(failing);
});
