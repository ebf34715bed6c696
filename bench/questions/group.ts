// What does a group of actors cost from start to finish, when one returns and the others have to come down?
import { Group } from '@x/run';
import { Effect } from 'effect';
import { setMaxListeners } from 'node:events';
import { Question, size, steps, type Contender } from '../harness/question.js';

const bench = new Question('group', 'What does a group of actors cost from start to finish?');
const n = size(10_000, 1_000, 50);

let down = 0;
/** An actor as one writes it: it runs until its signal aborts. */
const actor = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) =>
    signal.addEventListener(
      'abort',
      () => {
        down += 1;
        resolve();
      },
      { once: true },
    ),
  );
/** The same without a signal: what runs, and what makes it return. */
const pair = (): { execute: () => Promise<void>; interrupt: () => void } => {
  let stop = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  return {
    execute: () => stopped,
    interrupt: () => {
      down += 1;
      stop();
    },
  };
};
const first = (): Promise<void> => Promise.resolve();

const counting = (run: () => PromiseLike<unknown>): Contender =>
  steps({ prepare: () => void (down = 0), run, finish: () => down });

await bench.compare({
  id: 'group.actors',
  title: `${n.toLocaleString('en')} actors that wait and one that returns`,
  ours: {
    'Group.go': counting(() => {
      const group = new Group();
      for (let i = 0; i < n; i++) group.go(actor);
      group.go(first);
      return group.run();
    }),
    'Group.add': counting(() => {
      const group = new Group();
      for (let i = 0; i < n; i++) group.add(pair());
      group.add({ execute: first, interrupt: () => undefined });
      return group.run();
    }),
  },
  peers: {
    'Promise.all + AbortController': counting(() => {
      const controller = new AbortController();
      setMaxListeners(0, controller.signal);
      const ended = (): void => controller.abort();
      const running = new Array<Promise<void>>(n);
      for (let i = 0; i < n; i++) running[i] = actor(controller.signal).finally(ended);
      running.push(first().finally(ended));
      return Promise.all(running);
    }),
    // Each gets a signal, as those of `go` do.
    'Effect.raceAllFirst, signals': counting(() => {
      const actors = new Array<Effect.Effect<void>>(n).fill(Effect.promise(actor));
      return Effect.runPromise(Effect.raceAllFirst([...actors, Effect.void]));
    }),
    'Effect.raceAllFirst': counting(() => {
      const waiting = Effect.onInterrupt(Effect.never, () =>
        Effect.sync(() => {
          down += 1;
        }),
      );
      const actors = new Array<Effect.Effect<void>>(n).fill(waiting);
      return Effect.runPromise(Effect.raceAllFirst([...actors, Effect.void]));
    }),
  },
  floor: {
    'Promise.all + a list of interrupts': counting(() => {
      const pairs = Array.from({ length: n }, pair);
      let ending = false;
      const ended = (): void => {
        if (ending) return;
        ending = true;
        for (const { interrupt } of pairs) interrupt();
      };
      const running = pairs.map(({ execute }) => execute().finally(ended));
      running.push(first().finally(ended));
      return Promise.all(running);
    }),
  },
  expect: n,
  targets: [
    { ours: 'Group.go', of: 'Promise.all + AbortController', atMost: 2 },
    { ours: 'Group.go', of: 'Effect.raceAllFirst, signals', atMost: 0.5 },
    { ours: 'Group.add', of: 'Promise.all + AbortController', atMost: 2 },
    { ours: 'Group.add', of: 'Effect.raceAllFirst', atMost: 0.5 },
  ],
});

bench.end();
