import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { log, sequence, task, userTiming } from '@x/proc';
import type { PerformanceMeasure } from 'node:perf_hooks';
import { failWith, live, thrownBy } from './test-support/deferred.js';

const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as never);
interface Entry {
  name: string;
  detail: { id: number; parentId: number | undefined };
}
const entries = (type: 'mark' | 'measure'): Entry[] =>
  (performance.getEntriesByType(type) as PerformanceMeasure[]).map(({ name, startTime, duration, detail }) => {
    expect(startTime).toBeGreaterThan(0);
    expect(duration).toBeGreaterThanOrEqual(0);
    return { name, detail: detail as Entry['detail'] };
  });

describe('userTiming', () => {
  const clear = (): void => {
    performance.clearMarks();
    performance.clearMeasures();
  };
  beforeEach(clear);
  afterEach(clear);

  test('measures tasks on a track of theirs, and marks logs, with their ids and those of their parents', async () => {
    const timing = userTiming();
    await task(
      'render',
      sequence(
        task('layout', (signal) => log(signal, 'nodes', '12')),
        task('paint', () => {}),
      ),
    )(live());
    log(live(), 'idle', 'now');
    timing[dispose]();
    const devtools = { track: 'task', dataType: 'track-entry' };
    const id = expect.any(Number);
    const [render, layout] = entries('measure').map(({ detail }) => detail.id);
    expect(entries('measure')).toEqual([
      { name: 'render', detail: { id, parentId: undefined, devtools } },
      { name: 'layout', detail: { id, parentId: render, devtools } },
      { name: 'paint', detail: { id, parentId: render, devtools } },
    ]);
    expect(entries('mark')).toMatchObject([
      { name: 'nodes: 12', detail: { id, parentId: layout, devtools: { track: 'log', dataType: 'marker' } } },
      { name: 'idle: now', detail: { devtools: { dataType: 'marker' } } },
    ]);
  });

  test('marks what has failed as an error', async () => {
    const timing = userTiming();
    await thrownBy(task('load', failWith(new Error('broken')))(live()));
    timing[dispose]();
    expect(entries('measure')).toMatchObject([{ name: 'load', detail: { devtools: { color: 'error' } } }]);
  });

  test('measures nothing any more when it is disposed', async () => {
    userTiming()[dispose]();
    await task('x', () => {})(live());
    expect(entries('measure')).toEqual([]);
  });
});
