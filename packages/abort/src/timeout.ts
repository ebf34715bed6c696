/// <reference lib="esnext.disposable" preserve="true" />
import { checkNumber, checkSignal } from './arguments.js';
import { LinkedController, type Parent } from './linked-controller.js';
import { startTimer } from './timer.js';

export const timeoutError = (): DOMException =>
  new DOMException('The operation was aborted due to timeout', 'TimeoutError');

/** A linked controller that may have a timer, which ends with it. */
class TimedController extends LinkedController {
  #stop: (() => void) | undefined;

  /** Aborts after so many milliseconds. */
  abortAfter(ms: number, reason: () => unknown = timeoutError): this {
    if (!this.aborted) this.#stop = startTimer(ms, () => this.abort(reason()));
    return this;
  }

  override abort(reason?: unknown): void {
    this.#stop?.();
    super.abort(reason);
  }
}

/**
 * Returns a controller that aborts after `ms` milliseconds, or when a parent does.
 *
 * After a timeout its reason is a `TimeoutError`, as with `AbortSignal.timeout`. Unlike `AbortSignal.timeout`, it keeps the program alive
 * until then, and you can end it early: an abort or a dispose clears the timer. Any length works, even beyond
 * the 24.8 days of the platform's timers; `Infinity` never fires. If a parent has already aborted, there is no timer.
 *
 * @param ms milliseconds, zero or more
 * @example
 * ```ts
 * import { sleep, withTimeout } from '@x/abort';
 *
 * const scope = withTimeout(20);
 * await sleep(60_000, { signal: scope.signal }).catch((error) => console.log(error.name));
 * // Output:
 * // TimeoutError
 * ```
 * @throws TypeError when `ms` is not a number or a parent is not a signal; RangeError when `ms` is negative or `NaN`.
 *
 * Source: context.WithTimeout
 */
export function withTimeout(ms: number, ...parents: Parent[]): LinkedController {
  checkNumber('ms', ms);
  return new TimedController(...parents).abortAfter(ms);
}

/**
 * Returns a controller that aborts at a point in time, or when a parent does.
 *
 * Like `withTimeout`, except that with a deadline in the past the controller has already aborted.
 *
 * @param at a `Date`, or milliseconds since 1970 as `Date.now()` returns them
 * @example
 * ```ts
 * import { withDeadline } from '@x/abort';
 *
 * const scope = withDeadline(new Date('2001-01-01'));
 * console.log(scope.aborted, scope.signal.reason.name);
 * // Output:
 * // true TimeoutError
 * ```
 * @throws TypeError when `at` is neither a `Date` nor a number, or a parent is not a signal; RangeError when `at` is an invalid
 * date or `NaN`.
 *
 * Source: context.WithDeadline
 */
export function withDeadline(at: Date | number, ...parents: Parent[]): LinkedController {
  // By shape, not by `instanceof`: a Date of another realm is one.
  const time: unknown = (at as Date | undefined)?.getTime?.() ?? at;
  checkNumber('at', time, 'a Date or a number', -Infinity);
  const controller = new TimedController(...parents);
  const ms = time - Date.now();
  if (ms > 0) controller.abortAfter(ms);
  else controller.abort(timeoutError());
  return controller;
}

/**
 * Returns a controller that aborts `ms` milliseconds after the parent has, with the parent's reason.
 *
 * Hand out the parent as "please stop" and this one as "now". If the parent has already aborted, the time counts from the
 * call. `unlink` before the parent's abort stops following it, so the time never starts. Disposing clears the timer too.
 *
 * @param ms milliseconds, zero or more
 * @param parent the signal to follow
 * @example
 * ```ts
 * import { aborted, withGrace } from '@x/abort';
 *
 * const stop = new AbortController();
 * const now = withGrace(10, stop.signal);
 * stop.abort('SIGTERM');
 * console.log(now.aborted);
 * console.log(await aborted(now.signal));
 * // Output:
 * // false
 * // SIGTERM
 * ```
 * @throws TypeError when `ms` is not a number or `parent` is not a signal; RangeError when `ms` is negative or `NaN`.
 *
 * Source: none in Go; asked for by users of Trio and Temporal
 */
export function withGrace(ms: number, parent: AbortSignal): LinkedController {
  checkNumber('ms', ms);
  checkSignal('parent', parent);
  const controller = new TimedController();
  controller.$told = (reason) => void controller.abortAfter(ms, () => reason);
  // Not by the constructor: a parent that has aborted already is not yet the end.
  return controller.$follow(parent);
}
