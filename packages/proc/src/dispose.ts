/**
 * The key of disposal, also where the runtime has none: there it is the key that TypeScript's and esbuild's helpers for
 * `using` look up.
 */
export const dispose: typeof Symbol.dispose =
  /* v8 ignore next -- the runtime has the symbol or lacks it; a test runs the package where it is lacking */
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as unknown as typeof Symbol.dispose);
