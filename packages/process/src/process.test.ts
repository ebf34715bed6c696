import { afterEach, expect, jest, test } from '@jest/globals';
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { aborted, sleep } from '@x/abort';
import {
  background,
  closeAfterSignal,
  CloseTimeoutError,
  CycleError,
  describe,
  go,
  goChild,
  Process,
  ProcessClosedError,
  untilClosed,
  waitForSignal,
  whileRunning,
  withParent,
  withSignal,
  withSignalAndTeardown,
  withTeardown,
} from './index.js';
import { deferred, settle } from './test-support/deferred.js';
import { uncaught } from '../../../test/test-support/uncaught.js';

afterEach(() => void jest.useRealTimers());

test('the order: closing aborts, children are told, all has closed, the teardown runs, closed settles', async () => {
  const log: string[] = [];
  const p: Process = new Process({ teardown: () => log.push(`teardown, ${child.state}`) });
  const child: Process = new Process({ parent: p, teardown: () => log.push('child teardown') });
  p.closing.addEventListener('abort', () => log.push(`closing, child ${child.state}`));
  child.closing.addEventListener('abort', () => log.push('child closing'));
  void child.closed.then(() => log.push('child closed'));
  void p.closed.then(() => log.push('closed'));
  void p.close();
  expect(p.state).toBe('closing');
  await p.closed;
  expect(log).toEqual([
    'closing, child running',
    'child closing',
    'child teardown',
    'child closed',
    'teardown, closed',
    'closed',
  ]);
});

test('with several parents a child closes before each of them', async () => {
  const log: string[] = [];
  const [a, b] = [withTeardown(() => log.push('a')), withTeardown(() => log.push('b'))];
  const gate = deferred();
  const child = new Process({ teardown: async () => (await gate.promise, log.push('child')) });
  a.addChild(child);
  b.addChild(child);
  void a.close();
  void b.close();
  await settle();
  expect(log).toEqual([]);
  gate.resolve();
  await Promise.all([a.closed, b.closed]);
  expect([log[0], ...log.slice(1).sort()]).toEqual(['child', 'a', 'b']);
});

test('closing twice is closing once: one promise for every caller', async () => {
  const p = new Process();
  expect(p.close()).toBe(p.close());
  expect(p.closeAfterChildren()).toBe(p.closed);
  expect(p[Symbol.asyncDispose]()).toBe(p.closed);
  await p.close();
  expect(p.state).toBe('closed');
});

test('a promise of the outcome that is first asked for afterwards says the same', async () => {
  const p = new Process();
  p.addChild(new Process());
  const seen = untilClosed(p);
  void p.close();
  while (p.state !== 'closed') await Promise.resolve();
  expect(seen.aborted).toBe(true);
  expect(await p.err()).toBeUndefined();
  expect(p.closed).toBe(p.closed);
});

test('what runs in the background begins in a microtask, and nests without depth', async () => {
  let ran = 0;
  const root = new Process();
  const next = (p: Process): void => void (++ran < 20_000 && p.go(next));
  root.go(next);
  expect(ran).toBe(0);
  await root.closeAfterChildren();
  expect(ran).toBe(20_000);
});

test('a chain of 200,000 processes closes in order, without overflow, whichever way they close their children', async () => {
  for (const children of ['together', 'reverse'] as const) {
    let torn = 0;
    const count = () => void torn++;
    const root = new Process({ teardown: count, children });
    let last = root;
    for (let i = 1; i < 200_000; i++) last = new Process({ parent: last, teardown: count, children });
    expect(() => last.addChild(root)).toThrow(CycleError);
    await root.close();
    expect(torn).toBe(200_000);
  }
}, 30_000);

test('a failed teardown is the close error; the parent closes normally; a value is passed on as it is', async () => {
  for (const value of [new Error('no'), undefined, 'text', 0]) {
    const parent = new Process();
    const child = new Process({
      parent,
      teardown: () => {
        throw value;
      },
    });
    const outcome = child.closed.then(
      () => 'resolved',
      (error: unknown) => [error],
    );
    await parent.close();
    expect(await outcome).toEqual([value]);
    await expect(child.close()).rejects.toBe(value);
  }
});

test('a function and a teardown that fail give an AggregateError, the function first', async () => {
  const bad = {
    toString() {
      throw new Error('never');
    },
  };
  const p = go((proc) => {
    proc.setTeardown(async () => {
      throw new Error('teardown');
    });
    throw bad;
  });
  const error = (await p.err()) as AggregateError & { errors: unknown[] };
  expect(error.errors[0]).toBe(bad);
  expect(error.message).toBe('an object; teardown');
});

test('a function that throws has its children told to close; one that returns has them waited for', async () => {
  const untilClosing = (p: Process) => aborted(p.closing);
  const failed = go((p) => {
    p.go(untilClosing);
    throw 1;
  });
  expect(await failed.err()).toBe(1);
  const returned = go((p) => void p.go(untilClosing));
  await settle();
  expect(returned.state).toBe('running');
  await returned.close();
});

test('a failure nobody looks at is one unhandled rejection; one that somebody looks at is none', async () => {
  const error = new Error('lost');
  const fail = () => {
    throw error;
  };
  expect(await uncaught(() => void go(fail))).toEqual([error]);
  expect(await uncaught(() => void new Process().go(async () => fail()))).toEqual([error]);
  expect(await uncaught(() => void withTeardown(fail).close())).toEqual([error]);
  expect(await uncaught(() => go(fail).err())).toEqual([]);
  expect(await uncaught(() => go(fail).closed.catch(() => {}))).toEqual([]);
  expect(
    await uncaught(() =>
      withTeardown(fail)
        .close({ timeout: 1000 })
        .catch(() => {}),
    ),
  ).toEqual([]);
  // Given to close with a timeout first, and asked for afterwards.
  expect(
    await uncaught(async () => {
      const p = withTeardown(fail);
      void p.closed;
      await p.close({ timeout: 1000 }).catch(() => {});
      void p.closed;
      const q = withTeardown(fail);
      await q.close({ timeout: 1000 }).catch(() => {});
      void q.closed;
    }),
  ).toEqual([]);
});

test('a teardown that throws the reason of closing has failed: nobody told it to end', async () => {
  const p: Process = new Process({ teardown: (): Promise<void> => Promise.reject(p.closing.reason) });
  await expect(p.close()).rejects.toBe(p.closing.reason);
});

