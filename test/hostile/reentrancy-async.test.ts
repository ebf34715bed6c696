// What @x/async calls, while it calls back.
import { describe, expect } from '@jest/globals';
import { aborted } from '@x/abort';
import {
  Batch,
  type BatchOptions,
  Errors,
  Future,
  interceptors,
  Interval,
  latchStopped,
  noopActioner,
  Queue,
  type QueueOptions,
  recover,
  recoverGroup,
  SignalGroup,
  start,
  Worker,
  type WorkerOptions,
} from '@x/async';
import { type Calls, methods, Reentrancy, type Scene, STOP } from '../test-support/reentrancy.js';
import { waitsOn } from '../test-support/surroundings.js';

type Action = (item: number, signal: AbortSignal) => unknown;
const fails = (): never => {
  throw STOP;
};

/** A queue, and how often it has run each of its items. */
function queueScene(stop: AbortController, action: Action | { action: Action }, options: QueueOptions<number>): Scene {
  const runs = new Map<number, number>();
  let items = 0;
  const counted: Action = (item, signal) => {
    runs.set(item, (runs.get(item) ?? 0) + 1);
    return typeof action === 'function' ? action(item, signal) : action.action(item, signal);
  };
  const queue = new Queue<number, unknown>(typeof action === 'function' ? counted : { action: counted }, {
    parallelism: 2,
    maxWork: 4,
    shutdownGracePeriod: 0,
    signal: stop.signal,
    onDiscarded: () => {},
    onError: () => {},
    ...options,
  });
  const item = (): unknown[] => [++items];
  return {
    around: {
      ...methods(queue, {
        parallelism: () => [1],
        run: () => [stop.signal],
        enqueue: item,
        tryEnqueue: item,
        submit: item,
        belowSize: () => [1],
        end: false,
      }),
      'enqueue and cancel': () => {
        const own = new AbortController();
        const added = queue.enqueue(++items, { signal: own.signal, priority: 1 });
        own.abort(STOP);
        return added;
      },
      'pause and resume': () => {
        queue.pause();
        queue.resume();
      },
      stop: () => stop.abort(STOP),
    },
    async start() {
      await queue.start();
      await Promise.all([queue.enqueue(++items), queue.enqueue(++items)]);
    },
    end: () => queue.close(),
    holds() {
      expect([...runs.values()].filter((count) => count !== 1)).toEqual([]);
      expect([queue.size, queue.running, queue.state]).toEqual([0, 0, latchStopped]);
    },
  };
}

function workerScene(stop: AbortController, action: Action, options: WorkerOptions<number>): Scene {
  const runs = new Map<number, number>();
  let items = 0;
  const worker = new Worker<number>(
    (item, signal) => {
      runs.set(item, (runs.get(item) ?? 0) + 1);
      return action(item, signal);
    },
    { signal: stop.signal, onError: () => {}, ...options },
  );
  return {
    around: {
      ...methods(worker, { run: () => [stop.signal], enqueue: () => [++items], serve: false, halt: false, end: false }),
      stop: () => stop.abort(STOP),
    },
    async start() {
      await worker.start();
      await worker.enqueue(++items);
    },
    end: () => worker[Symbol.asyncDispose](),
    holds() {
      expect([...runs.values()].filter((count) => count !== 1)).toEqual([]);
      expect(worker.state).toBe(latchStopped);
    },
  };
}

function intervalScene(stop: AbortController, action: (signal: AbortSignal) => unknown, onError: () => void): Scene {
  let running = 0;
  let most = 0;
  const interval = new Interval(
    async (signal) => {
      most = Math.max(most, ++running);
      try {
        await action(signal);
      } finally {
        running--;
      }
    },
    0,
    { signal: stop.signal, onError },
  );
  return {
    around: {
      ...methods(interval, { run: () => [stop.signal], serve: false, halt: false, end: false }),
      stop: () => stop.abort(STOP),
    },
    start: () => interval.start(),
    end: () => interval[Symbol.asyncDispose](),
    holds: () => expect([interval.state, running, most]).toEqual([latchStopped, 0, 1]),
  };
}

async function drain(results: AsyncIterable<unknown>): Promise<void> {
  for await (const result of results) void result;
}

