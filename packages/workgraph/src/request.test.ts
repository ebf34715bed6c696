import { getEventListeners } from 'node:events';
import { link } from '@x/abort';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { SelfDependencyError, UnresolvedError } from './index.js';
import { captureSites, newRequest, spawn, Worker, WorkgraphUsageError } from './index.js';
import { snapshot } from './inspect.js';
import { WORKER, type WorkerState } from './state.js';
import { collectUntil, failure, turn, within } from './test-support/timing.js';
import { growth } from '../../../test/test-support/gc.js';
import { uncaught } from '../../../test/test-support/uncaught.js';

afterEach(() => captureSites(false));

const isPending = async (promise: Promise<unknown>): Promise<boolean> => {
  let pending = true;
  promise.then(
    () => (pending = false),
    () => (pending = false),
  );
  await turn();
  return pending;
};

describe('a request', () => {
  test.each([undefined, null, 0, '', { then: 5 }])('resolves with %p, as it is', async (value) => {
    const worker = new Worker();
    const { resolver, promise } = newRequest<unknown>(worker);
    const early = promise.await(new Worker());
    resolver.resolve(worker, value);
    expect(await within(early)).toBe(value);
    expect(await within(promise.await(worker))).toBe(value);
  });

  test.each([undefined, null, 'text', new Error('failed')])('rejects with %p, as it is', async (error) => {
    const worker = new Worker();
    const { resolver, promise } = newRequest<unknown>(worker);
    const early = failure(promise.await(new Worker()));
    resolver.reject(worker, error);
    expect(await early).toBe(error);
    expect(await failure(promise.await(worker))).toBe(error);
  });

  test('takes an outcome as Promise.allSettled tells it', async () => {
    const worker = new Worker();
    const [good, bad] = [newRequest<number>(worker), newRequest<number>(worker)];
    const [one, two] = await Promise.allSettled([Promise.resolve(1), Promise.reject(new Error('two'))]);
    good.resolver.report(worker, one);
    bad.resolver.report(worker, two);
    expect(await within(good.promise.await(worker))).toBe(1);
    expect(await failure(bad.promise.await(worker))).toEqual(new Error('two'));
    for (const outcome of [undefined, null, {}, { status: 'pending' }]) {
      expect(() => newRequest(worker).resolver.report(worker, outcome as never)).toThrow(
        'outcome must be a PromiseSettledResult, got ',
      );
    }
  });

  test('that was resolved with a promise settles as that does, whoever is handed its resolver then', async () => {
    const worker = new Worker();
    const { resolver, promise } = newRequest<Promise<number>>(worker, { name: 'later' });
    let resolve: (value: number) => void = () => {};
    resolver.resolve(worker, new Promise((r) => (resolve = r)));
    const late = new Worker({ name: 'late' }, resolver);
    expect(() => resolver.resolve(late, Promise.resolve(2))).toThrow('later was reported twice');
    late[Symbol.dispose]();
    spawn(() => {}, {}, resolver);
    await turn();
    resolve(1);
    expect(await within(promise.await(worker))).toBe(1);
  });

  test('whose result nobody has any more lets that go, also when it is the newest', async () => {
    const refs: WeakRef<object>[] = [];
    await (async () => {
      const worker = new Worker();
      const { resolver, promise } = newRequest<object>(worker);
      const value = {};
      refs.push(new WeakRef(value));
      resolver.resolve(worker, value);
      await promise.await(worker);
    })();
    expect(await collectUntil(() => refs[0]?.deref() === undefined)).toBe(true);
  }, 20_000);

  test('that is resolved with a promise settles as that does, and counts as reported meanwhile', async () => {
    const worker = new Worker();
    const { resolver, promise } = newRequest<Promise<number>>(worker, { name: 'later' });
    let resolve: (value: number) => void = () => {};
    resolver.resolve(worker, new Promise((r) => (resolve = r)));
    const waiting = promise.await(new Worker());
    expect(await isPending(waiting)).toBe(true);
    expect(() => resolver.resolve(worker, Promise.resolve(2))).toThrow('later was reported twice');
    worker[Symbol.dispose]();
    expect(await isPending(waiting)).toBe(true);
    resolve(1);
    expect(await within(waiting)).toBe(1);
  });

  test('that is resolved with a promise of failure, or a thenable that throws, fails', async () => {
    const worker = new Worker();
    const requests = [1, 2, 3].map(() => newRequest<unknown>(worker));
    const error = new Error('no');
    const thenables = [
      Promise.reject(error),
      {
        then() {
          throw error;
        },
      },
      {
        get then(): never {
          throw error;
        },
      },
    ];
    for (const [index, { resolver, promise }] of requests.entries()) {
      resolver.resolve(worker, thenables[index]);
      expect(await failure(promise.await(worker))).toBe(error);
    }
  });

  test('that is resolved with a promise no longer needs its worker, which may await it', async () => {
    const [a, b] = [new Worker(), new Worker()];
    const [one, two] = [newRequest<unknown>(a), newRequest<unknown>(b)];
    let resolve: (value: number) => void = () => {};
    one.resolver.resolve(a, new Promise((r) => (resolve = r)));
    const waits = [one.promise.await(a), one.promise.await(b), two.promise.await(a)];
    resolve(1);
    expect(await within(Promise.all(waits.slice(0, 2)))).toEqual([1, 1]);
    two.resolver.resolve(b, 2);
    expect(await within(waits[2] as Promise<unknown>)).toBe(2);
  });

  test('reported twice, or by a worker that is not responsible, throws, and the first report stands', async () => {
    const [worker, other] = [new Worker({ name: 'mine' }), new Worker({ name: 'other' })];
    const { resolver, promise } = newRequest<number>(worker, { name: 'answer' });
    expect(() => resolver.resolve(other, 1)).toThrow(WorkgraphUsageError);
    expect(() => resolver.resolve(other, 1)).toThrow(
      'answer was reported by a worker (other) that is not responsible for it, its worker (mine) is: hand it over',
    );
    const unnamed = newRequest<number>(new Worker(), { name: 'its' });
    expect(() => unnamed.resolver.resolve(new Worker(), 1)).toThrow(
      'its was reported by a worker that is not responsible for it, its worker is: hand it over',
    );
    resolver.resolve(worker, 2);
    expect(() => resolver.reject(worker, 3)).toThrow(WorkgraphUsageError);
    expect(() => resolver.resolve(worker, 3)).toThrow('answer was reported twice: report it once, the first stands');
    expect(await within(promise.await(other))).toBe(2);
  });

  test('is contained in its resolver', () => {
    const { resolver } = newRequest<number>(new Worker());
    expect([...resolver.containedResolvers()]).toEqual([resolver]);
  });

  test('ignores a report after the library has failed it, once and again, whoever reports', async () => {
    const [worker, other] = [new Worker(), new Worker()];
    const [cycle, dropped] = [newRequest<number>(worker), newRequest<number>(worker)];
    const error = await failure(cycle.promise.await(worker));
    worker[Symbol.dispose]();
    const gone = await failure(dropped.promise.await(other));
    // Its worker may be gone: then it is another one that reports.
    for (const reporter of [worker, other]) {
      for (const { resolver } of [cycle, dropped]) {
        resolver.resolve(reporter, 1);
        resolver.reject(reporter, 2);
        resolver.report(reporter, { status: 'fulfilled', value: 3 });
      }
    }
    expect(await failure(cycle.promise.await(other))).toBe(error);
    expect(await failure(dropped.promise.await(other))).toBe(gone);
    expect(() => cycle.resolver.resolve({} as never, 1)).toThrow('worker must be a Worker, got an object');
  });

  test('ignores also a promise, with whatever that rejects, after the library has failed it, and shows who failed to make it', async () => {
    const worker = new Worker({ name: 'maker' });
    const [cycle, dropped] = [newRequest<Promise<number>>(worker), newRequest<Promise<number>>(worker)];
    const told = await failure(cycle.promise.await(worker));
    worker[Symbol.dispose]();
    const gone = await failure(dropped.promise.await(new Worker()));
    const seen = await uncaught(async () => {
      for (const { resolver } of [cycle, dropped]) {
        resolver.resolve(worker, Promise.reject(told));
        resolver.resolve(new Worker(), Promise.reject(new Error('another')));
        let reject: (error: unknown) => void = () => {};
        resolver.report(worker, { status: 'fulfilled', value: new Promise((_, r) => (reject = r)) });
        await turn();
        reject('later');
      }
    });
    expect(seen).toEqual([]);
    expect(await failure(cycle.promise.await(worker))).toBe(told);
    expect(await failure(dropped.promise.await(worker))).toBe(gone);
    const { requests, workers } = snapshot(cycle.promise, dropped.promise);
    expect(workers).toEqual([expect.objectContaining({ name: 'maker' })]);
    expect(requests.map(({ responsible }) => responsible)).toEqual(['w1', 'w1']);
  });

  test('that needs itself by the promise that it is resolved with fails, and nothing else is told', async () => {
    const main = new Worker();
    const { resolver, promise } = newRequest<Promise<number>>(main, { name: 'total' });
    const compute = async (w: Worker): Promise<number> => 1 + Number(await promise.await(w));
    const seen = await uncaught(async () => {
      spawn((w) => resolver.resolve(w, compute(w)), {}, resolver);
      expect(await failure(promise.await(main))).toHaveProperty('message', 'total -> total');
    });
    expect(seen).toEqual([]);
  });

  test('moves to the worker that its resolver is given to, and with it the waits', async () => {
    const [first, waiter] = [new Worker(), new Worker()];
    const { resolver, promise } = newRequest<number>(first, { name: 'moved' });
    const other = newRequest<number>(waiter, { name: 'other' });
    const waiting = promise.await(waiter);
    const second = new Worker({}, resolver);
    expect(() => resolver.resolve(first, 1)).toThrow(WorkgraphUsageError);
    // The first may now wait for what it owed, and for who waits for it.
    const free = [promise.await(first), other.promise.await(first)];
    expect(await isPending(free[1] as Promise<number>)).toBe(true);
    const error = await failure(other.promise.await(second));
    expect(error).toHaveProperty('message', 'other -> moved -> other');
    expect(await failure(waiting)).toBe(error);
    await Promise.allSettled(free);
  });

  test('delegated when it has settled keeps its outcome, and a failure of the library is still one', async () => {
    const worker = new Worker();
    const [done, failed] = [newRequest<number>(worker), newRequest<number>(worker)];
    done.resolver.resolve(worker, 1);
    await failure(failed.promise.await(worker));
    const next = new Worker({}, done.resolver, failed.resolver);
    expect(snapshot(next).workers[0]?.responsibleFor).toEqual([]);
    failed.resolver.resolve(next, 1);
    expect(() => done.resolver.resolve(next, 1)).toThrow('reported twice');
    expect(await within(done.promise.await(next))).toBe(1);
  });

  test('that fails without anybody awaiting it is no unhandled rejection; awaited and not looked at it is one', async () => {
    const worker = new Worker();
    const [quiet, late] = [newRequest(worker), newRequest(worker)];
    expect(
      await uncaught(() => {
        quiet.resolver.reject(worker, 'quiet');
        late.resolver.reject(worker, 'late');
        newRequest(worker);
        worker[Symbol.dispose]();
      }),
    ).toEqual([]);
    const again = new Worker();
    expect(
      await uncaught(() => {
        const other = newRequest(again);
        void other.promise.await(new Worker());
        other.resolver.reject(again, 'awaited before');
        void late.promise.await(new Worker());
        // Those who come later have the same promise: it is told once.
        late.promise.await(new Worker()).catch(() => {});
      }),
    ).toEqual(['awaited before']);
    expect(await uncaught(() => void quiet.promise.await(new Worker()))).toEqual(['quiet']);
  });

  test('of a worker that has ended fails at once', async () => {
    const worker = new Worker({ name: 'gone' });
    worker[Symbol.dispose]();
    const { resolver, promise } = newRequest<number>(worker, { name: 'late' });
    expect(await failure(promise.await(new Worker()))).toHaveProperty(
      'message',
      'late was not resolved: its worker (gone) has ended',
    );
    resolver.resolve(worker, 1);
  });

  test('without a name has a number, and the same id everywhere', () => {
    const worker = new Worker();
    const { resolver, promise } = newRequest(worker);
    expect(resolver.requestId).toBe(promise.requestId);
    expect(resolver.requestId.name).toBeUndefined();
    expect(`${resolver.requestId}`).toMatch(/^request \d+$/);
    expect(`${resolver.requestId}`).toBe(`${promise.requestId}`);
    expect(`${newRequest(worker).resolver.requestId}`).not.toBe(`${promise.requestId}`);
  });

  test('says where it was made once sites are captured', async () => {
    const worker = new Worker();
    const before = newRequest(worker, { name: 'before' });
    captureSites();
    const after = newRequest(worker, { name: 'after' });
    expect(((await failure(after.promise.await(worker))) as Error).message).toMatch(
      /^after -> after\n +after was made at .*request\.test\.ts/,
    );
    expect(() => newRequest(worker, { name: 'mine' }).resolver.resolve(new Worker(), 1)).toThrow(
      /mine was made at .*request\.test\.ts/,
    );
    expect(((await failure(before.promise.await(worker))) as Error).message).toBe('before -> before');
    captureSites(false);
    expect(((await failure(newRequest(worker, { name: 'off' }).promise.await(worker))) as Error).message).toBe(
      'off -> off',
    );
  });
});