test('to throw the reason of closing is to do as one was told', async () => {
  const root = new Process({ name: 'root' });
  root.go((p) => sleep(1000, { signal: p.closing }));
  root.go(() => sleep(1000, { signal: root.closing }));
  root.go(
    (p) =>
      new Promise((_, reject) =>
        p.closing.addEventListener('abort', () =>
          reject(Object.assign(new Error('stop'), { name: 'AbortError', cause: p.closing.reason })),
        ),
      ),
  );
  await settle();
  expect(await uncaught(() => root.close())).toEqual([]);
  expect(root.closing.reason).toMatchObject({ name: 'AbortError', message: 'process "root" is closing' });
  const other = go(async (p) => {
    await new Promise((resolve) => p.closing.addEventListener('abort', resolve));
    throw new Error('other');
  });
  await settle();
  await expect(other.close()).rejects.toThrow('other');
  const hostile = Proxy.revocable({}, {});
  hostile.revoke();
  const odd = go(async (p) => {
    await new Promise((resolve) => p.closing.addEventListener('abort', resolve));
    throw hostile.proxy;
  });
  await settle();
  const caught: unknown[] = [];
  await odd.close().catch((error: unknown) => caught.push(error));
  expect(caught[0] === hostile.proxy).toBe(true);
});

test('thenables are asked once, and cannot end a process twice or hold back what they throw', async () => {
  const twice = { then: (resolve: () => void, reject: (error: unknown) => void) => (resolve(), resolve(), reject(1)) };
  expect(await go(() => twice).err()).toBeUndefined();
  expect(
    await go(() => ({
      get then() {
        throw 2;
      },
    })).err(),
  ).toBe(2);
  expect(
    await go(() => ({
      then() {
        throw 3;
      },
    })).err(),
  ).toBe(3);
  expect(await go(() => ({ then: 'no function' })).err()).toBeUndefined();
});

test('a promise that cannot be asked is a failure like any other, also of a teardown', async () => {
  const unusable = (error: unknown): Promise<void> =>
    Object.defineProperty(Promise.resolve(), 'constructor', {
      get() {
        throw error;
      },
    });
  expect(await go(() => unusable(4)).err()).toBe(4);
  expect(
    await withTeardown(() => unusable(5))
      .close()
      .catch(String),
  ).toBe('5');
});

test('who watches a child has seen it closed before the teardown of its parent, also if both were closing before it became a child', async () => {
  const order: string[] = [];
  const child = new Process({ teardown: () => order.push('child') });
  const parent = new Process({ teardown: () => order.push('parent') });
  void child.close().then(() => order.push('seen'));
  void parent.close();
  parent.addChild(child);
  await parent.closed;
  expect(order).toEqual(['child', 'seen', 'parent']);
});

test('who watches a child has seen it closed before the teardown of its parent, whatever else ends in the same moment', async () => {
  const log: string[] = [];
  const gates = [deferred(), deferred()];
  const parents = gates.map(({ promise }, index) => {
    const parent = new Process({ teardown: () => void log.push(`teardown ${index}`) });
    const child = new Process({ parent, teardown: () => promise });
    void child.closed.then(() => log.push(`closed ${index}`));
    void parent.close();
    return parent;
  });
  await settle();
  // One microtask after the other: the second ends before the first one's parent is looked at.
  for (const { resolve } of gates) resolve();
  await Promise.all(parents.map((parent) => parent.closed));
  expect(log.indexOf('closed 0')).toBeLessThan(log.indexOf('teardown 0'));
  expect(log.indexOf('closed 1')).toBeLessThan(log.indexOf('teardown 1'));
});

test('who watches a child has seen it closed before the teardown of its parent, also when the function of that ends in the same moment', async () => {
  const log: string[] = [];
  const [child, own] = [deferred(), deferred()];
  const parent = go((process) => {
    process.setTeardown(() => void log.push('teardown'));
    void process.go(() => child.promise).closed.then(() => log.push('closed'));
    return own.promise;
  });
  await settle();
  child.resolve();
  own.resolve();
  await parent.closed;
  expect(log).toEqual(['closed', 'teardown']);
});

test('in reverse, who watches a child has seen it closed before the next is told, whatever else ends in the same moment', async () => {
  const log: string[] = [];
  const [first, second] = [deferred(), deferred()];
  const parent = new Process({ children: 'reverse' });
  const next = new Process({ parent });
  next.closing.addEventListener('abort', () => log.push('told'));
  const child = new Process({ parent, teardown: () => second.promise });
  void child.closed.then(() => log.push('closed'));
  parent.addChildNoWait(new Process({ teardown: () => first.promise }));
  void parent.close();
  await settle();
  first.resolve();
  second.resolve();
  await parent.closed;
  expect(log).toEqual(['closed', 'told']);
});

test('a child added while closing is closed at once and waited for, in the teardown too', async () => {
  const log: string[] = [];
  const gate = deferred();
  const p: Process = new Process({
    teardown: () => {
      const late = new Process({
        parent: p,
        name: 'late',
        teardown: async () => (await gate.promise, log.push('late')),
      });
      log.push(`teardown, late ${late.state}`);
      p.go(() => log.push('ran'));
      void p.close();
    },
  });
  void p.close();
  const child = withTeardown(() => log.push('child'));
  p.addChild(child);
  expect(child.state).toBe('closing');
  await settle();
  expect([p.state, log]).toEqual(['closing', ['child', 'teardown, late closing', 'ran']]);
  gate.resolve();
  await p.closed;
  expect(log).toEqual(['child', 'teardown, late closing', 'ran', 'late']);
});

test('close inside the own function or teardown begins closing', async () => {
  const log: string[] = [];
  const p = go((proc) => {
    void proc.close();
    log.push(proc.state);
  });
  p.setTeardown(() => void p.close());
  await p.closed;
  expect(log).toEqual(['closing']);
});

test('close ends the waiting of closeAfterChildren', async () => {
  const root = new Process();
  const child = withParent(root);
  const closed = root.closeAfterChildren();
  await settle();
  expect([root.state, child.state]).toEqual(['running', 'running']);
  void root.close();
  await closed;
  expect(child.state).toBe('closed');
});

