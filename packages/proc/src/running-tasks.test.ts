import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { concurrent, task, traceRegion } from '@x/proc';
import { RunningTasks } from './running-tasks.js';
import { deferred, live } from './test-support/deferred.js';

const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as never);

describe('RunningTasks', () => {
  let running: RunningTasks;
  beforeEach(() => void (running = new RunningTasks()));
  afterEach(() => {
    running[dispose]();
    jest.restoreAllMocks();
  });

  test('says what runs, below what it belongs to, and for how long it has', async () => {
    const [first, second] = [deferred(), deferred()];
    const now = jest.spyOn(performance, 'now').mockReturnValue(5_000);
    const all = concurrent(
      task(
        'outer',
        task('inner', () => first.promise),
      ),
      traceRegion('region', () => second.promise),
    )(live());
    now.mockReturnValue(7_540);
    const late = task('late', () => second.promise)(live());
    now.mockReturnValue(8_000);
    expect(running.describe()).toBe(
      'Still running:\n  outer (3.0 s)\n    inner (3.0 s)\n  region (3.0 s)\n  late (0.5 s)\n',
    );
    first.resolve();
    second.resolve();
    await Promise.all([all, late]);
    expect(running.describe()).toMatch(/^No task is running;/);
  });

  test('has tasks make signals that their parent hears of when they are looked at', async () => {
    const signal = live();
    const listeners: number[] = [];
    await task('x', (own) => {
      listeners.push(getEventListeners(signal, 'abort').length);
      void own.aborted;
      listeners.push(getEventListeners(signal, 'abort').length);
    })(signal);
    expect(listeners).toEqual([0, 1]);
  });

  test('when it is disposed nobody is subscribed any more', async () => {
    running[dispose]();
    const signal = live();
    await task('x', (own) => {
      expect(own === signal).toBe(true);
      expect(running.describe()).toMatch(/^No task is running;/);
    })(signal);
  });
});
