import { describe } from '@jest/globals';
import * as main from '@x/process';
import * as node from '@x/process/node';
import * as periodic from '@x/process/periodic';
import * as ratelimit from '@x/process/ratelimit';
import { kinds, oneOf, optional, or, Table } from '../test-support/bad-input.js';

const { signal, time, count, string, nothing } = kinds;
const fn = kinds.function;
const name = optional(string);
const { Process } = main;
type Process = main.Process;

/** A process of which nothing has become: it runs, waits for nobody, and closes. */
const running = {
  subject: () => new Process({ name: 'one' }),
  works: async (one: Process) => {
    if (main.describe(one).includes('\n')) throw new Error(`waits for somebody: ${main.describe(one)}`);
    if (one.state !== 'running') throw new Error(`is ${one.state}`);
    await one.close({ timeout: 1000 });
  },
};
const limiter = {
  subject: () => new ratelimit.RateLimiter(new Process(), 1),
  works: async (one: ratelimit.RateLimiter) => {
    if (one.tryGo(() => {}) === undefined) throw new Error('a place was taken');
    await one.closeAfterChildren();
  },
};

const table = new Table('process')
  .options(
    'throws',
    'new Process',
    'ProcessOptions',
    { name: string, parent: nothing, teardown: fn, children: oneOf('together', 'reverse') },
    (value) => new Process(value),
  )
  .throws('Process.go', 'fn', fn, (value, one: Process) => one.go(value), running)
  .throws('Process.go', 'name', name, (value, one: Process) => one.go(() => {}, value), running)
  .throws('Process.setTeardown', 'fn', fn, (value, one: Process) => one.setTeardown(value), running)
  .options(
    'rejects',
    'Process.close',
    'CloseOptions',
    { timeout: time },
    (value, one: Process) => one.close(value),
    running,
  )
  .takesAnything(
    'Process.closeAfterChildren',
    'Process.err',
    'background',
    'new CloseTimeoutError',
    'new CycleError',
    'new ProcessClosedError',
  )
  .throws('withParent', 'parent', nothing, (value) => main.withParent(value))
  .throws('withTeardown', 'fn', fn, (value) => main.withTeardown(value))
  .throws('withTeardown', 'name', name, (value) => main.withTeardown(() => {}, value))
  .throws('describe', 'p', nothing, (value) => main.describe(value))
  .throws('withSignal', 'signal', signal, (value) => main.withSignal(value))
  .throws('withSignalAndTeardown', 'signal', signal, (value) => main.withSignalAndTeardown(value, () => {}))
  .throws('withSignalAndTeardown', 'fn', fn, (value) => main.withSignalAndTeardown(new AbortController().signal, value))
  .throws('waitForSignal', 'signal', signal, (value, one: Process) => main.waitForSignal(value, one), running)
  .throws('waitForSignal', 'p', nothing, (value) => main.waitForSignal(new AbortController().signal, value))
  .throws('closeAfterSignal', 'p', nothing, (value) => main.closeAfterSignal(value, new AbortController().signal))
  .throws('closeAfterSignal', 'signal', signal, (value, one: Process) => main.closeAfterSignal(one, value), running)
  .throws('whileRunning', 'p', nothing, (value) => main.whileRunning(value))
  .throws('whileRunning', 'signal', or(signal, undefined), (value, one: Process) => main.whileRunning(one, value), {
    ...running,
    says: /signal/,
  })
  .throws('untilClosed', 'p', nothing, (value) => main.untilClosed(value))
  .throws('untilClosed', 'signal', or(signal, undefined), (value, one: Process) => main.untilClosed(one, value), {
    ...running,
    says: /signal/,
  })
  .throws('withSignals', 'osSignals', nothing, (value) => node.withSignals(value), { says: /\bsignals\b/ })
  .free(...['onSignal', 'onSignalGo', 'ticker', 'tickerGo'].map((name) => `${name} args`))
  .throws('new RateLimiter', 'parent', nothing, (value) => new ratelimit.RateLimiter(value, 1))
  .throws('new RateLimiter', 'limit', count, (value, one: Process) => new ratelimit.RateLimiter(one, value), running)
  .throws('new RateLimiter', 'name', name, (value, one: Process) => new ratelimit.RateLimiter(one, 1, value), running)
  .rejects('RateLimiter.limitedGo', 'fn', fn, (value, one: ratelimit.RateLimiter) => one.limitedGo(value), limiter)
  .options(
    'rejects',
    'RateLimiter.limitedGo',
    'LimitedGoOptions',
    { name: string, signal },
    (value, one: ratelimit.RateLimiter) => one.limitedGo(() => {}, value),
    limiter,
  )
  .throws('RateLimiter.tryGo', 'fn', fn, (value, one: ratelimit.RateLimiter) => one.tryGo(value), limiter)
  .throws(
    'RateLimiter.tryGo',
    'name',
    name,
    (value, one: ratelimit.RateLimiter) => one.tryGo(() => {}, value),
    limiter,
  );

for (const method of ['waitFor', 'addChild', 'addChildNoWait'] as const) {
  table.throws(`Process.${method}`, 'q', nothing, (value, one: Process) => one[method](value), {
    ...running,
  });
}
for (const call of ['go', 'spawn'] as const) {
  table
    .throws(call, 'fn', fn, (value) => main[call](value))
    .throws(call, 'name', name, (value) => main[call](() => {}, value));
}
for (const call of ['goChild', 'spawnChild'] as const) {
  table
    .throws(call, 'parent', nothing, (value) => main[call](value, () => {}))
    .throws(call, 'fn', fn, (value, one: Process) => main[call](one, value), running)
    .throws(call, 'name', name, (value, one: Process) => main[call](one, () => {}, value), running);
}
for (const call of ['every', 'everyGo', 'tick', 'tickGo'] as const) {
  const interval = call.startsWith('tick')
    ? { ...time, takes: (value: unknown) => time.takes(value) && value !== 0 }
    : time;
  table
    .throws(call, 'interval', interval, (value) => periodic[call](value, () => {}))
    .throws(call, 'fn', fn, (value) => periodic[call](1e9, value));
}
const source: AsyncIterable<never> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
for (const call of ['ticker', 'tickerGo', 'onSignal', 'onSignalGo'] as const) {
  table
    .throws(call, 'source', nothing, (value) => periodic[call](value, () => {}))
    .throws(
      call,
      'target',
      { ...nothing, takes: (value) => typeof (value as EventTarget).addEventListener === 'function' },
      (value) => periodic[call](value, 'x', () => {}),
    )
    .throws(
      call,
      'fn',
      { ...fn, takes: (value) => typeof value === 'function' || typeof value === 'string' },
      (value) => periodic[call](source, value),
    )
    .throws(call, 'fn', fn, (value) => periodic[call](new EventTarget(), 'x', value));
}

describe('@x/process, handed over wrongly', () => {
  table.complete(main, node, periodic, ratelimit);
});
