import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { uncaught } from '../../../test/test-support/uncaught.js';
import { captureSites, noRequest, Once, OnceMap, SelfDependencyError, Worker } from './index.js';
import { snapshot } from './inspect.js';
import { REQUESTS } from './state.js';
import { run } from './test-support/program.js';
import { collectUntil, failure, turn, within } from './test-support/timing.js';

const needing = (needs: Record<string, string[]>) => {
  const map: OnceMap<string, number> = new OnceMap<string, number>(async (key, worker) => {
    const results = await Promise.all((needs[key] ?? []).map((need) => map.get(need, worker)));
    return 1 + Math.max(0, ...results);
  });
  return map;
};

describe('OnceMap', () => {
  test('makes each result once, in a microtask, and gives it to all', async () => {
    const log: string[] = [];
    const map = new OnceMap<string, string>((key) => (log.push(key), key.toUpperCase()));
    const main = new Worker();
    const all = Promise.all([map.get('a', main), map.get('b', main), map.get('a', new Worker())]);
    expect(log).toEqual([]);
    expect(map.size).toBe(2);
    expect(await within(all)).toEqual(['A', 'B', 'A']);
    expect(await within(map.get('a', main))).toBe('A');
    expect(log).toEqual(['a', 'b']);
  });

  test('starts in a microtask also where somebody has replaced Promise by one that asks thenables at once, and finds cycles there', async () => {
    const { Promise } = globalThis;
    class Eager<T> extends Promise<T> {
      static override resolve(value?: unknown): never {
        const { then } = (value ?? {}) as Partial<PromiseLike<unknown>>;
        if (typeof then !== 'function' || value instanceof Promise) return super.resolve(value) as never;
        return new Eager((resolve, reject) => void then.call(value, resolve, reject)) as never;
      }
    }
    const log: string[] = [];
    const needs: Record<string, string> = { a: 'b', b: 'c', x: 'y', y: 'x' };
    const map: OnceMap<string, string> = new OnceMap<string, string>((key, worker) => {
      log.push(key);
      const need = needs[key];
      return need === undefined ? key : map.get(need, worker);
    });
    const [main, other] = [new Worker(), new Worker()];
    globalThis.Promise = Eager as never;
    try {
      const result = map.get('a', main);
      const cycle = map.get('x', other);
      expect(result).toBeInstanceOf(Eager);
      expect(log).toEqual([]);
      expect(await within(result)).toBe('c');
      expect(await failure(cycle)).toHaveProperty('message', 'x -> y -> x');
      expect([...log].sort()).toEqual(['a', 'b', 'c', 'x', 'y']);
    } finally {
      globalThis.Promise = Promise;
    }
  });

  test('finds no cycle in a diamond', async () => {
    expect(
      await within(needing({ top: ['left', 'right'], left: ['bottom'], right: ['bottom'] }).get('top', new Worker())),
    ).toBe(3);
  });

  test('names the keys on a cycle, and lets the others live', async () => {
    const map: OnceMap<string, string> = new OnceMap<string, string>(async (key, worker) => {
      if (key === 'outside') return `${key}:${await map.get('a', worker).catch((error: Error) => error.message)}`;
      if (key === 'free') return key;
      return map.get(key === 'a' ? 'b' : 'a', worker);
    });
    const main = new Worker();
    const [outside, free] = [map.get('outside', main), map.get('free', main)];
    expect(await within(outside)).toBe('outside:a -> b -> a');
    expect(await within(free)).toBe('free');
    const error = (await failure(map.get('a', main))) as SelfDependencyError;
    expect(error.requestIds).toEqual([map.requestId('a'), map.requestId('b')]);
    expect(await failure(map.get('b', main))).toBe(error);
  });

  test.each([
    [Symbol('s'), 'Symbol(s)'],
    [7, '7'],
    [null, 'null'],
    [Object.create(null) as object, 'an unknown key'],
  ])('names the request of key %p by it', async (key, name) => {
    const map: OnceMap<unknown, unknown> = new OnceMap<unknown, unknown>((k, worker) => {
      expect(worker.name).toBe(name);
      return map.get(k, worker);
    });
    expect(await failure(map.get(key, new Worker()))).toHaveProperty('message', `${name} -> ${name}`);
  });

  test('names requests as its option says, when somebody asks', async () => {
    let asked = 0;
    const map: OnceMap<number, number> = new OnceMap<number, number>(
      (key, worker) => (key > 1 ? key : map.get(key, worker)),
      {
        name: (key) => `key ${(asked++, key)}`,
      },
    );
    await within(map.get(2, new Worker()));
    expect(asked).toBe(0);
    expect(await failure(map.get(1, new Worker()))).toHaveProperty('message', 'key 1 -> key 1');
    expect(map.requestId(1).name).toBe('key 1');
    expect(asked).toBe(1);
  });

  test.each<[unknown, string]>([
    [Symbol('key'), 'Symbol(key)'],
    [7, '7'],
    [null, 'null'],
    [
      {
        toString() {
          throw new Error('no name');
        },
      },
      'an unknown key',
    ],
  ])('names a request by what its option returns, were it no string: %p', async (named, name) => {
    const map: OnceMap<string, number> = new OnceMap<string, number>((key, worker) => map.get(key, worker), {
      name: () => named as string,
    });
    const error = await failure(map.get('a', new Worker()));
    expect(error).toBeInstanceOf(SelfDependencyError);
    expect(error).toHaveProperty('message', `${name} -> ${name}`);
  });

  test('says where a key was first asked for once sites are captured', async () => {
    const map: OnceMap<string, number> = new OnceMap<string, number>((key, worker) => map.get(key, worker));
    captureSites();
    try {
      const error = await failure(map.get('self', new Worker()));
      expect(error).toHaveProperty('message', expect.stringMatching(/\n +self was made at .*once-map\.test\.ts/));
    } finally {
      captureSites(false);
    }
  });

  test('has no request for a key that nobody has asked for', async () => {
    const map = new OnceMap<string, number>(() => 1);
    expect(map.requestId('a')).toBe(noRequest);
    await within(map.get('a', new Worker()));
    expect(map.requestId('a').name).toBe('a');
  });

  test('keeps failures, or with keepFailures: false tries again', async () => {
    for (const keepFailures of [undefined, true, false]) {
      let calls = 0;
      const map = new OnceMap<string, number>(
        () => {
          if (++calls === 1) throw new Error('first');
          return calls;
        },
        { keepFailures },
      );
      const main = new Worker();
      const both = await within(Promise.allSettled([map.get('a', main), map.get('a', main)]));
      expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(map.size).toBe(keepFailures === false ? 0 : 1);
      if (keepFailures === false) expect(await within(map.get('a', main))).toBe(2);
      else expect(await failure(map.get('a', main))).toEqual(new Error('first'));
    }
  });

  test('keeps a self-dependency also with keepFailures: false, so that trying again ends', async () => {
    let calls = 0;
    const map: OnceMap<string, string> = new OnceMap<string, string>(
      async (key, worker) => {
        calls++;
        const other = key === 'a' ? 'b' : 'a';
        return map.get(other, worker).catch(() => map.get(other, worker));
      },
      { keepFailures: false },
    );
    const error = await failure(map.get('a', new Worker()));
    expect(error).toBeInstanceOf(SelfDependencyError);
    expect(await failure(map.get('b', new Worker()))).toBe(error);
    expect(calls).toBe(2);
  });

  test('keeps a self-dependency also where the functions on the cycle make do without each other', async () => {
    const recovered: string[] = [];
    const map: OnceMap<string, string> = new OnceMap<string, string>((key, worker) =>
      map.get(key === 'a' ? 'b' : 'a', worker).catch(() => (recovered.push(key), key)),
    );
    const error = await failure(map.get('a', new Worker()));
    await turn();
    expect(recovered.sort()).toEqual(['a', 'b']);
    for (const key of ['a', 'b']) expect(await failure(map.get(key, new Worker()))).toBe(error);
  });

  test('ignores what a function makes of its failure after that was told: it reports too late', async () => {
    const seen = await uncaught(async () => {
      for (const late of [new TypeError('clean-up'), undefined]) {
        const map: OnceMap<string, string> = new OnceMap<string, string>((key, worker) =>
          map.get(key, worker).catch(() => Promise.reject(late)),
        );
        expect(await failure(map.get('a', new Worker()))).toBeInstanceOf(SelfDependencyError);
        const once: Once<string> = new Once<string>();
        const made = (worker: Worker): Promise<string> => once.do(worker, made).catch(() => Promise.reject(late));
        expect(await failure(once.do(new Worker(), made))).toBeInstanceOf(SelfDependencyError);
      }
    });
    expect(seen).toEqual([]);
  });

  test('forgets a key that was unresolved, but not one that was asked for anew meanwhile', async () => {
    const workers: Worker[] = [];
    const map = new OnceMap<string, number>((_, worker) => (workers.push(worker), new Promise<number>(() => {})), {
      keepFailures: false,
    });
    const first = failure(map.get('a', new Worker()));
    await turn();
    map.reset('a');
    const second = failure(map.get('a', new Worker()));
    workers[0]?.[Symbol.dispose]();
    expect(await first).toHaveProperty('code', 'ERR_UNRESOLVED');
    expect(map.size).toBe(1);
    await turn();
    workers[1]?.[Symbol.dispose]();
    expect(await second).toHaveProperty('code', 'ERR_UNRESOLVED');
    expect(map.size).toBe(0);
  });

  test('starts anew after a reset, while a run in flight gives its waiters its result', async () => {
    let calls = 0;
    const map = new OnceMap<string, number>(async () => (await turn(), ++calls));
    const main = new Worker();
    const first = map.get('a', main);
    map.reset('a');
    const second = map.get('a', main);
    map.clear();
    expect(map.size).toBe(0);
    expect(await within(Promise.all([first, second]))).toEqual([1, 2]);
  });

  test('gives its signal to its workers, and starts nothing new once that has aborted', async () => {
    const controller = new AbortController();
    let calls = 0;
    const map = new OnceMap<string, number>((_, worker) => (expect(worker.signal).toBe(controller.signal), ++calls), {
      signal: controller.signal,
    });
    expect(await within(map.get('a', new Worker()))).toBe(1);
    controller.abort('over');
    expect(await failure(map.get('b', new Worker()))).toBe('over');
    expect(await within(map.get('a', new Worker()))).toBe(1);
    expect(map.size).toBe(1);
  });

  test.each([undefined, false])(
    'does not start what was asked for in the tick in which its signal aborts (keepFailures: %p)',
    async (keepFailures) => {
      const controller = new AbortController();
      let calls = 0;
      const map = new OnceMap<string, number>(() => ++calls, { signal: controller.signal, keepFailures });
      const waiting = [failure(map.get('a', new Worker())), failure(map.get('a', new Worker()))];
      const reason = { because: 'of this' };
      controller.abort(reason);
      for (const error of await Promise.all(waiting)) expect(error).toBe(reason);
      expect(await failure(map.get('a', new Worker()))).toBe(reason);
      expect(calls).toBe(0);
    },
  );

  test('resolves with null and undefined, from functions and promises', async () => {
    const map = new OnceMap<number, unknown>((key) => [null, undefined, Promise.resolve(null)][key]);
    const main = new Worker();
    expect(await within(Promise.all([0, 1, 2].map((key) => map.get(key, main))))).toEqual([null, undefined, null]);
  });

  test('refuses what is no function, no worker and no option', async () => {
    expect(() => new OnceMap(5 as never)).toThrow('fn must be a function, got 5');
    for (const [wrong, message] of [
      [5, 'options must be an object of options, got 5'],
      [null, 'options must be an object of options, got null'],
      [() => 1, 'options must be an object of options, got a function'],
      [new AbortController().signal, 'options must be an object of options, got an object'],
      [{ name: 'x' }, 'name must be a function, got "x"'],
      [{ name: null }, 'name must be a function, got null'],
      [{ keepFailures: 1 }, 'keepFailures must be a boolean, got 1'],
      [{ signal: 1 }, 'signal must be an AbortSignal, got 1'],
      [{ signal: null }, 'signal must be an AbortSignal, got null'],
      [{ signal: { aborted: 'no' } }, 'signal must be an AbortSignal, got an object'],
    ] as const) {
      expect(() => new OnceMap(() => 1, wrong as never)).toThrow(new TypeError(message));
    }
    const map = new OnceMap<string, number>(() => 1);
    expect(await failure(map.get('a', undefined as never))).toBeInstanceOf(TypeError);
    expect(map.size).toBe(0);
  });

  test('keeps of a result that was made its promise alone, and its request is the same', async () => {
    const map: OnceMap<string, number> = new OnceMap<string, number>((key, worker) => {
      if (key === 'waits on') map.get('never', worker).catch(() => {});
      return key === 'never' ? new Promise<number>(() => {}) : key === 'bad' ? Promise.reject('no') : 1;
    });
    const states = (): object[] => [...map[REQUESTS]];
    const refs: WeakRef<object>[] = [];
    const ask = async (key: string): Promise<void> => {
      const waiting = map.get(key, new Worker()).catch(() => {});
      refs.push(new WeakRef(states().at(-1) as object));
      if (key !== 'never') await waiting;
    };
    for (const key of ['never', 'good', 'waits on', 'bad']) await ask(key);
    const id = map.requestId('good');
    const kept = (): boolean[] => refs.map((ref) => ref.deref() !== undefined);
    expect(await collectUntil(() => kept()[1] === false)).toBe(true);
    expect(kept()).toEqual([true, false, true, true]);

    const main = new Worker();
    expect(await within(map.get('good', main))).toBe(1);
    expect([map.requestId('good'), id.name]).toEqual([id, 'good']);
    expect(map.size).toBe(4);
    map.reset('good');
    expect(map.requestId('good')).toBe(noRequest);
    expect(await within(map.get('good', main))).toBe(1);
    expect(map.requestId('good')).not.toBe(id);
  }, 20_000);

  test('that was asked anew meanwhile has the later result', async () => {
    const finish: ((value: number) => void)[] = [];
    const map = new OnceMap<string, number>(() => new Promise<number>((resolve) => finish.push(resolve)));
    const main = new Worker();
    const first = map.get('a', main);
    await turn();
    map.reset('a');
    const second = map.get('a', main);
    await turn();
    const id = map.requestId('a');
    finish[0]?.(1);
    expect(await within(first)).toBe(1);
    expect(map.get('a', main)).toBe(second);
    map.clear();
    finish[1]?.(2);
    expect(await within(second)).toBe(2);
    expect([map.size, map.requestId('a')]).toEqual([0, noRequest]);
    expect(id.name).toBe('a');
  });

  test('holds no worker that was made by hand', async () => {
    const map = new OnceMap<string, number>(() => new Promise(() => {}));
    const refs: WeakRef<object>[] = [];
    (() => {
      const worker = new Worker();
      void map.get('a', worker);
      refs.push(new WeakRef(worker));
    })();
    expect(await collectUntil(() => refs.every((ref) => ref.deref() === undefined))).toBe(true);
    expect(map.size).toBe(1);
  }, 20_000);

  test('that is abandoned while somebody waits is kept for an empty event loop to tell, but not very many of them', async () => {
    const refs: WeakRef<object>[] = [];
    const abandon = (): void => {
      const [map, key] = [new OnceMap<object, number>(() => new Promise(() => {})), {}];
      void map.get(key, new Worker());
      refs.push(new WeakRef(key));
    };
    for (let i = 0; i < 1200; i++) abandon();
    const left = (): number => refs.filter((ref) => ref.deref()).length;
    expect(await collectUntil(() => left() <= 1000)).toBe(true);
    for (let i = 0; i < 3; i++) {
      await turn();
      globalThis.gc?.();
    }
    // Those that are kept are the oldest, of all that wait in this program.
    expect(refs[0]?.deref()).toBeDefined();
    expect(left()).toBeGreaterThan(900);
  }, 20_000);
});

