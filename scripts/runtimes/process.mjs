import { asyncDispose, deferred, equal, fail, failure, holds, later, same } from './harness.mjs';

/**
 * @param {typeof import('@x/process')} process
 * @param {typeof import('@x/process/periodic')} periodic
 * @param {typeof import('@x/process/ratelimit')} ratelimit
 * @returns {import('./harness.mjs').Checks}
 */
export const process = (
  {
    background,
    CloseTimeoutError,
    CycleError,
    describe,
    go,
    Process,
    ProcessClosedError,
    untilClosed,
    whileRunning,
    withSignal,
  },
  { every, onSignal, tick, ticker },
  { RateLimiter },
) => ({
  'closing aborts, children close, teardown runs once, closed settles: in this order': async () => {
    /** @type {string[]} */
    const log = [];
    const parent = new Process({ teardown: () => void log.push('parent') });
    parent.closing.addEventListener('abort', () => log.push('closing'));
    new Process({ parent, teardown: () => later(2).then(() => void log.push('slow child')) });
    new Process({ parent, teardown: () => void log.push('child') });
    void parent.closed.then(() => log.push('closed'));
    await Promise.all([parent.close(), parent.close()]);
    await later();
    same(log, ['closing', 'child', 'slow child', 'parent', 'closed']);
  },
  'with several parents, and in reverse': async () => {
    /** @type {string[]} */
    const log = [];
    const named = (/** @type {string} */ name) => new Process({ name, teardown: () => void log.push(name) });
    const [a, b, shared] = [named('a'), named('b'), named('shared')];
    a.addChild(shared);
    b.addChild(shared);
    await Promise.all([a.close(), b.close()]);
    equal(log[0], 'shared');
    const reverse = new Process({ children: 'reverse' });
    for (const name of ['1', '2', '3']) reverse.addChild(named(name));
    await reverse.close();
    same(log.slice(3), ['3', '2', '1']);
  },
  'a function has a process of its own, which fails with it': async () => {
    const cause = new Error('of the function');
    const child = go(() => fail(cause));
    equal(await child.err(), cause);
    equal(await failure(() => child.closed), cause);
    equal(child.state, 'closed');
  },
  'a failure at which nobody looks is reported by the platform, once': async (host) => {
    const parent = new Process();
    parent.go(() => fail(new Error('unseen')));
    await later(5);
    same(
      (await host.reported()).map((error) => /** @type {Error} */ (error).message),
      ['unseen'],
    );
    await parent.close();
  },
  'a teardown that throws adds its error': async () => {
    const child = go((self) => {
      self.setTeardown(() => fail(new Error('of the teardown')));
      throw new Error('of the function');
    });
    const error = /** @type {AggregateError} */ (await child.err());
    same(
      error.errors.map(({ message }) => message),
      ['of the function', 'of the teardown'],
    );
  },
  'a waiting cycle throws, and names who is on it': async () => {
    const [a, b] = [new Process({ name: 'a' }), new Process({ name: 'b' })];
    a.waitFor(b);
    const error = await failure(() => b.waitFor(a));
    holds(error instanceof CycleError, 'a CycleError');
    equal(error.code, 'ERR_PROCESS_CYCLE');
    equal(error.processes.length >= 2, true);
  },
  'a closed process takes nobody in': async () => {
    const closed = new Process({ name: 'gone' });
    await closed.close();
    const error = await failure(() => closed.go(() => {}));
    holds(error instanceof ProcessClosedError, 'a ProcessClosedError');
    equal(error.code, 'ERR_PROCESS_CLOSED');
  },
  'a close that takes too long says what it waits for, and goes on': async () => {
    const slow = deferred();
    const root = new Process({ name: 'root' });
    new Process({ name: 'slow', parent: root, teardown: () => slow.promise });
    const error = await failure(() => root.close({ timeout: 5 }));
    holds(error instanceof CloseTimeoutError && error.tree.includes('slow'), 'the tree names who is slow');
    holds(describe(root).includes('root'), 'the picture names the root');
    slow.resolve();
    await root.closed;
  },
  'it is a signal, and follows one': async () => {
    const scope = new AbortController();
    const followed = withSignal(scope.signal);
    const running = whileRunning(followed);
    const closed = untilClosed(followed);
    same([running.aborted, closed.aborted], [false, false]);
    scope.abort('over');
    await followed.closed;
    await later();
    same([running.aborted, closed.aborted, followed.state], [true, true, 'closed']);
    equal(background().state, 'running');
  },
  'at the end of its scope a process is closed': async () => {
    let torn = 0;
    const scope = new Process({ teardown: () => void torn++ });
    await scope[asyncDispose]();
    await scope[asyncDispose]();
    equal(torn, 1);
  },
  'calls by interval and by clock end when they are closed': async () => {
    let calls = 0;
    const enough = deferred();
    const call = () => void (++calls === 6 && enough.resolve());
    const both = [every(1, call), tick(1, call)];
    await enough.promise;
    await Promise.all(both.map((each) => each.close()));
    const seen = calls;
    await later(10);
    equal(calls, seen, 'number of calls after the end');
  },
  'events and iterables call a function, a source that ends closes the process': async () => {
    const target = new EventTarget();
    let events = 0;
    const listening = onSignal(target, 'change', () => void events++);
    await later();
    target.dispatchEvent(new Event('change'));
    await later(2);
    await listening.close();
    target.dispatchEvent(new Event('change'));
    equal(events, 1);
    let items = 0;
    const from = ticker(
      (async function* () {
        yield 1;
        await later(2);
        yield 2;
        await later(2);
      })(),
      () => void items++,
    );
    await from.closed;
    equal(items, 2);
  },
  'no more than the limit run at once': async () => {
    const limiter = new RateLimiter(background(), 2);
    let [running, most] = [0, 0];
    for (let started = 0; started < 6; started++)
      await limiter.limitedGo(async () => {
        most = Math.max(most, ++running);
        await later(2);
        running--;
      });
    await limiter.closeAfterChildren();
    same([most, running], [2, 0]);
  },
});
