import { never } from '@x/abort';
import { describe, expect, jest, test } from '@jest/globals';
import { newRequest, Once, OnceMap, spawn, UnresolvedError, Worker } from './index.js';
import { snapshot } from './inspect.js';
import { run } from './test-support/program.js';
import { collectUntil, failure, turn, within } from './test-support/timing.js';

describe('a worker', () => {
  test('has the name and the signal that it was given, else none and one that never aborts', () => {
    const { signal } = new AbortController();
    expect(new Worker({ name: 'w', signal })).toMatchObject({ name: 'w', signal });
    expect(new Worker().name).toBeUndefined();
    expect(new Worker().signal).toBe(never);
    expect(new Worker(undefined).signal.aborted).toBe(false);
  });

  test('takes over every resolver in the containers that it is given', async () => {
    const main = new Worker();
    const requests = [1, 2, 3].map(() => newRequest<number>(main));
    const [first, ...others] = requests.map(({ resolver }) => resolver);
    const worker = new Worker({}, first as never, { containedResolvers: () => others });
    requests.forEach(({ resolver }, index) => resolver.resolve(worker, index));
    expect(await within(Promise.all(requests.map(({ promise }) => promise.await(main))))).toEqual([0, 1, 2]);
  });

  test('refuses wrong options', () => {
    expect(() => new Worker('x' as never)).toThrow('options must be an object of options, got "x"');
    expect(() => new Worker(new AbortController().signal as never)).toThrow(
      'options must be an object of options, got an object',
    );
    expect(() => new Worker(newRequest(new Worker()).resolver as never)).toThrow('got an object');
    expect(() => new Worker({ signal: 'x' as never })).toThrow('signal must be an AbortSignal, got "x"');
  });

  test('says its name, or that of the request, when an argument is wrong', () => {
    const name = 'w';
    const wrong = (call: () => unknown, message: string): void => expect(call).toThrow(new TypeError(message));
    wrong(() => new Worker({ name, signal: 5 as never }), 'w: signal must be an AbortSignal, got 5');
    wrong(() => new Worker({ name }, 5 as never), 'w: delegated must be a resolver, got 5');
    const { resolver } = newRequest(new Worker(), { name: 'r' });
    wrong(() => resolver.report(new Worker(), 5 as never), 'r: outcome must be a PromiseSettledResult, got 5');
    const named = { name: () => 'k', signal: 5 as never };
    wrong(() => new OnceMap(() => {}, named), 'signal must be an AbortSignal, got 5');
  });

  test('that the collector has found gone leaves its requests unresolved', async () => {
    const main = new Worker();
    const { resolver, promise } = newRequest<number>(main, { name: 'lost' });
    (() => void new Worker({ name: 'dropped' }, resolver))();
    let error: unknown;
    promise.await(main).catch((reason: unknown) => (error = reason));
    expect(await collectUntil(() => error !== undefined)).toBe(true);
    expect(error).toBeInstanceOf(UnresolvedError);
    expect(error).toHaveProperty('message', 'lost was not resolved: its worker (dropped) is gone');
  }, 20_000);

  test('that made a request, and is gone, leaves it unresolved too', async () => {
    const { promise } = (() => newRequest<number>(new Worker(), { name: 'lost' }))();
    let error: unknown;
    promise.await(new Worker()).catch((reason: unknown) => (error = reason));
    expect(await collectUntil(() => error !== undefined)).toBe(true);
    expect(error).toHaveProperty('code', 'ERR_UNRESOLVED');
  }, 20_000);

  test('that is gone leaves unresolved what is left, where it has resolved something and handed something on', async () => {
    const main = new Worker();
    const [done, moved, left] = ['done', 'moved', 'left'].map((name) => newRequest<number>(main, { name })) as [
      ReturnType<typeof newRequest<number>>,
      ReturnType<typeof newRequest<number>>,
      ReturnType<typeof newRequest<number>>,
    ];
    const next = (() => {
      const worker = new Worker({}, done.resolver, moved.resolver, left.resolver);
      done.resolver.resolve(worker, 1);
      return new Worker({}, moved.resolver);
    })();
    let error: unknown;
    left.promise.await(main).catch((reason: unknown) => (error = reason));
    expect(await collectUntil(() => error !== undefined)).toBe(true);
    expect(error).toHaveProperty('message', 'left was not resolved: its worker is gone');
    moved.resolver.resolve(next, 2);
    expect(await within(Promise.all([done.promise.await(main), moved.promise.await(main)]))).toEqual([1, 2]);
  }, 20_000);

  test('that is gone with nothing to resolve, or was disposed of, has no consequence', async () => {
    const main = new Worker();
    const done = newRequest<number>(main);
    const moved = newRequest<number>(main);
    (() => {
      const worker = new Worker({}, done.resolver, moved.resolver);
      done.resolver.resolve(worker, 1);
      main[Symbol.dispose]();
      new Worker()[Symbol.dispose]();
      spawn((w) => turn().then(() => moved.resolver.resolve(w, 2)), {}, moved.resolver);
    })();
    for (let i = 0; i < 5; i++) {
      (globalThis as { gc?: () => void }).gc?.();
      await turn();
    }
    expect(await within(Promise.all([done.promise.await(main), moved.promise.await(main)]))).toEqual([1, 2]);
  });

  test('is told to the collector when it first has something to resolve, and only if it was made by hand', async () => {
    const register = jest.spyOn(FinalizationRegistry.prototype, 'register');
    const told = (): unknown[] =>
      register.mock.calls.map(([target]) => target).filter((each) => each instanceof Worker);
    try {
      const main = new Worker();
      const map = new OnceMap<number, number>((key) => key);
      await within(Promise.all([map.get(1, main), new Once<number>().do(main, () => 1)]));
      expect(told()).toEqual([]);
      const requests = [newRequest<number>(main), newRequest<number>(main)];
      expect(told()).toEqual([main]);
      const ran = new Promise<void>((resolve) => {
        spawn(
          (w) => {
            newRequest(w);
            resolve();
          },
          {},
          ...requests.map(({ resolver }) => resolver),
        );
      });
      await within(ran);
      expect(told()).toEqual([main]);
      const { resolver } = newRequest<number>(main);
      const other = new Worker({}, resolver);
      expect(told()).toEqual([main, other]);
    } finally {
      register.mockRestore();
    }
  });

  test('tracks a foreign promise in view, under its name, and settles as it does', async () => {
    const worker = new Worker({ name: 'w' });
    let resolve: (value: number) => void = () => {};
    const tracked = worker.track(new Promise<number>((r) => (resolve = r)), 'database');
    const twice = worker.track(new Promise<void>(() => {}), 'database');
    const failing = worker.track(Promise.reject(new Error('no')), 'network');
    expect(snapshot(worker).workers[0]?.tracking).toEqual(['database', 'database', 'network']);
    expect(await failure(failing)).toEqual(new Error('no'));
    resolve(1);
    expect(await within(tracked)).toBe(1);
    expect(snapshot(worker).workers[0]?.tracking).toEqual(['database']);
    expect(await failure(worker.track(twice, 5 as never))).toHaveProperty('message', 'w: name must be a string, got 5');
  });
});

