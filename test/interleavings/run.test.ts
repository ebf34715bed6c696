// What @x/run promises about order, under a thousand random schedules each. docs/proof.md says which promise each test holds.
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { Group, type GroupEvent } from '@x/run';
import { few, schedules, turns } from '../test-support/schedules.js';

// On a busy machine, with coverage.
jest.setTimeout(120_000);

describe('@x/run', () => {
  const plans = few(fc.record({ works: turns, fails: fc.boolean(), slow: turns }));

  test('all actors are prepared, then start in the order of add, each before the first is looked at; the first to end decides, and is what all are interrupted with', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, plans, async (s, plan) => {
        const log: string[] = [];
        const exits: { error?: unknown }[] = [];
        const reasons: unknown[] = [];
        const group = new Group({
          onSuppressed: () => {},
          onEvent: (event) => void (event.type === 'exit' && exits.push(event)),
        });
        plan.forEach(({ works, fails, slow }, index) =>
          group.add({
            prepare: () => void log.push(`prepare ${index}`),
            execute: () => {
              log.push(`start ${index}`);
              // Some fail at once, while others have yet to start.
              if (fails && works === 0) throw index;
              return s.steps(works).then(() => {
                if (fails) throw index;
              });
            },
            interrupt: (reason) => {
              reasons.push(reason);
              log.push(`interrupt ${index}`);
              return s.steps(slow);
            },
          }),
        );
        const outcome = await s.play(group.run().then(() => undefined, (error: unknown) => error)); // prettier-ignore
        const names = plan.map((_, index) => index);
        expect(log.slice(0, 2 * plan.length)).toEqual([
          ...names.map((index) => `prepare ${index}`),
          ...names.map((index) => `start ${index}`),
        ]);
        expect(log.filter((line) => line.startsWith('int'))).toEqual(names.map((index) => `interrupt ${index}`));
        expect(outcome).toBe(exits[0]?.error);
        expect(new Set(reasons)).toEqual(new Set([exits[0]?.error]));
      }),
      { numRuns: 1000 },
    );
  });

  test('with reverse and forward each actor is down before the next is interrupted; run settles when all are down', async () => {
    await fc.assert(
      fc.asyncProperty(
        schedules,
        plans,
        fc.constantFrom('reverse' as const, 'forward' as const),
        async (s, plan, teardown) => {
          const events: GroupEvent[] = [];
          let busy = 0;
          const count = async (work: Promise<void>): Promise<void> => {
            busy++;
            await work;
            busy--;
          };
          const group = new Group({ teardown, onEvent: (event) => events.push(event), onSuppressed: () => {} });
          plan.forEach(
            ({ works, slow }, index) =>
          group.add(() => count(s.steps(works)), () => count(s.steps(slow)), String(index)), // prettier-ignore
          );
          await s.play(group.run());
          expect(busy).toBe(0);
          const names = plan.map((_, index) => String(index));
          if (teardown === 'reverse') names.reverse();
          const coming = events.filter(({ type }) => type === 'interrupt' || type === 'down');
          expect(coming.map(({ type, actor }) => `${type} ${actor}`)).toEqual(
            names.flatMap((name) => [`interrupt ${name}`, `down ${name}`]),
          );
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('with sequential startup an actor starts when the one before it is ready or has returned, and none once the group comes down', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, few(fc.record({ ready: turns, works: turns })), async (s, plan) => {
        const events: GroupEvent[] = [];
        const group = new Group({ startup: 'sequential', onEvent: (event) => events.push(event) });
        plan.forEach(({ ready, works }, index) =>
          group.add({
            name: String(index),
            execute: async (up) => {
              void s.steps(ready).then(up);
              await s.steps(works + 1);
            },
            interrupt: () => {},
          }),
        );
        await s.play(group.run());
        const down = events.findIndex(({ type }) => type === 'interrupt' || type === 'exit');
        events.forEach(({ type, actor }, at) => {
          if (type !== 'start' || actor === '0') return;
          expect(at).toBeLessThan(down);
          expect(events.slice(0, at)).toContainEqual(
            expect.objectContaining({ type: 'ready', actor: String(Number(actor) - 1) }),
          );
        });
      }),
      { numRuns: 1000 },
    );
  });

  test('with until all, and for what is suppressed, errors come in the order in which they happened', async () => {
    await fc.assert(
      fc.asyncProperty(
        schedules,
        few(turns, 3),
        fc.constantFrom('all', 'suppressed', 'told'),
        async (s, delays, how) => {
          const happened: number[] = [];
          const told: unknown[] = [];
          const group = new Group({
            ...(how === 'all' && { until: 'all' }),
            ...(how === 'told' && { onSuppressed: (error) => void told.push(error) }),
          });
          delays.forEach((delay, index) =>
            group.add(
              async () => {
                await s.steps(delay);
                happened.push(index);
                throw index;
              },
              () => {},
            ),
          );
          const error: unknown = await s.play(group.run().catch((thrown: unknown) => thrown));
          if (how === 'all') expect((error as AggregateError).errors).toEqual(happened);
          else expect([error, ...(how === 'told' ? told : group.suppressed)]).toEqual(happened);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('with until first-error and all, who returns just leaves and is not interrupted; the rest come down on an error, or on an abort alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        schedules,
        few(fc.record({ works: turns, fails: fc.boolean() }), 2),
        fc.constantFrom('first-error' as const, 'all' as const),
        fc.option(turns),
        async (s, plan, until, abortAt) => {
          const stop = new AbortController();
          const log: { type: string; actor: string; error?: unknown }[] = [];
          const group = new Group({ until, onEvent: (event) => log.push(event), onSuppressed: () => {} });
          plan.forEach(({ works, fails }, index) =>
            group.add(
              async () => {
                await s.steps(works + 1);
                if (fails) throw index;
              },
              () => {},
              String(index),
            ),
          );
          let aborted = false;
          if (abortAt !== null)
            void s.steps(abortAt + 1).then(() => {
              aborted = true;
              stop.abort('stop');
            });
          const outcome: unknown = await s.play(group.run(stop.signal).then(() => 'fine', (error: unknown) => error)); // prettier-ignore
          const first = log.findIndex(({ type }) => type === 'interrupt');
          const left = log.slice(0, first < 0 ? log.length : first).filter(({ type }) => type === 'exit');
          const interrupted = log.filter(({ type }) => type === 'interrupt').map(({ actor }) => actor);
          const failures = left.filter((event) => event.error !== undefined);
          // Who had left is not told to.
          for (const { actor, error } of left)
            if (error === undefined || until === 'all') expect(interrupted).not.toContain(actor);
          if (first >= 0 && !aborted) expect([until, failures.length > 0]).toEqual(['first-error', true]);
          if (outcome === 'fine') expect(plan.some(({ fails }) => fails)).toBe(false);
          else if (until === 'first-error') expect(outcome).toBe(failures[0] ? failures[0].error : 'stop');
          await s.playOut();
        },
      ),
      { numRuns: 1000 },
    );
  });
});
