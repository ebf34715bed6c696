import { describe, expect, it } from '@jest/globals';
import { createContext, runInContext } from 'node:vm';
import type * as abort from './index.js';
import { bundle } from '../../../test/test-support/bundle.js';
import { listeners } from '../../../test/test-support/listeners.js';

type Abort = typeof abort;

const ABORT = "export * from '@x/abort';";

describe('several copies of the package in a program', () => {
  it('share the listener of a signal, and tell their followers in one order', async () => {
    const code = `${await bundle(ABORT, 'iife')}; return bundled;`;
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- a second copy of the code, in this realm
    const copies = [1, 2].map(() => (new Function(code) as () => Abort)());
    expect(copies[0]!.LinkedController).not.toBe(copies[1]!.LinkedController);
    const parent = new AbortController();
    const told: number[] = [];
    for (let i = 0; i < 6; i++) {
      const copy = copies[i % 2]!;
      if (i < 4) copy.onAbort(parent.signal, () => told.push(i));
      else copy.onAbort(copy.link(parent.signal).signal, () => told.push(i));
    }
    expect(listeners(parent.signal)).toBe(1);
    parent.abort();
    expect(told).toEqual([0, 1, 2, 3, 4, 5]);
    copies[0]!.onAbort(copies[1]!.never, () => told.push(-1));
    expect(listeners(copies[1]!.never)).toBe(0);
  });
});

describe('a runtime with nothing but what browsers have', () => {
  it('runs the package, without `process` and without Symbol.dispose', async () => {
    const { AbortController, AbortSignal, DOMException, setTimeout, clearTimeout } = globalThis;
    const globals = { AbortController, AbortSignal, DOMException, setTimeout, clearTimeout };
    const context = createContext({ ...globals });
    // What later runtimes have of their own.
    runInContext(
      `{
        const { ...kept } = Object.getOwnPropertyDescriptors(Symbol);
        delete kept.dispose;
        delete kept.asyncDispose;
        const Bare = (description) => kept.prototype.value.constructor(description);
        Object.defineProperties(Bare, kept);
        globalThis.Symbol = Bare;
      }`,
      context,
    );
    expect(runInContext('Symbol.dispose', context)).toBeUndefined();
    const copy = runInContext(`${await bundle(ABORT, 'iife')}; bundled`, context) as Abort;
    const parent = new AbortController();
    const child = copy.link(parent.signal);
    const key = Symbol.for('Symbol.dispose') as unknown as 'dispose';
    type Closing = Record<'dispose', () => void>;
    let called = false;
    (copy.onAbort(parent.signal, () => (called = true)) as unknown as Closing)[key]();
    (child as unknown as Closing)[key]();
    expect(child.aborted).toBe(true);
    expect(listeners(parent.signal)).toBe(0);
    await copy.sleep(0, { signal: copy.anySignal([parent.signal]) });
    parent.abort();
    expect(called).toBe(false);
  });
});
