import { check, checkSignal } from './arguments.js';
import { Follower } from './follower.js';

type Settle<T> = (value: T) => void;

/** Waits for what `begin` begins or for the abort, whichever is first; `begin` returns how to stop it. */
export function wait<T>(
  signal: AbortSignal,
  begin: (resolve: Settle<T>, reject: Settle<unknown>) => (() => void) | void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    checkSignal('signal', signal);
    let stop: (() => void) | void = undefined;
    const follower = new Follower((reason) => {
      stop?.();
      reject(reason);
    }).follow(signal);
    const leave =
      <V>(settle: Settle<V>) =>
      (value: V): void => {
        follower.unfollow();
        settle(value);
      };
    try {
      // Also when the signal has aborted already: what is under way elsewhere and fails later must find somebody.
      stop = begin(leave(resolve), leave(reject));
    } catch (error) {
      leave(reject)(error);
    }
    if (signal.aborted) stop?.();
  });
}

/**
 * Settles as the promise does, or rejects with the signal's reason, whichever is first.
 *
 * Like `Promise.race` with the abort, except that nothing is left on the signal when the promise wins, and that a promise
 * that loses and rejects later causes no `unhandledrejection`. What the promise stands for goes on all the same: hand the
 * signal to that, too, where it takes one.
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
 * @throws (as a rejection) the signal's own reason; TypeError when `promise` is no promise or `signal` no signal.
 *
 * Source: select over context.Context.Done
 */
export function abortable<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return wait(signal, (resolve, reject) => {
    check(typeof (promise as PromiseLike<T> | undefined)?.then === 'function', 'promise', 'a promise', promise);
    promise.then(resolve, reject);
  });
}