describe('get with a signal', () => {
  /** A map whose keys settle when the test says so. */
  const byHand = (options?: { keepFailures?: boolean }) => {
    const settle: Record<string, { resolve: (value: string) => void; reject: (error: unknown) => void }> = {};
    const made = (key: string): Promise<string> =>
      new Promise((resolve, reject) => (settle[key] = { resolve, reject }));
    return { map: new OnceMap<string, string>(made, options), settle };
  };
  const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

  test('given up rejects with the reason and leaves no listener; the run and the others go on', async () => {
    const { map, settle } = byHand();
    const [worker, controller] = [new Worker(), new AbortController()];
    const others = [map.get('a', worker), map.get('a', new Worker(), { signal: new AbortController().signal })];
    const waiting = failure(map.get('a', worker, { signal: controller.signal }));
    await turn();
    expect(listeners(controller.signal)).toBe(1);
    const reason = { because: 'of this' };
    controller.abort(reason);
    expect(await waiting).toBe(reason);
    expect(listeners(controller.signal)).toBe(0);
    expect(snapshot(worker).workers.find(({ awaiting }) => awaiting.length > 0)?.awaiting).toHaveLength(1);
    settle['a']?.resolve('made');
    expect(await within(Promise.all([...others, map.get('a', worker)]))).toEqual(['made', 'made', 'made']);
  });

  test('given up is no edge: whoever is awaited may ask for who has given up', async () => {
    let [hasGivenUp, isDone] = [(): void => {}, (): void => {}];
    const [givenUp, done] = [
      new Promise<void>((resolve) => (hasGivenUp = resolve)),
      new Promise<void>((resolve) => (isDone = resolve)),
    ];
    const controller = new AbortController();
    const map: OnceMap<string, string> = new OnceMap<string, string>(async (key, worker) => {
      if (key === 'page') {
        const ads = await map.get('ads', worker, controller).catch(() => 'no ads');
        hasGivenUp();
        await done;
        return `page with ${ads}`;
      }
      await givenUp;
      const page = map.get('page', worker);
      isDone();
      return `ads for ${await page}`;
    });
    const page = map.get('page', new Worker());
    await turn();
    controller.abort();
    expect(await within(page)).toBe('page with no ads');
    expect(await within(map.get('ads', new Worker()))).toBe('ads for page with no ads');
  });

  test('is an edge until it is given up: a cycle through it is found', async () => {
    const { signal } = new AbortController();
    const map: OnceMap<string, string> = new OnceMap<string, string>((key, worker) =>
      map.get(key === 'a' ? 'b' : 'a', worker, { signal }),
    );
    expect(await failure(map.get('a', new Worker(), { signal }))).toHaveProperty('message', 'a -> b -> a');
    expect(listeners(signal)).toBe(0);
  });

  test('that ends, well or not, takes its listener off', async () => {
    const { map, settle } = byHand();
    const { signal } = new AbortController();
    const [good, bad] = [map.get('good', new Worker(), { signal }), failure(map.get('bad', new Worker(), { signal }))];
    await turn();
    settle['good']?.resolve('made');
    settle['bad']?.reject('no');
    expect([await within(good), await bad]).toEqual(['made', 'no']);
    expect(listeners(signal)).toBe(0);
    // What is there is given as it is.
    expect(map.get('good', new Worker(), { signal })).toBe(map.get('good', new Worker()));
    expect(await failure(map.get('bad', new Worker(), { signal }))).toBe('no');
    expect(listeners(signal)).toBe(0);
  });

  test('that has aborted rejects with the reason, also for a result that is there, and starts nothing', async () => {
    const log: string[] = [];
    const map = new OnceMap<string, number>((key) => log.push(key));
    const signal = AbortSignal.abort('before');
    expect(await failure(map.get('a', new Worker(), { signal }))).toBe('before');
    expect([map.size, log]).toEqual([0, []]);
    expect(await within(map.get('a', new Worker()))).toBe(1);
    expect(await failure(map.get('a', new Worker(), { signal }))).toBe('before');
  });

  test('tells a failure to each who waits, and to nobody else', async () => {
    const { signal } = new AbortController();
    for (const keepFailures of [true, false]) {
      const { map, settle } = byHand({ keepFailures });
      const controller = new AbortController();
      const seen = await uncaught(async () => {
        const told = failure(map.get('a', new Worker(), { signal }));
        const alone = failure(map.get('b', new Worker(), controller));
        await turn();
        controller.abort('given up');
        for (const key of ['a', 'b']) settle[key]?.reject(`no ${key}`);
        expect([await told, await alone]).toEqual(['no a', 'given up']);
      });
      expect(seen).toEqual([]);
      // Nobody was told that `b` has failed: the next one is, if it was kept.
      expect(map.size).toBe(keepFailures ? 2 : 0);
      if (keepFailures) expect(await failure(map.get('b', new Worker()))).toBe('no b');
    }
    const { map, settle } = byHand();
    const ignored = await uncaught(async () => {
      void map.get('a', new Worker(), { signal });
      void map.get('b', new Worker());
      await turn();
      for (const key of ['a', 'b']) settle[key]?.reject(`no ${key}`);
    });
    expect(ignored.sort()).toEqual(['no a', 'no b']);
  });

  test('refuses what is no options and no signal, as a rejection, and has not started then', async () => {
    const map = new OnceMap<string, number>(() => 1);
    const { signal } = new AbortController();
    for (const wrong of [null, 5, 'x', signal, { signal: 5 }, { signal: null }, { signal: { aborted: false } }]) {
      expect(await failure(map.get('a', new Worker(), wrong as never))).toBeInstanceOf(TypeError);
    }
    expect(await failure(map.get('a', new Worker(), 5 as never))).toHaveProperty(
      'message',
      'options must be an object of options, got 5',
    );
    expect(map.size).toBe(0);
  });
});