test('children that are added while closeAfterChildren waits are waited for', async () => {
  const root = new Process();
  const first = withParent(root);
  const closed = root.closeAfterChildren();
  let second!: Process;
  void first.closed.then(() => (second = withParent(root)));
  void first.close();
  await settle();
  expect([root.state, second.state]).toEqual(['running', 'running']);
  await second.close();
  await closed;
});

test('reverse: children close one at a time, the last that was added first; the unwaited at once', async () => {
  const log: string[] = [];
  const root = new Process({ children: 'reverse' });
  const slow = (name: string) => async () => {
    log.push(`${name} begins`);
    await settle();
    log.push(`${name} ends`);
  };
  for (const name of ['a', 'b', 'c']) new Process({ parent: root, name, teardown: slow(name) });
  const aside = new Process();
  root.addChildNoWait(aside);
  const only = new Process();
  root.waitFor(only);
  void root.close();
  expect([aside.state, only.state]).toEqual(['closing', 'running']);
  new Process({ parent: root, teardown: slow('late') });
  void only.close();
  await root.closed;
  log.splice(0, Infinity, ...log.filter((line) => !line.startsWith('late')));
  expect(log.indexOf('b begins')).toBe(log.indexOf('c ends') + 1);
  expect(log.indexOf('a begins')).toBe(log.indexOf('b ends') + 1);
});

test('reverse never waits for itself: who is waited for by the last is told with it', async () => {
  const root = new Process({ children: 'reverse' });
  const a = withParent(root),
    between = new Process(),
    b = withParent(root);
  b.waitFor(between);
  between.waitFor(a);
  void root.close();
  expect([a.state, b.state]).toEqual(['closing', 'closing']);
  void between.close();
  await root.closed;

  const other = new Process({ children: 'reverse' });
  const first = withParent(other),
    last = go(() => gate.promise);
  const gate = deferred();
  other.addChild(last);
  void other.close();
  expect(first.state).toBe('running');
  last.waitFor(first);
  expect(first.state).toBe('closing');
  gate.resolve();
  await other.closed;
});

test('reverse never waits for itself either where the last waits for what another would have to tell', async () => {
  const root = new Process({ children: 'reverse' });
  const other = withParent(root);
  const below = withParent(withParent(other));
  const last = withParent(root);
  withParent(last).waitFor(below);
  await root.close();
  expect([below, other, last].map(({ state }) => state)).toEqual(['closed', 'closed', 'closed']);
});

test('reverse: that the parent waits for a child besides does not change whose turn it is', async () => {
  for (const where of ['before', 'after']) {
    const log: number[] = [];
    const root = new Process({ children: 'reverse' });
    const children = [0, 1, 2, 3].map((id) => new Process({ teardown: () => void log.push(id) }));
    const [first, second] = children as [Process, Process];
    // By itself, or through another.
    const between = new Process();
    between.waitFor(second);
    const wait = (): void => (root.waitFor(first), root.waitFor(between));
    if (where === 'before') wait();
    for (const child of children) root.addChild(child);
    if (where === 'after') wait();
    void between.closeAfterChildren();
    await root.close();
    expect(log).toEqual([3, 2, 1, 0]);
  }
});

test('reverse: whatever waits for whatever below a process, before and while it closes, all of it closes', async () => {
  const edge = fc.tuple(fc.nat(11), fc.nat(11));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(11), fc.boolean()), { minLength: 2, maxLength: 12 }),
      fc.array(edge, { maxLength: 8 }),
      fc.array(edge, { maxLength: 4 }),
      async (nodes, waits, late) => {
        const all: Process[] = [];
        const wait = ([a, b]: readonly [number, number]): void => {
          try {
            all[a % all.length]?.waitFor(all[b % all.length]!);
          } catch (error) {
            if (!(error instanceof CycleError || error instanceof ProcessClosedError)) throw error;
          }
        };
        for (const [parent, reverse] of nodes) {
          const process: Process = new Process({
            name: `${all.length}`,
            children: reverse ? 'reverse' : 'together',
            teardown: () => wait(late.pop() ?? [0, 0]),
          });
          all[parent % all.length]?.addChild(process);
          all.push(process);
        }
        waits.forEach(wait);
        const { closed } = all[0]!;
        void all[0]!.close();
        late.splice(0, 2).forEach(wait);
        for (let hop = 0; hop < 5_000 && all.some(({ state }) => state !== 'closed'); hop++) await Promise.resolve();
        expect(all.filter(({ state }) => state !== 'closed').map(describe)).toEqual([]);
        await closed;
      },
    ),
    { numRuns: 2_000 },
  );
});

test('reverse: what is linked elsewhere does not make two close at once', async () => {
  const gate = deferred();
  const root = new Process({ children: 'reverse' });
  const inner = new Process({ parent: withParent(root), children: 'reverse' });
  const first = withParent(inner);
  const last = new Process({ parent: inner, teardown: () => gate.promise });
  void root.close();
  const elsewhere = new Process();
  elsewhere.addChild(withParent(new Process()));
  // One that waits for all of them needs none of them earlier.
  const outside = withTeardown(() => {});
  outside.waitFor(root);
  void outside.close();
  expect([first.state, last.state]).toEqual(['running', 'closing']);
  gate.resolve();
  await outside.closed;
});

test('reverse: what is waited for from elsewhere has its turn as if it were not', async () => {
  const log: string[] = [];
  const migrated = deferred();
  const root = new Process();
  const [database, http] = [1, 2].map(() => new Process({ parent: root, children: 'reverse' })) as [Process, Process];
  const pool = new Process({ parent: database, teardown: () => log.push('pool') });
  new Process({ parent: database, teardown: () => migrated.promise.then(() => log.push('migrations')) });
  const server = new Process({ parent: http, teardown: () => log.push('server') });
  server.waitFor(pool);
  void root.close();
  await settle();
  expect([pool.state, server.state]).toEqual(['running', 'closing']);
  migrated.resolve();
  await root.closed;
  expect(log).toEqual(['migrations', 'pool', 'server']);
});

/** A process of a tree, as the model knows it. */
interface Leaf {
  readonly process: Process;
  readonly parent: Leaf | undefined;
  readonly reverse: boolean;
  readonly children: Leaf[];
  readonly waits: Leaf[];
}

