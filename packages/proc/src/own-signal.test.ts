import { addAbortListener, getEventListeners, once, EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { aborted as abortedWhile } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { onAbort, sleep } from '@x/abort';
import { build } from 'esbuild';
import { subscribe, task, type Span } from '@x/proc';
import { makeOwnSignals } from './own-signal.js';
import type { state } from './tracing.js';
import { deferred, thrownBy } from './test-support/deferred.js';
import { left, listening } from '../../../test/test-support/listening.js';
import { uncaught } from '../../../test/test-support/uncaught.js';

const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as never);
const collect = async (until: () => boolean): Promise<void> => {
  for (let round = 0; round < 20 && !until(); round++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
};
const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

/** Another copy of the file, whose platform is one of the test's. */
async function copyOn(platform: typeof AbortSignal): Promise<{ makeOwnSignals(): void; state: typeof state }> {
  const { outputFiles } = await build({
    stdin: {
      contents: "export { makeOwnSignals } from './own-signal.js'; export { state } from './tracing.js';",
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    write: false,
  });
  const copy = { exports: {} as { makeOwnSignals(): void; state: typeof state } };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- another copy of the code, in this realm
  new Function('AbortSignal', 'require', 'module', 'globalThis', outputFiles[0]!.text)(
    platform,
    createRequire(import.meta.url),
    copy,
    {},
  );
  return copy.exports;
}

test('where a signal does not say who listens, that of a task is one of anySignal', async () => {
  // Signals of such a platform have no methods of their own that are told.
  const elsewhere = await copyOn(class extends AbortSignal {});
  elsewhere.makeOwnSignals();
  expect(elsewhere.state.own).toBeUndefined();
  const here = await copyOn(AbortSignal);
  here.makeOwnSignals();
  expect(here.state.own).toBeInstanceOf(Function);
});

describe("a task's signal", () => {
  let parent: AbortController;
  let subscription: Disposable;
  beforeEach(() => {
    makeOwnSignals();
    subscription = subscribe({});
    parent = new AbortController();
  });
  afterEach(() => subscription[dispose]());
  /** One that its task has left behind. In an object: a promise that is resolved with it would look at it, for a `then`. */
  const make = async (): Promise<{ own: AbortSignal }> => {
    const left: { own?: AbortSignal } = {};
    await task('x', (own) => void (left.own = own))(parent.signal);
    return left as { own: AbortSignal };
  };

  test('is an AbortSignal of its own that nobody hears of until it is looked at', async () => {
    const { own } = await make();
    expect(listenersOf(parent.signal)).toBe(0);
    expect(own).not.toBe(parent.signal);
    expect(own instanceof AbortSignal).toBe(true);
    expect(Object.prototype.toString.call(own)).toBe('[object AbortSignal]');
    expect(own.aborted).toBe(false);
    expect(own.reason).toBeUndefined();
    expect(listenersOf(parent.signal)).toBe(1);
    parent.abort('stop');
    expect([own.aborted, own.reason]).toEqual([true, 'stop']);
    expect(() => own.throwIfAborted()).toThrow('stop');
    expect(listenersOf(parent.signal)).toBe(0);
  });

  test('has aborted when it is first looked at after its parent has', async () => {
    const { own } = await make();
    const { own: heard } = await make();
    parent.abort('stop');
    expect([own.aborted, own.reason]).toEqual([true, 'stop']);
    const calls: unknown[] = [];
    onAbort(heard, (reason) => calls.push(reason));
    heard.addEventListener('abort', () => calls.push('too late'));
    expect(calls).toEqual(['stop']);
  });

  test.each<[string, (own: AbortSignal) => Promise<unknown>]>([
    ['a listener', (own) => new Promise((resolve) => own.addEventListener('abort', resolve))],
    ['a listener for once', (own) => new Promise((resolve) => own.addEventListener('abort', resolve, { once: true }))],
    ['onabort', (own) => new Promise((resolve) => (own.onabort = resolve))],
    ['AbortSignal.any', (own) => new Promise((resolve) => (AbortSignal.any([own]).onabort = resolve))],
    ['events.once', (own) => thrownBy(once(new EventEmitter(), 'x', { signal: own }).then(() => {}))],
    ['events.addAbortListener', (own) => new Promise<void>((resolve) => addAbortListener(own, () => resolve()))],
    ['util.aborted', (own) => abortedWhile(own, own)],
    ['timers/promises', (own) => thrownBy(delay(60_000, undefined, { signal: own }))],
    ['fetch', (own) => thrownBy(fetch('http://127.0.0.1:1', { signal: own }).then(() => {}))],
    ['sleep', (own) => thrownBy(sleep(60_000, { signal: own }))],
  ])('aborts for %s', async (_what, wait) => {
    const begun = deferred();
    let waiting: Promise<unknown> | undefined;
    const running = Promise.resolve(
      task('x', async (own) => {
        waiting = wait(own);
        begun.resolve();
        await waiting;
      })(parent.signal),
    );
    await begun.promise;
    parent.abort(new Error('stop'));
    await running;
  });

  test('tasks below it know whose they are, whether it has been looked at or not', async () => {
    const spans: Span[] = [];
    const watching = subscribe({ start: (span) => void spans.push(span) });
    await task('a', async (a) => {
      await task('b', (b) => task('c', () => {})(b))(a);
      void a.aborted;
      await task('d', () => {})(a);
    })(parent.signal);
    watching[dispose]();
    const [a, b] = spans as [Span, Span];
    expect(spans.map(({ type, parentId }) => [type, parentId])).toEqual([
      ['a', undefined],
      ['b', a.id],
      ['c', b.id],
      ['d', a.id],
    ]);
  });

  test('is held by nobody, whether it has been looked at or not, and leaves no listener on its parent', async () => {
    const refs = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const { own } = await make();
        if (index % 3 === 1) void own.aborted;
        if (index % 3 === 2) {
          const forget = (): void => {};
          own.addEventListener('abort', forget);
          own.removeEventListener('abort', forget);
        }
        return new WeakRef(own);
      }),
    );
    const left = (): number => refs.filter((ref) => ref.deref()).length;
    await collect(() => left() === 0 && listenersOf(parent.signal) === 0);
    expect([left(), listenersOf(parent.signal)]).toEqual([0, 0]);
  });

  test('aborts for who listens, although nobody else remembers it', async () => {
    const heard: string[] = [];
    const listen = async (name: string): Promise<void> => {
      const { own } = await make();
      const other = (): void => {};
      own.addEventListener('abort', other);
      own.addEventListener('abort', () => heard.push(name));
      own.removeEventListener('abort', other);
    };
    await listen('a');
    await listen('b');
    let rounds = 0;
    await collect(() => ++rounds > 4);
    parent.abort();
    expect(heard).toEqual(['a', 'b']);
  });

  test.each(listening)('aborts although only %s remembers it', async (_who, listen) => {
    const refs = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { own } = await make();
        listen(own);
        return new WeakRef(own);
      }),
    );
    let rounds = 0;
    await collect(() => ++rounds > 4);
    parent.abort('kept');
    expect(refs.map((ref) => ref.deref()?.reason as unknown)).toEqual(refs.map(() => 'kept'));
  });

  test.each(left)('%s does not keep it', async (_who, listen) => {
    const refs = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { own } = await make();
        listen(own);
        return new WeakRef(own);
      }),
    );
    const left = (): number => refs.filter((ref) => ref.deref()).length;
    await collect(() => left() === 0 && listenersOf(parent.signal) === 0);
    expect([left(), listenersOf(parent.signal)]).toEqual([0, 0]);
  });

  test('goes with its parent, also while somebody listens', async () => {
    const refs: WeakRef<AbortSignal>[] = [];
    const listen = async (): Promise<void> => {
      parent = new AbortController();
      const { own } = await make();
      own.addEventListener('abort', () => {});
      refs.push(new WeakRef(own), new WeakRef(parent.signal));
    };
    for (let i = 0; i < 20; i++) await listen();
    parent = new AbortController();
    const left = (): number => refs.filter((ref) => ref.deref()).length;
    await collect(() => left() === 0);
    expect(left()).toBe(0);
  });

  test('one that has aborted is held by nobody, though it is listened to afterwards', async () => {
    const refs = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const { own } = await make();
        void own.aborted;
        return own;
      }),
    ).then((signals) => {
      parent.abort();
      return signals.map((own) => {
        own.addEventListener('abort', () => {});
        return new WeakRef(own);
      });
    });
    const left = (): number => refs.filter((ref) => ref.deref()).length;
    await collect(() => left() === 0);
    expect(left()).toBe(0);
  });

  test('an abort of its parent when it has been collected, and nobody was told of that yet, is nothing to anybody', async () => {
    const refs = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const { own } = await make();
        void own.aborted;
        return new WeakRef(own);
      }),
    );
    expect(listenersOf(parent.signal)).toBe(1);
    let left = 30;
    const errors = await uncaught(async () => {
      // Weak references hold until the end of the turn in which they were made.
      await new Promise((resolve) => setImmediate(resolve));
      globalThis.gc?.();
      parent.abort();
      left = refs.filter((ref) => ref.deref()).length;
    });
    expect(left).toBeLessThan(30);
    expect(errors).toEqual([]);
  });

  test.each(['preventExtensions', 'seal'] as const)(
    'aborts as any does when Object.%s was called with it before it was looked at',
    async (method) => {
      const [{ own }, { own: late }] = [await make(), await make()];
      Object[method](own);
      Object[method](late);
      const reasons: unknown[] = [];
      onAbort(own, (reason) => reasons.push(reason));
      expect([own.aborted, own.reason]).toEqual([false, undefined]);
      expect(listenersOf(parent.signal)).toBe(1);
      parent.abort('stop');
      expect([own.aborted, late.aborted, own.reason, late.reason, reasons]).toEqual([
        true,
        true,
        'stop',
        'stop',
        ['stop'],
      ]);
      expect(listenersOf(parent.signal)).toBe(0);
    },
  );

  test('one that was sealed before it was looked at is held by who listens, and by nobody else', async () => {
    const heard: string[] = [];
    const refs = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const { own } = await make();
        Object.seal(own);
        if (index % 2) own.addEventListener('abort', () => heard.push('abort'));
        else void own.aborted;
        return new WeakRef(own);
      }),
    );
    const left = (): number => refs.filter((ref) => ref.deref()).length;
    await collect(() => left() === 10);
    expect(left()).toBe(10);
    parent.abort();
    expect(heard).toHaveLength(10);
  });

  test('one that was frozen can be looked at; to abort it the platform itself does not manage', async () => {
    const { own } = await make();
    Object.freeze(own);
    expect([own.aborted, own.reason]).toEqual([false, undefined]);
    const platforms = new AbortController();
    Object.freeze(platforms.signal);
    expect(() => platforms.abort()).toThrow('read only');
  });

  test('what it inherits from may be asked itself', async () => {
    const unseen = Object.getPrototypeOf((await make()).own) as object;
    expect(Object.prototype.toString.call(unseen)).toBe('[object AbortSignal]');
    expect(() => (unseen as AbortSignal).aborted).toThrow();
    expect(Reflect.get(unseen, Symbol.for('@x/proc/task/1'))).toBeUndefined();
    expect(listenersOf(parent.signal)).toBe(0);
  });
});

test('its methods can be replaced, as those of any signal can', async () => {
  const subscription = subscribe({ start: () => {} });
  await task('t', (signal) => {
    const own = (): void => {};
    signal.addEventListener = own;
    expect([signal.addEventListener, AbortSignal.prototype.addEventListener === own]).toEqual([own, false]);
  })(new AbortController().signal);
  subscription[dispose]();
});
