// That each package has a table of its callbacks (reentrancy-NAME.test.ts), and that what makes the tables notices a callback that is new.
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { callbacksOf } from '../test-support/callbacks.js';

test('every package has a table', () => {
  const packages = readdirSync(join(import.meta.dirname, '../../packages'));
  expect(packages.length).toBeGreaterThan(5);
  const missing = packages.filter((name) => !existsSync(join(import.meta.dirname, `reentrancy-${name}.test.ts`)));
  expect(missing).toEqual([]);
});

test('callbacks are found wherever they may be handed over', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'callbacks-')));
  try {
    const file = join(folder, 'index.ts');
    writeFileSync(
      file,
      `interface Options { onEvent?: ((name: string) => void) | undefined; nested?: { deep(): unknown }; signal?: AbortSignal }
      interface Handler { handle(done: (callback: () => void) => void): Promise<void>; readonly name: string }
      type Wrap = (run: () => void) => () => boolean;
      export function take(first: () => void, ...rest: (Handler | (() => PromiseLike<number>))[]): { then(next: () => void): void };
      export function take(): unknown { return undefined; }
      export class Thing {
        constructor(options?: Options) {}
        on(items: Iterable<number>, wrap: Wrap): void {}
        static of(make: () => Thing): Thing { return make(); }
        set listener(listener: () => void) {}
        assigned: (() => void) | undefined;
        readonly fixed = (): void => {};
        /** @internal */ hidden(callback: () => void): void {}
        private own(callback: () => void): void {}
        #own(callback: () => void): void { this.own(callback); this.#own(callback); }
      }
      export const things = { each(callback: (thing: Thing) => void): void {} };
      function notExported(callback: () => void): void {}
      void notExported;`,
    );
    const { called, waited, foreign } = callbacksOf([{ name: 'x', file }], folder);
    expect([...called]).toEqual([
      'x take first',
      'x Handler.handle',
      'x Handler.handle done callback',
      'x take rest',
      'x take.then next',
      'x Options.onEvent',
      'x Options.nested.deep',
      'x Thing.on wrap',
      'x Thing.on wrap()',
      'x Thing.listener',
      'x Thing.assigned',
      'x Thing.of make',
      'x things.each callback',
    ]);
    expect([...waited]).toEqual(['x Handler.handle', 'x take rest', 'x Options.nested.deep']);
    expect([...foreign]).toEqual(['x Options.signal: AbortSignal', 'x Thing.on items: Iterable']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
