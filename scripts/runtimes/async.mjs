import { asyncDispose, deferred, equal, fail, failure, holds, later, same } from './harness.mjs';

/** @param {typeof import('@x/async')} async @returns {import('./harness.mjs').Checks} */
export const async = ({
  Batch,
  CannotStopError,
  DiscardedError,
  Errors,
  Future,
  interceptors,
  Interval,
  Latch,
  Queue,
  recover,
  SignalGroup,
  Worker,
}) => ({
  'a queue gives results, and runs no more than its parallelism at once': async () => {
    let [running, most] = [0, 0];
    const queue = new Queue(
      async (/** @type {number} */ item) => {
        most = Math.max(most, ++running);
        await later(1);
        running--;
        return item * 2;
      },
      { parallelism: 3 },
    );
    await queue.start();
    const results = await Promise.all([1, 2, 3, 4, 5, 6].map((item) => queue.submit(item)));
    same([results, most], [[2, 4, 6, 8, 10, 12], 3]);
    same(await queue.stop(), []);
  },
  'by default as many run at once as there are cores': () => {
    const cores = /** @type {any} */ (globalThis).navigator?.hardwareConcurrency;
    const { parallelism } = new Queue(() => {});
    holds(parallelism >= 1 && (cores === undefined || parallelism <= cores), `${parallelism} of ${cores} cores`);
  },
  'items start by priority, then as they came': async () => {
    /** @type {string[]} */
    const order = [];
    const queue = new Queue((/** @type {string} */ item) => void order.push(item), { parallelism: 1 });
    for (const [item, priority] of /** @type {[string, number][]} */ ([
      ['a', 0],
      ['b', 1],
      ['c', 0],
      ['d', 1],
    ]))
      await queue.enqueue(item, { priority });
    await queue.start();
    await queue.idle();
    same(order, ['b', 'd', 'a', 'c']);
    await queue.stop();
  },
  'a failed submit is its caller’s error alone; of an enqueue it is reported where nobody is named': async (host) => {
    const queue = new Queue(() => fail(new Error('failed')));
    await queue.start();
    equal((await failure(() => queue.submit(1))).message, 'failed');
    same(await host.reported(), []);
    await queue.enqueue(2);
    await queue.idle();
    same(
      (await host.reported()).map((error) => /** @type {Error} */ (error).message),
      ['failed'],
    );
    await queue.stop();
  },
  'what is not run is handed back, and its promise settles': async () => {
    const queue = new Queue(() => later(60_000), { parallelism: 1, shutdownGracePeriod: 5 });
    await queue.start();
    const first = failure(() => queue.submit(1));
    const second = failure(() => queue.submit(2));
    await later();
    const left = await queue.close();
    same(left, [2]);
    const error = await second;
    holds(error instanceof DiscardedError, 'a DiscardedError');
    equal(error.code, 'ERR_DISCARDED');
    holds((await failure(() => queue.stop())) instanceof CannotStopError, 'a second stop is refused');
    void first;
  },
  'what its own signal cancels leaves the queue': async () => {
    const queue = new Queue(() => {});
    const scope = new AbortController();
    const cancelled = failure(() => queue.submit(1, { signal: scope.signal }));
    scope.abort('changed my mind');
    equal(await cancelled, 'changed my mind');
    equal(queue.size, 0);
    same(await queue.stop(), []);
  },
  'it can be paused, and waits while it is full': async () => {
    /** @type {number[]} */
    const done = [];
    const queue = new Queue((/** @type {number} */ item) => void done.push(item), { maxWork: 2 });
    await queue.start();
    queue.pause();
    await queue.enqueue(1);
    await queue.enqueue(2);
    equal(queue.tryEnqueue(3), false);
    const waiting = queue.enqueue(3);
    await later(2);
    same(done, []);
    queue.resume();
    await waiting;
    await queue.idle();
    same(done, [1, 2, 3]);
    await queue[asyncDispose]();
  },
  'an item has a limit, and starts keep to a rate': async () => {
    const queue = new Queue(
      (_, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(/** @type {Error} */ (signal.reason))),
        ),
      { timeout: 5 },
    );
    await queue.start();
    equal((await failure(() => queue.submit(1))).name, 'TimeoutError');
    await queue.stop();
    const rated = new Queue(() => performance.now(), { rate: { limit: 2, interval: 40 } });
    await rated.start();
    const starts = await Promise.all([1, 2, 3].map((item) => rated.submit(item)));
    holds((starts[2] ?? 0) - (starts[0] ?? 0) >= 35, `the third waits: ${starts.join(', ')}`);
    await rated.stop();
  },
  'synchronous work does not starve timers': async () => {
    let ticks = 0;
    const timer = setInterval(() => void ticks++, 1);
    const queue = new Queue(
      () => {
        const until = performance.now() + 0.05;
        while (performance.now() < until);
      },
      { maxWork: Infinity, parallelism: 1 },
    );
    await queue.start();
    for (let item = 0; item < 4_000; item++) queue.tryEnqueue(item);
    await queue.idle();
    clearInterval(timer);
    holds(ticks >= 5, `a timer of 1 ms fired ${ticks} times in 200 ms of work`);
    await queue.stop();
  },
  'a batch counts, streams in order, and closes its source': async () => {
    const result = await new Batch([1, 2, 3, 4], (item) => (item === 3 ? fail('three') : item), {
      parallelism: 2,
    }).process();
    same([result.done, result.failed, result.skipped, result.errors.first()], [3, 1, 0, 'three']);
    let closed = false;
    function* source() {
      try {
        for (let item = 0; ; item++) yield item;
      } finally {
        closed = true;
      }
    }
    /** @type {number[]} */
    const seen = [];
    const results = new Batch(source(), (item) => later(item % 2).then(() => item)).results({ ordered: true });
    for await (const item of results) if (seen.push(item) === 5) break;
    same([seen, closed], [[0, 1, 2, 3, 4], true]);
  },
  'an interval never overlaps, and stops': async () => {
    let [calls, running, most] = [0, 0, 0];
    const enough = deferred();
    const interval = new Interval(async () => {
      most = Math.max(most, ++running);
      await later(2);
      running--;
      if (++calls === 3) enough.resolve();
    }, 1);
    await interval.start();
    await enough.promise;
    await interval.stop();
    const seen = calls;
    await later(10);
    same([most, calls], [1, seen]);
  },
  'a future can be completed by many, and cancelled once': async () => {
    const future = Future.start(async () => (await later(1), 42));
    same(await Promise.all([future.complete(), future, future.complete()]), [42, 42, 42]);
    const cancelled = Future.start(
      (signal) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(/** @type {Error} */ (signal.reason))),
        ),
    );
    await later();
    await cancelled.cancel();
    equal((await failure(() => cancelled.cancel())).code, 'ERR_CANNOT_CANCEL');
    await cancelled.finished;
  },
  'a worker runs the item that it holds before it stops': async () => {
    /** @type {string[]} */
    const done = [];
    const worker = new Worker((/** @type {string} */ item) => later(2).then(() => done.push(item)), {
      finalizer: () => void done.push('finalizer'),
    });
    await worker.start();
    await worker.enqueue('item');
    await worker.stop();
    holds(done.includes('item'), 'the item was run');
  },
  'latches and groups tell all who wait': async () => {
    const latch = new Latch();
    const waiting = Promise.all([latch.waitStarted(), latch.waitStarted()]);
    latch.starting();
    latch.started();
    await waiting;
    equal((await failure(() => latch.starting())).code, 'ERR_LATCH_TRANSITION');
    const group = new SignalGroup();
    group.add(2);
    const both = Promise.all([group.wait(), group.wait()]);
    group.done();
    group.done();
    await both;
  },
  'errors are gathered, whatever they are; interceptors go around': async () => {
    const errors = new Errors();
    await recover(() => fail('a'), errors);
    await recover(() => {
      throw undefined;
    }, errors);
    same([errors.size, errors.first(), [...errors].length], [2, 'a', 2]);
    holds(errors.all() instanceof AggregateError, 'an AggregateError');
    const chain = interceptors(
      (action) => async (args, signal) => `(${String(await action.action(args, signal))})`,
      null,
    );
    equal(await chain?.((item) => item)?.action('x', new AbortController().signal), '(x)');
  },
});
