// Callbacks that call back into what calls them, that throw, names that mean something to objects, and promises that are none.
import { expect, test } from '@jest/globals';
import { abortable, aborted, anySignal, LinkedController, link, onAbort, shield, sleep, withTimeout } from '@x/abort';
import { Batch, Errors, Interval, Latch, Queue, recoverGroup, SignalGroup, start, Worker } from '@x/async';
import { concurrent, concurrentGroup, log, scoped, sequence, subscribe, supervise, task, type Proc } from '@x/proc';
import { describe, go, Process } from '@x/process';
import { RateLimiter } from '@x/process/ratelimit';
import { Group } from '@x/run';
import { newRequest, Once, OnceMap, spawn, Worker as GraphWorker } from '@x/workgraph';
import { snapshot, toDot, toMermaid } from '@x/workgraph/inspect';
import { uncaught } from '../test-support/uncaught.js';

const never = new AbortController().signal;
const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', ''];

/** A promise of a class of its own, as of a library that counts, or of another realm. */
class OwnPromise<T> extends Promise<T> {}

/** What has a `then` that does not keep to the rules. Which it is to end with, if with anything. */
const thenables: [name: string, make: () => PromiseLike<unknown>, outcome: 'value' | 'error' | 'never'][] = [
  ['of a subclass', () => OwnPromise.resolve('value'), 'value'],
  ['of a subclass, rejected', () => OwnPromise.reject('error'), 'error'],
  ['whose then throws', () => ({ then: () => { throw 'error'; } }), 'error'], // prettier-ignore
  ['whose then is a getter that throws', () => Object.defineProperty({}, 'then', { get() { throw 'error'; } }) as PromiseLike<unknown>, 'error'], // prettier-ignore
  ['that calls back twice', () => twice((resolve) => (resolve('value'), resolve('again'))), 'value'],
  ['that calls back, then throws', () => twice((resolve) => { resolve('value'); throw new Error('late'); }), 'value'], // prettier-ignore
  ['that resolves and rejects', () => twice((resolve, reject) => (resolve('value'), reject('again'))), 'value'],
  ['that rejects twice', () => twice((_, reject) => (reject('error'), reject('again'))), 'error'],
  ['that gives a thenable', () => twice((resolve) => resolve(twice((inner) => inner('value')))), 'value'],
  ['that never calls back', () => twice(() => {}), 'never'],
];
function twice(
  then: (resolve: (value: unknown) => unknown, reject: (error: unknown) => unknown) => unknown,
): PromiseLike<unknown> {
  return { then } as PromiseLike<unknown>;
}

/** How something settles; what is to settle has time for it, on however busy a machine. */
async function outcome(promise: PromiseLike<unknown>, expected: string): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, expected === 'never' ? 20 : 10_000, 'never')));
  return Promise.race([
    Promise.resolve(promise).then(
      (value) => value ?? 'value',
      (error: unknown) => error,
    ),
    late,
  ]).finally(() => clearTimeout(timer));
}

test.each(thenables)('a thenable %s is what it says, wherever one can be returned', async (_name, make, expected) => {
  const unhandled = await uncaught(async () => {
    const waits: Record<string, PromiseLike<unknown>> = {
      'new Promise': new Promise((resolve) => resolve(make())),
      abortable: abortableOf(make),
      shield: shield(make),
      concurrent: concurrent(make as Proc)(never) as Promise<void>,
      concurrentGroup: concurrentGroup(make as Proc)(never) as Promise<void>,
      sequence: sequence(make as Proc)(never) as Promise<void>,
      scoped: scoped((scope) => scope.spawn(make as Proc))(never) as Promise<void>,
      task: (task('t', make as Proc)(never) as Promise<void>).catch((error: { cause: unknown }) =>
        Promise.reject(error.cause),
      ),
      supervise: supervise(make as Proc, { retries: 0 })(never) as Promise<void>,
      run: new Group().go(make).run(),
      go: go(make).closed,
      teardown: new Process({ teardown: make }).close(),
      future: start(make).complete(),
      once: new Once().do(new GraphWorker(), make),
      onceMap: new OnceMap(make).get('k', new GraphWorker()),
      submit: submitted(make),
      batch: batched(make),
    };
    // All are listened to at once: one that waits for the event loop would leave those after it unhandled.
    const outcomes = Object.entries(waits).map(async ([where, promise]) => [where, await outcome(promise, expected)]);
    expect(await Promise.all(outcomes)).toEqual(Object.keys(waits).map((where) => [where, expected]));
  });
  expect(unhandled).toEqual([]);
});