test('a worker that waits for something outside the graph is collected when nobody else holds it', async () => {
  const main = new Worker();
  const foreign = new Promise<void>(() => {});
  let error: unknown;
  (() => {
    const worker = new Worker({ name: 'gone' });
    void worker.track(foreign, 'socket');
    newRequest(worker, { name: 'lost' })
      .promise.await(main)
      .catch((reason: unknown) => (error = reason));
  })();
  expect(await collectUntil(() => error !== undefined)).toBe(true);
  expect(error).toHaveProperty('message', 'lost was not resolved: its worker (gone) is gone');
  expect(foreign).toBeInstanceOf(Promise);
}, 20_000);

test('what is tracked may be a value, or something with a then', async () => {
  const worker = new Worker();
  const thenable = { then: (resolve: (value: number) => void) => resolve(2) } as PromiseLike<number>;
  expect(await within(Promise.all([worker.track(1 as never, 'one'), worker.track(thenable, 'two')]))).toEqual([1, 2]);
});

test('spawned work gets the very worker that spawn returned', async () => {
  const got: Worker[] = [];
  const returned = spawn((worker) => void got.push(worker));
  await turn();
  expect(got[0]).toBe(returned);
});

describe('what spawned work throws', () => {
  test('is an unhandled rejection, as it is, when there is nothing to resolve, and none when it was told elsewhere', async () => {
    const { stdout, code } = await run(`
      import { newRequest, spawn, Worker } from '@x/workgraph';
      process.on('unhandledRejection', (error) => console.log('unhandled', error));
      const main = new Worker();
      globalThis.main = main;
      spawn(() => { throw undefined; });
      spawn(async () => { throw 'text'; });
      const done = newRequest(main);
      spawn((w) => { done.resolver.resolve(w, 1); throw 'afterwards'; }, {}, done.resolver);
      const left = newRequest(main);
      spawn(() => { throw 'not looked at'; }, {}, left.resolver);
      // Both are told by the error of the cycle.
      const [a, b] = [newRequest(main, { name: 'a' }), newRequest(main, { name: 'b' })];
      spawn(async (w) => a.resolver.resolve(w, await b.promise.await(w)), {}, a.resolver);
      spawn(async (w) => b.resolver.resolve(w, await a.promise.await(w)), {}, b.resolver);
      a.promise.await(main).catch((error) => console.log(error.message));
      setTimeout(() => { left.promise.await(main); }, 5);
    `);
    expect(stdout.trim().split('\n').sort()).toEqual(
      [
        'a -> b -> a',
        'unhandled afterwards',
        'unhandled not looked at',
        'unhandled text',
        'unhandled undefined',
      ].sort(),
    );
    expect(code).toBe(0);
  }, 30_000);
});
