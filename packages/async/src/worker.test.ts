import { AsyncLocalStorage } from 'node:async_hooks';
import { link } from '@x/abort';
import { describe, expect, jest, test } from '@jest/globals';
import {
  CannotStartError,
  CannotStopError,
  DiscardedError,
  latchStarted,
  latchStopped,
  latchStopping,
  Worker,
} from './index.js';
import { deferred, listenersOn, quiet, unhandled } from './test-support/moments.js';

test('TestWorker', async () => {
  const seen: string[] = [];
  const worker = new Worker((item: string) => void seen.push(item));
  await worker.start();
  expect(worker.state).toBe(latchStarted);
  await worker.enqueue('hello');
  await worker.stop();
  expect(worker.state).toBe(latchStopped);
  expect(seen).toEqual(['hello']);
});

test('enqueue waits while an item is held; a stop runs the held one first, and refuses who waits', async () => {
  const gate = deferred();
  const log: string[] = [];
  const worker = new Worker(async (item: string) => {
    log.push(item);
    await gate.promise;
  });
  await worker.enqueue('a');
  const second = worker.enqueue('b').then(() => log.push('b held'));
  const third = worker.enqueue('c');
  await worker.start();
  await quiet();
  expect(log).toEqual(['a']);
  gate.resolve();
  await second;
  const stopped = worker.stop();
  expect(worker.state).toBe(latchStopping);
  await expect(worker.enqueue('d')).rejects.toMatchObject({ code: 'ERR_DISCARDED', items: ['d'] });
  await Promise.allSettled([third]);
  await stopped;
  expect(log.slice(0, 3).sort()).toEqual(['a', 'b', 'b held']);
  await expect(worker.enqueue('e')).rejects.toThrow(DiscardedError);
  await worker.start();
  await worker.enqueue('f');
  await worker.stop();
  expect(log.at(-1)).toBe('f');
});

test('what is enqueued and stopped before it had its first turn is run', async () => {
  const seen: number[] = [];
  const worker = new Worker((item: number) => void seen.push(item));
  for (const item of [1, 2]) {
    void worker.start();
    const held = worker.enqueue(item);
    await worker.stop();
    await held;
    expect(seen.at(-1)).toBe(item);
  }
});

