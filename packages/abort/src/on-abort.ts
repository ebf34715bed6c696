/// <reference lib="esnext.disposable" preserve="true" />
import { check, checkSignal } from './arguments.js';
import { Follower } from './follower.js';

/**
 * Calls back once when the signal aborts, with its reason; at once if it has aborted already.
 *
 * Callbacks on a signal are called in the order in which they came, also when another listener calls
 * `stopImmediatePropagation` (on Node). One that throws stops no other: the error is reported as the platform reports an error in an event
 * listener, on Node as an `uncaughtException`. Dispose what it returns to be forgotten.
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
 * @throws TypeError when `signal` is no signal or `callback` no function.
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
 * Returns a promise that resolves with the reason when the signal aborts: the same one each time for the same signal, so
 * that asking in a loop piles up nothing.
 *
 * To wait for something else or the abort use `abortable`, which leaves nothing behind on a signal that lives on. A reason that is itself a
 * promise is waited for, as any promise does it.
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
 * @throws (as a rejection) TypeError when `signal` is no signal.
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
