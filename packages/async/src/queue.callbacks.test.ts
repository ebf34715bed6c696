// What the callbacks of a queue do to the queue that calls them.
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { latchActive, latchPaused, latchStarted, latchStopped, Queue } from './index.js';
import { listenersOn, quiet, unhandled } from './test-support/moments.js';

afterEach(() => {
  jest.useRealTimers();
});

function fail(error: unknown): never {
  throw error;
}

describe('called from its own callbacks', () => {
  test('onError may stop the queue, whether the action threw or rejected', async () => {
    for (const action of [() => fail('thrown'), () => Promise.reject('rejected')]) {
      const stops: Promise<number[]>[] = [];
      const queue: Queue<number> = new Queue(action, { onError: () => void stops.push(queue.stop()), parallelism: 1 });
      await queue.start();
      queue.tryEnqueue(1);
      queue.tryEnqueue(2);
      await queue.idle();
      expect(await Promise.all(stops)).toEqual([[], []]);
      expect(queue.state).toBe(latchStopped);
    }
  });

  test('onError may abort the signal of its item: it is told once', async () => {
    const controller = new AbortController();
    const onError = jest.fn(() => controller.abort());
    const queue = new Queue(() => Promise.reject('failed'), { onError, parallelism: 1 });
    await queue.start();
    for (const item of [1, 2, 3]) queue.tryEnqueue(item, { signal: controller.signal });
    await queue.idle();
    expect(onError).toHaveBeenCalledTimes(1);
  });

  test.each(['queue', 'enqueuer'] as const)(
    'an action may cancel the next item, which is then not run (%s)',
    async (context) => {
      const controller = new AbortController();
      const { signal } = controller;
      const ran: number[] = [];
      const onError = jest.fn();
      const queue = new Queue(
        (item: number) => {
          ran.push(item);
          controller.abort('reason');
        },
        { parallelism: 4, context, onError },
      );
      await queue.start();
      void queue.submit(1);
      void queue.enqueue(2, { signal });
      await expect(queue.submit(3, { signal })).rejects.toBe('reason');
      await queue.submit(4);
      expect([ran, onError.mock.calls, queue.running, queue.size]).toEqual([[1, 4], [], 0, 0]);
      expect(listenersOn(signal)).toBe(0);
    },
  );

  test('an action may pause and resume: the queue is active again, and goes on', async () => {
    for (const context of ['queue', 'enqueuer'] as const) {
      const seen: number[] = [];
      const queue: Queue<number> = new Queue(
        (item: number) => {
          seen.push(item);
          queue.pause();
          queue.resume();
        },
        { parallelism: 1, context },
      );
      await queue.start();
      for (const item of [1, 2, 3]) void queue.enqueue(item);
      await queue.idle();
      await quiet();
      expect([seen, queue.state]).toEqual([[1, 2, 3], latchActive]);
    }
  });

  test('an action may pause: nothing more starts until somebody resumes', async () => {
    const seen: number[] = [];
    const queue: Queue<number> = new Queue(
      (item: number) => {
        seen.push(item);
        queue.pause();
      },
      { parallelism: 1 },
    );
    await queue.start();
    for (const item of [1, 2]) void queue.enqueue(item);
    await quiet();
    expect([seen, queue.state]).toEqual([[1], latchPaused]);
    queue.resume();
    await quiet();
    expect([seen, queue.state]).toEqual([[1, 2], latchPaused]);
  });

  test('an action may add items, and close the queue; onDiscarded and a listener on its signal may start it again', async () => {
    const seen: number[] = [];
    let closed: Promise<number[]> | undefined;
    const queue: Queue<number> = new Queue(
      (item: number) => {
        seen.push(item);
        if (item < 3) void queue.enqueue(item + 1);
        else closed = queue.close();
      },
      { parallelism: 1, maxWork: 2 },
    );
    await queue.start();
    await queue.enqueue(1);
    await quiet();
    expect([seen, await closed, queue.state]).toEqual([[1, 2, 3], [], latchStopped]);

    jest.useFakeTimers();
    let started: Promise<void> | undefined;
    const again: Queue<string> = new Queue(
      (item: string, signal) => {
        if (item === 'next') return;
        signal.addEventListener('abort', () => {
          started = again.start();
        });
        return new Promise<void>(() => {});
      },
      { shutdownGracePeriod: 10, onError: () => {} },
    );
    await again.start();
    again.tryEnqueue('hangs');
    await quiet();
    const stopped = again.stop();
    jest.advanceTimersByTime(10);
    await started;
    expect([await stopped, again.state, again.running]).toEqual([[], latchStarted, 0]);
    await again.enqueue('next');
    await again.idle();
    expect(await again.stop()).toEqual([]);
  });

  test('an action that returns an object whose `then` throws has failed', async () => {
    const queue = new Queue(() => ({
      get then(): never {
        return fail('no then');
      },
    }));
    await queue.start();
    await expect(queue.submit(1)).rejects.toBe('no then');
    // That was the end of the action: the queue can be stopped.
    expect(await queue.stop()).toEqual([]);
  });
});

test.each(['enqueuer', 'queue'] as const)(
  'what is thrown is told as it is, also when it has a `then`: context %s',
  async (context) => {
    const thrown = { then: jest.fn((_: unknown, reject: (reason: unknown) => void) => reject('told by then')) };
    const onError = jest.fn();
    const queue = new Queue(
      (_: number) => {
        throw thrown;
      },
      { context, onError },
    );
    await queue.start();
    const seen = await unhandled(async () => {
      queue.tryEnqueue(1);
      await queue.enqueue(2);
      await expect(queue.submit(3)).rejects.toBe(thrown);
      await queue.stop();
    });
    expect(onError.mock.calls.map(([error, item]) => [error === thrown, item])).toEqual([
      [true, 1],
      [true, 2],
    ]);
    expect([seen, thrown.then.mock.calls]).toEqual([[], []]);
  },
);