/** A batch whose items are run once by each of its goes. */
function batchScene(
  stop: AbortController,
  work: () => Iterable<number> | AsyncIterable<number>,
  action: Action,
  options: BatchOptions<number> = {},
  begin = (batch: Batch<number, unknown>): unknown => batch.process(stop.signal),
): Scene {
  let goes = 0;
  let closedAgain = 0;
  const runs = new Map<number, number>();
  /** An iterator of the work, which is closed once. */
  const iterate = (symbol: symbol) => (): unknown => {
    goes++;
    let closed = false;
    const iterator = (work() as unknown as Record<symbol, () => Iterator<number>>)[symbol]?.() as Iterator<number>;
    const close = (): unknown => {
      if (closed) closedAgain++;
      closed = true;
      return iterator.return?.() ?? { done: true, value: undefined };
    };
    return { next: () => iterator.next(), return: close };
  };
  const symbol = Symbol.asyncIterator in work() ? Symbol.asyncIterator : Symbol.iterator;
  const source = { [symbol]: iterate(symbol) } as unknown as Iterable<number>;
  const batch = new Batch<number, unknown>(
    source,
    (item, signal) => {
      runs.set(item, (runs.get(item) ?? 0) + 1);
      return action(item, signal);
    },
    { parallelism: 2, onError: () => {}, ...options },
  );
  return {
    around: {
      ...methods(batch, { process: () => [stop.signal], results: () => [{ signal: stop.signal }] }),
      'results, all': () => drain(batch.results({ signal: stop.signal })),
      'results, ordered': () => drain(batch.results({ ordered: true, signal: stop.signal })),
      'results, left': async () => {
        for await (const result of batch.results({ signal: stop.signal })) return result;
        return undefined;
      },
      stop: () => stop.abort(STOP),
      ...waitsOn(stop.signal),
    },
    start: () => begin(batch),
    holds() {
      expect([...runs.values()].filter((count) => count > goes)).toEqual([]);
      expect(closedAgain).toBe(0);
    },
  };
}

/** Something that can be iterated, each of whose methods says that it is called. */
function told(
  hit: (method: string, result: unknown) => unknown,
  symbol: symbol,
): Iterable<number> & AsyncIterable<number> {
  let count = 0;
  return {
    [symbol]: () => ({
      next: () => hit('next', count++ < 3 ? { done: false, value: count } : { done: true, value: undefined }),
      return: () => hit('return', { done: true, value: undefined }),
    }),
  } as unknown as Iterable<number> & AsyncIterable<number>;
}

