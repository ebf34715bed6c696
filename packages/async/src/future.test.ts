import { describe, expect, test } from '@jest/globals';
import { CannotCancelError, Future, start } from './index.js';
import { deferred, listenersOn, quiet, unhandled } from './test-support/moments.js';

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('upstream', () => {
  test('Test_Future_Complete', async () => {
    const { promise, resolve } = deferred();
    const future = start(() => promise);
    resolve();
    expect(await future.complete()).toBeUndefined();
    expect(await future.complete()).toBeUndefined();
  });

  test('Test_Future_Cancel', async () => {
    let cancelled = false;
    await start(async (signal) => {
      await untilAborted(signal).catch(() => {});
      cancelled = true;
    }).cancel();
    // It was cancelled before it began.
    expect(cancelled).toBe(false);
    const future = start(async (signal) => {
      await untilAborted(signal).catch(() => {});
      cancelled = true;
    });
    await quiet();
    await future.cancel();
    expect(cancelled).toBe(true);
  });

  test('Test_Future_Cancel_repeat', async () => {
    const future = start(untilAborted);
    await future.cancel();
    await expect(future.cancel()).rejects.toThrow(CannotCancelError);
    await expect(future.cancel()).rejects.toMatchObject({ code: 'ERR_CANNOT_CANCEL' });
    await expect(future.cancel()).rejects.toThrow('Future cannot be cancelled: it has been cancelled');
  });

  test('Test_Future_Finished', async () => {
    const { promise, resolve } = deferred();
    const future = Future.start(() => promise);
    const { finished } = future;
    resolve();
    expect(await finished).toBeUndefined();
    expect(await future.finished).toBeUndefined();
  });
});

test('it begins in a microtask, and can be awaited by any number', async () => {
  const log: string[] = [];
  const future = start(() => {
    log.push('begun');
    return 42;
  });
  log.push('returned');
  expect(await Promise.all([future, future.complete(), future.then((value) => value + 1)])).toEqual([42, 42, 43]);
  expect(log).toEqual(['returned', 'begun']);
  await future.cancel();
  expect(await future).toBe(42);
});

test('complete and cancel can be called at the same time', async () => {
  const future = start(untilAborted);
  const complete = future.complete();
  await Promise.all([future.cancel(), expect(complete).rejects.toMatchObject({ name: 'AbortError' })]);
  await future.finished;
});

test('its signal aborts the work, and takes its listener along', async () => {
  const controller = new AbortController();
  const future = start(untilAborted, { signal: controller.signal });
  await quiet();
  controller.abort('reason');
  await expect(future).rejects.toBe('reason');
  expect(listenersOn(controller.signal)).toBe(0);
  let begun = false;
  await expect(start(() => (begun = true), { signal: controller.signal })).rejects.toBe('reason');
  expect(begun).toBe(false);
});

test('finished never rejects, and does not hide a failure that nobody looks at', async () => {
  const seen = await unhandled(async () => {
    await start(() => Promise.reject('failed')).finished;
  });
  expect(seen).toEqual(['failed']);
});

test('cancel rejects with what the work fails with, when that is not the abort', async () => {
  const seen = await unhandled(async () => {
    await expect(start(() => Promise.reject('failed')).complete()).rejects.toBe('failed');
    const future = start((signal) => untilAborted(signal).catch(() => Promise.reject('failed')));
    await quiet();
    await expect(future.cancel()).rejects.toBe('failed');
  });
  expect(seen).toEqual([]);
});

test('finished and disposal wait for the end of work that goes on after the abort', async () => {
  const gate = deferred();
  const log: string[] = [];
  let given: AbortSignal | undefined;
  const future = start(async (signal) => {
    given = signal;
    await gate.promise;
    log.push('over');
  });
  void future.finished.then(() => log.push('finished'));
  await quiet();
  expect([log, given?.aborted]).toEqual([[], false]);
  const disposed = future[Symbol.asyncDispose]().then(() => log.push('disposed'));
  await quiet();
  expect([log, given?.aborted]).toEqual([[], true]);
  gate.resolve();
  await disposed;
  await quiet();
  expect(log).toEqual(['over', 'finished', 'disposed']);
});

test('a cancel that comes when the work is over aborts nothing', async () => {
  let given: AbortSignal | undefined;
  const future = start((signal) => void (given = signal));
  await future;
  await future.cancel();
  expect(given?.aborted).toBe(false);
});

test('disposal gives the same outcome each time', async () => {
  const seen = await unhandled(async () => {
    const fails = (signal: AbortSignal): Promise<never> => untilAborted(signal).catch(() => Promise.reject('failed'));
    const future = start(fails);
    await quiet();
    for (let time = 0; time < 3; time++) await expect(future[Symbol.asyncDispose]()).rejects.toBe('failed');
    // Who has cancelled has been told.
    const cancelled = start(fails);
    await quiet();
    await expect(cancelled.cancel()).rejects.toBe('failed');
    for (let time = 0; time < 2; time++) await cancelled[Symbol.asyncDispose]();
  });
  expect(seen).toEqual([]);
});

test('who has asked for the result is told of a failure, and disposal does not tell it again', async () => {
  const seen = await unhandled(async () => {
    for (const ask of [(f: Future<never>) => f.complete(), (f: Future<never>) => Promise.resolve(f)]) {
      const future = start(() => Promise.reject('failed'));
      await expect(ask(future)).rejects.toBe('failed');
      for (let time = 0; time < 2; time++) await future[Symbol.asyncDispose]();
    }
    // What was asked for, and is left when the scope ends by something else: an abort is no failure.
    const left = start(untilAborted);
    void left.complete();
    await left[Symbol.asyncDispose]();
  });
  expect(seen).toEqual([]);
});

test("a failure that was asked for, and that nobody looks at, is the platform's", async () => {
  const seen = await unhandled(async () => {
    const future = start(() => Promise.reject('failed'));
    void future.complete();
    await quiet();
    await future[Symbol.asyncDispose]();
  });
  expect(seen).toEqual(['failed']);
});

test('disposal cancels, and waits for the end', async () => {
  const future = start(untilAborted);
  await Promise.all([future[Symbol.asyncDispose](), future[Symbol.asyncDispose]()]);
  expect(() => start(undefined as never)).toThrow('work must be a function, got undefined');
  expect(() => start(() => {}, { signal: 1 as never })).toThrow(TypeError);
});