/** Those who have been told just now: several at once may be told to end what one of them would have ended. */
const justTold = new Set<Leaf>();

function isRunning(leaf: Leaf): boolean {
  return leaf.process.state === 'running' || justTold.has(leaf);
}

/** Those of a list that have not closed. */
const open = (list: readonly Leaf[]): Leaf[] => list.filter(({ process }) => process.state !== 'closed');

/** Those with the same parent whose turn comes before. */
function before(leaf: Leaf): Leaf[] {
  const { parent } = leaf;
  return parent?.reverse ? open(parent.children.slice(parent.children.indexOf(leaf) + 1)) : [];
}

/** What has to close before this one can, by what it waits for and by whose turn it is. */
function needs(leaf: Leaf): Leaf[] {
  const all = open([...leaf.children, ...leaf.waits]);
  for (let at: Leaf | undefined = leaf; at && isRunning(at); at = at.parent) all.push(...before(at));
  return all;
}

test('reverse: in trees that wait for each other nobody is told before its turn unless its turn would never come', async () => {
  const edge = fc.tuple(fc.nat(9), fc.nat(9));
  const node = fc.tuple(fc.nat(9), fc.boolean());
  let early = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(node, { minLength: 4, maxLength: 9 }),
      fc.array(edge, { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(9), { maxLength: 20 }),
      fc.boolean(),
      async (nodes, waits, order, late) => {
        const gates = new Map<Process, () => void>();
        const leaves: Leaf[] = [];
        const faults: string[] = [];
        const plant = (parent: Leaf | undefined, reverse: boolean): void => {
          const gate = deferred();
          const process = new Process({
            name: `${leaves.length}`,
            children: reverse ? 'reverse' : 'together',
            parent: parent?.process,
            teardown: () => gate.promise,
          });
          const leaf: Leaf = { process, parent, reverse, children: [], waits: [] };
          gates.set(process, gate.resolve);
          leaves.push(leaf);
          parent?.children.push(leaf);
          process.closing.addEventListener('abort', () => {
            const others = parent?.process.state === 'closing' ? before(leaf) : [];
            if (others.length === 0) return;
            early++;
            justTold.add(leaf);
            queueMicrotask(() => justTold.clear());
            // Right if one that comes before needs it, or what it would tell.
            const below = new Set([leaf]);
            for (const each of below) for (const child of each.children) below.add(child);
            const needed = new Set(others);
            for (const each of needed) for (const next of needs(each)) needed.add(next);
            if (![...below].some((each) => needed.has(each))) faults.push(`${process.name} told before its turn`);
          });
        };
        plant(undefined, true);
        plant(undefined, true);
        for (const [parent, reverse] of nodes) plant(leaves[parent % leaves.length], reverse);
        for (const [a, b] of waits) {
          const [waiter, waited] = [leaves[a % leaves.length]!, leaves[b % leaves.length]!];
          try {
            waiter.process.waitFor(waited.process);
            waiter.waits.push(waited);
          } catch (error) {
            if (!(error instanceof CycleError)) throw error;
          }
        }
        void leaves[0]!.process.close();
        if (late) await settle();
        void leaves[1]!.process.close();
        const hop = async (): Promise<void> => {
          for (let i = 0; i < 20; i++) await Promise.resolve();
        };
        for (const index of order) {
          gates.get(leaves[index % leaves.length]!.process)!();
          await hop();
        }
        for (const open of gates.values()) open();
        for (let round = 0; round < 20; round++) await hop();
        expect(faults).toEqual([]);
        expect(leaves.map(({ process }) => process.state)).toEqual(leaves.map(() => 'closed'));
      },
    ),
    { numRuns: 600 },
  );
  // It has come about, and been needed.
  expect(early).toBeGreaterThan(0);
});

test('reverse never waits for itself where the last waits for what has a parent only now', async () => {
  const root = new Process({ children: 'reverse' });
  const first = withParent(root);
  const last = withParent(root);
  const [between, below] = [new Process(), new Process()];
  between.addChildNoWait(below);
  last.waitFor(below);
  void root.close();
  expect([below.state, last.state]).toEqual(['running', 'closing']);
  first.addChildNoWait(between);
  expect(below.state).toBe('closing');
  await root.closed;
});

test('reverse costs those it has nothing to do with nothing, and a chain of waits no more than its links', async () => {
  const gate = deferred();
  const root = new Process({ children: 'reverse' });
  const last = new Process({ parent: root, teardown: () => gate.promise });
  let before: Process | undefined;
  for (let i = 0; i < 300; i++) {
    const child = withParent(last);
    if (before) child.waitFor(before);
    before = child;
  }
  before!.setTeardown(() => gate.promise);
  const added = [jest.spyOn(Set.prototype, 'add'), jest.spyOn(Map.prototype, 'set')];
  const count = (): number => added.reduce((sum, { mock }) => sum + mock.calls.length, 0);
  try {
    void root.close();
    const closing = count();
    withParent(new Process()).addChild(withParent(new Process()));
    expect([closing < 3_000, count() - closing < 10]).toEqual([true, true]);
  } finally {
    for (const each of added) each.mockRestore();
  }
  gate.resolve();
  await root.closed;
});

test('reverse: a child that two of its children share is told with the later one, and has not told the earlier', async () => {
  const root = new Process({ children: 'reverse' });
  const gate = deferred();
  const [api, web] = [withParent(root), withParent(root)];
  const pool = new Process({ parent: web, teardown: () => gate.promise });
  api.addChild(pool);
  void root.close();
  expect([api.state, web.state, pool.state]).toEqual(['running', 'closing', 'closing']);
  gate.resolve();
  await web.closed;
  await root.closed;
  expect(api.state).toBe('closed');
});

test('reverse: what another closes in time is not told before its turn there, nor is who else would tell it', async () => {
  const log: string[] = [];
  const gate = deferred();
  const make = (name: string, parent: Process, teardown?: () => unknown): Process => {
    const process = new Process({ parent, teardown });
    process.closing.addEventListener('abort', () => log.push(name));
    return process;
  };
  const [servers, root] = [new Process({ children: 'reverse' }), new Process({ children: 'reverse' })];
  const database = make('database', servers);
  make('http', servers, () => gate.promise);
  const admin = make('admin', root);
  admin.addChildNoWait(database);
  root.addChild(database);
  make('reports', root).waitFor(database);
  void servers.close();
  void root.close();
  expect(log.splice(0)).toEqual(['http', 'reports']);
  gate.resolve();
  await root.closed;
  expect(log).toEqual(['database', 'admin']);
});

