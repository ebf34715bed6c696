// What does it cost to start many children that do nothing and to wait for them all?
/* eslint-disable @typescript-eslint/require-await -- actions that do nothing are what is measured */
import { concurrent, scoped } from '@x/proc';
import { Process } from '@x/process';
import { never } from '@x/abort';
import { Effect, Fiber, FiberSet } from 'effect';
import { run, spawn, type Operation, type Task } from 'effection';
import { mode, Question, size, steps, type Contender, type Contenders } from '../harness/question.js';

const bench = new Question('wait-all', 'What does it cost to start many children and to wait for them all?');

let ran = 0;
/** The child of each: a native form of the library, where it has one. */
const child = async (): Promise<void> => {
  ran += 1;
};
const childEffect = Effect.sync(() => {
  ran += 1;
});
function* childOperation(): Operation<void> {
  ran += 1;
}

const counting = (start: () => PromiseLike<unknown>): Contender =>
  steps({ prepare: () => void (ran = 0), run: start, finish: () => ran });

const ours = (n: number): Contenders => {
  const children = new Array<typeof child>(n).fill(child);
  return {
    concurrent: counting(async () => concurrent(...children)(never)),
    scoped: counting(async () =>
      scoped((scope) => {
        for (let i = 0; i < n; i++) scope.spawn(child);
      })(never),
    ),
    'Process.go': counting(() => {
      const root = new Process();
      for (let i = 0; i < n; i++) root.go(child);
      return root.closeAfterChildren();
    }),
  };
};
const peers = (n: number): Contenders => ({
  'Promise.all': counting(() => {
    const promises = new Array<Promise<void>>(n);
    for (let i = 0; i < n; i++) promises[i] = child();
    return Promise.all(promises);
  }),
  'Effect.forkChild + Fiber.awaitAll': counting(() =>
    Effect.runPromise(
      Effect.gen(function* () {
        const fibers = new Array<Fiber.Fiber<void>>(n);
        for (let i = 0; i < n; i++) fibers[i] = yield* Effect.forkChild(childEffect);
        yield* Fiber.awaitAll(fibers);
      }),
    ),
  ),
  'Effect FiberSet': counting(() =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const set = yield* FiberSet.make();
          for (let i = 0; i < n; i++) yield* FiberSet.run(set, childEffect);
          yield* FiberSet.awaitEmpty(set);
        }),
      ),
    ),
  ),
});
const effection = (n: number): Contenders => ({
  Effection: counting(() =>
    run(function* () {
      const tasks = new Array<Task<void>>(n);
      for (let i = 0; i < n; i++) tasks[i] = yield* spawn(childOperation);
      for (const task of tasks) yield* task;
    }),
  ),
});

const aims = [
  { ours: 'concurrent', of: 'Promise.all', atMost: 1.6 },
  ...['scoped', 'Process.go'].flatMap((name) => [
    { ours: name, of: 'Effect FiberSet', atMost: 0.7 },
    { ours: name, of: 'Effect.forkChild + Fiber.awaitAll', atMost: 0.5 },
  ]),
];

const many = size(100_000, 5_000, 200);
await bench.compare({
  id: 'wait.many',
  title: `${many.toLocaleString('en')} children that do nothing`,
  ours: ours(many),
  peers: peers(many),
  expect: many,
  targets: aims,
  absent: mode === 'full' ? { Effection: 'minutes: see the smaller number' } : {},
});

const few = size(10_000, 1_000, 100);
await bench.compare({
  id: 'wait.few',
  title: `${few.toLocaleString('en')} children that do nothing`,
  ours: ours(few),
  peers: { ...peers(few), ...effection(few) },
  expect: few,
});

bench.end();
