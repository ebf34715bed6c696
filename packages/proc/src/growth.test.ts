import { getEventListeners } from 'node:events';
import { afterEach, expect, jest, test } from '@jest/globals';
import {
  concurrent,
  concurrentGroup,
  scoped,
  sequence,
  shield,
  supervise,
  task,
  traceRegion,
  withTimeout,
  type Proc,
} from '@x/proc';
import { growth } from '../../../test/test-support/gc.js';

afterEach(() => void jest.restoreAllMocks());

test('100,000 processes under one signal leave no listener, no timer, and no memory', async () => {
  const set = jest.spyOn(globalThis, 'setTimeout');
  const clear = jest.spyOn(globalThis, 'clearTimeout');
  const { signal } = new AbortController();
  const leaf: Proc = () => {};
  // Ten of them.
  const each = sequence(
    concurrent(leaf, leaf),
    concurrentGroup(leaf, () => Promise.resolve()),
    scoped((scope) => scope.spawn(leaf)),
    shield(leaf),
    withTimeout(60_000, leaf),
    supervise(leaf),
    task('task', leaf),
    traceRegion('region', leaf),
    task('outer', concurrentGroup(leaf)),
  );
  const run = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      await each(signal);
      // What spies remember is theirs.
      if (time % 1_000 === 0) {
        expect(clear.mock.calls.length).toBeGreaterThanOrEqual(set.mock.calls.length);
        set.mockClear();
        clear.mockClear();
      }
    }
    set.mockClear();
    clear.mockClear();
  };
  await run(2_000);
  expect(await growth(1_000_000, () => run(10_000))).toBeLessThan(1_000_000);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
}, 60_000);
