import { equal, failure, fail, holds, later, same } from './harness.mjs';

/** @param {AbortSignal} signal @returns {Promise<void>} */
const untilAbort = (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

/** @param {typeof import('@x/run')} run @returns {import('./harness.mjs').Checks} */
export const run = ({ abortActor, GraceExceededError, Group }) => ({
  'the first to return takes the others down, each told why': async () => {
    /** @type {unknown[]} */
    const log = [];
    const group = new Group();
    const cause = new Error('disk full');
    group.go((signal) => untilAbort(signal).then(() => log.push(signal.reason)));
    group.add(
      () => fail(cause),
      (reason) => log.push(reason),
    );
    equal(await failure(() => group.run()), cause);
    equal(log.length, 2);
    holds(
      log.every((reason) => reason === cause),
      'everybody is told the error of the first',
    );
  },
  'what was thrown is what comes out, also when it is no error': async () => {
    for (const thrown of [undefined, null, 'text', 0]) {
      const group = new Group();
      group.go(() => {
        throw thrown;
      });
      group.go(untilAbort);
      equal(await failure(() => group.run()), thrown);
    }
  },
  'a group without actors is done, and can run again': async () => {
    const group = new Group();
    await group.run();
    let runs = 0;
    group.go(() => void runs++);
    await group.run();
    await group.run();
    equal(runs, 2);
  },
  'in reverse each is down before the next is told': async () => {
    /** @type {string[]} */
    const log = [];
    const group = new Group({ teardown: 'reverse' });
    for (const name of ['a', 'b', 'c'])
      group.go(async (signal) => {
        await untilAbort(signal);
        log.push(`${name} told`);
        await later(2);
        log.push(`${name} down`);
      });
    group.go(() => later(1));
    await group.run();
    same(log, ['c told', 'c down', 'b told', 'b down', 'a told', 'a down']);
  },
  'after the grace period the run ends, and says who is still up': async () => {
    const group = new Group({ gracePeriod: 5 });
    const cause = new Error('first');
    group.add(
      () => new Promise(() => {}),
      () => {},
      'stuck',
    );
    group.go(() => fail(cause));
    const error = await failure(() => group.run());
    holds(error instanceof GraceExceededError, 'a GraceExceededError');
    same([error.code, error.actors], ['ERR_GRACE_EXCEEDED', ['stuck']]);
    equal(error.cause, cause);
  },
  'an abort of the signal counts as a first exit': async () => {
    const scope = new AbortController();
    const group = new Group();
    group.go(untilAbort);
    const running = failure(() => group.run(scope.signal));
    scope.abort('cancelled');
    equal(await running, 'cancelled');
  },
  'an actor that ends with the reason it was told has obeyed': async () => {
    const scope = new AbortController();
    const group = new Group();
    group.go(async (signal) => {
      await untilAbort(signal);
      throw signal.reason;
    });
    group.add(abortActor(scope.signal));
    const running = failure(() => group.run());
    scope.abort('cancelled');
    equal(await running, 'cancelled');
    same(group.suppressed, []);
  },
  'errors after the first are kept, and none is reported as unhandled': async () => {
    const group = new Group();
    const late = new Error('late');
    group.go(async (signal) => {
      await untilAbort(signal);
      throw late;
    });
    group.go(() => {});
    equal(await failure(() => group.run()), late);
    /** @type {unknown[]} */
    const told = [];
    const other = new Group({ onSuppressed: (error) => void told.push(error) });
    other.go(async (signal) => {
      await untilAbort(signal);
      throw late;
    });
    other.go(() => {});
    await other.run();
    equal(told[0], late);
  },
  'one after another: an actor starts when the one before is ready': async () => {
    /** @type {string[]} */
    const log = [];
    const group = new Group({ startup: 'sequential', onEvent: ({ type, actor }) => void log.push(`${actor} ${type}`) });
    group.add({
      name: 'a',
      execute: async (ready) => {
        await later(2);
        ready();
        await later(5);
      },
      interrupt: () => {},
    });
    group.go((signal) => untilAbort(signal), 'b');
    await group.run();
    same(log.slice(0, 3), ['a start', 'a ready', 'b start']);
  },
  'until all have ended, several errors are an AggregateError in the order in which they happened': async () => {
    const group = new Group({ until: 'all' });
    group.go(async () => {
      await later(5);
      throw new Error('second');
    });
    group.go(() => fail(new Error('first')));
    const error = await failure(() => group.run());
    same(
      error.errors.map((/** @type {Error} */ each) => each.message),
      ['first', 'second'],
    );
  },
});
