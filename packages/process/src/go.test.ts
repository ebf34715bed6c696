// The scenarios of upstream's goprocess_test.go, each under the name of its origin, and its examples with their output.
import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, expect, jest, test } from '@jest/globals';
import { sleep } from '@x/abort';
import { background, go, goChild, Process, ProcessClosedError, withParent, withTeardown } from './index.js';
import { withSignals } from './node.js';
import { growth } from '../../../test/test-support/gc.js';
import { deferred, settle } from './test-support/deferred.js';

afterEach(() => void jest.useRealTimers());

const fresh = (): Process => withParent(background());

/** Logs each by its name when it has closed. */
function logged(processes: Record<string, Process>): string[] {
  const log: string[] = [];
  for (const [name, process] of Object.entries(processes)) void process.closed.then(() => log.push(name));
  return log;
}

function hierarchy(p: Process) {
  const a = withParent(p);
  const [b1, b2] = [withParent(a), withParent(a)];
  const [c1, c2, c3, c4] = [withParent(b1), withParent(b1), withParent(b2), withParent(b2)];
  return { '00': c1, '01': c2, '10': c3, '11': c4, '0': b1, '1': b2, '': a };
}

test('TestClosingClosed: closing comes before closed', async () => {
  const a = fresh();
  const b = deferred();
  const log: string[] = [];
  a.go(() => b.promise);
  a.closing.addEventListener('abort', () => {
    log.push('closing');
    b.resolve();
  });
  void a.closed.then(() => log.push('closed'));
  await a.close().then(() => log.push('closed'));
  expect(log).toEqual(['closing', 'closed', 'closed']);
});

test('TestChildFunc: closing waits for the function of a child', async () => {
  const a = fresh();
  const wait = deferred();
  const child = a.go(() => wait.promise);
  const closed = a.close();
  await settle();
  expect([a.state, child.state]).toEqual(['closing', 'closing']);
  wait.resolve();
  await closed;
  expect(child.state).toBe('closed');
});

test('TestTeardownCalledOnce: each teardown runs once, however often and in whatever order processes are closed', async () => {
  const tree = hierarchy(background());
  const count: Record<string, number> = {};
  for (const [name, process] of Object.entries(tree))
    process.setTeardown(() => void (count[name] = (count[name] ?? 0) + 1));
  for (const name of ['00', '0', '', '1'] as const) for (let i = 0; i < 4; i++) void tree[name].close();
  await tree[''].closed;
  expect(count).toEqual({ '00': 1, '01': 1, '10': 1, '11': 1, '0': 1, '1': 1, '': 1 });
});

test('TestOnClosedAll: the leaves close before the branches, the branches before the root', async () => {
  const p = fresh();
  const log = logged(hierarchy(p));
  await p.close();
  expect(log.slice(0, 4).sort()).toEqual(['00', '01', '10', '11']);
  expect(log.slice(4)).toEqual(['0', '1', '']);
});

test('TestOnClosedLeaves: a branch closes with its leaves and leaves the rest alone', async () => {
  const p = fresh();
  const tree = hierarchy(p);
  const log = logged(tree);
  await tree['0'].close();
  expect(log.splice(0)).toEqual(['00', '01', '0']);
  await tree['1'].close();
  expect(log.splice(0)).toEqual(['10', '11', '1']);
  await p.close();
  expect(log).toEqual(['']);
});

test('TestWaitFor: a process closes after what it waits for, which it does not close', async () => {
  const [a, b, c, d, e] = [fresh(), fresh(), fresh(), fresh(), fresh()];
  const log = logged({ a, b, c, d, e });
  a.waitFor(b);
  a.waitFor(c);
  b.waitFor(d);
  e.waitFor(d);
  void a.close();
  void e.close();
  await settle();
  expect(log).toEqual([]);
  await d.close();
  await settle();
  expect(log.splice(0)).toEqual(['d', 'e']);
  await c.close();
  expect(log.splice(0)).toEqual(['c']);
  await b.close();
  await settle();
  expect(log).toEqual(['b', 'a']);
});