test('reverse: what an inner one is about to tell is told by that', async () => {
  const root = new Process({ children: 'reverse' });
  const api = withParent(root);
  const web = new Process({ parent: root, children: 'reverse' });
  const gate = deferred();
  const pool = new Process({ parent: web, teardown: () => gate.promise });
  const connection = new Process({ parent: pool, teardown: () => gate.promise });
  api.addChild(pool);
  web.waitFor(connection);
  void root.close();
  await settle();
  expect([api.state, web.state, pool.state, connection.state]).toEqual(['running', 'closing', 'closing', 'closing']);
  gate.resolve();
  await root.closed;
});

test.each(['before', 'behind'])(
  'reverse: who is told at the same time is told first, %s those in turn',
  async (where) => {
    const [database, cache, queue] = [withTeardown(() => gate.promise), new Process(), new Process()];
    const gate = deferred();
    const root = new Process();
    const inner = new Process({ children: 'reverse' });
    const other = new Process();
    for (const each of where === 'before' ? [other, inner] : [inner, other]) root.addChild(each);
    const servers = new Process({ children: 'reverse' });
    servers.addChild(cache);
    withParent(servers).waitFor(database);
    const owner = withParent(inner);
    inner.addChild(queue);
    owner.addChild(database);
    other.addChild(database);
    queue.waitFor(cache);
    void servers.close();
    void root.close();
    await settle();
    expect([cache.state, queue.state, database.state]).toEqual(['running', 'closing', 'closing']);
    gate.resolve();
    await Promise.all([servers.closed, root.closed]);
  },
);

test('reverse: who has told of a child that is waited for is looked at once, however many links it has', async () => {
  const cost = async (many: number): Promise<number> => {
    const gate = deferred();
    const inner = new Process({ children: 'reverse' });
    const children = Array.from({ length: many }, () => withParent(inner));
    for (let i = 0; i < many; i++) inner.addChildNoWait(withTeardown(() => gate.promise));
    children.at(-1)!.setTeardown(() => gate.promise);
    const root = new Process({ children: 'reverse' });
    const last = withParent(root);
    for (const each of children) last.waitFor(each);
    void inner.close();
    await settle();
    let reads = 0;
    inner.$links = new Proxy(inner.$links, { get: (links, key) => (reads++, Reflect.get(links, key)) });
    void root.close();
    gate.resolve();
    const during = reads;
    await Promise.all([root.closed, inner.closed]);
    return during / many;
  };
  expect(await cost(400)).toBeLessThan(2 * (await cost(100)));
});

test('reverse: whose turn it is costs the same for each of many children that have children', async () => {
  const added = [jest.spyOn(Set.prototype, 'add'), jest.spyOn(Map.prototype, 'set')];
  const cost = async (many: number): Promise<number> => {
    const root = new Process({ children: 'reverse' });
    for (let i = 0; i < many; i++) withParent(withParent(root));
    for (const each of added) each.mockClear();
    await root.close();
    return added.reduce((sum, { mock }) => sum + mock.calls.length, 0) / many;
  };
  try {
    expect(await cost(400)).toBeLessThan(2 * (await cost(100)));
  } finally {
    for (const each of added) each.mockRestore();
  }
});

test('reverse with a teardown that adds: it is finished once', async () => {
  const log: string[] = [];
  const p: Process = new Process({
    children: 'reverse',
    teardown: async () => {
      new Process({ parent: p });
      await Promise.resolve();
      await Promise.resolve();
      log.push('torn');
    },
  });
  void p.closed.then(() => log.push('closed'));
  for (let i = 0; i < 2; i++) await p.close();
  await settle();
  expect(log).toEqual(['torn', 'closed']);
});

test('a waiting cycle is an error at the call that would make it, and nothing has changed', async () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => new Process({ name })) as [Process, Process, Process];
  a.waitFor(b);
  b.addChild(c);
  // However long it takes.
  const graph = (): string[] => [a, b, c].map((each) => describe(each).replaceAll(/[\d.]+ s/g, '0 s'));
  const before = graph();
  for (const attempt of [
    () => c.waitFor(a),
    () => c.addChild(a),
    () => a.waitFor(a),
    () => a.addChild(a),
    () => c.waitFor(b),
  ]) {
    expect(attempt).toThrow(CycleError);
  }
  expect(graph()).toEqual(before);
  let error!: CycleError;
  try {
    c.waitFor(a);
  } catch (thrown) {
    error = thrown as CycleError;
  }
  expect(error).toMatchObject({ name: 'CycleError', code: 'ERR_PROCESS_CYCLE', processes: [c, a, b] });
  expect(error.message).toBe('a cycle: process "c" waits for process "a" waits for process "b" waits for process "c"');
  c.addChildNoWait(a); // does not wait: no circle
  const child = b.go(() => {
    expect(() => child.addChild(b)).toThrow(CycleError);
  });
  await child.closed;
  void c.close();
  await c.closed;
  await b.close();
  await a.closed;
});

test('a diamond is no cycle', async () => {
  const [a, b, c, d] = [new Process(), new Process(), new Process(), new Process()];
  a.addChild(b);
  a.addChild(c);
  b.addChild(d);
  c.addChild(d);
  a.waitFor(d);
  b.waitFor(c);
  await a.close();
  expect(d.state).toBe('closed');
});

test('links to what has closed are none', async () => {
  const [p, q] = [new Process(), new Process()];
  await q.close();
  p.addChild(q);
  p.waitFor(q);
  p.addChildNoWait(q);
  expect(p.$links).toEqual([]);
  p.addChildNoWait(p);
  await p.close();
});

test('one that is added without waiting closes first and is forgotten', async () => {
  const p = new Process();
  const [a, b, c] = [new Process(), new Process(), new Process()];
  for (const each of [a, b, c]) {
    p.addChildNoWait(each);
    new Process().addChild(each);
  }
  await b.close();
  await a.close();
  await c.close();
  expect(p.$links).toEqual([]);
  await p.close();
});

