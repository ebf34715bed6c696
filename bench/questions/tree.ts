// What does a tree of things cost that have to be torn down in order, children first: building, holding, closing?
import { Process } from '@x/process';
import { Effect, Exit, Scope } from 'effect';
import { ensure, run, spawn, suspend, type Operation } from 'effection';
import { Question, size, steps, type Contender, type Weighed } from '../harness/question.js';

const bench = new Question('tree', 'What does a tree of teardowns cost?');

/** Ten children each: a node's parent is at (index - 1) / 10. 11,111 nodes are five levels. */
const n = size(11_111, 1_111, 111);
const parentOf = (index: number): number => Math.floor((index - 1) / 10);
const childrenOf = (index: number): number => Math.max(0, Math.min(10, n - 1 - index * 10));

let closed = 0;
let early = 0;
const closedChildren = new Int32Array(n);
const reset = (): void => {
  closed = early = 0;
  closedChildren.fill(0);
};
/** A teardown that knows whether its children have been torn down before it. */
const tearDown = (index: number): void => {
  closed += 1;
  if (closedChildren[index] !== childrenOf(index)) early += 1;
  if (index > 0) closedChildren[parentOf(index)]! += 1;
};
const outcome = (): unknown => ({ closed, early });

/** How each of them makes a tree, with a teardown for each node, and how it closes it. */
interface Kind<Root> {
  build: (teardown: (index: number) => () => void) => Root | Promise<Root>;
  close: (root: Root) => unknown;
}

/** Builds by making every node under its parent, which comes earlier. */
const nodes = <Node>(make: (parent: Node | undefined, index: number) => Node): Node => {
  const made = new Array<Node>(n);
  for (let index = 0; index < n; index++) made[index] = make(index === 0 ? undefined : made[parentOf(index)], index);
  return made[0] as Node;
};

const processes: Kind<Process> = {
  build: (teardown) =>
    nodes<Process>((parent, index) =>
      parent === undefined
        ? new Process({ teardown: teardown(index) })
        : new Process({ parent, teardown: teardown(index) }),
    ),
  close: (root) => root.close(),
};

const scopes: Kind<Scope.Closeable> = {
  build: (teardown) =>
    Effect.runSync(
      Effect.gen(function* () {
        const made = new Array<Scope.Closeable>(n);
        for (let index = 0; index < n; index++) {
          const scope = index === 0 ? Scope.makeUnsafe() : Scope.forkUnsafe(made[parentOf(index)] as Scope.Closeable);
          yield* Scope.addFinalizer(scope, Effect.sync(teardown(index)));
          made[index] = scope;
        }
        return made[0] as Scope.Closeable;
      }),
    ),
  close: (root) => Effect.runPromise(Scope.close(root, Exit.void)),
};

const effection: Kind<{ halt: () => PromiseLike<void> }> = {
  build: async (teardown) => {
    let up = 0;
    let ready = (): void => undefined;
    const all = new Promise<void>((resolve) => (ready = resolve));
    function* node(index: number): Operation<void> {
      yield* ensure(teardown(index));
      for (let child = index * 10 + 1; child <= index * 10 + 10 && child < n; child++)
        void (yield* spawn(() => node(child)));
      if (++up === n) ready();
      yield* suspend();
    }
    const task = run(() => node(0));
    await all;
    // Wrapped: the task is a promise itself, and to be given one would be to wait for it.
    return { halt: () => task.halt() };
  },
  close: (root) => root.halt(),
};

const native: Kind<{ stack: AsyncDisposableStack }> = {
  build: (teardown) => ({
    stack: nodes<AsyncDisposableStack>((parent, index) => {
      const stack = new AsyncDisposableStack();
      stack.defer(teardown(index));
      parent?.use(stack);
      return stack;
    }),
  }),
  close: ({ stack }) => stack.disposeAsync(),
};

/** The least that closes children first, together, and once. */
class Hand {
  readonly children: Hand[] = [];
  readonly teardown: () => void;
  closing: Promise<void> | undefined = undefined;
  constructor(parent: Hand | undefined, teardown: () => void) {
    this.teardown = teardown;
    parent?.children.push(this);
  }
  close(): Promise<void> {
    return (this.closing ??= this.#close());
  }
  async #close(): Promise<void> {
    await Promise.all(this.children.map((child) => child.close()));
    this.teardown();
  }
}
const byHand: Kind<Hand> = {
  build: (teardown) => nodes<Hand>((parent, index) => new Hand(parent, teardown(index))),
  close: (root) => root.close(),
};

const knowing = (index: number) => (): void => tearDown(index);

const building = <Root>({ build, close }: Kind<Root>): Contender =>
  steps({
    prepare: reset,
    run: () => build(knowing),
    finish: async (root) => {
      await close(root);
      return outcome();
    },
  });
const closing = <Root>({ build, close }: Kind<Root>): Contender =>
  steps({
    prepare: () => {
      reset();
      return build(knowing);
    },
    run: (root) => close(root),
    finish: outcome,
  });
// One function for all: what is weighed are the nodes.
const count = (): void => void (closed += 1);
const holding = <Root>({ build, close }: Kind<Root>): Weighed => ({
  hold: () => {
    closed = 0;
    return build(() => count);
  },
  release: async (root: Root) => {
    await close(root);
    return closed;
  },
});

const hasNative = typeof AsyncDisposableStack === 'function';
const absent = hasNative ? {} : { AsyncDisposableStack: 'not on this Node' };
const field = <T>(ask: <Root>(kind: Kind<Root>) => T) => ({
  ours: { Process: ask(processes) },
  peers: {
    'Effect Scope': ask(scopes),
    Effection: ask(effection),
    ...(hasNative ? { AsyncDisposableStack: ask(native) } : {}),
  },
  floor: { 'by hand': ask(byHand) },
  absent,
});
const expect = { closed: n, early: 0 };

await bench.compare({
  id: 'tree.build',
  title: `building a tree of ${n.toLocaleString('en')} with a teardown each`,
  ...field(building),
  expect,
  targets: [{ ours: 'Process', of: 'Effect Scope', atMost: 0.2 }],
});
await bench.compare({
  id: 'tree.close',
  title: 'closing it',
  ...field(closing),
  expect,
  targets: [
    { ours: 'Process', of: 'Effect Scope', atMost: 0.2 },
    ...(hasNative ? [{ ours: 'Process', of: 'AsyncDisposableStack', atMost: 1 }] : []),
  ],
});
await bench.weigh({
  id: 'tree.bytes',
  title: 'bytes of each node, the teardown shared',
  items: n,
  ...field(holding),
  expect: n,
  targets: [{ ours: 'Process', atMost: 220 }],
});

bench.end();
