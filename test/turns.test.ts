import { describe, expect, test } from '@jest/globals';
import * as proc from '../packages/proc/src/turns.js';
import * as run from '../packages/run/src/turns.js';
import { computing, turns, withTheClockStopped } from './test-support/connections.js';

withTheClockStopped();

// The two are alike, which `pnpm check tree` sees to.
describe.each([
  ['proc', proc],
  ['run', run],
])('a short turn, in %s,', (_name, { shortTurn }) => {
  const told = (): { isOver: boolean } => {
    const state = { isOver: false };
    void shortTurn().then(() => (state.isOver = true));
    return state;
  };

  test('is waited for by all together, and for a second by each, also by who comes when others give up', async () => {
    const first = told();
    const second = told();
    await computing(100, (count) => count < 8);
    const late = told();
    expect(await computing(100, () => !first.isOver)).toBeLessThan(5);
    expect([second.isOver, late.isOver]).toEqual([true, false]);
    await computing(100, (count) => count < 5);
    expect(late.isOver).toBe(false);
    await turns();
    expect(late.isOver).toBe(true);
  });

  test('is over at once for all when one was short', async () => {
    const all = [told(), told()];
    await turns();
    expect(all.map(({ isOver }) => isOver)).toEqual([true, true]);
  });

  test('is waited for no longer than twice that', async () => {
    const first = told();
    await computing(100, (count) => count < 8);
    const late = told();
    expect(await computing(100, () => !late.isOver)).toBeLessThan(20);
    expect(first.isOver).toBe(true);
  });
});
