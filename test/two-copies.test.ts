// Two copies of a package in one program, such as two versions or the ES module and the CommonJS build, work together.
import { getEventListeners } from 'node:events';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import type * as Abort from '@x/abort';
import type * as AbortNode from '@x/abort/node';
import type * as Async from '@x/async';
import type * as Proc from '@x/proc';
import type * as Process from '@x/process';
import type * as Run from '@x/run';
import type * as Workgraph from '@x/workgraph';
import { bundle } from './test-support/bundle.js';

type Module = Record<string, unknown>;

/** A copy of a package that shares no code with another, that of `@x/abort` inside it neither. */
async function copy<T>(name: string): Promise<T> {
  const module: { exports: Module } = { exports: {} };
  const evaluate = compileFunction(await bundle(`export * from '${name}';`, 'cjs'), ['module', 'exports', 'require']);
  (evaluate as (...args: unknown[]) => void)(module, module.exports, createRequire(import.meta.url));
  return module.exports as T;
}

const copies = <T>(name: string): Promise<[T, T]> => Promise.all([copy<T>(name), copy<T>(name)]);

/** What a call throws or rejects with. */
async function failure(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error('It did not fail.');
}

/** An error made by one copy is recognised by the other's class, and not by another class of the same copy. */
function expectRecognised(error: unknown, mine: object, theirs: object, code: string): void {
  expect(mine).not.toBe(theirs);
  expect(error).toHaveProperty('code', code);
  expect(error instanceof (mine as typeof Error)).toBe(true);
  expect(error instanceof (theirs as typeof Error)).toBe(true);
  expect({ code } instanceof (theirs as typeof Error)).toBe(false);
}

const signal = (): AbortSignal => new AbortController().signal;
const fail = (): never => {
  throw new Error('failed');
};

describe('two copies', () => {
  test('of @x/abort put one listener on a signal between them, and tell in the order of linking', async () => {
    const [a, b] = await copies<typeof Abort>('@x/abort');
    const parent = new AbortController();
    const log: string[] = [];
    a.onAbort(parent.signal, () => log.push('a1'));
    b.onAbort(parent.signal, () => log.push('b1'));
    a.onAbort(parent.signal, () => log.push('a2'));
    b.onAbort(parent.signal, () => log.push('b2'));
    expect(getEventListeners(parent.signal, 'abort')).toHaveLength(1);
    parent.abort();
    expect(log).toEqual(['a1', 'b1', 'a2', 'b2']);
  });

  test('of @x/abort link to each other without making a signal', async () => {
    const [a, b] = await copies<typeof Abort>('@x/abort');
    const parent = a.link();
    const child = b.link(parent.signal);
    parent.abort('over');
    expect(child.reason).toBe('over');
    expect(b.isAbort(parent.reason, child.signal)).toBe(true);
  });

  test("of @x/abort/node know each other's SignalError", async () => {
    const [a, b] = await copies<typeof AbortNode>('@x/abort/node');
    const scope = a.osSignal(['SIGUSR2']);
    const told = new Promise((resolve) => scope.signal.addEventListener('abort', resolve));
    process.kill(process.pid, 'SIGUSR2');
    await told;
    expectRecognised(scope.reason, a.SignalError, b.SignalError, 'ERR_SIGNAL');
  });

  test("of @x/run know each other's errors", async () => {
    const [a, b] = await copies<typeof Run>('@x/run');
    const group = new a.Group({ gracePeriod: 0 });
    group.add(
      () => new Promise(() => {}),
      () => {},
      'stuck',
    );
    group.go(() => {});
    expectRecognised(
      await failure(() => group.run()),
      a.GraceExceededError,
      b.GraceExceededError,
      'ERR_GRACE_EXCEEDED',
    );
  });

  test("of @x/proc know each other's errors, and spread each other's MultiError", async () => {
    const [a, b] = await copies<typeof Proc>('@x/proc');
    const inner = a.concurrent(fail, fail);
    expectRecognised(await failure(() => inner(signal())), a.MultiError, b.MultiError, 'ERR_MULTI');
    const outer = await failure(() => b.concurrent(inner, fail)(signal()));
    expect((outer as AggregateError).errors).toHaveLength(3);
    expectRecognised(await failure(() => a.task('work', fail)(signal())), a.TaskError, b.TaskError, 'ERR_TASK');
  });

  test("of @x/proc find each other's tasks by the signal", async () => {
    const [a, b] = await copies<typeof Proc>('@x/proc');
    const log: string[] = [];
    const events: Record<string, unknown>[] = [];
    const stop = a.subscribe(
      new Proxy({}, { get: (_, name) => (event: Record<string, unknown>) => events.push({ on: name, ...event }) }),
    );
    await a.task('outer', (outer) => b.task('inner', () => void log.push('ran'))(outer))(signal());
    stop[Symbol.dispose]();
    expect(log).toEqual(['ran']);
    expect(events.length).toBeGreaterThanOrEqual(4);
  });

  test("of @x/process know whose children's turn it is, when somebody begins to wait in the middle", async () => {
    const [a, b] = await copies<typeof Process>('@x/process');
    for (const [P, A, B] of [
      [a, a, b],
      [b, a, a],
      [a, b, b],
    ] as const) {
      const parent = new P.Process({ children: 'reverse' });
      const first = new A.Process({ parent });
      const last: Process.Process = new B.Process({ parent, teardown: () => last.waitFor(first) });
      await parent.close();
      expect(first.state).toBe('closed');
      const other = new P.Process({ children: 'reverse' });
      const [early, late] = [new A.Process({ parent: other }), new B.Process({ parent: other })];
      const closed = other.close();
      late.waitFor(early);
      await closed;
    }
  });

  test("of @x/process know each other's errors", async () => {
    const [a, b] = await copies<typeof Process>('@x/process');
    const closed = new a.Process();
    await closed.close();
    const error = await failure(() => closed.go(() => {}));
    expectRecognised(error, a.ProcessClosedError, b.ProcessClosedError, 'ERR_PROCESS_CLOSED');
  });

  test("of @x/async know each other's errors", async () => {
    const [a, b] = await copies<typeof Async>('@x/async');
    const queue = new a.Queue(() => {});
    await queue.start();
    await queue.stop();
    expectRecognised(await failure(() => queue.stop()), a.CannotStopError, b.CannotStopError, 'ERR_CANNOT_STOP');
  });

  test("of @x/workgraph know each other's errors", async () => {
    const [a, b] = await copies<typeof Workgraph>('@x/workgraph');
    const worker = new a.Worker();
    const { resolver, promise } = a.newRequest<number>(worker, { name: 'answer' });
    const cycle = await failure(() => promise.await(worker));
    expectRecognised(cycle, a.SelfDependencyError, b.SelfDependencyError, 'ERR_SELF_DEPENDENCY');
    expect(cycle instanceof b.UnresolvedError).toBe(false);
    const other = a.newRequest<number>(worker);
    other.resolver.resolve(worker, 1);
    const twice = await failure(() => other.resolver.resolve(worker, 2));
    expectRecognised(twice, a.WorkgraphUsageError, b.WorkgraphUsageError, 'ERR_WORKGRAPH_USAGE');
    expect(resolver.requestId).toBe(promise.requestId);
  });
});
