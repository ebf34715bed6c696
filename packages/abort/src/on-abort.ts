/// <reference lib="esnext.disposable" preserve="true" />
import { check, checkSignal } from './arguments.js';
import { Follower } from './follower.js';

/**
 * Calls the callback once when the signal aborts, with its reason; at once if the signal has already aborted.
 *
 * Callbacks on a signal are called in the order in which they were added. On Node (20.16, 22.3 and newer) they are called even if
 * another listener calls `stopImmediatePropagation`. A callback that throws does not stop the others: the platform reports its error like
 * any error in an event listener, on Node as an `uncaughtException`. Dispose the result to remove the callback.
 *
 * @example
 * ```ts
 * import { onAbort } from '@x/abort';
 *
 * const controller = new AbortController();
 * onAbort(controller.signal, (reason) => console.log('stopped:', reason));
 * const forgotten = onAbort(controller.signal, () => console.log('never printed'));
 * forgotten[Symbol.dispose]();
 * controller.abort('enough');
 * // Output:
 * // stopped: enough
 * ```
 * @throws TypeError when `signal` is not a signal or `callback` is not a function.
 *
 * Source: context.AfterFunc
 */
export function onAbort(signal: AbortSignal, callback: (reason: unknown) => void): Disposable {
  checkSignal('signal', signal);
  check(typeof callback === 'function', 'callback', 'a function', callback);
  return new Follower(callback).$follow(signal);
}

/** One promise a signal: however often it is asked for, the signal holds one. */
const promises = new WeakMap<AbortSignal, Promise<unknown>>();

/**
 * Returns a promise that resolves with the reason when the signal aborts. For one signal it is always the same promise, so
 * calls in a loop do not pile up.
 *
 * To wait for another promise or the abort, whichever comes first, use `abortable`: it leaves nothing on a signal that outlives the
 * wait. If the reason is itself a promise, the result waits for it, as any promise does.
 *
 * @example
 * ```ts
 * import { aborted } from '@x/abort';
 *
 * const controller = new AbortController();
 * queueMicrotask(() => controller.abort('enough'));
 * console.log(await aborted(controller.signal));
 * // Output:
 * // enough
 * ```
 * @throws (as a rejection) TypeError when `signal` is not a signal.
 *
 * Source: context.Context.Done
 */
export function aborted(signal: AbortSignal): Promise<unknown> {
  let promise = promises.get(signal);
  if (promise === undefined) {
    promise = new Promise((resolve) => void onAbort(signal, resolve));
    // What is no signal has rejected it; what is no object could not be a key.
    if (Object(signal) === signal) promises.set(signal, promise);
  }
  return promise;
}