describe('await', () => {
  test('of several at once is an edge each', async () => {
    const [a, b, c] = [new Worker(), new Worker(), new Worker()];
    const [one, two, three] = [a, b, c].map((worker, index) => newRequest<number>(worker, { name: `r${index}` }));
    const all = Promise.all([two?.promise.await(a), three?.promise.await(a)]);
    const error = await failure(one?.promise.await(c) as Promise<number>);
    expect(error).toHaveProperty('message', 'r0 -> r2 -> r0');
    expect(await failure(all)).toBe(error);
    // What is not on the cycle lives on.
    two?.resolver.resolve(b, 5);
    expect(await within(two?.promise.await(a) as Promise<number>)).toBe(5);
  });

  test('that closes several cycles fails the requests of one, and leaves none', async () => {
    const workers = ['a', 'b', 'c'].map((name) => new Worker({ name }));
    const requests = workers.map((worker) => newRequest<number>(worker, { name: worker.name }));
    const wait = (from: number, to: number): Promise<unknown> =>
      (requests[to] as (typeof requests)[0]).promise.await(workers[from] as Worker).catch((error: unknown) => error);
    const waits = [wait(0, 1), wait(1, 2), wait(0, 2)];
    const error = (await within(wait(2, 0))) as SelfDependencyError;
    expect(error.message).toMatch(/^a -> (b -> )?c -> a$/);
    expect(await within(waits[1] as Promise<unknown>)).toBe(error);
    if (error.requestIds.length === 2) expect(await isPending(waits[0] as Promise<unknown>)).toBe(true);
  });

  test('tells all who wait, in the order in which they came', async () => {
    const worker = new Worker();
    const { resolver, promise } = newRequest<number>(worker);
    const log: string[] = [];
    const { signal } = new AbortController();
    for (const name of ['a', 'b', 'c'])
      void promise.await(new Worker(), { signal }).then((value) => log.push(`${name}${value}`));
    resolver.resolve(worker, 1);
    await turn();
    expect(log).toEqual(['a1', 'b1', 'c1']);
  });

  test('given up by its signal rejects with the reason, takes its edge away and leaves no listener', async () => {
    const [a, b] = [new Worker(), new Worker()];
    const [one, two] = [newRequest<number>(a), newRequest<number>(b)];
    const controller = new AbortController();
    const waiting = two.promise.await(a, { signal: controller.signal });
    const reason = { because: 'of this' };
    controller.abort(reason);
    expect(await failure(waiting)).toBe(reason);
    const back = one.promise.await(b);
    expect(await isPending(back)).toBe(true);
    one.resolver.resolve(a, 1);
    expect(await within(back)).toBe(1);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  test('that ends well, or in a cycle, takes its listener off', async () => {
    const [a, b] = [new Worker(), new Worker()];
    const [one, two] = [newRequest<number>(a), newRequest<number>(b)];
    const { signal } = new AbortController();
    const waiting = two.promise.await(a, { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    two.resolver.resolve(b, 3);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(await within(waiting)).toBe(3);
    await failure(one.promise.await(a, { signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('whose signal aborts while another is being told is given up, and that is all', async () => {
    const worker = new Worker();
    const { resolver, promise } = newRequest<unknown>(worker);
    const [first, second] = [new AbortController(), new AbortController()];
    const told = promise.await(new Worker(), { signal: first.signal });
    const late = promise.await(new Worker(), { signal: second.signal });
    let reads = 0;
    const value = {
      // The second to read it is the promise of the first who waits.
      get then(): undefined {
        if (++reads === 2) second.abort('late');
        return undefined;
      },
    };
    resolver.resolve(worker, value);
    expect(await failure(late)).toBe('late');
    expect(await within(told)).toBe(value);
  });

  describe('while the abort of its signal is being told to listeners that came before', () => {
    /** Two workers, of which one waits for the other until its signal aborts; and what a listener does first that came before. */
    function beginning(first: (a: Made, b: Made) => void): { waiting: Promise<unknown>; a: Made; b: Made } {
      const [a, b] = ['a', 'b'].map((name) => {
        const worker = new Worker({ name });
        return { worker, ...newRequest<string>(worker, { name }) };
      }) as [Made, Made];
      const controller = new AbortController();
      controller.signal.addEventListener('abort', () => first(a, b));
      const waiting = failure(b.promise.await(a.worker, { signal: controller.signal }));
      controller.abort('given up');
      return { waiting, a, b };
    }
    type Made = { worker: Worker } & ReturnType<typeof newRequest<string>>;

    test('is no edge', async () => {
      let back: Promise<string> | undefined;
      const { waiting, a } = beginning((a, b) => void (back = a.promise.await(b.worker)));
      a.resolver.resolve(a.worker, 'fine');
      expect(await waiting).toBe('given up');
      expect(await within(back as Promise<string>)).toBe('fine');
    });

    test('is no edge of one who waits for others too, nor on a longer way, from either side', async () => {
      for (const more of [1, 20]) {
        let back: Promise<string> | undefined;
        const others = Array.from({ length: more }, () => newRequest<string>(new Worker()));
        const main = new Worker();
        const { waiting, a } = beginning((a, b) => {
          // Whoever is awaited and awaits cannot go to an end of the order: there is a search, which the shorter side decides.
          for (const { promise } of others) void promise.await(a.worker).catch(() => {});
          for (const { promise } of others) void promise.await(b.worker).catch(() => {});
          void b.promise.await(main).catch(() => {});
          back = a.promise.await(b.worker);
        });
        a.resolver.resolve(a.worker, 'fine');
        expect(await waiting).toBe('given up');
        expect(await within(back as Promise<string>)).toBe('fine');
      }
    });

    test('is in no snapshot', async () => {
      let awaiting: unknown;
      const { waiting } = beginning((a) => (awaiting = snapshot(a.worker).workers[0]?.awaiting));
      await waiting;
      expect(awaiting).toEqual([]);
    });

    test('rejects with its reason, whatever the request settles with meanwhile', async () => {
      const { waiting, b } = beginning((_, b) => b.resolver.resolve(b.worker, 'too late'));
      expect(await waiting).toBe('given up');
      expect(await within(b.promise.await(new Worker()))).toBe('too late');
    });
  });

  test('of many at once ends with each of them', async () => {
    const [main, worker] = [new Worker(), new Worker()];
    const requests = Array.from({ length: 12 }, () => newRequest<number>(worker));
    const all = Promise.all(requests.map(({ promise }) => promise.await(main)));
    expect(snapshot(main).workers[0]?.awaiting).toHaveLength(12);
    for (const [index, { resolver }] of requests.reverse().entries()) resolver.resolve(worker, index);
    expect(snapshot(main).workers).toEqual([expect.objectContaining({ awaiting: [] })]);
    expect(await within(all)).toEqual(requests.map((_, index) => index).reverse());
  });

  test('that is over is no edge, where its worker waits for others still', async () => {
    const [main, a, b] = ['main', 'a', 'b'].map((name) => new Worker({ name })) as [Worker, Worker, Worker];
    const controller = new AbortController();
    const [first, second, third] = [newRequest<number>(a), newRequest<number>(a), newRequest<number>(b)];
    const owed = newRequest<number>(main);
    const settled = first.promise.await(main);
    const givenUp = failure(second.promise.await(main, { signal: controller.signal }));
    const others = Promise.all([third.promise.await(main), third.promise.await(main)]);
    first.resolver.resolve(a, 1);
    controller.abort('enough');
    expect(await within(settled)).toBe(1);
    expect(await within(givenUp)).toBe('enough');
    expect(snapshot(main).workers.find(({ name }) => name === 'main')?.awaiting).toHaveLength(1);
    // If one of the first two were an edge still, this would close a cycle.
    const waiting = owed.promise.await(a);
    expect(await isPending(waiting)).toBe(true);
    owed.resolver.resolve(main, 2);
    third.resolver.resolve(b, 3);
    expect(await within(Promise.all([waiting, others]))).toEqual([2, [3, 3]]);
  });

  test('of thousands, while one goes on, leaves no more than a few behind', async () => {
    const [main, worker] = [new Worker(), new Worker()];
    const forever = newRequest<number>(worker);
    const waiting = forever.promise.await(main);
    for (let turn = 0; turn < 500; turn++) {
      const requests = Array.from({ length: 1 + (turn % 20) }, () => newRequest<number>(worker));
      const all = requests.map(({ promise }) => promise.await(main));
      for (const { resolver } of requests) resolver.resolve(worker, turn);
      await Promise.all(all);
    }
    const { outs, waits } = main[WORKER] as WorkerState;
    expect(waits).toBe(1);
    expect((outs as unknown[]).length).toBeLessThan(12);
    forever.resolver.resolve(worker, 1);
    await waiting;
    expect((main[WORKER] as WorkerState).outs).toBeUndefined();
  });

  test('with a signal that has aborted rejects at once, and nothing has happened', async () => {
    const worker = new Worker();
    const { promise } = newRequest<number>(worker);
    expect(await failure(promise.await(worker, { signal: AbortSignal.abort('before') }))).toBe('before');
    expect(await isPending(promise.await(new Worker()))).toBe(true);
  });

  test('refuses what is no worker and no signal, as a rejection', async () => {
    const worker = new Worker();
    const { promise } = newRequest<number>(worker);
    for (const wrong of [undefined, null, {}, 'worker', Symbol('s')]) {
      expect(await failure(promise.await(wrong as never))).toBeInstanceOf(TypeError);
    }
    expect(await failure(promise.await(undefined as never))).toHaveProperty(
      'message',
      'worker must be a Worker, got undefined',
    );
    const { signal } = new AbortController();
    for (const wrong of [signal, 'x', { signal: 5 }, { signal: null }]) {
      expect(await failure(promise.await(new Worker(), wrong as never))).toBeInstanceOf(TypeError);
    }
  });

  test('takes a controller as options, which has a signal', async () => {
    const { promise } = newRequest<number>(new Worker());
    for (const controller of [new AbortController(), link()]) {
      const waiting = failure(promise.await(new Worker(), controller));
      controller.abort('given up');
      expect(await waiting).toBe('given up');
    }
  });

  test('newRequest refuses what is no worker, no options and no name', () => {
    expect(() => newRequest({} as never)).toThrow('worker must be a Worker, got an object');
    expect(() => newRequest(new Worker(), 'name' as never)).toThrow('options must be an object of options, got "name"');
    expect(() => newRequest(new Worker(), { name: Symbol('s') as never })).toThrow(
      'name must be a string, got Symbol(s)',
    );
    expect(() => newRequest(new Worker(), { name: (() => 1) as never })).toThrow('got a function');
  });

  test('given up 60,000 times leaves nothing behind', async () => {
    const [a, b] = [new Worker(), new Worker()];
    const { promise } = newRequest<number>(a);
    const round = (): void => {
      for (let i = 0; i < 5_000; i++) {
        const controller = new AbortController();
        promise.await(b, { signal: controller.signal }).catch(() => {});
        controller.abort();
      }
    };
    const rounds = async (): Promise<void> => {
      for (let i = 0; i < 6; i++) {
        round();
        await turn();
      }
    };
    await rounds();
    expect(await growth(2_000_000, rounds)).toBeLessThan(2_000_000);
  });
});

describe('an unresolved request', () => {
  test('of a disposed worker fails with its own error, and says the worker', async () => {
    const worker = new Worker({ name: 'dropped' });
    const [one, two] = [newRequest<number>(worker, { name: 'one' }), newRequest<number>(worker, { name: 'two' })];
    const waits = [one, two].map(({ promise }) => failure(promise.await(new Worker())));
    worker[Symbol.dispose]();
    worker[Symbol.dispose]();
    const errors = (await Promise.all(waits)) as UnresolvedError[];
    expect(errors.map(({ message }) => message)).toEqual([
      'one was not resolved: its worker (dropped) was disposed of',
      'two was not resolved: its worker (dropped) was disposed of',
    ]);
    expect(errors.map(({ requestId }) => requestId)).toEqual([one.promise.requestId, two.promise.requestId]);
    // Reported too late, it is ignored; who awaits it later hears the same.
    one.resolver.resolve(worker, 1);
    one.resolver.reject(worker, 2);
    expect(await failure(one.promise.await(new Worker()))).toBe(errors[0]);
  });

  test('says where it was made once sites are captured', async () => {
    captureSites();
    const worker = new Worker();
    const { promise } = newRequest<number>(worker, { name: 'lost' });
    worker[Symbol.dispose]();
    expect(await failure(promise.await(new Worker()))).toHaveProperty(
      'message',
      expect.stringMatching(
        /^lost was not resolved: its worker was disposed of\n {4}lost was made at .*request\.test\.ts/,
      ),
    );
  });
});

describe('spawn', () => {
  test('starts in a microtask, with a worker that has the name and the signal', async () => {
    const log: unknown[] = [];
    const { signal } = new AbortController();
    const worker = spawn((w) => log.push(w.name, w.signal === signal), { name: 'helper', signal });
    expect(log).toEqual([]);
    expect(worker.name).toBe('helper');
    await Promise.resolve();
    expect(log).toEqual(['helper', true]);
  });

  test('fails what its function has neither resolved nor handed on, when that has settled', async () => {
    const main = new Worker();
    const [left, passed] = [newRequest<number>(main, { name: 'left' }), newRequest<number>(main)];
    spawn(
      async () => {
        await turn();
        spawn((w) => passed.resolver.resolve(w, 1), {}, passed.resolver);
      },
      { name: 'lazy' },
      left.resolver,
      passed.resolver,
    );
    expect(await failure(left.promise.await(main))).toHaveProperty(
      'message',
      'left was not resolved: its worker (lazy) has ended',
    );
    expect(await within(passed.promise.await(main))).toBe(1);
  });

  test('rejects what it has still to resolve with what its function threw, and that is no unhandled rejection', async () => {
    const main = new Worker();
    const [done, left] = [newRequest<number>(main), newRequest<number>(main)];
    const error = new Error('thrown');
    const seen = await uncaught(async () => {
      spawn(
        (w) => {
          done.resolver.resolve(w, 1);
          throw error;
        },
        {},
        done.resolver,
        left.resolver,
      );
      expect(await failure(left.promise.await(main))).toBe(error);
      expect(await within(done.promise.await(main))).toBe(1);
    });
    expect(seen).toEqual([]);
  });

  test('that throws with nothing to resolve is an unhandled rejection, with what was thrown; not so when a cycle has failed it', async () => {
    const main = new Worker();
    const self = newRequest<number>(main, { name: 'self' });
    const seen = await uncaught(() => {
      spawn(() => {
        throw undefined;
      });
      spawn(() => Promise.reject('later'));
      const done = newRequest<number>(main);
      spawn(
        (w) => {
          done.resolver.resolve(w, 1);
          throw 'afterwards';
        },
        {},
        done.resolver,
      );
      spawn((w) => self.promise.await(w), {}, self.resolver);
    });
    expect(seen).toEqual([undefined, 'afterwards', 'later']);
    expect(await failure(self.promise.await(main))).toHaveProperty('message', 'self -> self');
  });

  // What becomes of an error that the work throws when the library has failed its request already.
  const echoes: [string, (failure: unknown) => unknown][] = [
    ['that failure', (failure) => failure],
    ['an error that it has caused', (cause) => new Error('a step', { cause })],
    ['an error that it has caused by another', (cause) => new Error('all', { cause: { cause } })],
  ];
  const circular = new Error('circular');
  circular.cause = circular;
  const unreadable = {
    get cause() {
      throw new Error('no cause');
    },
  };
  const others = [
    new TypeError('clean-up'),
    undefined,
    null,
    'text',
    new Error('x', { cause: 'y' }),
    circular,
    unreadable,
  ];

  test.each(echoes)('that throws on a cycle %s says nothing new', async (_, echo) => {
    const main = new Worker();
    const [a, b] = [newRequest<number>(main, { name: 'a' }), newRequest<number>(main, { name: 'b' })];
    const work = (request: typeof a) => (w: Worker) =>
      request.promise.await(w).catch((error: unknown) => Promise.reject(echo(error)));
    const seen = await uncaught(async () => {
      spawn(work(b), {}, a.resolver);
      spawn(work(a), {}, b.resolver);
      expect(await failure(a.promise.await(main))).toHaveProperty('message', 'a -> b -> a');
    });
    expect(seen).toEqual([]);
  });

  test('that throws on a cycle another error has that reported as unhandled', async () => {
    for (const thrown of others) {
      const main = new Worker();
      const self = newRequest<number>(main, { name: 'self' });
      const seen = await uncaught(async () => {
        spawn((w) => self.promise.await(w).catch(() => Promise.reject(thrown)), {}, self.resolver);
        expect(await failure(self.promise.await(main))).toHaveProperty('message', 'self -> self');
      });
      expect(seen.map((error) => error === thrown)).toEqual([true]);
    }
  });

  test('that throws on a cycle another error rejects with it what it has still to resolve', async () => {
    const main = new Worker();
    const [self, left] = [newRequest<number>(main, { name: 'self' }), newRequest<number>(main)];
    const thrown = new TypeError('clean-up');
    const seen = await uncaught(async () => {
      spawn((w) => self.promise.await(w).catch(() => Promise.reject(thrown)), {}, self.resolver, left.resolver);
      expect(await failure(left.promise.await(main))).toBe(thrown);
    });
    expect(seen).toEqual([]);
  });

  test('that was disposed of may throw that failure, and has another error reported as unhandled', async () => {
    const main = new Worker();
    const [same, other] = [newRequest<number>(main), newRequest<number>(main)];
    const seen = await uncaught(async () => {
      const start = (request: typeof same, thrown: (failure: unknown) => unknown) => {
        const failed = failure(request.promise.await(new Worker()));
        spawn(() => failed.then((error) => Promise.reject(thrown(error))), {}, request.resolver)[Symbol.dispose]();
        return failed;
      };
      for (const failed of [start(same, (error) => error), start(other, () => 'other')])
        expect(await failed).toHaveProperty('code', 'ERR_UNRESOLVED');
    });
    expect(seen).toEqual(['other']);
  });

  test('that owes nothing has reported as unhandled what somebody else was told', async () => {
    const main = new Worker();
    const self = newRequest<number>(main, { name: 'self' });
    const told = await failure(self.promise.await(main));
    const seen = await uncaught(() => {
      spawn(() => Promise.reject(told));
      spawn((w) => self.promise.await(w));
    });
    expect(seen).toEqual([told, told]);
  });

  test('refuses what is no function, no options and no resolver, before anything has moved', () => {
    const worker = new Worker();
    const { resolver } = newRequest<number>(worker);
    expect(() => spawn(5 as never)).toThrow('work must be a function, got 5');
    expect(() => spawn(() => {}, { name: 5 as never }, resolver)).toThrow('name must be a string, got 5');
    expect(() => spawn(() => {}, resolver as never)).toThrow('options must be an object of options, got an object');
    for (const [wrong, shown] of [
      [undefined, 'undefined'],
      [null, 'null'],
      [{}, 'an object'],
      [5, '5'],
      [{ containedResolvers: 1 }, 'an object'],
      [{ containedResolvers: () => 1 }, '1'],
      [{ containedResolvers: () => null }, 'an object'],
      [{ containedResolvers: () => [{}] }, 'an object'],
      [{ containedResolvers: () => [1] }, '1'],
    ] as const) {
      expect(() => spawn(() => {}, {}, resolver, wrong as never)).toThrow(
        new TypeError(`delegated must be a resolver, got ${shown}`),
      );
    }
    resolver.resolve(worker, 1);
  });
});