// Programs of their own: where the tests run, each look at a global such as `Promise` costs as much as an await.
describe('depth', () => {
  test('a chain of a million keys resolves, from its head', async () => {
    const { stdout, stderr } = await run(
      `
      import { OnceMap, Worker } from '@x/workgraph';
      const map = new OnceMap(async (key, worker) => (key === 1_000_000 ? 0 : 1 + (await map.get(key + 1, worker))));
      console.log(await map.get(0, new Worker()), map.size);
    `,
      { timeout: 100_000 },
    );
    expect({ stdout, stderr }).toEqual({ stdout: '1000000 1000001\n', stderr: '' });
  }, 120_000);

  test.each(['head', 'tail'])(
    'a chain of a million requests resolves, awaited from its %s',
    async (end) => {
      const { stdout, stderr } = await run(
        `
        import { newRequest, Worker } from '@x/workgraph';
        const n = 1_000_000;
        const links = [];
        for (let index = 0; index < n; index++) {
          const worker = new Worker();
          links.push({ worker, ...newRequest(worker) });
        }
        const link = async (index) => {
          const { worker, resolver } = links[index];
          resolver.resolve(worker, 1 + (await links[index + 1].promise.await(worker)));
        };
        if (process.argv[2] === 'head') for (let index = 0; index < n - 1; index++) link(index);
        else for (let index = n - 2; index >= 0; index--) link(index);
        const last = links.at(-1);
        const first = links[0].promise.await(new Worker());
        last.resolver.resolve(last.worker, 1);
        console.log(await first);
      `,
        { args: [end], timeout: 100_000 },
      );
      expect({ stdout, stderr }).toEqual({ stdout: '1000000\n', stderr: '' });
    },
    120_000,
  );
});
