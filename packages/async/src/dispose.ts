/// <reference lib="esnext.disposable" preserve="true" />
// The keys of disposal, also where the runtime has none: there they are the keys that TypeScript's and esbuild's helpers
// for `using` look up.

/** What `onAbort` returns. */
export type Disposal = Disposable;

export const dispose: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as unknown as typeof Symbol.dispose);

export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as unknown as typeof Symbol.asyncDispose);
