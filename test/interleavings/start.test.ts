// What all packages promise about order, under a thousand random schedules each. docs/proof.md says which promise each test holds.
import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { Future, Queue } from '@x/async';
import { scoped } from '@x/proc';
import { Process } from '@x/process';
import { Once, OnceMap, spawn, Worker as GraphWorker } from '@x/workgraph';
import { never, schedules } from '../test-support/schedules.js';

// On a busy machine, with coverage.
jest.setTimeout(120_000);

test('what is started in the background begins in a microtask, never before the call has returned', async () => {
  await fc.assert(
    fc.asyncProperty(schedules, fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }), async (s, order) => {
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
        () => new Once().do(new GraphWorker(), work(6)),
      ];
      await s.steps(0);
      inside = true;
      for (const which of order) void (starts[which] as () => unknown)();
      inside = false;
      await new Promise((resolve) => setImmediate(resolve));
      expect([...began].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    }),
    { numRuns: 1000 },
  );
});
