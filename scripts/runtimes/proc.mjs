import { dispose, equal, fail, failure, holds, later, live, same } from './harness.mjs';

/** @param {AbortSignal} signal @returns {Promise<void>} */
const untilAbort = (signal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(/** @type {Error} */ (signal.reason))));

/** @param {typeof import('@x/proc')} proc @returns {import('./harness.mjs').Checks} */
export const proc = ({
  concurrent,
  concurrentGroup,
  log,
  MultiError,
  scoped,
  sequence,
  shield,
  subscribe,
  supervise,
  task,
  TaskError,
  traceRegion,
  userTiming,
  withTimeout,
}) => ({
  'all are waited for, and several errors come in the order in which they happened': async () => {
    let ended = 0;
    const program = concurrent(
      async () => {
        await later(5);
        ended++;
        throw new Error('second');
      },
      () => fail(new Error('first')),
      async () => {
        await later(10);
        ended++;
      },
    );
    const error = await failure(() => program(live()));
    holds(error instanceof MultiError && error instanceof AggregateError, 'a MultiError');
    same([error.code, ended], ['ERR_MULTI', 2]);
    same(
      error.errors.map((/** @type {Error} */ each) => each.message),
      ['first', 'second'],
    );
  },
  'one error is thrown as it is': async () => {
    for (const thrown of [undefined, null, 'text', new Error('alone')]) {
      const broken = () => {
        throw thrown;
      };
      equal(await failure(() => concurrent(broken, () => {})(live())), thrown);
    }
  },
  'the first error aborts the others, whose obedience is no error': async () => {
    const cause = new Error('first');
    equal(await failure(() => concurrentGroup(untilAbort, () => fail(cause), untilAbort)(live())), cause);
  },
  'an abort from outside is the outcome when nothing else went wrong': async () => {
    const scope = new AbortController();
    const running = failure(() => concurrent(untilAbort, untilAbort)(scope.signal));
    scope.abort('stop');
    equal(await running, 'stop');
    await concurrent(() => {})(AbortSignal.abort('stop'));
  },
  'a sequence stops at the first error, and starts nothing after an abort': async () => {
    /** @type {string[]} */
    const done = [];
    const step = (/** @type {string} */ name) => () => void done.push(name);
    equal(await failure(() => sequence(step('a'), () => fail('no'), step('b'))(live())), 'no');
    const scope = new AbortController();
    equal(await failure(() => sequence(step('c'), () => scope.abort('over'), step('d'))(scope.signal)), 'over');
    same(done, ['a', 'c']);
  },
  'children of a nursery end before it does': async () => {
    /** @type {string[]} */
    const done = [];
    await scoped((scope) => {
      scope.spawn(async () => {
        await later(5);
        done.push('child');
      });
      done.push('body');
    })(live());
    same(done, ['body', 'child']);
  },
  'a failing process is started again, as often as is said': async () => {
    let starts = 0;
    const program = supervise(
      () => {
        starts++;
        return fail(new Error('again'));
      },
      { retries: 2, backoff: { initial: 1, max: 2 } },
    );
    equal((await failure(() => program(live()))).message, 'again');
    equal(starts, 3);
  },
  'a limit aborts with a TimeoutError; what is shielded goes on': async () => {
    const error = await failure(() => withTimeout(5, untilAbort)(live()));
    equal(error.name, 'TimeoutError');
    const scope = new AbortController();
    let seen = true;
    const running = shield(async (signal) => {
      await later(5);
      seen = signal.aborted;
    })(scope.signal);
    scope.abort();
    await running;
    equal(seen, false);
  },
  'the error of a task says whose it is; the reason of its signal stays as it is': async () => {
    const cause = new Error('broken');
    const error = await failure(() => task('load', () => fail(cause))(live()));
    holds(error instanceof TaskError, 'a TaskError');
    same([error.code, error.taskType], ['ERR_TASK', 'load']);
    equal(error.cause, cause);
    const scope = new AbortController();
    const running = failure(() => task('load', untilAbort)(scope.signal));
    scope.abort('stop');
    equal(await running, 'stop');
  },
  'tasks, regions and logs nest by the signal': async () => {
    /** @type {import('@x/proc').Span[]} */
    const spans = [];
    /** @type {import('@x/proc').Log[]} */
    const logs = [];
    const subscription = subscribe({ start: (span) => void spans.push(span), log: (each) => void logs.push(each) });
    await task('outer', async (outer) => {
      await later();
      await task('inner', (inner) => log(inner, 'say', 'hello'))(outer);
      await traceRegion('part', () => {})(outer);
    })(live());
    subscription[dispose]();
    const [outer, inner, part] = spans;
    same([outer?.type, inner?.type, part?.type], ['outer', 'inner', 'part']);
    same([outer?.parentId, inner?.parentId, part?.parentId], [undefined, outer?.id, outer?.id]);
    equal(logs[0]?.parentId, inner?.id);
    same(
      spans.map(({ outcome }) => outcome),
      ['done', 'done', 'done'],
    );
    await task('unseen', () => {})(live());
    equal(spans.length, 3, 'number of spans after the end of the subscription');
  },
  'tasks appear in the timeline of the platform': async () => {
    const timing = userTiming();
    await task('measured', () => later(2))(live());
    timing[dispose]();
    const names = performance.getEntriesByType('measure').map(({ name }) => name);
    holds(names.includes('measured'), `a measure among ${names.join(', ')}`);
  },
  'what is no process is refused at once': async () => {
    equal((await failure(() => concurrent(/** @type {any} */ (1)))).name, 'TypeError');
    equal((await failure(() => withTimeout(-1, () => {}))).name, 'RangeError');
  },
});
