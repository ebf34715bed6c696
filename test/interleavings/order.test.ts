// What the packages promise about order, under a thousand random schedules each. docs/proof.md says which promise each test holds.
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { anySignal, LinkedController, link, onAbort, sleep } from '@x/abort';
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
import { concurrent, concurrentGroup, MultiError, scoped, sequence, type Proc } from '@x/proc';
import { Process } from '@x/process';
import { RateLimiter } from '@x/process/ratelimit';
import { Group, type GroupEvent } from '@x/run';
import type { SelfDependencyError } from '@x/workgraph';
import { newRequest, OnceMap, spawn, UnresolvedError, Worker as GraphWorker } from '@x/workgraph';

// On a busy machine, with coverage.
jest.setTimeout(120_000);

type Scheduler = fc.Scheduler;
const never = new AbortController().signal;
/** Between 0 and 3 turns of the schedule. */
const turns = fc.nat(3);
const few = <T>(each: fc.Arbitrary<T>, minLength = 1): fc.Arbitrary<T[]> =>
  fc.array(each, { minLength, maxLength: Math.max(6, minLength) });

/** So many turns of the schedule. */
async function steps(s: Scheduler, count: number): Promise<void> {
  for (let step = 0; step < count; step++) await s.schedule(Promise.resolve());
}

