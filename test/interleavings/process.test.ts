// What @x/process promises about order, under a thousand random schedules each. docs/proof.md says which promise each test holds.
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { onAbort } from '@x/abort';
import { Process } from '@x/process';
import { onSignal } from '@x/process/periodic';
import { RateLimiter } from '@x/process/ratelimit';
import { few, schedules, turns } from '../test-support/schedules.js';

// On a busy machine, with coverage.
jest.setTimeout(120_000);

describe('@x/process', () => {
  test('closing aborts, children close, what is waited for has closed, the teardown runs once, closed settles: in that order', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, few(fc.tuple(fc.nat(5), turns, turns), 2), fc.nat(5), async (s, plan, which) => {
        const order: string[] = [];
        const processes: Process[] = [];
        plan.forEach(([parent, , tears], index) => {
          const process = new Process({
            teardown: async () => {
              order.push(`teardown ${index}`);
              await s.steps(tears);
              order.push(`torn ${index}`);
            },
          });
          onAbort(process.closing, () => order.push(`closing ${index}`));
          void process.closed.then(() => order.push(`closed ${index}`));
          if (index > 0) (processes[parent % index] as Process).addChild(process);
          processes.push(process);
        });
        plan.forEach(([, works], index) => (processes[index] as Process).go(() => s.steps(works)));
        const chosen = which % plan.length;
        const inner = s.steps(1).then(() => (processes[chosen] as Process).close());
        await s.play(Promise.all([inner, s.steps(2).then(() => (processes[0] as Process).close())]));
        await Promise.resolve();
        const at = (what: string): number => order.indexOf(what);
        plan.forEach(([parent], index) => {
          const own = ['closing', 'teardown', 'torn', 'closed'].map((what) => at(`${what} ${index}`));
          expect(own).toEqual([...own].sort((a, b) => a - b));
          expect(own[0]).toBeGreaterThanOrEqual(0);
          expect(order.filter((what) => what === `teardown ${index}`)).toHaveLength(1);
          // After the children.
          if (index > 0) expect(at(`closed ${index}`)).toBeLessThan(at(`teardown ${parent % index}`));
        });
      }),
      { numRuns: 1000 },
    );
  });

  test('reverse: children close one at a time, the last that was added first; those that are not waited for are told at once', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, few(turns, 2), async (s, delays) => {
        const order: string[] = [];
        const parent = new Process({ children: 'reverse' });
        delays.forEach((delay, index) => {
          const child = new Process({ parent, teardown: () => s.steps(delay) });
          onAbort(child.closing, () => order.push(`closing ${index}`));
          void child.closed.then(() => order.push(`closed ${index}`));
        });
        const told = new Process({ teardown: () => s.steps(1) });
        onAbort(told.closing, () => order.push('told'));
        parent.addChildNoWait(told);
        await s.play(Promise.all([parent.close(), told.closed]));
        const last = delays.length - 1;
        expect(order.slice(0, 2).sort()).toEqual([`closing ${last}`, 'told']);
        expect(order.filter((what) => what !== 'told')).toEqual(
          delays.flatMap((_, index) => [`closing ${last - index}`, `closed ${last - index}`]),
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('places of a limiter are given in the order of asking, never more than there are', async () => {
    await fc.assert(
      fc.asyncProperty(
        schedules,
        fc.integer({ min: 1, max: 3 }),
        few(fc.tuple(turns, fc.boolean()), 3),
        async (s, limit, plan) => {
          const limiter = new RateLimiter(new Process(), limit);
          let most = 0;
          const started: number[] = [];
          const expected: number[] = [];
          let running = 0;
          const asks = plan.map(([delay, givesUp], index) => {
            const controller = new AbortController();
            if (givesUp && index >= limit) controller.abort();
            else expected.push(index);
            return limiter
              .limitedGo(
                async () => {
                  started.push(index);
                  most = Math.max(most, ++running);
                  await s.steps(delay);
                  running--;
                },
                { signal: controller.signal },
              )
              .catch(() => {});
          });
          await s.play(Promise.all(asks).then(() => limiter.closeAfterChildren()));
          expect(started).toEqual(expected);
          expect(most).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('what is added while a process closes is told at once and waited for; after the end it is refused and left alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        schedules,
        turns,
        turns,
        few(fc.tuple(fc.nat(8), turns, fc.constantFrom('child', 'wait', 'go'))),
        async (s, works, tears, plan) => {
          const order: string[] = [];
          const process = new Process({
            teardown: async () => {
              order.push('teardown');
              await s.steps(tears);
            },
          });
          process.go(() => s.steps(works));
          void process.closed.then(() => order.push('closed'));
          const adding = plan.map(async ([delay, lasts, kind], index) => {
            await s.steps(delay);
            const state = process.state;
            const name = `${kind} ${index}`;
            let other = new Process({ teardown: () => s.steps(lasts) });
            try {
              if (kind === 'child') process.addChild(other);
              else if (kind === 'wait') process.waitFor(other);
              else {
                other = process.go(async (own) => {
                  if (state === 'closing') expect(own.closing.aborted).toBe(true);
                  await s.steps(lasts);
                });
              }
            } catch (error) {
              expect([state, (error as { code: string }).code]).toEqual(['closed', 'ERR_PROCESS_CLOSED']);
              expect(other.state).toBe('running');
              return;
            }
            expect(state).not.toBe('closed');
            order.push(`added ${name}`);
            void other.closed.then(() => order.push(`closed ${name}`));
            if (kind === 'wait') void s.steps(lasts + 1).then(() => other.close());
            else if (kind === 'child' && state === 'closing') expect(other.state).toBe('closing');
          });
          await s.play(Promise.all([s.steps(1).then(() => process.close()), ...adding]));
          await s.playOut();
          const at = (what: string): number => order.indexOf(what);
          expect(at('closed')).toBeGreaterThan(at('teardown'));
          plan.forEach(([, , kind], index) => {
            const name = `${kind} ${index}`;
            if (at(`added ${name}`) < 0) return;
            expect(at(`closed ${name}`)).toBeGreaterThanOrEqual(0);
            expect(at(`closed ${name}`)).toBeLessThan(at('closed'));
            if (at(`added ${name}`) < at('teardown')) expect(at(`closed ${name}`)).toBeLessThan(at('teardown'));
          });
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('a function that has returned has its children waited for, one that has thrown has them told; its error comes before that of the teardown', async () => {
    await fc.assert(
      fc.asyncProperty(
        schedules,
        turns,
        turns,
        fc.boolean(),
        fc.boolean(),
        async (s, works, lasts, throws, tearsBadly) => {
          const order: string[] = [];
          const process = new Process().go(async (own) => {
            own.setTeardown(async () => {
              order.push('teardown');
              await s.steps(1);
              if (tearsBadly) throw 'teardown';
            });
            const child = own.go(async (inner) => {
              // Its own end closes it, too: what counts is whether it was told while it ran.
              onAbort(inner.closing, () => order.includes('child') || order.push('told'));
              await s.steps(lasts + 1);
              order.push('child');
            });
            void child.closed.then(() => order.push('child closed'));
            await s.steps(works);
            order.push('function');
            if (throws) throw 'function';
          });
          const error = await s.play(process.err());
          const errors = [...(throws ? ['function'] : []), ...(tearsBadly ? ['teardown'] : [])];
          expect(error instanceof AggregateError ? error.errors : [error]).toEqual(
            errors.length > 0 ? errors : [undefined],
          );
          expect(order.slice(-1)).toEqual(['teardown']);
          expect(order).toEqual(expect.arrayContaining(['function', 'child', 'child closed']));
          if (order.includes('told')) {
            expect(throws).toBe(true);
            expect(order.indexOf('told')).toBeGreaterThan(order.indexOf('function'));
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('calls for events come one at a time, and of the events during a call one is kept', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, turns, few(turns, 2), async (s, works, pauses) => {
        const target = new EventTarget();
        let running = 0;
        /** Calls that have begun. */
        let calls = 0;
        const watcher = onSignal(target, 'change', async () => {
          calls++;
          expect(++running).toBe(1);
          await s.steps(works);
          running--;
        });
        /** Calls that had begun when the last events came. */
        let before = 0;
        await s.play(
          (async () => {
            for (const [burst, pause] of pauses.entries()) {
              before = calls;
              for (let event = 0; event < 3; event++) target.dispatchEvent(new Event('change'));
              await s.steps(pause);
              expect(calls).toBeLessThanOrEqual(2 * (burst + 1));
            }
          })(),
        );
        await s.playOut();
        // None is lost: the last is followed by a call.
        expect(calls).toBeGreaterThan(before);
        expect(running).toBe(0);
        await s.play(watcher.close());
      }),
      { numRuns: 1000 },
    );
  });
});
