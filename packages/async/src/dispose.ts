/// <reference lib="esnext.disposable" preserve="true" />
// The keys of disposal, also where the runtime has none: there they are the keys that TypeScript's and esbuild's helpers
// for `using` look up.

/** What `onAbort` returns. */
export type Disposal = Disposable;

export const dispose: typeof Symbol.dispose =
  /* v8 ignore next -- the runtime has the symbol or lacks it; a test runs the package where it is lacking */
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as unknown as typeof Symbol.dispose);

export const asyncDispose: typeof Symbol.asyncDispose =
  /* v8 ignore next -- as above */
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as unknown as typeof Symbol.asyncDispose);

/**
 * Has the method that `await using` calls. It is here and not in each class because bundlers keep a class with a computed
 * key, also one that nobody uses, unless it comes of a call that is marked as pure.
 */
export const Disposing: abstract new () => AsyncDisposable = /* @__PURE__ */ disposing();

function disposing(): typeof Disposing {
  return class implements AsyncDisposable {
    declare protected end: () => Promise<void>;

    [asyncDispose](): Promise<void> {
      return this.end();
    }
  };
}
