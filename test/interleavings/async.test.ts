// What @x/async promises about order, under a thousand random schedules each. docs/proof.md says which promise each test holds.
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { sleep } from '@x/abort';
import {
  Batch,
  Errors,
  Future,
  Interval,
  Latch,
  latchStarted,
  Queue,
  recoverGroup,
  SignalGroup,
  Worker,
} from '@x/async';
import { few, schedules, turns } from '../test-support/schedules.js';

// On a busy machine, with coverage.
jest.setTimeout(120_000);

describe('@x/async', () => {
  test('a queue starts items in the order of priority, then of arrival, never more at once than it may', async () => {
    await fc.assert(
      fc.asyncProperty(
        schedules,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        few(fc.tuple(turns, fc.integer({ min: -1, max: 1 })), 3),
        async (s, parallelism, maxWork, plan) => {
          const waiting: { index: number; priority: number }[] = [];
          let running = 0;
          const queue = new Queue<number>(
            async (index) => {
              expect(++running).toBeLessThanOrEqual(parallelism);
              // The best of those who waited has been taken.
              const best = [...waiting].sort((a, b) => b.priority - a.priority || a.index - b.index)[0];
              expect(index).toBe(best?.index);
              waiting.splice(
                waiting.findIndex((each) => each.index === index),
                1,
              );
              await s.steps((plan[index] as [number, number])[0]);
              running--;
            },
            { parallelism, maxWork: maxWork + plan.length, context: 'queue', onError: (error) => { throw error; } }, // prettier-ignore
          );
          plan.forEach(([, priority], index) => {
            waiting.push({ index, priority });
            void queue.enqueue(index, { priority });
          });
          await queue.start();
          await s.play(queue.idle());
          expect(waiting).toEqual([]);
          await queue.stop();
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('each item of a queue is run, handed back or cancelled, exactly once, whenever it is stopped; every promise settles', async () => {
    await fc.assert(
      fc.asyncProperty(
        schedules,
        few(fc.record({ arrives: turns, works: turns, cancelled: fc.option(turns) }), 3),
        fc.nat(6),
        fc.boolean(),
        async (s, plan, stopAt, close) => {
          const fate = plan.map(() => [] as string[]);
          const settled = plan.map(() => 'pending');
          const queue = new Queue<number>(
            async (index, signal) => {
              (fate[index] as string[]).push('run');
              await s.steps((plan[index] as { works: number }).works);
              signal.throwIfAborted();
            },
            { parallelism: 2, maxWork: 2 },
          );
          await queue.start();
          const submits = plan.map(async ({ arrives, cancelled }, index) => {
            await s.steps(arrives);
            const controller = new AbortController();
            if (cancelled !== null) void s.steps(cancelled + 1).then(() => controller.abort('cancelled'));
            try {
              await queue.submit(index, { signal: controller.signal });
              settled[index] = 'done';
            } catch (error) {
              settled[index] = error === 'cancelled' ? 'cancelled' : (error as { code: string }).code;
            }
          });
          const stopping = s.steps(stopAt + 1).then(() => (close ? queue.close() : queue.stop()));
          let working = 0;
          void stopping.then(() => (working = queue.running));
          const handedBack = await s.play(Promise.all([stopping, ...submits]).then(([left]) => left));
          expect(working).toBe(0);
          for (const index of handedBack) (fate[index] as string[]).push('handed back');
          settled.forEach((outcome, index) => {
            expect((fate[index] as string[]).length).toBeLessThanOrEqual(1);
            if (outcome === 'done') expect(fate[index]).toEqual(['run']);
            if ((fate[index] as string[])[0] === 'handed back') expect(outcome).toBe('ERR_DISCARDED');
            expect(['done', 'cancelled', 'ERR_DISCARDED']).toContain(outcome);
          });
          expect(queue.size + queue.running).toBe(0);
          await s.playOut();
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('ordered results of a batch keep the order of the source, however its actions end', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, fc.integer({ min: 1, max: 3 }), few(turns, 2), async (s, parallelism, delays) => {
        let running = 0;
        const batch = new Batch(
          delays.map((_, index) => index),
          async (index) => {
            expect(++running).toBeLessThanOrEqual(parallelism);
            await s.steps(delays[index] as number);
            running--;
            return index;
          },
          { parallelism },
        );
        const results: number[] = [];
        const read = async (): Promise<void> => {
          for await (const result of batch.results({ ordered: true })) results.push(result);
        };
        await s.play(read());
        expect(results).toEqual(delays.map((_, index) => index));
      }),
      { numRuns: 1000 },
    );
  });

  test('a worker holds one item at a time, takes those who wait in their order, and runs the held one before it stops', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, few(turns, 2), turns, async (s, delays, stopAt) => {
        const ran: number[] = [];
        const accepted: number[] = [];
        let running = 0;
        const worker = new Worker<number>(async (index) => {
          expect(++running).toBe(1);
          ran.push(index);
          await s.steps(delays[index] as number);
          running--;
        });
        await worker.start();
        const adding = delays.map((_, index) => worker.enqueue(index).then(() => accepted.push(index), () => {})); // prettier-ignore
        await s.play(Promise.all([s.steps(stopAt + 1).then(() => worker.stop()), ...adding]));
        expect(ran).toEqual(accepted);
        expect(accepted).toEqual(accepted.map((_, index) => index));
        expect(running).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  test('an error is in the collection before its group counts it as done, and everybody who waits for a latch is told', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, few(fc.tuple(turns, fc.boolean())), async (s, plan) => {
        const errors = new Errors();
        const group = new SignalGroup();
        const latch = new Latch();
        group.add(plan.length);
        let told = 0;
        const right: boolean[] = [];
        plan.forEach(([delay, fails], index) => {
          void latch.notifyStarted().then(() => told++);
          const fn = async (): Promise<void> => {
            await s.steps(delay);
            if (fails) throw index;
          };
          const done = (): void => {
            right.push([...errors].includes(index) === fails);
            group.done();
          };
          void recoverGroup(fn, errors, { done });
        });
        latch.starting();
        void s.steps(1).then(() => latch.started());
        await s.play(Promise.all([group.wait(), latch.notifyStarted()]));
        expect(right).toEqual(plan.map(() => true));
        expect([told, latch.state]).toEqual([plan.length, latchStarted]);
      }),
      { numRuns: 1000 },
    );
  });

  test('a future can be completed and cancelled by any number at once: one cancel, one outcome for all who read', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, turns, few(fc.tuple(turns, fc.boolean()), 2), async (s, works, plan) => {
        const future = Future.start(async (signal) => {
          await s.steps(works);
          signal.throwIfAborted();
          return 'result';
        });
        let cancelled = 0;
        const outcomes: unknown[] = [];
        const users = plan.map(async ([delay, cancels]) => {
          await s.steps(delay);
          if (cancels) {
            await future.cancel().then(() => cancelled++, (error: { code: string }) => expect(error.code).toBe('ERR_CANNOT_CANCEL')); // prettier-ignore
          } else {
            outcomes.push(await future.complete().catch((error: unknown) => error));
          }
        });
        await s.play(Promise.all([...users, future.finished]));
        expect(cancelled).toBeLessThanOrEqual(1);
        expect(new Set(outcomes).size).toBeLessThanOrEqual(1);
        if (cancelled === 0 && outcomes.length > 0) expect(outcomes[0]).toBe('result');
      }),
      { numRuns: 1000 },
    );
  });

  test('calls of an interval never overlap, and none comes after it has stopped', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, turns, fc.nat(1), async (s, works, stopAfter) => {
        let running = 0;
        let calls = 0;
        let over = false;
        const interval: Interval = new Interval(async () => {
          expect([++running, over]).toEqual([1, false]);
          await s.steps(works);
          running--;
          if (++calls > stopAfter) void interval.stop().then(() => (over = true));
        }, 0);
        await s.playTimers(async () => {
          await interval.start();
          while (!over) await sleep(0);
        });
        expect([running, calls]).toEqual([0, stopAfter + 1]);
      }),
      { numRuns: 1000 },
    );
  });

  test('a batch reads no more than it can start, closes its source, and rejects with a reason or an error when all that ran has ended', async () => {
    await fc.assert(
      fc.asyncProperty(
        schedules,
        fc.integer({ min: 1, max: 3 }),
        few(fc.tuple(turns, turns, fc.boolean()), 2),
        fc.option(turns),
        fc.boolean(),
        async (s, parallelism, plan, abortAt, stopOnError) => {
          const log = { read: 0, started: 0, running: 0, returned: 0 };
          const failed: number[] = [];
          const source = {
            [Symbol.asyncIterator]() {
              return {
                next: async () => {
                  const index = log.read;
                  if (index === plan.length) return { done: true as const, value: undefined };
                  await s.steps((plan[index] as [number, number, boolean])[0]);
                  log.read++;
                  expect(log.read - log.started).toBeLessThanOrEqual(parallelism);
                  return { done: false as const, value: index };
                },
                return: () => {
                  log.returned++;
                  return Promise.resolve({ done: true as const, value: undefined });
                },
              };
            },
          };
          const batch = new Batch(
            source,
            async (index: number) => {
              log.started++;
              expect(++log.running).toBeLessThanOrEqual(parallelism);
              const [, works, fails] = plan[index] as [number, number, boolean];
              await s.steps(works);
              log.running--;
              if (!fails) return;
              failed.push(index);
              throw index;
            },
            { parallelism, stopOnError },
          );
          const controller = new AbortController();
          if (abortAt !== null) void s.steps(abortAt + 1).then(() => controller.abort('stop'));
          const outcome: unknown = await s.play(batch.process(controller.signal).catch((error: unknown) => error));
          expect(log.running).toBe(0);
          if (typeof outcome === 'object') {
            const { done, failed: failures, skipped } = outcome as { done: number; failed: number; skipped: number };
            expect([done + failures, skipped, log.read]).toEqual([plan.length, 0, plan.length]);
            if (stopOnError) expect(failures).toBe(0);
          } else {
            expect(outcome).toBe(outcome === 'stop' ? 'stop' : failed[0]);
            expect(outcome === 'stop' ? abortAt !== null : stopOnError).toBe(true);
            expect(log.returned).toBe(log.read < plan.length ? 1 : log.returned);
          }
          await s.playOut();
        },
      ),
      { numRuns: 1000 },
    );
  });
});
