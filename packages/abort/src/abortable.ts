import { check, checkSignal } from './arguments.js';
import { Follower } from './follower.js';

/**
 * Settles as the promise does, or rejects with the signal's reason, whichever comes first.
 *
 * Like `Promise.race` with the abort, except that nothing is left on the signal when the promise wins, and that a promise
 * that loses and rejects later causes no `unhandledrejection`. An abort stops the waiting, not the work behind the promise:
 * where the work takes a signal, pass it the signal too.
 *
 * @example
 * ```ts
 * import { abortable } from '@x/abort';
 *
 * const controller = new AbortController();
 * const answer = abortable(new Promise(() => {}), controller.signal);
 * controller.abort(new Error('gave up'));
 * await answer.catch((error) => console.log(error.message));
 * // Output:
 * // gave up
 * ```
 * @throws (as a rejection) the signal's own reason; TypeError when `promise` is not a promise or `signal` is not a signal.
 *
 * Source: select over context.Context.Done
 */
export function abortable<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => race(promise, signal, resolve, reject));
}

/** On its own, so that what is left on the promise after an abort has no way to the signal: the promise may go on for long. */
function race<T>(
  promise: PromiseLike<T>,
  signal: AbortSignal,
  resolve: (value: T) => void,
  reject: (reason: unknown) => void,
): void {
  check(typeof (promise as PromiseLike<T> | undefined)?.then === 'function', 'promise', 'a promise', promise);
  checkSignal('signal', signal);
  const fail = (error: unknown): void => {
    follower.$leave();
    reject(error);
    resolve = reject = () => {};
  };
  // Not at once: a promise that has settled before the abort is first, and its reactions are on their way.
  const follower = new Follower((reason) => void Promise.resolve().then(() => fail(reason))).$follow(signal);
  try {
    // Also when the signal has aborted already: a rejection that comes later must find somebody.
    promise.then((value) => {
      follower.$leave();
      resolve(value);
    }, fail);
  } catch (error) {
    fail(error);
  }
}
