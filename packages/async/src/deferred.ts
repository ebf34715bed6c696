/** A promise and what resolves it. `Promise.withResolvers` is not in Node 20. */
export interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: (after?: Promise<void>) => void;
}

export const DONE: Promise<void> = /* @__PURE__ */ Promise.resolve();

export function deferred(): Deferred {
  let resolve!: Deferred['resolve'];
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
