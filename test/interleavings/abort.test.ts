// What @x/abort promises about order, under a thousand random schedules each. docs/proof.md says which promise each test holds.
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { anySignal, LinkedController, link, onAbort, withGrace } from '@x/abort';
import { few, schedules, turns } from '../test-support/schedules.js';

// On a busy machine, with coverage.
jest.setTimeout(120_000);

describe('@x/abort', () => {
  test('the first signal to abort gives its reason to the composite and to every child, and no later one counts', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, few(turns, 2), async (s, delays) => {
        const sources = delays.map(() => new AbortController());
        const signals = sources.map(({ signal }) => signal);
        const composite = anySignal(signals);
        const child = link(...signals);
        const order: number[] = [];
        const aborting = sources.map(async (source, index) => {
          await s.steps(1 + (delays[index] as number));
          order.push(index);
          source.abort(index);
        });
        await s.play(Promise.all(aborting));
        expect([composite.reason, child.reason]).toEqual([order[0], order[0]]);
      }),
      { numRuns: 1000 },
    );
  });

  test('children are told in the order in which they were linked, those that have gone are not, whenever they come and go', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, few(fc.tuple(turns, fc.boolean()), 2), turns, async (s, plan, abortAt) => {
        const parent = new LinkedController();
        const linked: number[] = [];
        const told: number[] = [];
        const coming = plan.map(async ([delay, leaves], index) => {
          await s.steps(delay);
          if (parent.aborted) return;
          const child = link(parent.signal);
          onAbort(child.signal, () => told.push(index));
          linked.push(index);
          await s.steps(delay);
          if (!leaves || parent.aborted) return;
          child.unlink();
          linked.splice(linked.indexOf(index), 1);
        });
        const abort = s.steps(abortAt + 1).then(() => parent.abort());
        await s.play(Promise.all([...coming, abort]));
        expect(told).toEqual(linked);
      }),
      { numRuns: 1000 },
    );
  });

  test('a grace ends after its parent has told everybody, with its reason, unless it was taken back or aborted by itself', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, turns, fc.option(turns), fc.boolean(), async (s, abortAt, leavesAt, aborts) => {
        const log: string[] = [];
        const parent = new AbortController();
        const grace = withGrace(5, parent.signal);
        onAbort(grace.signal, (reason) => log.push(`now: ${String(reason)}`));
        onAbort(parent.signal, (reason) => log.push(`please: ${String(reason)}`));
        await s.playTimers(() =>
          Promise.all([
            s.steps(abortAt).then(() => parent.abort('stop')),
            leavesAt === null
              ? s.steps(abortAt + 4)
              : s.steps(leavesAt).then(() => {
                  if (aborts) grace.abort('own');
                  else grace.unlink();
                }),
          ]).then(() => s.steps(9)),
        );
        // A timer that ends before the grace has left ends it; after that nothing does.
        const now = log.indexOf('now: stop');
        if (now >= 0) expect(log).toEqual(['please: stop', 'now: stop']);
        else if (leavesAt === null) expect(log).toContain('now: stop');
        else expect([...log].sort()).toEqual(aborts ? ['now: own', 'please: stop'] : ['please: stop']);
      }),
      { numRuns: 1000 },
    );
  });
});
