/**
 * The key of asynchronous disposal, also where the runtime has none: there it is the key that TypeScript's and esbuild's
 * helpers for `await using` look up.
 */
export const asyncDispose: typeof Symbol.asyncDispose =
  /* v8 ignore next -- the runtime has the symbol or lacks it; a test runs the package where it is lacking */
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as unknown as typeof Symbol.asyncDispose);

/** The key of disposal, in the same way. */
export const dispose: typeof Symbol.dispose =
  /* v8 ignore next -- as above */
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as unknown as typeof Symbol.dispose);
