import { abortable } from '@x/abort';

/** A promise and what resolves it. `Promise.withResolvers` is not in Node 20. */
export interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

export const DONE: Promise<void> = /* @__PURE__ */ Promise.resolve();

export function deferred(): Deferred {
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** Waits for a promise, or until the signal aborts, if there is one. */
export function within<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return signal ? abortable(promise, signal) : promise;
}
