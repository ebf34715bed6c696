// What the action of an item fails with after the item has failed: cancelled, timed out, or given up by a stop.
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Queue } from './index.js';
import { type Deferred, deferred, quiet, unhandled } from './test-support/moments.js';

afterEach(() => {
  jest.useRealTimers();
});

const ways = ['submit', 'enqueue', 'tryEnqueue'] as const;
const ends = ['cancel', 'timeout', 'grace period'] as const;
const contexts = ['queue', 'enqueuer'] as const;
/** What an action fails with that has seen its signal: the first two say only that. */
const failures = {
  'the reason': (signal) => signal.reason,
  'an AbortError because of it': (signal) =>
    Object.assign(new Error('aborted', { cause: signal.reason }), { name: 'AbortError' }),
  'another error': () => new Error('the clean-up has failed'),
  'an AbortError for another reason': () => Object.assign(new Error('aborted'), { name: 'AbortError' }),
  'nothing that is an error': () => undefined,
} satisfies Record<string, (signal: AbortSignal) => unknown>;
type Failure = keyof typeof failures;

interface Told {
  /** What `submit` rejects with. */
  outcome: unknown;
  /** What `onError` was told before the action failed, and after. */
  before: unknown[];
  after: unknown[][];
  unhandled: unknown[];
  error: unknown;
}

/** One item, whose action fails when it has been aborted. */
async function fails(
  way: (typeof ways)[number],
  end: (typeof ends)[number],
  failure: Failure,
  context: (typeof contexts)[number],
  heard: boolean,
): Promise<Told> {
  jest.useFakeTimers();
  const told = { outcome: undefined, before: [], after: [], error: undefined } as unknown as Told;
  let calls: unknown[][] = [];
  told.unhandled = await unhandled(async () => {
    const gate: Deferred<void> = deferred();
    let seen: AbortSignal | undefined;
    const queue = new Queue(
      async (_: string, signal) => {
        seen = signal;
        await gate.promise;
        throw (told.error = failures[failure](signal));
      },
      {
        context,
        shutdownGracePeriod: 10,
        timeout: end === 'timeout' ? 10 : undefined,
        onError: heard ? (...args) => void calls.push(args) : undefined,
      },
    );
    const controller = new AbortController();
    await queue.start();
    const placed = queue[way]('item', end === 'cancel' ? { signal: controller.signal } : undefined);
    if (way === 'submit') (placed as Promise<void>).catch((error: unknown) => (told.outcome = error));
    await quiet();
    const stopped = end === 'grace period' ? queue.stop() : undefined;
    if (end === 'cancel') controller.abort('cancelled');
    else jest.advanceTimersByTime(10);
    await stopped;
    await quiet();
    expect(seen?.aborted).toBe(true);
    told.before = calls.map(([error]) => error);
    calls = told.after;
    gate.resolve();
    await quiet();
    if (!stopped) await queue.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
  return told;
}

describe.each(ends)('an item that has failed by the %s', (end) => {
  const cases = ways.flatMap((way) => contexts.map((context) => [way, context] as const));

  test.each(cases)('%s, %s: what its action then fails with is told to onError', async (way, context) => {
    for (const failure of Object.keys(failures) as Failure[]) {
      const told = await fails(way, end, failure, context, true);
      const echo = failure === 'the reason' || failure === 'an AbortError because of it';
      expect([failure, told.after]).toEqual([failure, echo ? [] : [[told.error, 'item']]]);
      if (!echo) expect(told.after[0]?.[0]).toBe(told.error);
      // What the item itself has failed with is told as ever.
      expect(told.before).toHaveLength(way === 'submit' || end === 'cancel' ? 0 : 1);
      if (way === 'submit') expect(told.outcome).toBeDefined();
      expect(told.unhandled).toEqual([]);
    }
  });

  test.each(cases)(
    '%s, %s: without onError that is an unhandled rejection, unless a submitter was told that it has failed',
    async (way, context) => {
      for (const failure of Object.keys(failures) as Failure[]) {
        const told = await fails(way, end, failure, context, false);
        const echo = failure === 'the reason' || failure === 'an AbortError because of it';
        const late = echo || way === 'submit' ? [] : [told.error];
        const first = end === 'timeout' && way !== 'submit' ? [expect.objectContaining({ name: 'TimeoutError' })] : [];
        expect([failure, told.unhandled]).toEqual([failure, [...first, ...late]]);
      }
    },
  );
});

test('an action that aborts its own signal and then throws another error has that told, too', async () => {
  for (const context of contexts) {
    for (const thrown of ['reason', 'other']) {
      const onError = jest.fn();
      const controller = new AbortController();
      const queue = new Queue(
        (_: string) => {
          controller.abort('reason');
          throw thrown;
        },
        { context, onError },
      );
      await queue.start();
      await expect(queue.submit('item', { signal: controller.signal })).rejects.toBe('reason');
      expect(onError.mock.calls).toEqual(thrown === 'other' ? [['other', 'item']] : []);
      await queue.stop();
    }
  }
});

test("the reason of the item's own signal is no news either when that aborts after a timeout", async () => {
  jest.useFakeTimers();
  const onError = jest.fn();
  const controller = new AbortController();
  const queue = new Queue(
    () => new Promise((_, reject) => controller.signal.addEventListener('abort', () => reject('own'))),
    { timeout: 10, onError },
  );
  await queue.start();
  const submitted = expect(queue.submit('item', { signal: controller.signal })).rejects.toMatchObject({
    name: 'TimeoutError',
  });
  await quiet();
  jest.advanceTimersByTime(10);
  await submitted;
  controller.abort('own');
  await queue.idle();
  expect(onError).not.toHaveBeenCalled();
  await queue.stop();
});

test('an onError that throws is an unhandled rejection, and the queue goes on', async () => {
  const seen = await unhandled(async () => {
    const controller = new AbortController();
    const queue = new Queue((item: number) => (item === 1 ? gate.promise : 'next'), {
      onError: () => {
        throw 'thrown by onError';
      },
    });
    const gate = deferred<string>();
    await queue.start();
    const submitted = expect(queue.submit(1, { signal: controller.signal })).rejects.toBe('cancelled');
    await quiet();
    controller.abort('cancelled');
    await submitted;
    gate.reject('late');
    expect(await queue.submit(2)).toBe('next');
    await queue.stop();
  });
  expect(seen).toEqual(['thrown by onError']);
});

test('what it fails with is not told of a queue that has ended and was started again as if it were its own', async () => {
  jest.useFakeTimers();
  const onError = jest.fn();
  const gate = deferred();
  const queue = new Queue((item: string) => (item === 'slow' ? gate.promise : undefined), {
    shutdownGracePeriod: 10,
    parallelism: 1,
    onError,
  });
  await queue.start();
  const slow = expect(queue.submit('slow')).rejects.toMatchObject({ name: 'AbortError' });
  await quiet();
  const stopped = queue.stop();
  jest.advanceTimersByTime(10);
  await Promise.all([stopped, slow]);
  await queue.start();
  await queue.submit('quick');
  gate.reject('late');
  await quiet();
  expect([queue.running, queue.size, onError.mock.calls]).toEqual([0, 0, [['late', 'slow']]]);
  await queue.stop();
});
