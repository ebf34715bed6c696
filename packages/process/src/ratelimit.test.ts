import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test } from '@jest/globals';
import { background, describe, Process, ProcessClosedError, type ProcessFunc } from './index.js';
import { RateLimiter } from './ratelimit.js';
import { deferred, settle } from './test-support/deferred.js';
import { collect } from '../../../test/test-support/gc.js';
import { listeners } from '../../../test/test-support/listeners.js';

test('TestRateLimitLimitedGoBlocks: limitedGo waits for a place', async () => {
  const limiter = new RateLimiter(background(), 3);
  const gates = Array.from({ length: 6 }, () => deferred());
  let spawned = 0;
  const all = (async () => {
    for (const gate of gates) {
      await limiter.limitedGo(() => gate.promise);
      spawned++;
    }
  })();
  await settle();
  expect(spawned).toBe(3);
  for (const gate of gates.slice(0, 3)) gate.resolve();
  await all;
  expect(spawned).toBe(6);
  for (const gate of gates) gate.resolve();
  await limiter.close();
});

test('TestRateLimitGoDoesntBlock: go keeps to no limit', async () => {
  const limiter = new RateLimiter(background(), 3);
  let ran = 0;
  for (let i = 0; i < 6; i++) limiter.go(() => ran++);
  await limiter.closeAfterChildren();
  expect(ran).toBe(6);
});

test('a place is free when the child and all its children have closed, in the order of asking', async () => {
  const limiter = new RateLimiter(new Process(), 1);
  const gate = deferred();
  const log: string[] = [];
  const first = limiter.tryGo((p) => void p.go(() => gate.promise), 'first');
  expect(first?.name).toBe('first');
  const waiting = ['a', 'b'].map((name) => limiter.limitedGo(() => log.push(name), { name }));
  await settle();
  expect([log, limiter.tryGo(() => {})]).toEqual([[], undefined]);
  gate.resolve();
  expect((await Promise.all(waiting)).map(({ name }) => name)).toEqual(['a', 'b']);
  await limiter.closeAfterChildren();
  expect(log).toEqual(['a', 'b']);
});

test('a function runs in the context of whoever waited for its place', async () => {
  const storage = new AsyncLocalStorage<string>();
  const limiter = new RateLimiter(background(), 1);
  const seen: unknown[] = [];
  const children = await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      storage.run(name, () =>
        limiter.limitedGo(
          async (child) => {
            await settle();
            seen.push([name, child.name, storage.getStore()]);
            if (name === 'c') throw new Error('failed');
          },
          { name },
        ),
      ),
    ),
  );
  expect(await children[2]?.err()).toHaveProperty('message', 'failed');
  expect(seen).toEqual(['a', 'b', 'c'].map((name) => [name, name, name]));
  await limiter.close();
});

test('holds nothing of who has waited, the first neither', async () => {
  const limiter = new RateLimiter(background(), 1);
  const refs: WeakRef<object>[] = [];
  const launch = async (): Promise<void> => {
    const held = {};
    const child = await limiter.limitedGo(() => void held);
    refs.push(new WeakRef(held), new WeakRef(child));
    await child.closed;
  };
  await Promise.all(Array.from({ length: 5 }, launch));
  await collect();
  expect(refs.map((ref) => ref.deref())).toEqual(refs.map(() => undefined));
  expect(limiter.state).toBe('running');
  await limiter.close();
});

test('gives up when its signal or the closing of the limiter aborts, and leaves nothing on the signal', async () => {
  const limiter = new RateLimiter(background(), 1);
  const gate = deferred();
  const { signal } = new AbortController();
  await limiter.limitedGo(() => gate.promise, { signal });
  const controller = new AbortController();
  const first = limiter.limitedGo(() => {}, { signal: controller.signal });
  const second = limiter.limitedGo(() => {}, { signal });
  controller.abort('enough');
  await expect(first).rejects.toBe('enough');
  await expect(limiter.limitedGo(() => {}, { signal: AbortSignal.abort(1) })).rejects.toBe(1);
  void limiter.close();
  await expect(second).rejects.toBe(limiter.closing.reason);
  await expect(limiter.limitedGo(() => {})).rejects.toBe(limiter.closing.reason);
  expect(limiter.tryGo(() => {})).toBeUndefined();
  gate.resolve();
  await limiter.closed;
  await settle();
  expect(listeners(signal)).toBe(0);
  await expect(limiter.limitedGo(() => {})).rejects.toThrow(ProcessClosedError);
  expect(() => limiter.tryGo(() => {})).toThrow(ProcessClosedError);
});

