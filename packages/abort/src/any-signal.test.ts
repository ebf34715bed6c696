import { describe, expect, it, jest } from '@jest/globals';
import { abortable, anySignal, link, never, onAbort } from './index.js';
import { collect, growth } from '../../../test/test-support/gc.js';
import { listeners } from '../../../test/test-support/listeners.js';
import { hear, left, listening } from '../../../test/test-support/listening.js';

describe('anySignal', () => {
  it('aborts with the first to abort, whose reason it keeps', () => {
    for (const which of [0, 1, 2]) {
      const parents = [new AbortController(), new AbortController(), new AbortController()];
      const signal = anySignal([...parents.map((parent) => parent.signal), undefined, null]);
      expect(signal).toBeInstanceOf(AbortSignal);
      expect(signal.aborted).toBe(false);
      const reason = {};
      parents[which]!.abort(reason);
      parents.forEach((parent) => parent.abort('later'));
      expect(signal.reason).toBe(reason);
      expect(parents.map((parent) => listeners(parent.signal))).toEqual([0, 0, 0]);
    }
  });

  it('has aborted already with a signal that has, and follows no other', () => {
    const alive = new AbortController();
    const signal = anySignal([alive.signal, AbortSignal.abort('a'), AbortSignal.abort('b')]);
    expect([signal.aborted, signal.reason]).toEqual([true, 'a']);
    expect(listeners(alive.signal)).toBe(0);
  });

  it('takes any iterable', () => {
    const controller = new AbortController();
    const signal = anySignal(new Set([never, controller.signal]));
    controller.abort(1);
    expect(signal.reason).toBe(1);
    expect(anySignal([]).aborted).toBe(false);
  });

  it('fires its listeners like any signal', () => {
    const parent = new AbortController();
    const signal = anySignal([parent.signal]);
    const calls: string[] = [];
    const object = { handleEvent: () => void calls.push('object') };
    const removed = (): void => void calls.push('removed');
    const cancel = new AbortController();
    signal.addEventListener('abort', () => calls.push('plain'));
    signal.addEventListener('abort', () => calls.push('once'), { once: true });
    signal.addEventListener('abort', object);
    signal.addEventListener('abort', removed);
    signal.removeEventListener('abort', removed);
    signal.addEventListener('abort', removed, { signal: cancel.signal });
    cancel.abort();
    signal.onabort = () => calls.push('onabort');
    parent.abort();
    expect(calls).toEqual(['plain', 'once', 'object', 'onabort']);
  });

  it('does not keep a signal alive that nobody refers to, however long its parents live', async () => {
    const parents = [new AbortController(), new AbortController()];
    const refs = Array.from({ length: 100 }, (_, index) => {
      const signal = anySignal(parents.map((parent) => parent.signal));
      if (index % 2) {
        // Observed, but no longer.
        onAbort(signal, () => {})[Symbol.dispose]();
        const listener = (): void => {};
        signal.addEventListener('abort', listener);
        signal.removeEventListener('abort', listener);
      }
      return new WeakRef(signal);
    });
    await collect();
    expect(refs.filter((ref) => ref.deref() !== undefined)).toEqual([]);
    expect(parents.map((parent) => listeners(parent.signal))).toEqual([0, 0]);
  });

  it('fires although nobody but its listeners remember it', async () => {
    const parent = new AbortController();
    const fired: unknown[] = [];
    const observe = (): void => {
      anySignal([parent.signal]).addEventListener('abort', () => fired.push('listener'));
      onAbort(anySignal([parent.signal]), (reason) => fired.push(reason));
      anySignal([parent.signal]).onabort = () => fired.push('handler');
      onAbort(anySignal([anySignal([parent.signal])]), () => fired.push('nested'));
    };
    observe();
    await collect();
    parent.abort('kept');
    expect(fired).toEqual(['listener', 'kept', 'handler', 'nested']);
  });

  it('is let go of by its listeners once it has aborted', async () => {
    const parent = new AbortController();
    const make = (): WeakRef<AbortSignal> => {
      const signal = anySignal([parent.signal, new AbortController().signal]);
      signal.addEventListener('abort', () => {});
      return new WeakRef(signal);
    };
    const refs = Array.from({ length: 100 }, make);
    parent.abort();
    await collect();
    expect(refs.filter((ref) => ref.deref() !== undefined)).toEqual([]);
  });

  it.each([
    ['a listener', (signal: AbortSignal) => signal.addEventListener('abort', () => {})],
    ['onAbort', (signal: AbortSignal) => onAbort(signal, () => {})],
    ['a controller that is linked to it', (signal: AbortSignal) => link(signal)],
    ['a composite of it that is listened to', (signal: AbortSignal) => onAbort(anySignal([signal]), () => {})],
  ])('goes with its parents, although %s remembers it', async (_who, follow) => {
    const refs = Array.from({ length: 40 }, (_, index) => {
      const parents = index % 2 ? [new AbortController().signal, new AbortController().signal] : [];
      const signal = anySignal(parents);
      follow(signal);
      return [signal, ...parents].map((each) => new WeakRef(each));
    });
    await collect();
    expect(refs.flat().filter((ref) => ref.deref() !== undefined)).toEqual([]);
  });

  it('piles up nothing on a parent that lives on while 20,000 waits on composites come and go', async () => {
    const parent = new AbortController();
    const other = new AbortController();
    const waits = async (): Promise<void> => {
      for (let i = 0; i < 20_000; i++) await abortable(Promise.resolve(i), anySignal([parent.signal, other.signal]));
    };
    // What the engine makes room for stays.
    await waits();
    expect(await growth(1_000_000, waits)).toBeLessThan(1_000_000);
    expect(listeners(parent.signal)).toBe(0);
  });

  it.each(listening)('fires although only %s remembers it', async (_who, listen) => {
    const parent = new AbortController();
    const refs = Array.from({ length: 20 }, () => {
      const signal = anySignal([parent.signal]);
      listen(signal);
      return new WeakRef(signal);
    });
    await collect();
    parent.abort('kept');
    expect(refs.map((ref) => ref.deref()?.reason as unknown)).toEqual(refs.map(() => 'kept'));
  });

  it.each([
    ...left,
    ['a listener that has come too late', (signal: AbortSignal) => (parentOf(signal).abort(), hear(signal))] as const,
  ])('%s does not keep it', async (_who, listen) => {
    const refs = Array.from({ length: 20 }, () => {
      const parent = new AbortController();
      const signal = anySignal([parent.signal]);
      parents.set(signal, parent);
      listen(signal);
      return [new WeakRef(signal), parent] as const;
    });
    await collect();
    expect(refs.filter(([ref]) => ref.deref() !== undefined)).toHaveLength(0);
  });
  const parents = new WeakMap<AbortSignal, AbortController>();
  const parentOf = (signal: AbortSignal): AbortController => parents.get(signal)!;

  it("does not use the platform's own on Node, which leaks", () => {
    const any = jest.spyOn(AbortSignal, 'any');
    expect(anySignal([never]).aborted).toBe(false);
    expect(any).not.toHaveBeenCalled();
    any.mockRestore();
  });

  it("uses the platform's own where a signal does not say who listens: there it does not leak", async () => {
    const symbols = jest.spyOn(Object, 'getOwnPropertySymbols').mockReturnValue([]);
    const any = jest.spyOn(AbortSignal, 'any');
    try {
      // Another instance of the module, which has asked nobody yet.
      const other = './any-signal.js?other';
      const copy = (await import(other)) as { anySignal: typeof anySignal };
      const controller = new AbortController();
      for (const time of [1, 2]) {
        expect(copy.anySignal([controller.signal, null]).aborted).toBe(false);
        expect(any.mock.calls).toEqual(Array(time).fill([[controller.signal]]));
      }
    } finally {
      symbols.mockRestore();
      any.mockRestore();
    }
  });

  it('names what is wrong', () => {
    const parent = new AbortController();
    for (const wrong of [undefined, null, 5, {}, () => {}]) {
      expect(() => anySignal(wrong as never)).toThrow(TypeError);
      expect(() => anySignal(wrong as never)).toThrow(/^signals must be iterable, got /);
    }
    for (const wrong of [5, {}, 'x']) {
      expect(() => anySignal([parent.signal, wrong as never])).toThrow(/^signals must be an AbortSignal, got /);
    }
    expect(listeners(parent.signal)).toBe(0);
  });
});
