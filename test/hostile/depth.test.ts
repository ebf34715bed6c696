// A hundred thousand of anything inside each other, and a million of anything beside each other: no stack overflows, nothing takes for ever.
import { expect, jest, test } from '@jest/globals';
import { abortable, aborted, LinkedController, link, onAbort, shield, sleep, withGrace, withTimeout } from '@x/abort';
import { Batch, Future, interceptors, Latch, Queue, SignalGroup, start, Worker } from '@x/async';
import { describe, Process } from '@x/process';
import { Group } from '@x/run';
import { newRequest, OnceMap, spawn, Worker as GraphWorker } from '@x/workgraph';

// On a busy machine, with coverage.
jest.setTimeout(120_000);

const DEEP = 100_000;
const never = new AbortController().signal;

test('a hundred thousand controllers inside each other abort from the top, also those with a time of their own', () => {
  const make: [number, (parent: AbortSignal) => LinkedController][] = [
    [DEEP, (parent) => link(parent)],
    [DEEP, (parent) => withTimeout(1e9, parent)],
  ];
  for (const [depth, inside] of make) {
    const top = new LinkedController();
    let last = top;
    for (let i = 0; i < depth; i++) last = inside(last.signal);
    top.abort('down');
    expect(last.reason).toBe('down');
  }
});

test('aborts that abort in their callbacks, a hundred thousand deep, all arrive', () => {
  const first = new AbortController();
  let signal = first.signal;
  let told = 0;
  for (let i = 0; i < DEEP; i++) {
    const next = new LinkedController();
    onAbort(signal, (reason) => {
      told++;
      next.abort(reason);
    });
    signal = next.signal;
  }
  first.abort('down');
  expect(told).toBe(DEEP);
  expect(signal.reason).toBe('down');
});

test('promises that are each abortable by the one around them, a hundred thousand deep, settle', async () => {
  let promise: Promise<unknown> = Promise.resolve('inside');
  for (let i = 0; i < DEEP; i++) promise = abortable(promise, never);
  await expect(promise).resolves.toBe('inside');
});

test('graces after graces end with the first reason', async () => {
  const stop = new AbortController();
  let last: LinkedController | undefined;
  for (let i = 0; i < 100; i++) last = withGrace(0, last?.signal ?? stop.signal);
  stop.abort('enough');
  await expect(aborted(last!.signal)).resolves.toBe('enough');
});

test('shields inside each other give the innermost result', async () => {
  let left = DEEP;
  const inside = async (): Promise<unknown> => {
    await Promise.resolve();
    return --left === 0 ? 'inside' : shield(inside);
  };
  await expect(shield(inside)).resolves.toBe('inside');
});

test('a tree of a hundred thousand processes is told of and closes', async () => {
  const top = new Process({ name: 'top' });
  let last = top;
  for (let i = 1; i < DEEP; i++) last = new Process({ parent: last });
  expect(describe(top).split('\n')).toHaveLength(DEEP);
  await top.close();
  expect(last.state).toBe('closed');
});

test('functions that start functions, a hundred thousand deep, close from the inside out', async () => {
  let left = DEEP;
  let open = 0;
  const inside = (process: Process): void => {
    open++;
    void process.closed.then(() => open--);
    if (--left > 0) process.go(inside);
  };
  const top = new Process();
  top.go(inside);
  await top.closeAfterChildren();
  expect([left, open]).toEqual([0, 0]);
});

test('groups in groups come down together', async () => {
  const stop = new AbortController();
  let running = 0;
  const inside =
    (depth: number) =>
    async (signal: AbortSignal): Promise<void> => {
      running++;
      await Promise.resolve();
      const group = new Group().go((own) => sleep(1e9, { signal: own }));
      if (depth > 0) group.go(inside(depth - 1));
      else queueMicrotask(() => stop.abort('enough'));
      try {
        await group.run(signal);
      } finally {
        running--;
      }
    };
  // Deeper than any stack, and not so many that a busy machine takes half a minute.
  await expect(inside(DEEP / 4)(stop.signal)).rejects.toBe('enough');
  expect(running).toBe(0);
});

test('a group of twenty thousand actors starts and comes down', async () => {
  for (const teardown of ['together', 'reverse', 'forward'] as const) {
    const group = new Group({ teardown });
    let up = 0;
    for (let i = 0; i < 20_000; i++) {
      group.go((signal) => {
        up++;
        return new Promise<void>((resolve) => onAbort(signal, () => resolve(void up--)));
      });
    }
    group.go(() => {});
    await group.run();
    expect(up).toBe(0);
  }
});

test('what waits for what waits, a hundred thousand keys deep, is resolved, also where it was built from the tail', async () => {
  const map: OnceMap<number, number> = new OnceMap<number, number>(async (key, worker) =>
    key === 0 ? 0 : 1 + (await map.get(key - 1, worker)),
  );
  await expect(map.get(DEEP, new GraphWorker())).resolves.toBe(DEEP);
});

test('workers that start workers, handing one request on, a hundred thousand times', async () => {
  const main = new GraphWorker();
  const { resolver, promise } = newRequest<number>(main);
  const hand = (left: number): void => {
    spawn((worker) => (left === 0 ? resolver.resolve(worker, 42) : hand(left - 1)), {}, resolver);
  };
  hand(DEEP);
  await expect(promise.await(main)).resolves.toBe(42);
});

test('batches in batches, and futures in futures', async () => {
  let left = DEEP;
  const inside = async (): Promise<void> => {
    await Promise.resolve();
    if (--left > 0) await new Batch([1], inside).process();
  };
  await inside();
  expect(left).toBe(0);
  let depth = DEEP;
  const begin = async (): Promise<number> => {
    if (--depth === 0) return 1;
    return start(begin).complete();
  };
  await expect(Future.start(begin).complete()).resolves.toBe(1);
});

test('a queue whose actions submit to queues, and enqueue to their own', async () => {
  let left = DEEP;
  const queue: Queue<number> = new Queue<number>(
    () => {
      if (--left > 0) void queue.enqueue(left);
    },
    { maxWork: Infinity },
  );
  await queue.start();
  await queue.enqueue(0);
  await queue.idle();
  expect(left).toBe(0);
  await queue.stop();
});

test('a hundred thousand wait for a latch, a group, a queue and a worker, and all are told', async () => {
  const latch = new Latch();
  const group = new SignalGroup();
  group.add(1);
  const waits = Array.from({ length: DEEP }, () => Promise.all([latch.notifyStarted(), group.wait()]));
  latch.starting();
  latch.started();
  group.done();
  await Promise.all(waits);
  const worker = new Worker<number>(() => {});
  await worker.start();
  await Promise.all(Array.from({ length: DEEP / 10 }, (_, index) => worker.enqueue(index)));
  await worker.stop();
});

test('interceptors around interceptors call the innermost', async () => {
  const chain = interceptors(
    ...Array.from(
      { length: 2_000 },
      () => (inner: { action: (n: unknown, signal: AbortSignal) => unknown }) => (n: unknown, signal: AbortSignal) =>
        inner.action(n, signal),
    ),
  );
  expect(await chain?.intercept({ action: (n) => n }).action(7, never)).toBe(7);
});

test('a million wait for one signal: it has one listener, and each is called back', () => {
  const controller = new AbortController();
  let called = 0;
  const one = (): void => void called++;
  for (let i = 0; i < 1_000_000; i++) onAbort(controller.signal, one);
  controller.abort();
  expect(called).toBe(1_000_000);
});