function abortableOf(make: () => PromiseLike<unknown>): Promise<unknown> {
  // A promise is asked for, and looked at at once: what its `then` throws is a rejection.
  const controller = new AbortController();
  return abortable(make(), controller.signal);
}
async function submitted(make: () => PromiseLike<unknown>): Promise<unknown> {
  const queue = new Queue(make, { shutdownGracePeriod: 0 });
  await queue.start();
  return queue.submit(1).finally(() => queue.stop());
}
async function batched(make: () => PromiseLike<unknown>): Promise<unknown> {
  const { errors } = await new Batch([1], make).process();
  if (errors.size > 0) throw errors.first();
  return 'value';
}

test('names that every object has are names like any other', async () => {
  const before = Object.getOwnPropertyNames(Object.prototype);
  const seen: string[] = [];
  const subscription = subscribe({
    end: (span) => void seen.push(span.type),
    log: ({ category }) => void seen.push(category),
  });
  for (const name of NAMES) {
    const events: string[] = [];
    await new Group({ onEvent: ({ type, actor }) => void (type === 'exit' && events.push(actor)) })
      .go(() => {}, name)
      .run();
    expect(events).toEqual([name === '' ? '#1' : name]);
    const process = new Process({ name });
    expect(describe(process)).toContain(`${name}: running`);
    await process.close();
    await task(name, (signal) => log(signal, name, name))(never);
    await new Queue(() => {}, { name }).stop().catch(() => {});
    const map: OnceMap<string, string> = new OnceMap<string, string>((key, worker) =>
      key === 'self' ? map.get('self', worker) : `of ${key}`,
    );
    const worker = new GraphWorker({ name });
    expect(await map.get(name, worker)).toBe(`of ${name}`);
    expect(map.requestId(name).name).toBe(name);
    expect(toDot(snapshot(worker, map)).length + toMermaid(snapshot(worker, map)).length).toBeGreaterThan(20);
    const { promise } = newRequest(worker, { name });
    const error: unknown = await promise.await(worker).catch((thrown: unknown) => thrown);
    expect((error as Error).message).toBe(`${name} -> ${name}`);
  }
  subscription[Symbol.dispose]();
  expect(seen).toEqual(NAMES.flatMap((name) => [name, name]));
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test('options with keys that every object has set nothing', () => {
  const options = JSON.parse(
    '{ "__proto__": { "gracePeriod": -1, "parallelism": 0, "timeout": -1 }, "constructor": 1 }',
  ) as object;
  // As own keys they are no options; only what is inherited on purpose is.
  expect(() => new Group(options)).not.toThrow();
  expect(() => new Queue(() => {}, options)).not.toThrow();
  expect(() => new Process(options)).not.toThrow();
});

test('callbacks of an abort may add, remove and abort while they are called', () => {
  const controller = new LinkedController();
  const { signal } = controller;
  const called: string[] = [];
  const third = { [Symbol.dispose]() {} };
  let second: Disposable = third;
  onAbort(signal, () => {
    called.push('first');
    second[Symbol.dispose]();
    controller.abort('again');
    controller[Symbol.dispose]();
    onAbort(signal, (reason) => called.push(`new, at once: ${String(reason)}`));
    expect(link(signal).aborted).toBe(true);
  });
  second = onAbort(signal, () => called.push('second'));
  onAbort(signal, () => called.push('third'));
  controller.abort('once');
  expect(called).toEqual(['first', 'new, at once: once', 'third']);
});

test('what callbacks throw is reported, each once, and stops nobody', async () => {
  const controller = new AbortController();
  let told = 0;
  const errors = await uncaught(() => {
    for (let i = 0; i < 5; i++) {
      onAbort(controller.signal, () => {
        told++;
        throw i;
      });
    }
    onAbort(controller.signal, () => void told++);
    controller.abort();
  });
  expect(told).toBe(6);
  expect(errors).toEqual([0, 1, 2, 3, 4]);
});

test('a group whose callbacks all throw comes down as if they did not, and says so', async () => {
  const group = new Group({
    onEvent: () => {
      throw 'event';
    },
    onSuppressed: () => {
      throw 'suppressed';
    },
  });
  const thrown = (): never => {
    throw 'interrupt';
  };
  group.add(() => sleep(1), thrown);
  group.add(() => { throw 'first'; }, thrown); // prettier-ignore
  expect(await uncaught(() => expect(group.run()).rejects.toBe('first'))).toEqual([]);
  expect(group.suppressed.length).toBeGreaterThan(0);
});

test('a group may not be changed, nor run again, by those who run in it', async () => {
  const group: Group = new Group();
  const errors: unknown[] = [];
  const attempt = async (fn: () => unknown): Promise<void> => {
    try {
      await fn();
    } catch (error) {
      errors.push(error);
    }
  };
  group.go(async () => {
    await attempt(() => group.add(() => {}, () => {})); // prettier-ignore
    await attempt(() => group.go(() => {}));
    await attempt(() => group.run());
  });
  await group.run();
  expect(errors.map((error) => (error as Error).name)).toEqual(['TypeError', 'TypeError', 'TypeError']);
  await group.run();
});

test('a process that closes itself, its parent and its children in every callback closes once', async () => {
  const calls: string[] = [];
  const parent = new Process({ teardown: () => void calls.push('parent') });
  const child: Process = new Process({
    parent,
    teardown: () => {
      calls.push('child');
      void child.close();
      void parent.close();
      child.addChild(new Process({ teardown: () => void (calls.push('late'), void parent.close()) }));
    },
  });
  onAbort(child.closing, () => {
    calls.push('closing');
    void child.close();
    void parent.close();
    child.go(() => void calls.push('went'));
  });
  await parent.close();
  expect(calls).toEqual(['closing', 'went', 'child', 'late', 'parent']);
});

test('a limiter that is used by what it limits, and closed by it', async () => {
  const limiter = new RateLimiter(new Process(), 1);
  let ran = 0;
  await limiter.limitedGo(() => {
    ran++;
    expect(limiter.tryGo(() => {})).toBeUndefined();
    void limiter.limitedGo(() => void ran++).then(() => limiter.close(), () => {}); // prettier-ignore
  });
  await limiter.closed;
  expect(ran).toBe(2);
});

test('a queue whose callbacks enqueue, pause, resume and stop it settles everything once', async () => {
  const reported: unknown[] = [];
  const outcomes: string[] = [];
  const queue: Queue<number, number> = new Queue<number, number>(
    (item) => {
      if (item < 20) void queue.submit(item + 1).then(() => outcomes.push('done'), () => outcomes.push('failed')); // prettier-ignore
      if (item === 5) {
        queue.pause();
        queue.resume();
      }
      if (item === 20) void queue.stop(); // throws, in an action: it would wait for itself
      if (item % 7 === 0) throw item;
      return item;
    },
    {
      parallelism: 2,
      onError: (error) => {
        reported.push(error);
        void queue.tryEnqueue(100);
        throw new Error('in onError');
      },
    },
  );
  const errors = await uncaught(async () => {
    await queue.start();
    await queue.enqueue(0);
    await queue.idle();
    await queue.close();
  });
  expect(outcomes.filter((each) => each === 'failed').length).toBe(3);
  expect(outcomes.filter((each) => each === 'done').length).toBe(17);
  expect(reported).toEqual([0]);
  expect(errors).toHaveLength(1);
  expect(queue.size + queue.running).toBe(0);
});

test('a worker, an interval and a batch whose callbacks throw go on', async () => {
  const seen: unknown[] = [];
  const errors = await uncaught(async () => {
    const worker = new Worker<number>(
      (item) => {
        seen.push(item);
        throw item;
      },
      {
        finalizer: () => {
          throw 'finalizer';
        },
        onError: () => {
          throw 'onError';
        },
      },
    );
    await worker.start();
    for (const item of [1, 2, 3]) await worker.enqueue(item);
    await worker.stop();
    let ticks = 0;
    const interval: Interval = new Interval(
      () => {
        if (++ticks === 3) void interval.stop();
        throw ticks;
      },
      0,
      {
        onError: () => {
          throw 'interval';
        },
      },
    );
    await interval.start();
    while (ticks < 3) await sleep(1);
    await new Batch([1, 2, 3], () => { throw 'item'; }, { onError: () => { throw 'batch'; } }).process(); // prettier-ignore
  });
  expect(seen).toEqual([1, 2, 3]);
  expect(errors.filter((error) => error === 'onError')).toHaveLength(6);
  expect(errors.filter((error) => error === 'batch')).toHaveLength(3);
});

test('tracers that throw, subscribe and unsubscribe while they are told disturb no task', async () => {
  const told: string[] = [];
  const errors = await uncaught(async () => {
    const hostile = subscribe({
      start() {
        told.push('start');
        const inner = subscribe({ start: () => void told.push('inner') });
        inner[Symbol.dispose]();
        throw 'start';
      },
      end() {
        told.push('end');
        hostile[Symbol.dispose]();
        throw 'end';
      },
    });
    await task('one', () => {})(never);
    await task('two', () => {})(never);
  });
  expect(told).toEqual(['start', 'end']);
  expect(errors).toEqual(['start', 'end']);
});

test('functions of a graph that await, spawn, reset and dispose while they run', async () => {
  const map: OnceMap<string, string> = new OnceMap<string, string>(async (key, worker) => {
    map.reset(key);
    map.clear();
    if (key === 'a') {
      spawn(() => {});
      const { resolver, promise } = newRequest<string>(worker);
      const owner = new GraphWorker({}, resolver);
      owner[Symbol.dispose]();
      await promise.await(worker).catch(() => {});
      return map.get('b', worker);
    }
    return key;
  });
  expect(await map.get('a', new GraphWorker())).toBe('b');
});

test('values that cannot be looked at are thrown and told as they are', async () => {
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('looked at');
      },
      getPrototypeOf: () => {
        throw new Error('looked at');
      },
      has: () => {
        throw new Error('looked at');
      },
    },
  );
  const boom = (): never => {
    throw hostile;
  };
  const same = async (promise: unknown): Promise<boolean> =>
    Promise.resolve(promise).then(() => false, (error: unknown) => error === hostile); // prettier-ignore
  expect(await same(shield(boom))).toBe(true);
  expect(await same(new Group().go(boom).run())).toBe(true);
  expect(await same(go(boom).closed)).toBe(true);
  expect(await same(start(boom).complete())).toBe(true);
  expect(await same(new Once().do(new GraphWorker(), boom))).toBe(true);
  const group = new SignalGroup();
  group.add(1);
  expect(await same(recoverGroup(boom, { add: (error) => { throw error; } }, group))).toBe(true); // prettier-ignore
  const controller = new LinkedController();
  controller.abort(hostile);
  expect((await aborted(controller.signal).catch((error: unknown) => (error as Error).message)) !== undefined).toBe(
    true,
  );
  expect(controller.signal.reason === hostile).toBe(true);
  const errors = new Errors();
  errors.add(hostile);
  expect(errors.first() === hostile).toBe(true);
  expect(() => errors.all()).not.toThrow();
});

test('composites of composites, timeouts and latches survive being used while they change', async () => {
  const source = new AbortController();
  const composite = anySignal([anySignal([source.signal]), withTimeout(1e9, source.signal).signal]);
  const latch = new Latch();
  void latch.notifyStarting().then(() => latch.started());
  void latch.notifyStarted().then(() => latch.reset());
  await latch.waitStarted();
  let again = 0;
  composite.addEventListener('abort', () => {
    again++;
    source.abort('twice');
  });
  source.abort('once');
  expect([again, composite.reason]).toEqual([1, 'once']);
});
