// Random trees of combinators under random interleavings: what holds of all of them.
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  concurrent,
  concurrentGroup,
  MultiError,
  scoped,
  sequence,
  shield,
  subscribe,
  supervise,
  task,
  TaskError,
  withTimeout,
  type Proc,
} from '@x/proc';

const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as never);

/** A tree of combinators. A leaf does so many steps, then returns or fails; it obeys an abort at once, or does not see it. */
type Tree =
  | { kind: 'leaf'; steps: number; fails: boolean; obeys: boolean }
  | { kind: 'concurrent' | 'concurrentGroup' | 'sequence' | 'scoped'; children: Tree[] }
  | { kind: 'task' | 'shield' | 'withTimeout' | 'supervise'; child: Tree };

const { tree } = fc.letrec<{ tree: Tree; leaf: Tree; many: Tree; one: Tree }>((tie) => ({
  leaf: fc.record({
    kind: fc.constant('leaf' as const),
    steps: fc.nat(3),
    fails: fc.boolean(),
    obeys: fc.boolean(),
  }),
  many: fc.record({
    kind: fc.constantFrom('concurrent' as const, 'concurrentGroup' as const, 'sequence' as const, 'scoped' as const),
    children: fc.array(tie('tree'), { maxLength: 4 }),
  }),
  one: fc.record({
    kind: fc.constantFrom('task' as const, 'shield' as const, 'withTimeout' as const, 'supervise' as const),
    child: tie('tree'),
  }),
  tree: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('many'), tie('one')),
}));

/** What a run is seen to do. */
class Run {
  /** Errors that leaves have thrown, but for echoes; each is an object of its own. */
  readonly thrown: Error[] = [];
  /** Those that were thrown into a `supervise` that has started its process again. */
  readonly retried = new Set<unknown>();
  /** The order of begin and end of every node: a child's lies within its parent's. */
  readonly problems: string[] = [];
  running = 0;
  readonly #scheduler: fc.Scheduler;

  constructor(scheduler: fc.Scheduler) {
    this.#scheduler = scheduler;
  }

  build(node: Tree, parent: { open: boolean } = { open: true }): Proc {
    const own = { open: false };
    const inner = this.#inner(node, own);
    return async (signal) => {
      if (!parent.open) this.problems.push(`${node.kind} begins outside its parent`);
      own.open = true;
      this.running++;
      try {
        await inner(signal);
      } finally {
        this.running--;
        own.open = false;
        if (!parent.open) this.problems.push(`${node.kind} ends after its parent`);
      }
    };
  }

  #inner(node: Tree, own: { open: boolean }): Proc {
    switch (node.kind) {
      case 'leaf':
        return (signal) => this.#leaf(node, signal);
      case 'concurrent':
        return concurrent(...node.children.map((child) => this.build(child, own)));
      case 'concurrentGroup':
        return concurrentGroup(...node.children.map((child) => this.build(child, own)));
      case 'sequence':
        return sequence(...node.children.map((child) => this.build(child, own)));
      case 'scoped':
        return scoped(async (scope) => {
          for (const child of node.children) {
            scope.spawn(this.build(child, own));
            await this.#scheduler.schedule(Promise.resolve(), 'spawn');
          }
        });
      case 'task':
        return task('task', this.build(node.child, own));
      case 'shield':
        return shield(this.build(node.child, own));
      case 'withTimeout':
        return withTimeout(60_000, this.build(node.child, own));
      case 'supervise':
        return (signal) =>
          supervise(this.build(node.child, own), {
            retries: 1,
            backoff: { initial: 0 },
            // What it is asked about is not thrown, but when the signal has aborted.
            isFatal: (error) => {
              if (!signal.aborted) leavesOf(error).forEach((each) => this.retried.add(each));
              return false;
            },
          })(signal);
    }
  }

  async #leaf({ steps, fails, obeys }: Tree & { kind: 'leaf' }, signal: AbortSignal): Promise<void> {
    for (let step = 0; step < steps; step++) {
      if (obeys && signal.aborted) throw signal.reason;
      await this.#scheduler.schedule(Promise.resolve(), 'step');
    }
    if (!fails) return;
    const error = new Error(`failure ${this.thrown.length}`);
    this.thrown.push(error);
    throw error;
  }
}