test('setTeardown is once; on a closed process it runs at once', async () => {
  const p = withTeardown(() => {});
  expect(() => p.setTeardown(() => {})).toThrow(TypeError);
  await p.close();
  expect(() => p.setTeardown(() => {})).toThrow('has a teardown already');
  const q = new Process({ name: 'q' });
  await q.close();
  const error = new Error('late');
  expect(() =>
    q.setTeardown(() => {
      throw error;
    }),
  ).toThrow(error);
  expect(() => q.setTeardown(() => {})).toThrow('process "q" has a teardown already');
  const r = new Process();
  await r.close();
  expect(await uncaught(() => r.setTeardown(() => Promise.reject(error)))).toEqual([error]);
});

test('close with a timeout rejects with the tree, and the closing goes on', async () => {
  jest.useFakeTimers();
  jest.advanceTimersByTime(3000); // The program is not new.
  const gate = deferred();
  const server = new Process({ name: 'server' });
  const pool = new Process({ name: 'pool', parent: server });
  pool.go(() => gate.promise, 'query');
  const outcome = server.close({ timeout: 5000 }).catch((error: unknown) => error);
  await jest.advanceTimersByTimeAsync(5000);
  const error = (await outcome) as CloseTimeoutError;
  expect(error).toBeInstanceOf(CloseTimeoutError);
  expect(error).toMatchObject({ name: 'CloseTimeoutError', code: 'ERR_CLOSE_TIMEOUT' });
  expect(error.tree).toBe(
    'server: closing for 5 s\n  pool: closing for 5 s\n    query: closing for 5 s, its function runs',
  );
  expect(error.message).toContain('process "server" has not closed within 5000 ms');
  gate.resolve();
  await server.closed;
  await server.close({ timeout: 5 });
  expect(jest.getTimerCount()).toBe(0);
});

test('a failure after the timeout is not lost', async () => {
  jest.useFakeTimers();
  const gate = deferred();
  const p = new Process({ teardown: () => gate.promise });
  const late = p.close({ timeout: 1 }).catch((error: unknown) => error);
  await jest.advanceTimersByTimeAsync(1);
  expect(await late).toBeInstanceOf(CloseTimeoutError);
  jest.useRealTimers();
  const error = new Error('later');
  expect(await uncaught(() => gate.reject(error))).toEqual([error]);
});

test('a time that is none is refused before anything has happened', async () => {
  const p = new Process();
  for (const timeout of [-1, NaN]) await expect(p.close({ timeout })).rejects.toThrow(RangeError);
  await expect(p.close({ timeout: '1' as never })).rejects.toThrow('timeout must be of type number, got string 1');
  expect(p.state).toBe('running');
  await p.close({ timeout: Infinity });
});

test('what is wrong with a named process is told with its name', async () => {
  const name = 'db';
  const p = new Process({ name });
  const calls: [() => unknown, string][] = [
    [() => new Process({ name, teardown: 5 as never }), 'teardown must be of type function, got number 5'],
    [() => new Process({ name, children: 'x' as never }), 'children must be together or reverse, got string x'],
    [() => new Process({ name, parent: {} as never }), 'parent must be of type Process, got object'],
    [() => p.addChild(5 as never), 'q must be of type Process, got number 5'],
    [() => p.setTeardown('x' as never), 'fn must be of type function, got string x'],
    [() => new Process().go(null as never, name), 'fn must be of type function, got object null'],
    [() => p.go(null as never), 'fn must be of type function, got object null'],
    [() => go(5 as never, name), 'fn must be of type function, got number 5'],
  ];
  for (const [call, message] of calls) expect(call).toThrow(`process "db": ${message}`);
  await expect(p.close({ timeout: -1 })).rejects.toThrow(
    new RangeError('process "db": timeout must be from 0, got number -1'),
  );
  await expect(p.close(5 as never)).rejects.toThrow(
    new TypeError('process "db": options must be an object of options, got number 5'),
  );
});

test('a parent or a signal in the place of options would go unnoticed, and is refused', async () => {
  const parent = new Process({ name: 'parent' });
  const { signal } = new AbortController();
  for (const wrong of [parent, signal]) {
    expect(() => new Process(wrong as object)).toThrow(
      new TypeError('options must be an object of options, got object'),
    );
    await expect(parent.close(wrong as object)).rejects.toThrow(
      'process "parent": options must be an object of options',
    );
  }
  expect(parent.state).toBe('running');
});

test('bad arguments are refused at the call', () => {
  expect(() => new Process({ name: 1 as never })).toThrow('name must be of type string, got number 1');
  expect(() => new Process({ teardown: {} as never })).toThrow(TypeError);
  expect(() => new Process({ parent: {} as never })).toThrow('parent must be of type Process, got object');
  expect(() => new Process({ children: Symbol('x') as never })).toThrow(RangeError);
  const p = new Process({ children: 'together' });
  for (const q of [null, undefined, {}, 1]) {
    for (const call of [() => p.waitFor(q as never), () => p.addChild(q as never), () => p.addChildNoWait(q as never)])
      expect(call).toThrow(TypeError);
    for (const call of [whileRunning, untilClosed]) {
      for (const bad of [null, 0, '', false]) {
        expect(() => call(new Process(), bad as never)).toThrow(
          new TypeError(`signal must be of type AbortSignal, got ${typeof bad} ${bad}`),
        );
      }
      for (const bad of [{}, 3, new AbortController()])
        expect(() => call(new Process(), bad as never)).toThrow(TypeError);
    }
    for (const call of [withParent, describe, whileRunning, untilClosed])
      expect(() => (call as (p: never) => unknown)(q as never)).toThrow(TypeError);
    expect(() => waitForSignal(new AbortController().signal, q as never)).toThrow(TypeError);
    expect(() => closeAfterSignal(q as never, new AbortController().signal)).toThrow(TypeError);
    expect(() => goChild(q as never, () => {})).toThrow(TypeError);
    expect(() => withSignal(q as never)).toThrow(TypeError);
    expect(() => go(q as never)).toThrow(TypeError);
    expect(() => p.go(q as never)).toThrow(TypeError);
    expect(() => p.setTeardown(q as never)).toThrow(TypeError);
    expect(() => withTeardown(q as never)).toThrow(TypeError);
    expect(() => withSignalAndTeardown(new AbortController().signal, q as never)).toThrow(TypeError);
  }
  expect(p.$links).toEqual([]);
});

