// What @x/proc promises about order, under a thousand random schedules each. docs/proof.md says which promise each test holds.
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { concurrent, concurrentGroup, MultiError, scoped, sequence, type Proc } from '@x/proc';
import { few, never, schedules, turns } from '../test-support/schedules.js';

// On a busy machine, with coverage.
jest.setTimeout(120_000);

describe('@x/proc', () => {
  test('errors of processes at the same time come in the order in which they happened, when all have ended', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, few(turns, 2), fc.boolean(), async (s, delays, nursery) => {
        const happened: number[] = [];
        const procs = delays.map((delay, index): Proc => async () => {
          await s.steps(delay);
          happened.push(index);
          throw index;
        });
        const proc = nursery ? scoped((scope) => procs.forEach((each) => scope.spawn(each))) : concurrent(...procs);
        const error: unknown = await s.play(Promise.resolve(proc(never)).catch((thrown: unknown) => thrown));
        expect((error as MultiError).errors).toEqual(happened);
      }),
      { numRuns: 1000 },
    );
  });

  test('the first error of a group aborts the others, who are waited for, and their echo of it is no error', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, few(fc.tuple(turns, fc.boolean()), 2), async (s, plan) => {
        let running = 0;
        const failures: number[] = [];
        let own = never;
        const procs = plan.map(([delay, fails], index): Proc => async (signal) => {
          own = signal;
          running++;
          try {
            await s.steps(delay);
            signal.throwIfAborted();
            if (!fails) return;
            failures.push(index);
            throw index;
          } finally {
            running--;
          }
        });
        const outcome: unknown = await s.play(
          Promise.resolve(concurrentGroup(...procs)(never)).then(() => 'fine', (thrown: unknown) => thrown), // prettier-ignore
        );
        // Aborted before the group returns, always.
        expect([running, own.aborted]).toEqual([0, true]);
        expect(outcome instanceof MultiError ? outcome.errors : [outcome]).toEqual(
          failures.length > 0 ? failures : ['fine'],
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('a sequence starts each when the one before it has ended, and none after an abort or an error', async () => {
    await fc.assert(
      fc.asyncProperty(
        schedules,
        few(fc.tuple(turns, fc.integer({ min: 0, max: 9 }))),
        fc.nat(15),
        async (s, plan, abortAt) => {
          const stop = new AbortController();
          const log: string[] = [];
          const procs = plan.map(([delay, luck], index): Proc => async () => {
            expect(stop.signal.aborted).toBe(false);
            log.push(`start ${index}`);
            await s.steps(delay);
            log.push(`end ${index}`);
            if (luck === 0) throw index;
          });
          void s.steps(abortAt + 1).then(() => stop.abort('stop'));
          const outcome: unknown = await s.play(
            Promise.resolve(sequence(...procs)(stop.signal)).then(() => 'fine', (thrown: unknown) => thrown), // prettier-ignore
          );
          const done = log.length / 2;
          expect(log).toEqual(Array.from({ length: done }, (_, index) => [`start ${index}`, `end ${index}`]).flat());
          const failed = plan[done - 1]?.[1] === 0;
          expect(outcome).toBe(failed ? done - 1 : done === plan.length ? 'fine' : 'stop');
          await s.playOut();
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('an abort from outside waits for every process; echoes of its reason count as one, and not at all beside an error', async () => {
    await fc.assert(
      fc.asyncProperty(
        schedules,
        few(fc.tuple(turns, fc.constantFrom('returns', 'echoes', 'fails')), 2),
        turns,
        fc.constantFrom('concurrent', 'concurrentGroup', 'scoped'),
        async (s, plan, abortAt, how) => {
          const stop = new AbortController();
          let running = 0;
          let echoes = 0;
          const failures: number[] = [];
          const procs = plan.map(([delay, kind], index): Proc => async (signal) => {
            running++;
            try {
              await s.steps(delay + 1);
              if (kind === 'fails') {
                failures.push(index);
                throw index;
              }
              if (kind === 'echoes' && stop.signal.aborted && signal.reason === 'stop') {
                echoes++;
                signal.throwIfAborted();
              }
            } finally {
              running--;
            }
          });
          const proc =
            how === 'scoped'
              ? scoped((scope) => procs.forEach((each) => scope.spawn(each)))
              : (how === 'concurrent' ? concurrent : concurrentGroup)(...procs);
          void s.steps(abortAt).then(() => stop.abort('stop'));
          const outcome: unknown = await s.play(
            Promise.resolve(proc(stop.signal)).then(() => 'fine', (thrown: unknown) => thrown), // prettier-ignore
          );
          expect(running).toBe(0);
          expect(outcome instanceof MultiError ? outcome.errors : [outcome]).toEqual(
            failures.length > 0 ? failures : [echoes > 0 ? 'stop' : 'fine'],
          );
          await s.playOut();
        },
      ),
      { numRuns: 1000 },
    );
  });
});
