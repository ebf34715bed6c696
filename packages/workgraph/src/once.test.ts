import { describe, expect, test } from '@jest/globals';
import { noRequest, newRequest, Once, onceFunc, Worker } from './index.js';
import { failure, turn, within } from './test-support/timing.js';

describe('Once', () => {
  test('calls the first function only, in a microtask, with a worker of its own', async () => {
    const once = new Once<string>({ name: 'first' });
    const main = new Worker();
    const log: unknown[] = [];
    const results = [1, 2].map((n) => once.do(main, (worker) => (log.push(n, worker === main, worker.name), `r${n}`)));
    expect(log).toEqual([]);
    expect(await within(Promise.all(results))).toEqual(['r1', 'r1']);
    expect(log).toEqual([1, false, 'first']);
    expect(await within(once.do(main, () => 'r3'))).toBe('r1');
  });

  test('has no request before the first call, and after a reset', async () => {
    const once = new Once<number>({ name: 'it' });
    expect(once.requestId).toBe(noRequest);
    expect(`${noRequest}`).toBe('no request');
    const first = once.do(new Worker(), () => 1);
    const id = once.requestId;
    expect(id.name).toBe('it');
    once.reset();
    expect(once.requestId).toBe(noRequest);
    const second = once.do(new Worker(), () => 2);
    expect(once.requestId).not.toBe(id);
    // The run in flight keeps its function and its waiters.
    expect(await within(Promise.all([first, second]))).toEqual([1, 2]);
  });

  test('without a name is numbered in errors', async () => {
    const once = new Once<number>();
    const error = await failure(once.do(new Worker(), (worker) => once.do(worker, () => 1)));
    expect(error).toHaveProperty('message', expect.stringMatching(/^request (\d+) -> request \1$/));
    expect(once.requestId.name).toBeUndefined();
  });

  test('keeps a failure, until it is reset', async () => {
    const once = new Once<number>();
    expect(await failure(once.do(new Worker(), () => Promise.reject(undefined)))).toBeUndefined();
    expect(await failure(once.do(new Worker(), () => 1))).toBeUndefined();
    once.reset();
    expect(await within(once.do(new Worker(), () => 1))).toBe(1);
  });

  test('fails what its worker has made and not resolved, with what was thrown or as unresolved', async () => {
    const main = new Worker();
    const leave = (fail: boolean) => {
      let promise: Promise<unknown> = Promise.resolve();
      const once = new Once<number>({ name: 'leaves' });
      const done = once.do(main, (worker) => {
        promise = failure(newRequest(worker, { name: 'inner' }).promise.await(main));
        if (fail) throw 'thrown';
        return 1;
      });
      return done.catch(() => {}).then(() => promise);
    };
    expect(await leave(true)).toBe('thrown');
    expect(await leave(false)).toHaveProperty('message', 'inner was not resolved: its worker (leaves) has ended');
  });

  test('can be given up with a signal, which leaves the run and the others', async () => {
    const once = new Once<string>();
    let resolve: (value: string) => void = () => {};
    const controller = new AbortController();
    const fn = (): Promise<string> => new Promise((r) => (resolve = r));
    const [waiting, other] = [failure(once.do(new Worker(), fn, controller)), once.do(new Worker(), fn)];
    await turn();
    controller.abort('enough');
    expect(await waiting).toBe('enough');
    resolve('made');
    expect(await within(other)).toBe('made');
  });

  test('whose signal has aborted starts nothing, nor does it keep the function', async () => {
    const once = new Once<number>();
    const signal = AbortSignal.abort('before');
    expect(await failure(once.do(new Worker(), () => 1, { signal }))).toBe('before');
    expect(once.requestId).toBe(noRequest);
    expect(await within(once.do(new Worker(), () => 2))).toBe(2);
    expect(await failure(once.do(new Worker(), () => 3, { signal: 5 as never }))).toBeInstanceOf(TypeError);
  });

  test('as onceFunc is a callback: what else it is handed is ignored', async () => {
    const signal = AbortSignal.abort();
    const once = onceFunc(() => 1);
    expect(await within(Promise.all([new Worker(), new Worker()].map(once)))).toEqual([1, 1]);
    const call = once as (...args: unknown[]) => Promise<number>;
    expect(await within(call(new Worker(), { signal }))).toBe(1);
  });

  test('refuses what is no worker, no function and no name, and has not started then', async () => {
    const once = new Once<number>();
    expect(await failure(once.do({} as never, () => 1))).toBeInstanceOf(TypeError);
    expect(await failure(once.do(new Worker(), 5 as never))).toHaveProperty('message', 'fn must be a function, got 5');
    expect(await within(once.do(new Worker(), () => 2))).toBe(2);
    expect(() => new Once({ name: 5 as never })).toThrow(TypeError);
    expect(() => onceFunc(5 as never)).toThrow('fn must be a function, got 5');
    expect(() => onceFunc(() => 1, { name: 5 as never })).toThrow(TypeError);
  });
});