describe('@x/async', () => {
  const table = new Reentrancy('async');

  table
    .row('async Queue action', (hit, stop) => queueScene(stop, (_, signal) => hit(1, signal), {}))
    .row('async Queue action', (hit, stop) => queueScene(stop, (_, signal) => hit(1, signal), { context: 'queue' }), {
      note: 'in the context of the queue',
    })
    .row('async Queue action', (hit, stop) => queueScene(stop, (_, signal) => hit(1, signal), { timeout: 60_000 }), {
      note: 'with a timeout',
    })
    .row('async Actioner.action', (hit, stop) =>
      queueScene(stop, { action: (_, signal) => hit(1, signal) }, { rate: { limit: 1000, interval: 1 } }),
    )
    .row('async QueueOptions.onError', (hit, stop) => queueScene(stop, fails, { onError: () => hit() }))
    .row('async QueueOptions.onDiscarded', (hit, stop) => {
      // Two run until they are given up, the third is left.
      const scene = queueScene(stop, (_, signal) => aborted(signal), { onDiscarded: () => hit() });
      return {
        ...scene,
        async start() {
          await scene.start();
          await (scene.around as Calls)['enqueue()']?.();
          stop.abort(STOP);
        },
      };
    });

  table
    .row('async Worker action', (hit, stop) => workerScene(stop, (_, signal) => hit(1, signal), {}))
    .row('async WorkerOptions.finalizer', (hit, stop) =>
      workerScene(stop, () => {}, { finalizer: (_, signal) => hit(undefined, signal) }),
    )
    .row('async WorkerOptions.onError', (hit, stop) => workerScene(stop, fails, { onError: () => hit() }))
    .row('async Interval action', (hit, stop) =>
      intervalScene(
        stop,
        (signal) => hit(1, signal),
        () => {},
      ),
    ) // prettier-ignore
    .row('async IntervalOptions.onError', (hit, stop) => intervalScene(stop, fails, () => hit()));

  table
    .row('async Batch action', (hit, stop) => batchScene(stop, () => [1, 2, 3], (_, signal) => hit(1, signal))) // prettier-ignore
    .row(
      'async Batch action',
      (hit, stop) =>
        batchScene(stop, () => [1, 2, 3], (_, signal) => hit(1, signal), {}, (batch) => drain(batch.results({ signal: stop.signal }))), // prettier-ignore
      { note: 'of results' },
    )
    .row('async BatchOptions.onError', (hit, stop) => batchScene(stop, () => [1, 2, 3], fails, { onError: () => hit() }))
    .row('async BatchOptions.onError', (hit, stop) => batchScene(stop, () => [1, 2, 3], fails, { onError: () => hit(), stopOnError: true }), { note: 'that stops it' }) // prettier-ignore
    .row('async Batch work: Iterable', (hit, stop) => batchScene(stop, () => told((_, result) => hit(result), Symbol.iterator), () => {})); // prettier-ignore
  for (const method of ['next', 'return']) {
    for (const stops of [false, true]) {
      if (method === 'return' && !stops) continue;
      table.row(
        'async Batch work: AsyncIterable',
        (hit, stop) =>
          batchScene(
            stop,
            () =>
              told(
                (called, result) => (called === method ? hit(result) : Promise.resolve(result)),
                Symbol.asyncIterator,
              ),
            stops ? fails : () => {},
            { stopOnError: stops },
          ),
        { note: `${method}${stops ? ' of one that is stopped' : ''}`, waited: true },
      );
    }
  }

  const futures: [
    string,
    (work: (signal: AbortSignal) => unknown, options: { signal: AbortSignal }) => Future<unknown>,
  ][] = [
    ['async Future work', (work, options) => new Future(work, options)],
    ['async Future.start work', (work, options) => Future.start(work, options)],
    ['async start work', (work, options) => start(work, options)],
  ];
  for (const [name, make] of futures) {
    table.row(name, (hit, stop) => {
      let future = undefined as unknown as Future<unknown>;
      return {
        times: 1,
        around: () => ({
          ...methods(future, { then: () => [() => 1, () => 2], end: false }),
          stop: () => stop.abort(STOP),
          ...waitsOn(stop.signal),
        }),
        start() {
          future = make((signal) => hit(1, signal), { signal: stop.signal });
          return future.finished;
        },
        end: () => future[Symbol.asyncDispose](),
      };
    });
  }
  for (const [index, name] of ['async Future.then onFulfilled', 'async Future.then onRejected'].entries()) {
    table.row(name, (hit, stop) => {
      const future = start(index === 0 ? () => 1 : fails, { signal: stop.signal });
      const called = (): unknown => hit(1);
      return {
        times: 1,
        around: { ...methods(future, { then: () => [() => 1, () => 2], end: false }), stop: () => stop.abort(STOP) },
        start: () => (index === 0 ? future.then(called) : future.then(undefined, called)),
        end: () => future[Symbol.asyncDispose](),
      };
    });
  }

  const { signal } = new AbortController();
  type Action1 = (args: unknown, signal: AbortSignal) => unknown;
  const chains: [string, (hit: <T>(result?: T) => T) => Parameters<typeof interceptors>[0]][] = [
    ['async Interceptor.intercept', (hit) => ({ intercept: (inner) => (hit(), inner) })],
    ['async interceptors chain', (hit) => (inner) => (hit(), inner)],
    ['async Interceptor.intercept()', (hit) => ({ intercept: () => () => hit(1) })],
    ['async interceptors chain()', (hit) => () => () => hit(1)],
  ];
  for (const [name, make] of chains) {
    table.row(name, (hit) => {
      const chain = interceptors(make(hit), (inner) => inner) as NonNullable<ReturnType<typeof interceptors>>;
      return {
        around: {
          call: () => chain(noopActioner).action(1, signal),
          intercept: () => chain.intercept(() => 1).action(1, signal),
          'inside another': () => interceptors(chain)?.intercept(noopActioner).action(1, signal),
        },
        start: () => chain(noopActioner).action(1, signal),
      };
    });
  }
  for (const name of ['async interceptors action', 'async interceptors.intercept action']) {
    table.row(name, (hit) => {
      const chain = interceptors((inner) => inner) as NonNullable<ReturnType<typeof interceptors>>;
      const called: Action1 = () => hit(1);
      return {
        times: 1,
        around: { call: () => chain(noopActioner).action(1, signal), intercept: () => chain.intercept(() => 1) },
        start: () => (name.includes('.') ? chain.intercept(called) : chain(called)).action(1, signal),
      };
    });
  }

  const recovered = (begin: (errors: Errors, group: SignalGroup) => unknown): Scene => {
    const errors = new Errors();
    const group = new SignalGroup();
    group.add(1);
    return {
      around: {
        ...methods(errors, { add: () => [STOP] }),
        ...methods(group, { add: () => [1] }, 'group.'),
        recover: () => recover(fails, errors),
        recoverGroup: () => {
          group.add(1);
          return recoverGroup(fails, errors, group);
        },
      },
      start: () => begin(errors, group),
      end: () => {
        try {
          for (let count = 0; count < 20; count++) group.done();
        } catch {
          // It is at zero.
        }
      },
      holds: async () => expect(await group.wait()).toBeUndefined(),
    };
  };
  table
    .row('async recover fn', (hit) => recovered((errors) => recover(() => hit(1), errors)))
    .row('async recoverGroup fn', (hit) => recovered((errors, group) => recoverGroup(() => hit(1), errors, group)))
    .row('async ErrorSink.add', (hit) => recovered((_, group) => recoverGroup(fails, { add: () => hit() }, group)), {
      waited: false,
    }) // prettier-ignore
    .row('async recoverGroup group.done', (hit) =>
      recovered((errors) => recoverGroup(fails, errors, { done: () => hit() })),
    ) // prettier-ignore
    .complete();
});