test('describe tells each process once, and what it is to its parent', async () => {
  const root = new Process({ name: 'root', teardown: () => gate.promise });
  const gate = deferred();
  const shared = new Process({ name: 'shared' });
  new Process({ name: 'leaf', parent: shared });
  const a = new Process({ name: 'a', parent: root });
  a.addChild(shared);
  root.addChild(shared);
  root.addChildNoWait(new Process({ name: 'aside' }));
  root.waitFor(new Process());
  expect(
    describe(root)
      .replaceAll(/[\d.]+ s/g, '0 s')
      .split('\n'),
  ).toEqual([
    'root: running for 0 s',
    '  a: running for 0 s',
    '    shared: running for 0 s',
    '      leaf: running for 0 s',
    '  shared: running for 0 s, see above',
    '  aside: running for 0 s, not waited for',
    '  (no name): running for 0 s, only waited for',
  ]);
  const alone = new Process({ name: 'alone', teardown: () => gate.promise });
  void alone.close();
  await settle();
  expect(describe(alone)).toMatch(/^alone: closing for [\d.]+ s, its teardown runs$/);
  gate.resolve();
  await alone.closed;
  expect(describe(alone)).toBe('alone: closed');
});

test('describe counts from when a process was told, and says what it does then', async () => {
  jest.useFakeTimers();
  const [gate, stuck] = [deferred(), deferred()];
  const root = new Process({ name: 'root', children: 'reverse' });
  const first = new Process({
    name: 'first',
    parent: root,
    teardown: () => void first.go(() => stuck.promise, 'stuck'),
  });
  new Process({ name: 'last', parent: root, teardown: () => gate.promise });
  void root.close();
  await jest.advanceTimersByTimeAsync(2_000);
  gate.resolve();
  await jest.advanceTimersByTimeAsync(100);
  new Process({ name: 'late', parent: root });
  // The teardown of the first is over, and what it has added is not.
  expect(describe(root).split('\n')).toEqual([
    'root: closing for 2.1 s',
    '  first: closing for 0.1 s',
    '    stuck: closing for 0.1 s, its function runs',
    '  late: closing for 0 s',
  ]);
  stuck.resolve();
  await jest.advanceTimersByTimeAsync(0);
  expect(root.state).toBe('closed');
});

test('describe tells no time below zero when the clock has been set back', () => {
  const p = new Process({ name: 'p' });
  // Fake timers begin at zero.
  jest.useFakeTimers();
  expect(describe(p)).toBe('p: running for 0 s');
});

test('the reason of one that has closed by itself says its name', async () => {
  const root = new Process();
  const children = ['upload', 'scan'].map((name) => root.go(() => {}, name));
  await Promise.all(children.map(({ closed }) => closed));
  expect(children.map(({ closing }) => closing.reason.message)).toEqual([
    'process "upload" is closing',
    'process "scan" is closing',
  ]);
  await root.close();
});

test('to link processes that have links takes no search while none closes its children one after the other', async () => {
  const set = jest.spyOn(Map.prototype, 'set');
  const root = new Process({ name: 'root', children: 'reverse' });
  const all = Array.from({ length: 100 }, () => new Process({ parent: root }));
  for (let i = 1; i < all.length; i++) all[i - 1]!.waitFor(all[i]!);
  const hub = new Process();
  for (const each of all) each.waitFor(hub);
  for (const each of all) hub.addChildNoWait(each);
  const steps = set.mock.calls.length;
  set.mockRestore();
  expect(steps).toBe(0);
  // Nor when one has.
  void hub.close();
  await root.close();
  expect((globalThis as { [key: symbol]: unknown })[Symbol.for('@x/process/reversing')]).toEqual({ count: 0 });
});

test('describe of a chain of 100,000 does not overflow, and names the last', () => {
  let last = new Process();
  const root = last;
  for (let i = 0; i < 100_000; i++) last = withParent(last);
  new Process({ parent: last, name: 'culprit' });
  expect(describe(root)).toContain('    culprit: running');
});

test('errors are recognised across copies, and subclasses by their own', () => {
  class Mine extends ProcessClosedError {}
  const foreign = { [Symbol.for('@x/process/ProcessClosedError')]: true };
  expect([foreign instanceof ProcessClosedError, foreign instanceof Mine]).toEqual([true, false]);
  expect([
    new Mine() instanceof ProcessClosedError,
    new Mine() instanceof Mine,
    new ProcessClosedError() instanceof Mine,
  ]).toEqual([true, true, false]);
  expect((null as unknown) instanceof CycleError).toBe(false);
  expect(new ProcessClosedError().code).toBe('ERR_PROCESS_CLOSED');
});

test('closing is the same signal, also when it is first read afterwards', async () => {
  const p = new Process();
  expect(p.closing).toBe(p.closing);
  void p.close();
  expect(p.closing.aborted).toBe(true);
  const q = new Process();
  const r = withParent(q);
  void q.close();
  expect(r.closing.reason).toBe(q.closing.reason);
  await q.closed;
  const done = go(() => {});
  while (done.state !== 'closed') await Promise.resolve();
  expect(done.closing.aborted).toBe(true);
});

test('TestContextClosed, TestWithContext: withSignal closes when the signal aborts, at once if it has', async () => {
  const controller = new AbortController();
  const p = withSignal(controller.signal);
  const q = new Process();
  closeAfterSignal(q, controller.signal);
  expect(p.state).toBe('running');
  controller.abort('enough');
  await Promise.all([p.closed, q.closed]);
  expect([p.closing.reason, q.closing.reason]).toEqual(['enough', 'enough']);
  expect(withSignal(AbortSignal.abort()).state).toBe('closing');
  closeAfterSignal(p, new AbortController().signal);
});

test('TestWithContextAndTeardown: the teardown runs when the signal has aborted', async () => {
  const torn = jest.fn();
  const controller = new AbortController();
  const p = withSignalAndTeardown(controller.signal, torn);
  controller.abort();
  await p.closed;
  expect(torn).toHaveBeenCalledTimes(1);
});

