import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { aborted, link, onAbort } from './index.js';
import { collect, growth } from '../../../test/test-support/gc.js';
import { listeners } from '../../../test/test-support/listeners.js';
import { uncaught } from '../../../test/test-support/uncaught.js';

describe('onAbort', () => {
  it('calls back once, with the reason', () => {
    const controller = new AbortController();
    const calls: unknown[][] = [];
    onAbort(controller.signal, (...args) => calls.push(args));
    controller.abort('why');
    controller.signal.dispatchEvent(new Event('abort'));
    expect(calls).toEqual([['why']]);
    expect(listeners(controller.signal)).toBe(0);
  });

  it('calls back at once if the signal has aborted, and takes no listener', () => {
    const calls: unknown[] = [];
    const signal = AbortSignal.abort('before');
    onAbort(signal, (reason) => calls.push(reason))[Symbol.dispose]();
    expect(calls).toEqual(['before']);
    expect(listeners(signal)).toBe(0);
  });

  it('forgets the callback when disposed, as often as it is', () => {
    const controller = new AbortController();
    const waiting = onAbort(controller.signal, () => {
      throw new Error('called');
    });
    waiting[Symbol.dispose]();
    waiting[Symbol.dispose]();
    expect(listeners(controller.signal)).toBe(0);
    controller.abort();
  });

  it('may be disposed in its own callback', () => {
    const controller = new AbortController();
    let calls = 0;
    const waiting = onAbort(controller.signal, () => {
      calls++;
      waiting[Symbol.dispose]();
    });
    onAbort(controller.signal, () => calls++);
    controller.abort();
    expect(calls).toBe(2);
  });

  it('has one listener for any number of callbacks, so that Node has nothing to warn of', async () => {
    const controller = new AbortController();
    const warnings: string[] = [];
    const warned = (warning: Error): void => void warnings.push(warning.name);
    process.on('warning', warned);
    const waiting = Array.from({ length: 100 }, () => onAbort(controller.signal, () => {}));
    expect(listeners(controller.signal)).toBe(1);
    waiting.forEach((each) => each[Symbol.dispose]());
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warned);
    expect(warnings).toEqual([]);
    expect(listeners(controller.signal)).toBe(0);
  });

  it('calls back in the order of coming, but for those who have gone, whatever comes and goes', () => {
    const command = fc.oneof(
      fc.constant({ type: 'add' as const }),
      fc.record({ type: fc.constant('remove' as const), which: fc.nat() }),
      fc.record({ type: fc.constant('link' as const) }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const controller = new AbortController();
        const told: number[] = [];
        const expected: { id: number; gone: Disposable }[] = [];
        let id = 0;
        for (const each of commands) {
          if (each.type === 'remove') {
            expected.splice(each.which % (expected.length || 1), 1)[0]?.gone[Symbol.dispose]();
          } else {
            const mine = id++;
            if (each.type === 'add') {
              expected.push({ id: mine, gone: onAbort(controller.signal, () => told.push(mine)) });
            } else {
              const child = link(controller.signal);
              onAbort(child.signal, () => told.push(mine));
              expected.push({ id: mine, gone: { [Symbol.dispose]: () => child.unlink() } });
            }
          }
          expect(listeners(controller.signal)).toBe(expected.length > 0 ? 1 : 0);
        }
        controller.abort();
        expect(told).toEqual(expected.map((each) => each.id));
      }),
      { numRuns: 1000 },
    );
  });

  it('does not let a callback that throws stop another, and reports what it threw as the platform does', async () => {
    const controller = new AbortController();
    const told: string[] = [];
    const thrown = [new Error('one'), undefined, 'three'];
    thrown.forEach((error, index) => {
      onAbort(controller.signal, () => {
        told.push(`throws ${index}`);
        throw error;
      });
    });
    onAbort(controller.signal, () => told.push('last'));
    const errors = await uncaught(() => controller.abort());
    expect(told).toEqual(['throws 0', 'throws 1', 'throws 2', 'last']);
    expect(errors).toEqual(thrown);
  });

  it('reports what a callback throws that is called at once, in place of throwing it', async () => {
    const error = new Error('at once');
    const errors = await uncaught(() => {
      onAbort(AbortSignal.abort(), () => {
        throw error;
      });
    });
    expect(errors).toEqual([error]);
  });

  it('needs no microtask of a test that keeps them: errors are told, and no listener stays', async () => {
    const errors = await uncaught(async () => {
      jest.useFakeTimers();
      try {
        const { signal } = new AbortController();
        for (let times = 0; times < 3000; times++) onAbort(signal, () => {})[Symbol.dispose]();
        await Promise.resolve();
        expect([jest.getTimerCount(), listeners(signal)]).toEqual([0, 0]);
        onAbort(AbortSignal.abort(), () => {
          throw 'told';
        });
        expect(jest.getTimerCount()).toBe(0);
      } finally {
        jest.useRealTimers();
      }
    });
    expect(errors).toEqual(['told']);
  });

  it('needs none either if they were there before the package', async () => {
    const shared = globalThis as { [key: symbol]: unknown };
    const follower = Symbol.for('@x/abort/1');
    const first = shared[follower];
    const errors = await uncaught(async () => {
      jest.useFakeTimers();
      jest.resetModules();
      delete shared[follower];
      try {
        const copy = await import('./index.js');
        expect(shared[follower]).not.toBe(first);
        const { signal } = new AbortController();
        for (let times = 0; times < 3000; times++) copy.onAbort(signal, () => {})[Symbol.dispose]();
        await Promise.resolve();
        expect(listeners(signal)).toBe(0);
        copy.onAbort(AbortSignal.abort(), () => {
          throw 'told';
        });
        expect(jest.getTimerCount()).toBe(0);
      } finally {
        jest.useRealTimers();
        shared[follower] = first;
      }
    });
    expect(errors).toEqual(['told']);
  });

  it('is told by a signal that aborts when somebody listens', () => {
    const controller = new AbortController();
    const { signal } = controller;
    const { addEventListener } = signal;
    Object.defineProperty(signal, 'addEventListener', {
      value: (...args: Parameters<typeof addEventListener>) => {
        addEventListener.apply(signal, args);
        controller.abort('at once');
      },
    });
    const { process } = globalThis;
    // There the platform is asked to listen by its own way.
    Object.defineProperty(globalThis, 'process', { value: undefined, configurable: true, writable: true });
    const told: unknown[] = [];
    try {
      onAbort(signal, (reason) => told.push(reason));
    } finally {
      globalThis.process = process;
    }
    expect(told).toEqual(['at once']);
  });

  it('calls back although another listener stops the event', () => {
    const controller = new AbortController();
    controller.signal.addEventListener('abort', (event) => event.stopImmediatePropagation());
    const told: unknown[] = [];
    onAbort(controller.signal, (reason) => told.push(reason));
    const child = link(controller.signal);
    controller.abort('heard');
    expect([told, child.reason]).toEqual([['heard'], 'heard']);
  });

  it('works where the platform offers no way around that, and no Node', () => {
    const { process } = globalThis;
    for (const other of [undefined, {}, { getBuiltinModule: () => undefined }]) {
      Object.defineProperty(globalThis, 'process', { value: other, configurable: true, writable: true });
      try {
        const controller = new AbortController();
        const told: unknown[] = [];
        onAbort(controller.signal, () => {})[Symbol.dispose]();
        expect(listeners(controller.signal)).toBe(0);
        onAbort(controller.signal, (reason) => told.push(reason));
        controller.abort('heard');
        expect(told).toEqual(['heard']);
        expect(listeners(controller.signal)).toBe(0);
      } finally {
        globalThis.process = process;
      }
    }
  });

  it('keeps nothing of a callback that was disposed of or called, although what it returned is kept', async () => {
    const controller = new AbortController();
    const own = (signal: AbortSignal): [Disposable, WeakRef<object>] => {
      const object = {};
      return [onAbort(signal, () => void object), new WeakRef(object)];
    };
    const [disposed, one] = own(controller.signal);
    disposed[Symbol.dispose]();
    const [called, two] = own(controller.signal);
    controller.abort();
    const [late, three] = own(controller.signal);
    await collect();
    expect([one, two, three].map((ref) => ref.deref())).toEqual([undefined, undefined, undefined]);
    expect([disposed, called, late].every((handle) => Symbol.dispose in handle)).toBe(true);
  });

  it('holds neither callback nor what it refers to once it is disposed', async () => {
    const controller = new AbortController();
    const forget = (): WeakRef<object> => {
      const object = {};
      onAbort(controller.signal, () => object)[Symbol.dispose]();
      return new WeakRef(object);
    };
    const ref = forget();
    await collect();
    expect(ref.deref()).toBeUndefined();
  });

  it('does not keep a signal that nobody refers to', async () => {
    const make = (): WeakRef<AbortSignal> => {
      const { signal } = new AbortController();
      onAbort(signal, () => {});
      return new WeakRef(signal);
    };
    const ref = make();
    await collect();
    expect(ref.deref()).toBeUndefined();
  });

  it('names what is wrong', () => {
    const { signal } = new AbortController();
    expect(() => onAbort(undefined as never, () => {})).toThrow('signal must be an AbortSignal, got undefined');
    for (const wrong of [undefined, null, 5, 'x', {}]) {
      expect(() => onAbort(signal, wrong as never)).toThrow(TypeError);
      expect(() => onAbort(signal, wrong as never)).toThrow(/^callback must be a function, got /);
    }
    expect(listeners(signal)).toBe(0);
  });
});

describe('aborted', () => {
  it('resolves with the reason when the signal aborts', async () => {
    const controller = new AbortController();
    const promise = aborted(controller.signal);
    controller.abort('why');
    expect(await promise).toBe('why');
    expect(await aborted(controller.signal)).toBe('why');
    expect(await aborted(AbortSignal.abort(null))).toBeNull();
  });

  it('is one promise a signal: asking a million times piles up nothing', async () => {
    const controller = new AbortController();
    const ask = (): void => {
      for (let i = 0; i < 1_000_000; i++) void aborted(controller.signal);
    };
    expect(await growth(1_000_000, ask)).toBeLessThan(1_000_000);
    expect(listeners(controller.signal)).toBe(1);
    controller.abort(1);
    expect(await aborted(controller.signal)).toBe(1);
  });

  it('rejects for what is no signal', async () => {
    for (const wrong of [undefined, null, 5, 'x', {}]) {
      await expect(aborted(wrong as never)).rejects.toThrow(/^signal must be an AbortSignal, got /);
    }
  });
});
