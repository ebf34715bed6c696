import { Follower } from './follower.js';

/** Makes a signal that lets nobody listen: there is nothing to hear, and listeners would pile up. */
function makeNever(): AbortSignal {
  const { signal } = new AbortController();
  signal.addEventListener = () => {};
  Follower.hubs.set(signal, null);
  return signal;
}

/**
 * Never aborts, and holds no listener. Pass it to a function that requires a signal when there is nothing to cancel.
 *
 * @example
 * ```ts
 * import { never, type Work } from '@x/abort';
 *
 * const run = <T>(work: Work<T>, signal: AbortSignal = never) => work(signal);
 * console.log(run((signal) => signal.aborted));
 * // Output:
 * // false
 * ```
 *
 * Source: context.Background
 */
export const never: AbortSignal = /* @__PURE__ */ makeNever();
