// What @x/workgraph promises about order, under a thousand random schedules each. docs/proof.md says which promise each test holds.
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { SelfDependencyError } from '@x/workgraph';
import { newRequest, OnceMap, spawn, UnresolvedError, Worker as GraphWorker } from '@x/workgraph';
import { few, schedules, turns } from '../test-support/schedules.js';

// On a busy machine, with coverage.
jest.setTimeout(120_000);

describe('@x/workgraph', () => {
  test('a cycle fails exactly the requests on it, in order, whenever it is closed; all others live on', async () => {
    await fc.assert(
      fc.asyncProperty(
        schedules,
        fc.integer({ min: 1, max: 5 }),
        fc.nat(3),
        few(turns, 6),
        async (s, size, more, delays) => {
          // 0 -> 1 -> ... -> size-1 -> 0, and others that lead into it.
          const map: OnceMap<number, string> = new OnceMap<number, string>(async (key, worker) => {
            await s.steps(delays[key % delays.length] as number);
            if (key >= size) return map.get(0, worker).catch((error: SelfDependencyError) => error.code);
            return map.get((key + 1) % size, worker);
          });
          const keys = Array.from({ length: size + more }, (_, key) => key);
          const outcomes = await s.play(Promise.allSettled(keys.map((key) => map.get(key, new GraphWorker()))));
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
      fc.asyncProperty(schedules, dag, async (s, [n, edges, delays]) => {
        const needs = (key: number): number[] => edges.filter(([a, b]) => a === key && b < key).map(([, b]) => b);
        const map: OnceMap<number, number> = new OnceMap<number, number>(async (key, worker) => {
          await s.steps(delays[key % delays.length] as number);
          const results = await Promise.all(needs(key).map((need) => map.get(need, worker)));
          return 1 + Math.max(0, ...results);
        });
        const depth = (key: number): number => 1 + Math.max(0, ...needs(key).map(depth));
        const keys = Array.from({ length: n }, (_, key) => key);
        await expect(s.play(Promise.all(keys.map((key) => map.get(key, new GraphWorker()))))).resolves.toEqual(
          keys.map(depth),
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('the first report stands; what a worker has not reported when its work has ended fails then; waits that were given up make no cycle', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, turns, fc.option(turns), fc.boolean(), async (s, works, reports, givesUp) => {
        const main = new GraphWorker({ name: 'main' });
        const { resolver, promise } = newRequest<string>(main, { name: 'answer' });
        const other = newRequest<string>(main, { name: 'other' });
        let ended = false;
        const late: unknown[] = [];
        const worker = spawn(
          async (own) => {
            await s.steps(works);
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
        const outcome: unknown = await s.play(waiting);
        if (givesUp) {
          expect(outcome).toBe('enough');
          other.resolver.resolve(main, 'no cycle');
          await expect(back).resolves.toBe('no cycle');
          await s.playOut();
        } else {
          expect([outcome, ended]).toEqual([reports === null ? 'unresolved' : 'first', true]);
          expect(late).toEqual(reports === null ? [] : ['ERR_WORKGRAPH_USAGE']);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('a reset during a run: those who wait have its result, those who come later that of a new one', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, few(turns, 2), turns, few(fc.nat(5), 2), async (s, works, resetAt, asks) => {
        let runs = 0;
        const map = new OnceMap<string, number>(async () => {
          const run = runs++;
          await s.steps((works[run % works.length] as number) + 1);
          return run;
        });
        let resets = 0;
        const askers = asks.map(async (delay) => {
          await s.steps(delay);
          const before = resets;
          expect(await map.get('key', new GraphWorker())).toBe(before > 0 && runs > 1 ? runs - 1 : 0);
        });
        const resetting = s.steps(resetAt).then(() => {
          if (runs === 0) return;
          resets++;
          map.reset('key');
        });
        await s.play(Promise.all([...askers, resetting]));
        expect(runs).toBeLessThanOrEqual(1 + resets);
      }),
      { numRuns: 1000 },
    );
  });
});