test('onError is told also of an item that the abort has ended', async () => {
  const onError = jest.fn();
  const controller = new AbortController();
  const worker = new Worker(
    (_: number, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    { onError },
  );
  const run = worker.run(controller.signal);
  await worker.enqueue(1);
  await quiet();
  controller.abort('reason');
  await run;
  expect(onError.mock.calls).toEqual([['reason', 1]]);
});

test('a start right after the disposal of one that never started does not overtake that', async () => {
  const seen: number[] = [];
  const worker = new Worker((item: number) => void seen.push(item));
  await worker.enqueue(1);
  const waiting = worker.enqueue(2);
  const disposed = worker[Symbol.asyncDispose]();
  void worker.start();
  await Promise.all([
    expect(disposed).rejects.toMatchObject({ code: 'ERR_DISCARDED', items: [1] }),
    expect(waiting).rejects.toMatchObject({ code: 'ERR_DISCARDED', items: [2] }),
  ]);
  await worker.enqueue(3);
  await worker.stop();
  expect(seen).toEqual([3]);
});

test('who waits when it stops is refused', async () => {
  const gate = deferred();
  const worker = new Worker(() => gate.promise);
  await worker.start();
  await worker.enqueue(1);
  const controller = new AbortController();
  const waiting = worker.enqueue(2, { signal: controller.signal });
  const stopped = worker.stop();
  await expect(waiting).rejects.toMatchObject({ items: [2] });
  gate.resolve();
  await stopped;
  expect(listenersOn(controller.signal)).toBe(0);
});

test.each(['its own', 'that of run', 'one that stops it'])(
  'who waits with a signal that also ends the worker is cancelled by it: %s',
  async (which) => {
    const gate = deferred();
    const controller = new AbortController();
    const { signal } = controller;
    if (which === 'one that stops it') signal.addEventListener('abort', () => void worker.stop());
    const worker = new Worker(() => gate.promise, which === 'its own' ? { signal } : {});
    const run = worker.run(which === 'that of run' ? signal : new AbortController().signal);
    await worker.enqueue(1);
    const waiting = worker.enqueue(2, { signal });
    const other = worker.enqueue(3);
    controller.abort('reason');
    await expect(waiting).rejects.toBe('reason');
    await expect(other).rejects.toMatchObject({ code: 'ERR_DISCARDED', items: [3] });
    gate.resolve();
    await run;
    expect(listenersOn(signal)).toBe(which === 'one that stops it' ? 1 : 0);
  },
);

test('any number may wait, and are held in their order', async () => {
  let sum = 0;
  const worker = new Worker((item: number) => {
    if (item !== sum++) throw new Error('out of order');
  });
  const many = 20_000;
  const waiting: Promise<void>[] = [];
  for (let item = 0; item < many; item++) waiting.push(worker.enqueue(item));
  await worker.start();
  await Promise.all(waiting);
  await worker.stop();
  expect(sum).toBe(many);
});

test('waiting to be held, or for the stop, ends with the reason of a signal', async () => {
  const gate = deferred();
  const seen: number[] = [];
  const worker = new Worker((item: number) => (seen.push(item), gate.promise));
  await worker.start();
  await worker.enqueue(1);
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = worker.enqueue(2, { signal });
  const after = worker.enqueue(3, { signal: new AbortController().signal });
  controller.abort('reason');
  await expect(waiting).rejects.toBe('reason');
  await expect(worker.enqueue(2, { signal })).rejects.toBe('reason');
  gate.resolve();
  await after;
  const hold = new AbortController();
  const stopped = worker.stop({ signal: hold.signal });
  hold.abort('impatient');
  await expect(stopped).rejects.toBe('impatient');
  await worker[Symbol.asyncDispose]();
  expect(seen).toEqual([1, 3]);
});

test('errors of the action and of the finalizer go to onError, or are unhandled rejections', async () => {
  const onError = jest.fn();
  const finalized: unknown[] = [];
  const worker: Worker<number> = new Worker((item: number) => Promise.reject(item), {
    onError,
    finalizer: (given) => {
      finalized.push(given);
      throw 'finalizer';
    },
  });
  await worker.start();
  await worker.enqueue(1);
  await worker.stop();
  expect(onError.mock.calls).toEqual([
    [1, 1],
    ['finalizer', 1],
  ]);
  expect(finalized).toEqual([worker]);
  const seen = await unhandled(async () => {
    const other = new Worker((item: number) => Promise.reject(item));
    await other.start();
    await other.enqueue(2);
    await other.stop();
  });
  expect(seen).toEqual([2]);
});

test('what the action or the finalizer fails with after an abort reaches one place; without onError that it was aborted reaches none', async () => {
  const echo = Object.assign(new Error(), { name: 'AbortError', cause: 'reason' });
  for (const fails of ['action', 'finalizer'])
    for (const thrown of ['other', 'reason', echo])
      for (const onError of [jest.fn(), undefined]) {
        const controller = new AbortController();
        const fail = async (where: string): Promise<void> => {
          if (where === 'action') controller.abort('reason');
          await quiet();
          if (where === fails) throw thrown;
        };
        const finalizer = (): Promise<void> => fail('finalizer');
        const worker = new Worker<string>(fail, { finalizer, onError, signal: controller.signal });
        const seen = await unhandled(async () => {
          await worker.enqueue('action');
          await worker.run(new AbortController().signal);
        });
        const told = onError?.mock.calls ?? [];
        expect(told).toEqual(onError ? [[thrown, 'action']] : []);
        expect(seen).toEqual(!onError && thrown === 'other' ? ['other'] : []);
      }
});

test('what onError throws is an unhandled rejection, and the worker goes on', async () => {
  const onError = (error: unknown): never => {
    throw [error];
  };
  const seen = await unhandled(async () => {
    const worker = new Worker((item: number) => Promise.reject(item), { onError });
    await worker.start();
    for (const item of [1, 2]) await worker.enqueue(item);
    await worker.stop();
  });
  expect(seen).toEqual([[1], [2]]);
});

test('an abort stops it and aborts the signal of the action; what was held is run', async () => {
  for (const way of ['options', 'run'] as const) {
    const controller = new AbortController();
    const signals: AbortSignal[] = [];
    const worker = new Worker(
      (_: number, signal) => {
        signals.push(signal);
        return new Promise<void>((_resolve, reject) => {
          if (signal.aborted) reject(signal.reason);
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      },
      way === 'options' ? { signal: controller.signal } : {},
    );
    const seen = await unhandled(async () => {
      const run = worker.run(way === 'run' ? controller.signal : new AbortController().signal);
      await worker.enqueue(1);
      await quiet();
      controller.abort('reason');
      await run;
    });
    expect([seen, signals[0]?.reason, worker.state, listenersOn(controller.signal)]).toEqual([
      [],
      'reason',
      latchStopped,
      0,
    ]);
  }
});

test('starting twice and stopping what is stopped are told', async () => {
  const worker = new Worker(() => {}, { name: 'mail' });
  await expect(worker.stop()).rejects.toThrow(CannotStopError);
  await expect(worker.stop()).rejects.toThrow('Worker "mail" cannot stop: it is not started');
  await worker[Symbol.asyncDispose]();
  await worker.start();
  await expect(worker.start()).rejects.toThrow('Worker "mail" cannot start: it is started');
  await expect(worker.run(new AbortController().signal)).rejects.toThrow(CannotStartError);
  await Promise.all([worker.stop(), worker.stop(), worker[Symbol.asyncDispose]()]);
  expect(() => new Worker(1 as never)).toThrow(TypeError);
  expect(() => new Worker(() => {}, { finalizer: 1 as never })).toThrow('finalizer must be a function, got 1');
  await expect(worker.run(1 as never)).rejects.toThrow(TypeError);
});

test('disposal of one that never started settles what is pending, and tells what it held', async () => {
  const worker = new Worker(() => {}, { name: 'mail' });
  await worker.enqueue(1);
  const waiting = worker.enqueue(2);
  await Promise.all([
    expect(worker[Symbol.asyncDispose]()).rejects.toMatchObject({ code: 'ERR_DISCARDED', items: [1] }),
    expect(waiting).rejects.toMatchObject({
      code: 'ERR_DISCARDED',
      items: [2],
      message: 'Worker "mail" has stopped: 1 not run',
    }),
  ]);
  await expect(worker.enqueue(3)).rejects.toThrow(DiscardedError);
  await worker.start();
  await worker.enqueue(4);
  await worker.stop();
  await worker[Symbol.asyncDispose]();
  const unused = new Worker(() => {});
  await unused[Symbol.asyncDispose]();
});

test('disposal gives the same outcome each time, until the next start', async () => {
  const worker = new Worker(() => {});
  await worker.enqueue(1);
  const outcomes = await Promise.all(
    [1, 2].map(async () => worker[Symbol.asyncDispose]().then(undefined, (error: unknown) => error)),
  );
  expect(outcomes).toEqual([expect.any(DiscardedError), outcomes[0]]);
  await expect(worker[Symbol.asyncDispose]()).rejects.toBe(outcomes[0]);
  await worker.start();
  await worker[Symbol.asyncDispose]();
  await worker[Symbol.asyncDispose]();
});

test('a run whose signal has aborted already starts nothing: what is held is told to onError, or is an unhandled rejection', async () => {
  const onError = jest.fn();
  for (const options of [{ onError }, {}]) {
    const seen: number[] = [];
    const worker = new Worker((item: number) => void seen.push(item), options);
    await worker.enqueue(1);
    const waiting = worker.enqueue(2);
    const lost = await unhandled(async () => {
      await Promise.all([
        worker.run(AbortSignal.abort('reason')),
        expect(waiting).rejects.toMatchObject({ code: 'ERR_DISCARDED', items: [2] }),
      ]);
      expect(worker.state).toBe(latchStopped);
    });
    const told = { code: 'ERR_DISCARDED', items: [1] };
    if ('onError' in options) expect(onError.mock.calls).toEqual([[expect.objectContaining(told), 1]]);
    expect(lost).toMatchObject('onError' in options ? [] : [told]);
    await expect(worker.enqueue(3)).rejects.toThrow(DiscardedError);
    await worker.start();
    await worker.enqueue(4);
    await worker.stop();
    expect(seen).toEqual([4]);
  }
});

test('disposal of one that is started runs what it holds, and waits for the end', async () => {
  const gate = deferred();
  const log: string[] = [];
  const worker = new Worker(async (item: string) => {
    await gate.promise;
    log.push(item);
  });
  await worker.start();
  await worker.enqueue('held');
  const disposed = worker[Symbol.asyncDispose]().then(() => log.push('disposed'));
  expect(worker.state).toBe(latchStopping);
  gate.resolve();
  await disposed;
  expect([log, worker.state]).toEqual([['held', 'disposed'], latchStopped]);
});

test('what it is given is told by its name', async () => {
  const worker = new Worker(() => {});
  expect(() => new Worker(() => {}, { onError: 1 as never })).toThrow('onError must be a function, got 1');
  await expect(worker.enqueue(1, { signal: 1 as never })).rejects.toThrow('signal must be an AbortSignal, got 1');
  await worker.start();
  await expect(worker.stop(null as never)).rejects.toThrow('options must be an object');
  expect(worker.state).toBe(latchStarted);
  // A controller has a signal.
  await worker.stop(link());
  await expect(worker.enqueue(1)).rejects.toThrow('Worker has stopped: 1 not run');
});

describe('its signal, before the start', () => {
  test('an abort refuses who waits, and what is held is told to onError, or is an unhandled rejection', async () => {
    const onError = jest.fn();
    for (const options of [{ onError }, {}]) {
      const controller = new AbortController();
      const { signal } = controller;
      const seen: number[] = [];
      const worker = new Worker((item: number) => void seen.push(item), { ...options, signal });
      expect(listenersOn(signal)).toBe(0);
      await worker.enqueue(1);
      const waiting = [worker.enqueue(2), worker.enqueue(3, { signal: new AbortController().signal })];
      expect(listenersOn(signal)).toBe(1);
      const lost = await unhandled(async () => {
        controller.abort('reason');
        for (const each of waiting) await expect(each).rejects.toMatchObject({ code: 'ERR_DISCARDED' });
        await expect(worker.enqueue(4)).rejects.toMatchObject({ code: 'ERR_DISCARDED', items: [4] });
      });
      const told = { code: 'ERR_DISCARDED', items: [1] };
      if ('onError' in options) expect(onError.mock.calls).toEqual([[expect.objectContaining(told), 1]]);
      expect(lost).toMatchObject('onError' in options ? [] : [told]);
      expect([worker.state, listenersOn(signal)]).toEqual([latchStopped, 0]);
      await worker.start();
      await worker.run(new AbortController().signal);
      await worker[Symbol.asyncDispose]();
      await expect(worker.enqueue(5)).rejects.toThrow(DiscardedError);
      await quiet();
      expect([seen, worker.state, listenersOn(signal)]).toEqual([[], latchStopped, 0]);
    }
  });

  test('one whose signal has aborted accepts nothing, and has stopped when it has started', async () => {
    const worker = new Worker(() => {}, { signal: AbortSignal.abort() });
    await expect(worker.enqueue(1)).rejects.toThrow(DiscardedError);
    await worker.start();
    expect(worker.state).toBe(latchStopped);
    await expect(worker.stop()).rejects.toThrow(CannotStopError);
    const controller = new AbortController();
    await worker.run(controller.signal);
    expect(listenersOn(controller.signal)).toBe(0);
    const unused = new Worker(() => {}, { signal: AbortSignal.abort() });
    await unused.start();
    await expect(unused.enqueue(1)).rejects.toThrow(DiscardedError);
  });

  test('it listens once, and not after a start and a stop, or disposal', async () => {
    const { signal } = new AbortController();
    const worker = new Worker(() => {}, { signal });
    await worker.enqueue(1);
    const waiting = worker.enqueue(2);
    expect(listenersOn(signal)).toBe(1);
    await worker.start();
    await waiting;
    await worker.stop();
    expect(listenersOn(signal)).toBe(0);
    const disposed = new Worker(() => {}, { signal });
    await disposed.enqueue(1);
    await expect(disposed[Symbol.asyncDispose]()).rejects.toThrow(DiscardedError);
    await expect(disposed.enqueue(2)).rejects.toThrow(DiscardedError);
    expect(listenersOn(signal)).toBe(0);
  });

  test('an abort between the start and the first turn stops it, and runs what is held', async () => {
    const controller = new AbortController();
    const seen: unknown[] = [];
    const worker = new Worker((item: number, signal) => void seen.push(item, signal.reason), { signal: controller.signal }); // prettier-ignore
    await worker.enqueue(1);
    const waiting = worker.enqueue(2);
    const run = worker.run(new AbortController().signal);
    controller.abort('reason');
    await expect(waiting).rejects.toThrow(DiscardedError);
    await run;
    expect([seen, worker.state, listenersOn(controller.signal)]).toEqual([[1, 'reason'], latchStopped, 0]);
  });

  test('a start by a listener that hears of the abort first hangs nobody', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const onError = jest.fn();
    const worker: Worker<number> = new Worker((_: number) => {}, { signal, onError });
    let started: Promise<void> | undefined;
    signal.addEventListener('abort', () => {
      started = worker.start();
    });
    await worker.enqueue(1);
    const waiting = worker.enqueue(2);
    controller.abort();
    await started;
    await expect(waiting).rejects.toThrow(DiscardedError);
    expect(onError).toHaveBeenCalledTimes(1);
    expect([worker.state, listenersOn(signal)]).toEqual([latchStopped, 1]);
  });
});

test('a worker that has stopped keeps nothing of who has started it', async () => {
  const storage = new AsyncLocalStorage<object>();
  const worker = new Worker((_: number) => {});
  const reference = await (async () => {
    const store = {};
    await storage.run(store, () => worker.start());
    await worker.enqueue(1);
    await worker.stop();
    return new WeakRef(store);
  })();
  for (let turn = 0; turn < 3; turn++) {
    await quiet();
    globalThis.gc?.();
  }
  expect(reference.deref()).toBeUndefined();
  expect(worker.state).toBe(latchStopped);
});