test('TestAddChildNoWait: children are closed and not waited for', async () => {
  const [a, b, c, d, e] = [fresh(), fresh(), fresh(), fresh(), fresh()];
  const log = logged({ a, b, c, d, e });
  a.addChildNoWait(b);
  a.addChildNoWait(c);
  b.addChildNoWait(d);
  e.addChildNoWait(d);
  await b.close();
  await settle();
  expect(log.splice(0).sort()).toEqual(['b', 'd']);
  await a.close();
  await settle();
  expect(log.splice(0).sort()).toEqual(['a', 'c']);
  await e.close();
  expect(log).toEqual(['e']);
});

test('TestAddChild: children are closed and waited for', async () => {
  const [a, b, c, d, e] = [fresh(), fresh(), fresh(), fresh(), fresh()];
  const log = logged({ a, b, c, d, e });
  a.addChild(b);
  a.addChild(c);
  b.addChild(d);
  e.addChild(d);
  await b.close();
  expect(log.splice(0)).toEqual(['d', 'b']);
  await a.close();
  expect(log.splice(0)).toEqual(['c', 'a']);
  await e.close();
  expect(log).toEqual(['e']);
});

test('TestGoChildrenClose: each closes when its function and its children are done', async () => {
  const [bWait, cWait, dWait, eWait] = [deferred(), deferred(), deferred(), deferred()];
  const a = fresh();
  let c!: Process, e!: Process;
  const b = a.go((p) => ((c = p.go(() => cWait.promise)), bWait.promise));
  const d = a.go((p) => ((e = p.go(() => eWait.promise)), dWait.promise));
  await settle();
  const log = logged({ a, b, c, d, e });
  void a.close();
  bWait.resolve();
  await settle();
  expect(log).toEqual([]);
  cWait.resolve();
  await settle();
  expect(log.splice(0)).toEqual(['c', 'b']);
  eWait.resolve();
  await settle();
  expect(log.splice(0)).toEqual(['e']);
  dWait.resolve();
  await settle();
  expect(log).toEqual(['d', 'a']);
});

test('TestCloseAfterChildren: waits for the children to close by themselves', async () => {
  const untilClosing = (p: Process) =>
    new Promise<void>((resolve) => p.closing.addEventListener('abort', () => resolve()));
  const a = fresh();
  let c!: Process, e!: Process;
  const b = a.go((p) => void (c = p.go(untilClosing)));
  const d = a.go((p) => ((e = p.go(untilClosing)), untilClosing(p)));
  await settle();
  const log = logged({ a, b, c, d, e });
  void a.closeAfterChildren();
  void b.closeAfterChildren();
  await settle();
  expect(log).toEqual([]);
  void c.close();
  await settle();
  expect(log.splice(0)).toEqual(['c', 'b']);
  await b.closeAfterChildren();
  await e.close();
  expect(log.splice(0)).toEqual(['e']);
  await d.close();
  await settle();
  expect(log).toEqual(['d', 'a']);
});

test('TestWaitAfterClose: a closed process takes nothing more and leaves the other alone', async () => {
  const a = fresh();
  await a.close();
  const ran = jest.fn();
  expect(() => a.go(ran)).toThrow(ProcessClosedError);
  const child = fresh();
  expect(() => a.addChild(child)).toThrow(ProcessClosedError);
  expect(() => a.waitFor(child)).toThrow(ProcessClosedError);
  expect(() => withParent(a)).toThrow(ProcessClosedError);
  expect(() => goChild(a, ran)).toThrow(ProcessClosedError);
  await settle();
  expect(child.state).toBe('running');
  expect(ran).not.toHaveBeenCalled();
  await a.close();
  a.addChildNoWait(child);
  expect(child.state).toBe('closing');
});