test('closed by another way, nothing is left on the signal', async () => {
  const { signal } = new AbortController();
  const p = withSignal(signal);
  expect(getEventListeners(signal, 'abort').length).toBe(1);
  await p.close();
  await settle();
  expect(getEventListeners(signal, 'abort').length).toBe(0);
  expect(() => waitForSignal(signal, p)).toThrow(ProcessClosedError);
  await settle();
  expect(getEventListeners(signal, 'abort').length).toBe(0);
  expect(() => closeAfterSignal(background(), signal)).toThrow(TypeError);
});

test('the background, which never closes, waits for no signal: nothing is left on it', async () => {
  const { signal } = new AbortController();
  waitForSignal(signal, background());
  await settle();
  expect(getEventListeners(signal, 'abort').length).toBe(0);
  expect(() => waitForSignal(5 as never, background())).toThrow(TypeError);
});

test('TestWaitForContext: a process closes after the signal has aborted', async () => {
  const controller = new AbortController();
  const p = new Process();
  waitForSignal(controller.signal, p);
  void p.close();
  await settle();
  expect(p.state).toBe('closing');
  controller.abort();
  await p.closed;
});

test('TestWithProcessClosing, TestWithProcessClosed: signals of the two moments', async () => {
  const gate = deferred();
  const p = new Process({ name: 'p', teardown: () => gate.promise });
  const { signal } = new AbortController();
  const running = [whileRunning(p), whileRunning(p, signal)];
  const open = [untilClosed(p), untilClosed(p, signal)];
  expect(untilClosed(p)).toBe(open[0]);
  void p.close();
  await settle();
  expect([...running, ...open].map(({ aborted }) => aborted)).toEqual([true, true, false, false]);
  gate.resolve();
  await p.closed;
  expect(open.map(({ aborted }) => aborted)).toEqual([true, true]);
  expect(open[0]!.reason).toMatchObject({ name: 'AbortError', message: 'process "p" has closed' });
  const q = new Process();
  await q.close();
  expect(untilClosed(q).reason).toMatchObject({ message: 'a process has closed' });
  expect(whileRunning(new Process(), AbortSignal.abort(1)).reason).toBe(1);
});

test('messages say what happened, to whom', async () => {
  const server = new Process({ name: 'server' });
  await server.close();
  expect(() => server.go(() => {})).toThrow('process "server" has closed: add to one that runs');
  expect(() => new Process().waitFor(background())).toThrow('the background never closes');
  const self = new Process({ name: 'self' });
  try {
    self.waitFor(self);
  } catch (error) {
    expect((error as CycleError).processes).toEqual([self]);
    expect((error as CycleError).message).toBe('a cycle: process "self" waits for process "self"');
  }
  expect(self.state).toBe('running');
});

test('the background is one, and has a name; so has whatever is given one', async () => {
  expect(background()).toBe(background());
  expect(background().name).toBe('background');
  expect([go(() => {}, 'a').name, withTeardown(() => {}, 'b').name]).toEqual(['a', 'b']);
  const waiting = new Process({ name: 'server' });
  waitForSignal(new AbortController().signal, waiting);
  expect(describe(waiting)).toContain('  a signal: running');
});

test('one that closes its children one after another is held by nobody when it has closed', async () => {
  const refs: WeakRef<Process>[] = [];
  for (let i = 0; i < 3; i++) {
    const process = new Process({ children: 'reverse' });
    new Process({ parent: process });
    await process.close();
    refs.push(new WeakRef(process));
  }
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc!();
  }
  // The last may still be in a register.
  expect(refs.slice(0, 2).map((ref) => ref.deref())).toEqual([undefined, undefined]);
});

test('a reason that is null is a reason, too', async () => {
  const controller = new AbortController();
  const before = withSignal(controller.signal);
  const read = before.closing;
  controller.abort(null);
  expect([read.reason, withSignal(controller.signal).closing.reason]).toEqual([null, null]);
  await before.closed;
});

test('any number may listen to the signal of the end', () => {
  // What Node knows of a signal: as 'test/listeners.test.ts' looks it up.
  const most = (signal: object): unknown => {
    const key = Object.getOwnPropertySymbols(signal).find(
      (one) => one.description === 'events.maxEventTargetListeners',
    );
    return (signal as Record<symbol, unknown>)[key!];
  };
  // Nodes that set no limit themselves, such as 26, are left alone: 0 is no limit.
  const ofNode = most(new AbortController().signal);
  expect([
    [10, Infinity],
    [0, 0],
  ]).toContainEqual([ofNode, most(untilClosed(new Process()))]);
});

test('a subclass may give its fields the names of those that say how a process hangs on others', async () => {
  const log: string[] = [];
  class Job extends Process {
    flags = 'x';
    waits = 3;
    by = 'me';
    links = new Map();
    held = -1;
    rest = false;
    parent = 'a title';
    index = 7;
    nextIn = 1;
    since = new Date();
    child = withTeardown(() => void log.push('its child'));
    teardown(): void {
      log.push('a method');
    }
  }
  const root = new Process({ children: 'reverse' });
  const job = new Job({ parent: root, teardown: () => void log.push('teardown') });
  job.addChild(job.child);
  job.go(() => void log.push('function'));
  await root.close();
  expect(log).toEqual(['function', 'its child', 'teardown']);
});

test('whatever throws while a process is looked at, the others close', async () => {
  const root = new Process();
  const odd = withParent(root);
  untilClosed(odd);
  const failure = new Error('odd');
  Object.defineProperty(odd, 'name', {
    get: () => {
      throw failure;
    },
  });
  const others = [withParent(root), new Process()];
  const thrown = await uncaught(async () => {
    void root.close();
    void others[1]!.close();
    await settle();
  });
  expect([thrown, others.map(({ state }) => state)]).toEqual([[failure], ['closed', 'closed']]);
  await new Process().close();
});

test('one closes in time, however much else ends in every microtask', async () => {
  const pool = new Process();
  const p = new Process();
  let calls = 0;
  let most = 1_000;
  const busy = async (): Promise<void> => {
    for (; calls < most; calls++) {
      pool.go(() => {});
      await Promise.resolve();
    }
  };
  const all = [busy(), Promise.resolve().then(busy), busy()];
  await Promise.resolve();
  await p.close();
  expect(calls).toBeLessThan(100);
  most = 0;
  await Promise.all(all);
  await pool.close();
});
