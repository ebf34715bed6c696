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

  test('says how deep a task is where its line is not indented further', async () => {
    const end = deferred();
    jest.spyOn(performance, 'now').mockReturnValue(0);
    let proc = (): Promise<void> => end.promise;
    for (let level = 40; level > 0; level--) proc = task(`t${level}`, proc) as typeof proc;
    const all = task(
      'top',
      concurrent(
        proc,
        task('beside', () => end.promise),
      ),
    )(live());
    const lines = running.describe().split('\n');
    expect(lines.slice(1, 4)).toEqual(['  top (0.0 s)', '    t1 (0.0 s)', '      t2 (0.0 s)']);
    expect(lines.slice(31, 35)).toEqual([
      't30 (0.0 s)'.padStart(11 + 62),
      't31 (0.0 s)'.padStart(11 + 64),
      't32 (0.0 s, 33 levels deep)'.padStart(27 + 64),
      't33 (0.0 s, 34 levels deep)'.padStart(27 + 64),
    ]);
    expect(lines.at(-2)).toBe('    beside (0.0 s)');
    end.resolve();
    await all;
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