test('TestCloseWait: what is added while closing is waited for, and children are closed', async () => {
  const gates = [deferred(), deferred(), deferred(), deferred()] as const;
  const a = fresh();
  a.go(() => gates[0].promise);
  void a.close();
  const waited = go(() => gates[1].promise);
  a.waitFor(waited);
  a.addChild(go(() => gates[2].promise));
  const noWait = go(() => gates[3].promise);
  a.addChildNoWait(noWait);
  expect([noWait.state, waited.state]).toEqual(['closing', 'running']);
  for (const gate of gates.slice(0, 3)) {
    await settle();
    expect(a.state).toBe('closing');
    gate.resolve();
  }
  await a.closed;
  expect(noWait.state).toBe('closing');
  gates[3].resolve();
  await noWait.closed;
});

test('TestErr: resolves once closed, with what the teardown threw', async () => {
  expect(await go(() => {}).err()).toBeUndefined();
  const error = new Error('foobar');
  const p = withTeardown(() => Promise.reject(error));
  const asked = p.err();
  const early = await Promise.race([asked, settle().then(() => 'not yet')]);
  expect(early).toBe('not yet');
  await expect(p.close()).rejects.toBe(error);
  expect(await asked).toBe(error);
});

test('TestGoClosing: on a process that is closing, go runs the function with a process that is closing', async () => {
  const log: string[] = [];
  const gate = deferred();
  const a = fresh();
  a.go(() => {
    a.go(() => log.push('before'));
    void a.close();
    a.go(async (p) => {
      log.push(`after: ${p.state}, ${p.closing.aborted}`);
      await gate.promise;
      log.push(a.state);
    });
  });
  await settle();
  gate.resolve();
  await a.closed;
  expect(log).toEqual(['before', 'after: closing, true', 'closing']);
});

test('TestBackground: never closes; what could only hang throws', async () => {
  const b = background();
  for (const hang of [b.close(), b.err(), b.closeAfterChildren(), b[Symbol.asyncDispose](), b.close({ timeout: 1 })]) {
    await expect(hang).rejects.toThrow(TypeError);
  }
  expect([b.state, b.closing.aborted, background()]).toEqual(['running', false, b]);
  const p = new Process();
  expect(() => p.waitFor(b)).toThrow(TypeError);
  expect(() => p.addChild(b)).toThrow(TypeError);
  expect(() => p.addChildNoWait(b)).toThrow(TypeError);
  expect(() => b.setTeardown(() => {})).toThrow(TypeError);
  b.waitFor(p);
  b.addChild(p);
  const ran = jest.fn();
  await b.go(ran).closed;
  expect(ran).toHaveBeenCalledTimes(1);
  await p.close();
});

test('TestWithSignals: closes when the signal of the operating system comes, and takes the handler off', async () => {
  // Under jest `process` is a copy, which the real signals do not reach.
  const real = process;
  const before = real.listenerCount('SIGUSR2');
  const p = withSignals('SIGUSR2');
  expect([p.state, real.listenerCount('SIGUSR2')]).toEqual(['running', before + 1]);
  const alive = setInterval(() => {}, 1000);
  real.emit('SIGUSR2');
  await p.closed;
  clearInterval(alive);
  expect(p.closing.reason).toMatchObject({ code: 'ERR_SIGNAL', signal: 'SIGUSR2' });
  expect(real.listenerCount('SIGUSR2')).toBe(before);
  const other = withSignals('SIGUSR2');
  await other.close();
  expect(real.listenerCount('SIGUSR2')).toBe(before);
});

test('TestMemoryLeak: closed processes leave nothing behind', async () => {
  const root = new Process();
  const round = async () => {
    for (let i = 0; i < 1000; i++) withParent(withParent(withParent(root)));
    const all = new Process({ parent: root });
    for (let i = 0; i < 1000; i++) void all.go(() => {}).close();
    await all.closeAfterChildren();
    while (root.$held > 0) await root.$links.at(-1)!.$child.close();
  };
  // As often as afterwards: what the engine learns and compiles meanwhile takes memory, too.
  for (let i = 0; i < 5; i++) await round();
  // So many that what the engine does by itself counts for little: ten bytes for each process.
  const rounds = async (): Promise<void> => {
    for (let i = 0; i < 25; i++) await round();
  };
  expect(await growth(1_000_000, rounds)).toBeLessThan(1_000_000);
  await root.close();
});

