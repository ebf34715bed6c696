import { describe, expect, test } from '@jest/globals';
import {
  Worker,
  WorkgraphUsageError,
  captureSites,
  currentWorker,
  newRequest,
  noRequest,
  Once,
  onceFunc,
  OnceMap,
  type RequestId,
  spawn,
} from './context.js';
import type * as context from './context.js';
import { snapshot } from './inspect.js';
import { collectUntil, failure, turn, within } from './test-support/timing.js';

describe('without a worker as an argument', () => {
  test('the worker is the one whose work is running, through awaits and timers', async () => {
    const names: unknown[] = [];
    spawn(
      async () => {
        names.push(currentWorker().name);
        await turn();
        names.push(currentWorker().name);
        setImmediate(() => names.push(currentWorker().name));
      },
      { name: 'w' },
    );
    await turn();
    await turn();
    await turn();
    expect(names).toEqual(['w', 'w', 'w']);
  });

  test('a thenable that begins its work when it is asked for its result is the work of the worker', async () => {
    const lazy = <T>(begin: () => T | PromiseLike<T>): PromiseLike<T> => ({
      then: (resolve, reject) => Promise.resolve().then(begin).then(resolve, reject),
    });
    const names: unknown[] = [];
    const map: OnceMap<string, unknown> = new OnceMap((key) => lazy(() => map.get(key === 'a' ? 'b' : 'a')));
    expect(await within(failure(map.get('a')))).toMatchObject({ code: 'ERR_SELF_DEPENDENCY' });
    const note = (): unknown => lazy(() => names.push(currentWorker().name));
    spawn(note, { name: 'spawned' });
    await new Once({ name: 'once' }).do(note);
    await new OnceMap(note, { name: () => 'map' }).get('key');
    expect(names).toEqual(['spawned', 'once', 'map']);
  });

  test('a call outside any work has a worker of its own', async () => {
    expect(currentWorker()).toBeInstanceOf(Worker);
    expect(currentWorker()).not.toBe(currentWorker());
    const map = new OnceMap<string, string>(async (key) => (await turn(), key));
    expect(await within(Promise.all([map.get('a'), map.get('b')]))).toEqual(['a', 'b']);
  });

  test('what outlives its work is outside any work, by the name and the signal of its worker', async () => {
    const { signal } = new AbortController();
    const log: unknown[] = [];
    let before: Worker | undefined;
    let ended = Promise.resolve();
    spawn(
      () => {
        before = currentWorker();
        ended = turn().then(async () => {
          log.push(currentWorker() === before, currentWorker().name, currentWorker().signal === signal);
          const [own, other] = [newRequest<number>({ name: 'own' }), newRequest<number>({ name: 'other' })];
          own.resolver.resolve(1);
          spawn(() => other.resolver.resolve(2), {}, other.resolver);
          log.push(await own.promise.await(), await other.promise.await());
          log.push(await new OnceMap<string, string>((key) => key).get('key'));
        });
      },
      { name: 'service', signal },
    );
    await turn();
    await within(ended);
    expect(log).toEqual([false, 'service', true, 1, 2, 'key']);
  });

  test('what outlives its work reports too late what that was responsible for', async () => {
    const { resolver, promise } = newRequest<number>({ name: 'late' });
    let reported = Promise.resolve();
    spawn(() => void (reported = turn().then(() => resolver.resolve(1))), { name: 'left' }, resolver);
    const waiting = failure(promise.await());
    await turn();
    await within(reported);
    expect(await waiting).toHaveProperty('message', 'late was not resolved: its worker (left) has ended');
  });

  test('a map names the keys on a cycle, and its workers by their keys', async () => {
    const seen: unknown[] = [];
    const map: OnceMap<string, string> = new OnceMap<string, string>(async (key) => {
      seen.push(currentWorker().name);
      return map.get(key === 'a' ? 'b' : 'a');
    });
    expect(map.requestId('a')).toBe(noRequest);
    const error = await failure(map.get('a'));
    expect(error).toHaveProperty('message', 'a -> b -> a');
    expect(seen).toEqual(['a', 'b']);
    expect(map.size).toBe(2);
    map.reset('a');
    expect(map.size).toBe(1);
    map.clear();
    expect(map.size).toBe(0);
  });

  test('requests are resolved and awaited by the worker whose work it is', async () => {
    const { resolver, promise } = newRequest<number>({ name: 'answer' });
    expect(promise.requestId).toBe(resolver.requestId);
    spawn(() => resolver.resolve(42), {}, resolver);
    expect(await within(promise.await())).toBe(42);
    let self: Promise<unknown> = Promise.resolve();
    let elsewhere: unknown;
    spawn(async () => {
      self = failure(newRequest<number>({ name: 'self' }).promise.await());
      const { resolver } = newRequest<number>({ name: 'pending' });
      spawn(() => {
        try {
          resolver.resolve(1);
        } catch (error) {
          elsewhere = error;
        }
      });
      await turn();
    });
    await turn();
    expect(await self).toHaveProperty('message', 'self -> self');
    expect(elsewhere).toBeInstanceOf(WorkgraphUsageError);
  });

  test('what was requested outside any work can be resolved, rejected and reported there', async () => {
    const [one, two, three] = [newRequest<number>(), newRequest<number>(), newRequest<number>()];
    one.resolver.resolve(1);
    two.resolver.reject('no');
    three.resolver.report({ status: 'fulfilled', value: 3 });
    expect(await within(one.promise.await())).toBe(1);
    expect(await failure(two.promise.await())).toBe('no');
    expect(await within(three.promise.await())).toBe(3);
    const { resolver, promise } = newRequest<number>();
    expect([...resolver.containedResolvers()]).toEqual([resolver]);
    new Worker({}, resolver);
    expect(() => resolver.resolve(1)).toThrow(WorkgraphUsageError);
    expect(await failure(promise.await({ signal: AbortSignal.abort('before') }))).toBe('before');
  });

  test('what was requested outside any work is unresolved once its resolver is gone', async () => {
    const { promise } = (() => newRequest<number>({ name: 'lost' }))();
    let error: unknown;
    promise.await().catch((reason: unknown) => (error = reason));
    expect(await collectUntil(() => error !== undefined)).toBe(true);
    expect(error).toHaveProperty('code', 'ERR_UNRESOLVED');
  }, 20_000);

  test('Once and onceFunc run once, and find themselves', async () => {
    const once = new Once<number>({ name: 'it' });
    expect(await within(Promise.all([once.do(() => 1), once.do(() => 2)]))).toEqual([1, 1]);
    expect(once.requestId.name).toBe('it');
    once.reset();
    expect(once.requestId).toBe(noRequest);
    expect(await failure(once.do(5 as never))).toBeInstanceOf(TypeError);
    const itself: () => Promise<number> = onceFunc(() => itself(), { name: 'itself' });
    expect(await failure(itself())).toHaveProperty('message', 'itself -> itself');
  });

  test('a wait can be given up with a signal: it is no edge then, and the run goes on', async () => {
    let [hasGivenUp, isDone] = [(): void => {}, (): void => {}];
    const [givenUp, done] = [
      new Promise<void>((resolve) => (hasGivenUp = resolve)),
      new Promise<void>((resolve) => (isDone = resolve)),
    ];
    const [signal, controller] = [AbortSignal.abort('before'), new AbortController()];
    const once = new Once<string>();
    const map: OnceMap<string, string> = new OnceMap<string, string>(async (key) => {
      if (key === 'page') {
        const { name } = currentWorker();
        const ads = await map.get('ads', controller).catch((reason) => `no ads (${reason})`);
        expect(currentWorker().name).toBe(name);
        hasGivenUp();
        await done;
        return `page with ${ads}`;
      }
      await givenUp;
      const page = once.do(() => map.get('page'), { signal: new AbortController().signal });
      isDone();
      return `ads for ${await page}`;
    });
    const page = map.get('page');
    await turn();
    controller.abort('late');
    expect(await within(page)).toBe('page with no ads (late)');
    expect(await within(map.get('ads'))).toBe('ads for page with no ads (late)');
    expect(await failure(map.get('new', { signal }))).toBe('before');
    expect(await failure(new Once<number>().do(() => 1, { signal }))).toBe('before');
    expect(map.size).toBe(2);
  });

  test('a wait with wrong options is refused, and starts nothing', async () => {
    const map = new OnceMap<string, number>(() => 1);
    const once = new Once<number>();
    for (const wrong of [null, 5, { signal: 5 }, new AbortController().signal]) {
      expect(await failure(map.get('key', wrong as never))).toBeInstanceOf(TypeError);
      expect(await failure(once.do(() => 1, wrong as never))).toBeInstanceOf(TypeError);
    }
    expect([map.size, once.requestId]).toEqual([0, noRequest]);
  });

  test('onceFunc is a callback: what it is handed is ignored', async () => {
    const once = onceFunc(() => 1);
    expect(await within(Promise.all([5, { signal: AbortSignal.abort() }].map(once)))).toEqual([1, 1]);
  });

  test.each([
    ['what a run leaves behind', (again: () => void) => void turn().then(again)],
    ['a run', (again: () => void) => void again()],
  ])('%s can ask for the next, and those before it are let go, with their results', async (_, begin) => {
    const results: WeakRef<object>[] = [];
    let ended = (): void => {};
    const end = new Promise<void>((resolve) => (ended = resolve));
    const asked = (next: () => unknown): (() => Promise<object>) => {
      return async () => {
        const result = {};
        if (results.push(new WeakRef(result)) % 20 === 0) ended();
        else begin(() => void next());
        await turn();
        return result;
      };
    };
    const map: OnceMap<number, object> = new OnceMap((key) => asked(() => (map.reset(key), map.get(key + 1)))());
    void map.get(0);
    await within(end, 100);
    const once = new Once<object>();
    const poll: () => Promise<object> = asked(() => (once.reset(), once.do(poll)));
    void once.do(poll);
    await within(
      collectUntil(() => results.length === 40),
      100,
    );
    // The last of each is kept.
    expect(await collectUntil(() => results.filter((result) => result.deref() !== undefined).length === 2)).toBe(true);
    expect([map.size, once.requestId.name]).toEqual([1, undefined]);
  });

  test('where a run is asked for is said, in work and outside', async () => {
    captureSites();
    try {
      const map = new OnceMap((key: string) => key);
      const once = new Once<number>();
      const ids = (key: string): RequestId[] => {
        void map.get(key);
        once.reset();
        void once.do(() => 1);
        return [map.requestId(key), once.requestId];
      };
      const all = ids('outside');
      await new Promise<void>((resolve) => {
        spawn(() => {
          all.push(...ids('inside'));
          resolve();
        });
      });
      for (const { site } of all) expect(site).toMatch(/\bids\b.*context\.test\.ts/);
      expect(all).toHaveLength(4);
    } finally {
      captureSites(false);
    }
  });

  test.each([
    ['outside any work where a promise keeps that', true],
    ['as it is asked for where none does', false],
  ])('a run is made %s', async (_, keeps) => {
    // Another copy, which has not looked yet.
    const copy = `./context.js?${keeps}`;
    const { Once } = (await import(copy)) as typeof context;
    const { Promise } = globalThis;
    const names: unknown[] = [];
    const resolve = (value: unknown): Promise<unknown> => (names.push(currentWorker().name), Promise.resolve(value));
    const once = new Once<number>();
    let result: unknown;
    spawn(
      () => {
        globalThis.Promise = Object.assign(
          function () {
            return keeps ? { store: currentWorker() } : {};
          },
          { resolve },
        ) as never;
        try {
          result = once.do(() => 1);
        } finally {
          globalThis.Promise = Promise;
        }
      },
      { name: 'asks' },
    );
    await turn();
    expect(names).toEqual([keeps ? undefined : 'asks']);
    expect(await result).toBe(1);
  });

  test('functions are given no worker', async () => {
    const seen: unknown[][] = [];
    const note = (...args: unknown[]): number => seen.push(args);
    spawn(note);
    await within(new OnceMap<string, unknown>(note).get('key'));
    await within(new Once<unknown>().do(note));
    await within(onceFunc<unknown>(note)());
    expect(seen).toEqual([[], ['key'], [], []]);
  });

  test('refuses what is no function', () => {
    expect(() => spawn(5 as never)).toThrow('work must be a function, got 5');
    expect(() => onceFunc(5 as never)).toThrow('fn must be a function, got 5');
    expect(() => new OnceMap(5 as never)).toThrow('fn must be a function, got 5');
  });

  test('is shown by a snapshot', async () => {
    const map = new OnceMap<string, number>(() => 1);
    const once = new Once<number>({ name: 'once' });
    await within(Promise.all([map.get('key'), once.do(() => 1)]));
    const { resolver, promise } = newRequest({ name: 'request' });
    expect(snapshot(map, once, resolver, promise).requests.map(({ name, state }) => [name, state])).toEqual([
      ['key', 'fulfilled'],
      ['once', 'fulfilled'],
      ['request', 'pending'],
    ]);
  });
});