describe('@x/abort', () => {
  test('the first signal to abort gives its reason to the composite and to every child, and no later one counts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), few(turns, 2), async (s, delays) => {
        const sources = delays.map(() => new AbortController());
        const signals = sources.map(({ signal }) => signal);
        const composite = anySignal(signals);
        const child = link(...signals);
        const order: number[] = [];
        const aborting = sources.map(async (source, index) => {
          await steps(s, 1 + (delays[index] as number));
          order.push(index);
          source.abort(index);
        });
        await s.waitFor(Promise.all(aborting));
        expect([composite.reason, child.reason]).toEqual([order[0], order[0]]);
      }),
      { numRuns: 1000 },
    );
  });

  test('children are told in the order in which they were linked, those that have gone are not, whenever they come and go', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), few(fc.tuple(turns, fc.boolean()), 2), turns, async (s, plan, abortAt) => {
        const parent = new LinkedController();
        const linked: number[] = [];
        const told: number[] = [];
        const coming = plan.map(async ([delay, leaves], index) => {
          await steps(s, delay);
          if (parent.aborted) return;
          const child = link(parent.signal);
          onAbort(child.signal, () => told.push(index));
          linked.push(index);
          await steps(s, delay);
          if (!leaves || parent.aborted) return;
          child.unlink();
          linked.splice(linked.indexOf(index), 1);
        });
        const abort = steps(s, abortAt + 1).then(() => parent.abort());
        await s.waitFor(Promise.all([...coming, abort]));
        expect(told).toEqual(linked);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('@x/run', () => {
  const plans = few(fc.record({ works: turns, fails: fc.boolean(), slow: turns }));

  test('actors start in the order of add, each before the first is looked at; the first to end decides, and is what all are interrupted with', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), plans, async (s, plan) => {
        const log: string[] = [];
        const exits: { error?: unknown }[] = [];
        const reasons: unknown[] = [];
        const group = new Group({
          onSuppressed: () => {},
          onEvent: (event) => void (event.type === 'exit' && exits.push(event)),
        });
        plan.forEach(({ works, fails, slow }, index) =>
          group.add({
            execute: async () => {
              log.push(`start ${index}`);
              await steps(s, works);
              log.push('end');
              if (fails) throw index;
            },
            interrupt: (reason) => {
              reasons.push(reason);
              log.push(`interrupt ${index}`);
              return steps(s, slow);
            },
          }),
        );
        const outcome = await s.waitFor(group.run().then(() => undefined, (error: unknown) => error)); // prettier-ignore
        const names = plan.map((_, index) => index);
        expect(log.slice(0, plan.length)).toEqual(names.map((index) => `start ${index}`));
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
        fc.scheduler(),
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
          group.add(() => count(steps(s, works)), () => count(steps(s, slow)), String(index)), // prettier-ignore
          );
          await s.waitFor(group.run());
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
      fc.asyncProperty(fc.scheduler(), few(fc.record({ ready: turns, works: turns })), async (s, plan) => {
        const events: GroupEvent[] = [];
        const group = new Group({ startup: 'sequential', onEvent: (event) => events.push(event) });
        plan.forEach(({ ready, works }, index) =>
          group.add({
            name: String(index),
            execute: async (up) => {
              void steps(s, ready).then(up);
              await steps(s, works + 1);
            },
            interrupt: () => {},
          }),
        );
        await s.waitFor(group.run());
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
      fc.asyncProperty(fc.scheduler(), few(turns, 3), fc.boolean(), async (s, delays, all) => {
        const happened: number[] = [];
        const group = new Group(all ? { until: 'all' } : {});
        delays.forEach((delay, index) =>
          group.add(
            async () => {
              await steps(s, delay);
              happened.push(index);
              throw index;
            },
            () => {},
          ),
        );
        const error: unknown = await s.waitFor(group.run().catch((thrown: unknown) => thrown));
        if (all) expect((error as AggregateError).errors).toEqual(happened);
        else expect([error, ...group.suppressed]).toEqual(happened);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('@x/proc', () => {
  test('errors of processes at the same time come in the order in which they happened, when all have ended', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), few(turns, 2), fc.boolean(), async (s, delays, nursery) => {
        const happened: number[] = [];
        const procs = delays.map((delay, index): Proc => async () => {
          await steps(s, delay);
          happened.push(index);
          throw index;
        });
        const proc = nursery ? scoped((scope) => procs.forEach((each) => scope.spawn(each))) : concurrent(...procs);
        const error: unknown = await s.waitFor(Promise.resolve(proc(never)).catch((thrown: unknown) => thrown));
        expect((error as MultiError).errors).toEqual(happened);
      }),
      { numRuns: 1000 },
    );
  });

  test('the first error of a group aborts the others, who are waited for, and their echo of it is no error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), few(fc.tuple(turns, fc.boolean()), 2), async (s, plan) => {
        let running = 0;
        const failures: number[] = [];
        const procs = plan.map(([delay, fails], index): Proc => async (signal) => {
          running++;
          try {
            await steps(s, delay);
            signal.throwIfAborted();
            if (!fails) return;
            failures.push(index);
            throw index;
          } finally {
            running--;
          }
        });
        const outcome: unknown = await s.waitFor(
          Promise.resolve(concurrentGroup(...procs)(never)).then(() => 'fine', (thrown: unknown) => thrown), // prettier-ignore
        );
        expect(running).toBe(0);
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
        fc.scheduler(),
        few(fc.tuple(turns, fc.integer({ min: 0, max: 9 }))),
        fc.nat(15),
        async (s, plan, abortAt) => {
          const stop = new AbortController();
          const log: string[] = [];
          const procs = plan.map(([delay, luck], index): Proc => async () => {
            expect(stop.signal.aborted).toBe(false);
            log.push(`start ${index}`);
            await steps(s, delay);
            log.push(`end ${index}`);
            if (luck === 0) throw index;
          });
          void steps(s, abortAt + 1).then(() => stop.abort('stop'));
          const outcome: unknown = await s.waitFor(
            Promise.resolve(sequence(...procs)(stop.signal)).then(() => 'fine', (thrown: unknown) => thrown), // prettier-ignore
          );
          const done = log.length / 2;
          expect(log).toEqual(Array.from({ length: done }, (_, index) => [`start ${index}`, `end ${index}`]).flat());
          const failed = plan[done - 1]?.[1] === 0;
          expect(outcome).toBe(failed ? done - 1 : done === plan.length ? 'fine' : 'stop');
          await s.waitIdle();
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('@x/process', () => {
  test('closing aborts, children close, what is waited for has closed, the teardown runs once, closed settles: in that order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), few(fc.tuple(fc.nat(5), turns, turns), 2), fc.nat(5), async (s, plan, which) => {
        const order: string[] = [];
        const processes: Process[] = [];
        plan.forEach(([parent, , tears], index) => {
          const process = new Process({
            teardown: async () => {
              order.push(`teardown ${index}`);
              await steps(s, tears);
              order.push(`torn ${index}`);
            },
          });
          onAbort(process.closing, () => order.push(`closing ${index}`));
          void process.closed.then(() => order.push(`closed ${index}`));
          if (index > 0) (processes[parent % index] as Process).addChild(process);
          processes.push(process);
        });
        plan.forEach(([, works], index) => (processes[index] as Process).go(() => steps(s, works)));
        const chosen = which % plan.length;
        const inner = steps(s, 1).then(() => (processes[chosen] as Process).close());
        await s.waitFor(Promise.all([inner, steps(s, 2).then(() => (processes[0] as Process).close())]));
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

  test('reverse: children close one at a time, the last that was added first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), few(turns, 2), async (s, delays) => {
        const order: string[] = [];
        const parent = new Process({ children: 'reverse' });
        delays.forEach((delay, index) => {
          const child = new Process({ parent, teardown: () => steps(s, delay) });
          onAbort(child.closing, () => order.push(`closing ${index}`));
          void child.closed.then(() => order.push(`closed ${index}`));
        });
        await s.waitFor(parent.close());
        const last = delays.length - 1;
        expect(order).toEqual(delays.flatMap((_, index) => [`closing ${last - index}`, `closed ${last - index}`]));
      }),
      { numRuns: 1000 },
    );
  });

  test('places of a limiter are given in the order of asking, never more than there are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
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
                  await steps(s, delay);
                  running--;
                },
                { signal: controller.signal },
              )
              .catch(() => {});
          });
          await s.waitFor(Promise.all(asks).then(() => limiter.closeAfterChildren()));
          expect(started).toEqual(expected);
          expect(most).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('@x/async', () => {
  test('a queue starts items in the order of priority, then of arrival, never more at once than it may', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
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
              await steps(s, (plan[index] as [number, number])[0]);
              running--;
            },
            { parallelism, maxWork: maxWork + plan.length, context: 'queue', onError: (error) => { throw error; } }, // prettier-ignore
          );
          plan.forEach(([, priority], index) => {
            waiting.push({ index, priority });
            void queue.enqueue(index, { priority });
          });
          await queue.start();
          await s.waitFor(queue.idle());
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
        fc.scheduler(),
        few(fc.record({ arrives: turns, works: turns, cancelled: fc.option(turns) }), 3),
        fc.nat(6),
        fc.boolean(),
        async (s, plan, stopAt, close) => {
          const fate = plan.map(() => [] as string[]);
          const settled = plan.map(() => 'pending');
          const queue = new Queue<number>(
            async (index, signal) => {
              (fate[index] as string[]).push('run');
              await steps(s, (plan[index] as { works: number }).works);
              signal.throwIfAborted();
            },
            { parallelism: 2, maxWork: 2 },
          );
          await queue.start();
          const submits = plan.map(async ({ arrives, cancelled }, index) => {
            await steps(s, arrives);
            const controller = new AbortController();
            if (cancelled !== null) void steps(s, cancelled + 1).then(() => controller.abort('cancelled'));
            try {
              await queue.submit(index, { signal: controller.signal });
              settled[index] = 'done';
            } catch (error) {
              settled[index] = error === 'cancelled' ? 'cancelled' : (error as { code: string }).code;
            }
          });
          const stopping = steps(s, stopAt + 1).then(() => (close ? queue.close() : queue.stop()));
          const handedBack = await s.waitFor(Promise.all([stopping, ...submits]).then(([left]) => left));
          for (const index of handedBack) (fate[index] as string[]).push('handed back');
          settled.forEach((outcome, index) => {
            expect((fate[index] as string[]).length).toBeLessThanOrEqual(1);
            if (outcome === 'done') expect(fate[index]).toEqual(['run']);
            if ((fate[index] as string[])[0] === 'handed back') expect(outcome).toBe('ERR_DISCARDED');
            expect(['done', 'cancelled', 'ERR_DISCARDED']).toContain(outcome);
          });
          expect(queue.size + queue.running).toBe(0);
          await s.waitIdle();
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('ordered results of a batch keep the order of the source, however its actions end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 3 }),
        few(turns, 2),
        async (s, parallelism, delays) => {
          let running = 0;
          const batch = new Batch(
            delays.map((_, index) => index),
            async (index) => {
              expect(++running).toBeLessThanOrEqual(parallelism);
              await steps(s, delays[index] as number);
              running--;
              return index;
            },
            { parallelism },
          );
          const results: number[] = [];
          const read = async (): Promise<void> => {
            for await (const result of batch.results({ ordered: true })) results.push(result);
          };
          await s.waitFor(read());
          expect(results).toEqual(delays.map((_, index) => index));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('a worker holds one item at a time, takes those who wait in their order, and runs the held one before it stops', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), few(turns, 2), turns, async (s, delays, stopAt) => {
        const ran: number[] = [];
        const accepted: number[] = [];
        let running = 0;
        const worker = new Worker<number>(async (index) => {
          expect(++running).toBe(1);
          ran.push(index);
          await steps(s, delays[index] as number);
          running--;
        });
        await worker.start();
        const adding = delays.map((_, index) => worker.enqueue(index).then(() => accepted.push(index), () => {})); // prettier-ignore
        await s.waitFor(Promise.all([steps(s, stopAt + 1).then(() => worker.stop()), ...adding]));
        expect(ran).toEqual(accepted);
        expect(accepted).toEqual(accepted.map((_, index) => index));
        expect(running).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  test('an error is in the collection before its group counts it as done, and everybody who waits for a latch is told', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), few(fc.tuple(turns, fc.boolean())), async (s, plan) => {
        const errors = new Errors();
        const group = new SignalGroup();
        const latch = new Latch();
        group.add(plan.length);
        let failed = 0;
        let told = 0;
        plan.forEach(([delay, fails], index) => {
          void latch.notifyStarted().then(() => told++);
          const fn = async (): Promise<void> => {
            await steps(s, delay);
            if (!fails) return;
            failed++;
            throw index;
          };
          const done = (): void => {
            expect(errors.size).toBe(failed);
            group.done();
          };
          void recoverGroup(fn, errors, { done });
        });
        latch.starting();
        void steps(s, 1).then(() => latch.started());
        await s.waitFor(Promise.all([group.wait(), latch.notifyStarted()]));
        expect([errors.size, told, latch.state]).toEqual([failed, plan.length, latchStarted]);
      }),
      { numRuns: 1000 },
    );
  });

  test('a future can be completed and cancelled by any number at once: one cancel, one outcome for all who read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), turns, few(fc.tuple(turns, fc.boolean()), 2), async (s, works, plan) => {
        const future = Future.start(async (signal) => {
          await steps(s, works);
          signal.throwIfAborted();
          return 'result';
        });
        let cancelled = 0;
        const outcomes: unknown[] = [];
        const users = plan.map(async ([delay, cancels]) => {
          await steps(s, delay);
          if (cancels) {
            await future.cancel().then(() => cancelled++, (error: { code: string }) => expect(error.code).toBe('ERR_CANNOT_CANCEL')); // prettier-ignore
          } else {
            outcomes.push(await future.complete().catch((error: unknown) => error));
          }
        });
        await s.waitFor(Promise.all([...users, future.finished]));
        expect(cancelled).toBeLessThanOrEqual(1);
        expect(new Set(outcomes).size).toBeLessThanOrEqual(1);
        if (cancelled === 0 && outcomes.length > 0) expect(outcomes[0]).toBe('result');
      }),
      { numRuns: 1000 },
    );
  });

  test('calls of an interval never overlap, and none comes after it has stopped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), turns, fc.nat(1), async (s, works, stopAfter) => {
        let running = 0;
        let calls = 0;
        let over = false;
        const interval: Interval = new Interval(async () => {
          expect([++running, over]).toEqual([1, false]);
          await steps(s, works);
          running--;
          if (++calls > stopAfter) void interval.stop().then(() => (over = true));
        }, 0);
        await interval.start();
        const ended = (async () => {
          while (!over) await sleep(0);
        })();
        await s.waitFor(ended);
        expect([running, calls]).toEqual([0, stopAfter + 1]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('@x/workgraph', () => {
  test('a cycle fails exactly the requests on it, in order, whenever it is closed; all others live on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(3),
        few(turns, 6),
        async (s, size, more, delays) => {
          // 0 -> 1 -> ... -> size-1 -> 0, and others that lead into it.
          const map: OnceMap<number, string> = new OnceMap<number, string>(async (key, worker) => {
            await steps(s, delays[key % delays.length] as number);
            if (key >= size) return map.get(0, worker).catch((error: SelfDependencyError) => error.code);
            return map.get((key + 1) % size, worker);
          });
          const keys = Array.from({ length: size + more }, (_, key) => key);
          const outcomes = await s.waitFor(Promise.allSettled(keys.map((key) => map.get(key, new GraphWorker()))));
          const names = keys.slice(0, size).map(String);
          outcomes.forEach((outcome, key) => {
            if (key >= size) return expect(outcome).toEqual({ status: 'fulfilled', value: 'ERR_SELF_DEPENDENCY' });
            const error = (outcome as PromiseRejectedResult).reason as SelfDependencyError;
            const found = error.requestIds.map((id) => id.name as string);
            const from = names.indexOf(found[0] as string);
            expect(found).toEqual([...names.slice(from), ...names.slice(0, from)]);
            return undefined;
          });
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('a graph without a cycle has its results, in any timing', async () => {
    const dag = fc
      .integer({ min: 2, max: 8 })
      .chain((n) =>
        fc.tuple(fc.constant(n), fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1)), { maxLength: 20 }), few(turns, 8)),
      );
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), dag, async (s, [n, edges, delays]) => {
        const needs = (key: number): number[] => edges.filter(([a, b]) => a === key && b < key).map(([, b]) => b);
        const map: OnceMap<number, number> = new OnceMap<number, number>(async (key, worker) => {
          await steps(s, delays[key % delays.length] as number);
          const results = await Promise.all(needs(key).map((need) => map.get(need, worker)));
          return 1 + Math.max(0, ...results);
        });
        const depth = (key: number): number => 1 + Math.max(0, ...needs(key).map(depth));
        const keys = Array.from({ length: n }, (_, key) => key);
        await expect(s.waitFor(Promise.all(keys.map((key) => map.get(key, new GraphWorker()))))).resolves.toEqual(
          keys.map(depth),
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('the first report stands; what a worker has not reported when its work has ended fails then; waits that were given up make no cycle', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), turns, fc.option(turns), fc.boolean(), async (s, works, reports, givesUp) => {
        const main = new GraphWorker({ name: 'main' });
        const { resolver, promise } = newRequest<string>(main, { name: 'answer' });
        const other = newRequest<string>(main, { name: 'other' });
        let ended = false;
        const late: unknown[] = [];
        const worker = spawn(
          async (own) => {
            await steps(s, works);
            if (reports !== null) {
              resolver.resolve(own, 'first');
              try {
                resolver.resolve(own, 'second');
              } catch (error) {
                late.push((error as { code: string }).code);
              }
            }
            ended = true;
          },
          {},
          resolver,
        );
        const controller = new AbortController();
        const waiting = promise.await(main, { signal: controller.signal }).then(
          (value) => value,
          (error: unknown) => (error instanceof UnresolvedError ? 'unresolved' : error),
        );
        if (givesUp) controller.abort('enough');
        // `worker` now waits for `main`: a cycle, unless main has given its wait up.
        const back = givesUp ? other.promise.await(worker) : undefined;
        const outcome: unknown = await s.waitFor(waiting);
        if (givesUp) {
          expect(outcome).toBe('enough');
          other.resolver.resolve(main, 'no cycle');
          await expect(back).resolves.toBe('no cycle');
          await s.waitIdle();
        } else {
          expect([outcome, ended]).toEqual([reports === null ? 'unresolved' : 'first', true]);
          expect(late).toEqual(reports === null ? [] : ['ERR_WORKGRAPH_USAGE']);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

test('what is started in the background begins in a microtask, never before the call has returned', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }), async (s, order) => {
      const began: number[] = [];
      let inside = true;
      const work = (index: number) => () => {
        expect(inside).toBe(false);
        began.push(index);
      };
      const starts = [
        () => new Process().go(work(0)),
        () => spawn(work(1)),
        () => Future.start(work(2)),
        () => new OnceMap(work(3)).get(1, new GraphWorker()),
        () => scoped((scope) => scope.spawn(work(4)))(never),
        () => {
          const queue = new Queue(work(5));
          void queue.start();
          return queue.enqueue(1);
        },
      ];
      await steps(s, 0);
      inside = true;
      for (const which of order) void (starts[which] as () => unknown)();
      inside = false;
      await new Promise((resolve) => setImmediate(resolve));
      expect([...began].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    }),
    { numRuns: 1000 },
  );
});