test('bad arguments are refused before anything has happened', async () => {
  for (const limit of [0, NaN, 1.5]) expect(() => new RateLimiter(background(), limit)).toThrow(RangeError);
  expect(() => new RateLimiter(background(), '1' as never)).toThrow(TypeError);
  expect(() => new RateLimiter(undefined as never, 1)).toThrow(TypeError);
  const limiter = new RateLimiter(background(), Infinity);
  await expect(limiter.limitedGo(1 as never)).rejects.toThrow('fn must be of type function, got number 1');
  await expect(limiter.limitedGo(() => {}, { name: 1 as never })).rejects.toThrow(TypeError);
  await expect(limiter.limitedGo(() => {}, { signal: 1 as never })).rejects.toThrow(TypeError);
  expect(() => limiter.tryGo(undefined as never)).toThrow(TypeError);
  await limiter.close();
});

test('a signal that has aborted already: nothing runs, and no place is taken', async () => {
  const limiter = new RateLimiter(background(), 1);
  let ran = 0;
  await expect(limiter.limitedGo(() => void ran++, { signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
  await settle();
  expect(ran).toBe(0);
  expect(limiter.tryGo(() => {})).toBeInstanceOf(Process);
});

test('it closes with its parent; while it closes there is no place, though some are free', async () => {
  const parent = new Process();
  const limiter = new RateLimiter(parent, 2);
  const gate = deferred();
  limiter.tryGo(() => gate.promise);
  const closed = parent.close();
  expect(limiter.state).toBe('closing');
  expect(limiter.tryGo(() => {})).toBe(undefined);
  gate.resolve();
  await closed;
});

test('a limiter has a name in errors and descriptions: the third argument, or what it is', async () => {
  const parent = new Process();
  const [plain, named] = [new RateLimiter(parent, 1), new RateLimiter(parent, 1, 'uploads')];
  expect([plain.name, named.name, new RateLimiter(parent, 1, undefined).name]).toEqual([
    'rate limiter',
    'uploads',
    'rate limiter',
  ]);
  expect(describe(parent)).toMatch(/^ {2}rate limiter: running.*\n {2}uploads: running/m);
  for (const name of [null, 3]) {
    expect(() => new RateLimiter(parent, 1, name as never)).toThrow(`name must be of type string, got ${typeof name}`);
  }
  for (const limit of [0, 1.5])
    expect(() => new RateLimiter(parent, limit, 'uploads')).toThrow(
      new RegExp(`^process "uploads": limit must be .*, got number ${limit}`),
    );
  expect(() => new RateLimiter(null as never, 1, 'uploads')).toThrow(
    'process "uploads": parent must be of type Process',
  );
  expect(() => plain.tryGo(1 as never, 'upload')).toThrow(
    'process "upload": fn must be of type function, got number 1',
  );
  expect(() => named.tryGo(1 as never)).toThrow('process "uploads": fn must be of type function, got number 1');
  await expect(plain.limitedGo(() => {}, 1 as never)).rejects.toThrow(
    'process "rate limiter": options must be an object of options',
  );
  await parent.close();
  expect(() => named.tryGo(() => {})).toThrow('process "uploads" has closed');
});

test('who waits may give up wherever in the line, and the others keep their order', async () => {
  const limiter = new RateLimiter(background(), 1);
  const gate = deferred();
  await limiter.limitedGo(() => gate.promise);
  const ran: number[] = [];
  const controllers = Array.from({ length: 6 }, () => new AbortController());
  const waiting = controllers.map(({ signal }, id) => limiter.limitedGo(() => ran.push(id), { signal }));
  for (const id of [0, 3, 5, 2]) {
    controllers[id]!.abort(id);
    await expect(waiting[id]).rejects.toBe(id);
  }
  const late = limiter.limitedGo(() => ran.push(6));
  gate.resolve();
  await late;
  await limiter.closeAfterChildren();
  expect(ran).toEqual([1, 4, 6]);
});

test('a subclass whose go throws rejects who waited, and the next has the place', async () => {
  class Odd extends RateLimiter {
    override go(fn: ProcessFunc, name?: string): Process {
      if (name === 'refused') throw new Error(name);
      return super.go(fn, name);
    }
  }
  const limiter = new Odd(background(), 1);
  const gate = deferred();
  await limiter.limitedGo(() => gate.promise);
  const refused = limiter.limitedGo(() => {}, { name: 'refused' });
  const next = limiter.limitedGo(() => {}, { name: 'next' });
  gate.resolve();
  await expect(refused).rejects.toThrow('refused');
  expect((await next).name).toBe('next');
  await limiter.closeAfterChildren();
});

test('a call makes no reason of a signal that nobody asks for', async () => {
  const limiter = new RateLimiter(background(), 1);
  let made = 0;
  const own = globalThis.DOMException;
  globalThis.DOMException = new Proxy(own, {
    construct: (Type, args: [string, string]) => {
      made++;
      return new Type(...args);
    },
  });
  try {
    for (let i = 0; i < 3; i++) await limiter.limitedGo(() => {});
    await limiter.closeAfterChildren();
    expect(made).toBe(1); // that of the limiter's own closing
  } finally {
    globalThis.DOMException = own;
  }
});