/** The errors of leaves in what a process has thrown. */
function leavesOf(error: unknown): unknown[] {
  if (error instanceof MultiError) return error.errors.flatMap(leavesOf);
  return error instanceof TaskError ? leavesOf(error.cause) : [error];
}

/** Every MultiError is flat, and has two members or more. */
function shapeIsRight(error: unknown): boolean {
  if (error instanceof TaskError) return shapeIsRight(error.cause);
  if (!(error instanceof MultiError)) return true;
  return error.errors.length > 1 && error.errors.every((each) => !(each instanceof MultiError) && shapeIsRight(each));
}

/** Lets a run come to its end, whatever it waits for. */
async function drive(scheduler: fc.Scheduler, isOver: () => boolean): Promise<void> {
  for (let round = 0; round < 10_000 && !isOver(); round++) {
    if (scheduler.count() > 0) await scheduler.waitOne();
    else await jest.advanceTimersByTimeAsync(1);
  }
}

describe('of random trees under random interleavings', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test.each([
    ['while nobody is subscribed', false],
    ['while somebody is subscribed', true],
  ])(
    'nothing outlives its parent, each error arrives once, and no echo hides one, %s',
    async (_when, watched) => {
      await fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          tree,
          fc.option(fc.nat(12), { nil: undefined }),
          async (scheduler, shape, abortAt) => {
            const subscription = watched ? subscribe({}) : undefined;
            const controller = new AbortController();
            const reason = new Error('stop');
            const run = new Run(scheduler);
            let outcome: { error: unknown } | undefined;
            let over = false;
            void Promise.resolve(run.build(shape)(controller.signal)).then(
              () => (over = true),
              (error: unknown) => {
                outcome = { error };
                over = true;
              },
            );
            if (abortAt !== undefined) {
              void Promise.resolve().then(async () => {
                for (let step = 0; step < abortAt; step++)
                  await scheduler.schedule(Promise.resolve(), 'towards the abort');
                controller.abort(reason);
              });
            }
            await drive(scheduler, () => over);
            subscription?.[dispose]();

            expect(over).toBe(true);
            expect(run.problems).toEqual([]);
            expect(run.running).toBe(0);
            // The signals of tasks follow until they are collected, by one listener.
            expect(getEventListeners(controller.signal, 'abort').length).toBeLessThanOrEqual(watched ? 1 : 0);
            expect(jest.getTimerCount()).toBe(0);

            const arrived = outcome === undefined ? [] : leavesOf(outcome.error);
            const expected = run.thrown.filter((error) => !run.retried.has(error) || arrived.includes(error));
            // Each once, and none but these, or the reason where there is none.
            if (expected.length > 0) expect(new Set(arrived)).toEqual(new Set(expected));
            else expect(arrived.every((error) => error === reason)).toBe(true);
            expect(arrived).toHaveLength(expected.length || Math.min(arrived.length, 1));
            if (outcome !== undefined) expect(shapeIsRight(outcome.error)).toBe(true);
          },
        ),
        { numRuns: 1_000 },
      );
    },
    60_000,
  );

  test('errors come in the order in which they happened', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.nat(4), { minLength: 2, maxLength: 8 }),
        async (scheduler, lengths) => {
          const happened: number[] = [];
          const procs = lengths.map((steps, index): Proc => async () => {
            for (let step = 0; step <= steps; step++) await scheduler.schedule(Promise.resolve());
            happened.push(index);
            throw index;
          });
          let outcome: unknown;
          let over = false;
          void Promise.resolve(concurrent(...procs)(new AbortController().signal)).catch((error: unknown) => {
            outcome = error;
            over = true;
          });
          await drive(scheduler, () => over);
          expect((outcome as MultiError).errors).toEqual(happened);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