test('a root that has closed a million children holds none of them', async () => {
  const root = new Process();
  for (let i = 0; i < 1_000_000; i++) {
    void withParent(root).close();
    // Else a million wait in line.
    if (i % 10_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await settle();
  expect([root.$links, root.$waits]).toEqual([[], 0]);
  await root.close();
}, 20_000);

test('children that have closed are let go of before the event loop has its turn, too', async () => {
  const root = new Process();
  const round = async (): Promise<number> => {
    for (let i = 0; i < 5000; i++) await root.go(() => {}).closed;
    for (let i = 0; i < 5000; i++) await withParent(root).close();
    // At once: in the next microtask there may be nobody left whose turn has not been.
    globalThis.gc!();
    return process.memoryUsage().heapUsed;
  };
  await round();
  const during = await round();
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc!();
  const after = process.memoryUsage().heapUsed;
  // Each would be some 700 bytes.
  expect(during - after).toBeLessThan(1_000_000);
  await root.close();
});

test('a root whose children come and go keeps no room for those that have gone, and closes the others in order', async () => {
  const root = new Process();
  const order: number[] = [];
  const window: Process[] = [];
  for (let i = 0; i < 10_000; i++) {
    window.push(new Process({ parent: root, teardown: () => void order.push(i) }));
    if (window.length > 10) await window.shift()!.close();
    expect(root.$links.length).toBeLessThan(100);
  }
  order.length = 0;
  await root.close();
  expect(order).toEqual([9990, 9991, 9992, 9993, 9994, 9995, 9996, 9997, 9998, 9999]);
  expect(root.$links).toEqual([]);
});

test('ExampleGo: ticks until it is closed', async () => {
  jest.useFakeTimers();
  const log: string[] = [];
  const p = go(async (proc) => {
    try {
      for (;;) {
        await sleep(200, { signal: proc.closing });
        log.push('tick');
      }
    } finally {
      log.push('closing');
    }
  });
  await jest.advanceTimersByTimeAsync(1100);
  await p.close();
  log.push('closed');
  expect(log).toEqual(['tick', 'tick', 'tick', 'tick', 'tick', 'closing', 'closed']);
});

test('the example of the lifecycle: closing 3, closing 2, closing 1', async () => {
  const log: string[] = [];
  const [p1, p2, p3] = [1, 2, 3].map((n) => withTeardown(() => log.push(`closing ${n}`))) as [
    Process,
    Process,
    Process,
  ];
  p1.addChild(p2);
  p2.addChild(p3);
  await Promise.all([p1.close(), p2.close(), p3.close()]);
  expect(log).toEqual(['closing 3', 'closing 2', 'closing 1']);
});

test('a child lives on when its function has returned, until it is closed; one that throws closes with that', async () => {
  const root = new Process();
  const child = goChild(root, () => {}, 'lives');
  await settle();
  expect([child.state, child.name]).toEqual(['running', 'lives']);
  const failed = goChild(root, () => Promise.reject(1));
  expect(await failed.err()).toBe(1);
  await root.close();
  expect(child.state).toBe('closed');
});

test('a function runs in the context of whoever launched it, also when others launch in the same turn', async () => {
  const storage = new AsyncLocalStorage<string>();
  const root = fresh();
  const closing = new Process({ parent: root });
  closing.go((p) => sleep(Infinity, { signal: p.closing }));
  void closing.close();
  const seen: unknown[] = [];
  const launch: Record<string, (fn: () => void) => unknown> = {
    go: (fn) => root.go(fn),
    'go of a closing one': (fn) => closing.go(fn),
    'the function go': go,
    goChild: (fn) => goChild(root, fn),
  };
  for (const [name, start] of Object.entries(launch)) {
    storage.run(name, () => start(() => seen.push([name, storage.getStore()])));
    // Something else that is looked at in the same turn.
    void storage.run('other', () => new Process({ parent: root }).close());
  }
  await root.close();
  expect(seen).toEqual(Object.keys(launch).map((name) => [name, name]));
});
