import { isAbort, withTimeout as timeout } from '@x/abort';
import { check, checkNumber, checkSignal } from './arguments.js';
import { under, type Proc } from './proc.js';

/**
 * Returns a process whose signal aborts after `ms` milliseconds, with a `TimeoutError`.
 *
 * The timeout asks, it does not force: the caller waits for the process. If the process returns after the timeout, it has not failed. If it throws because
 * of the timeout, it has failed with the `TimeoutError`. The signal aborts in any case before the process ends, and then its timer is gone.
 *
 * On abort: the signal of the inner process aborts too, with the same reason.
 *
 * On error: throws the error of the process, as it is.
 *
 * @param ms milliseconds, zero or more, counted from the start of the process
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { withTimeout } from '@x/proc';
 *
 * const slow = withTimeout(10, (signal) => sleep(60_000, { signal }));
 * await Promise.resolve(slow(new AbortController().signal)).catch((error) => console.log(error.name));
 * // Output:
 * // TimeoutError
 * ```
 * @throws TypeError when `ms` is not a number or `proc` is not a function; RangeError when `ms` is negative or `NaN`.
 *
 * Source: context.WithTimeout
 */
export function withTimeout(ms: number, proc: Proc): Proc {
  checkNumber('ms', ms);
  check('proc', proc, 'function');
  return async (signal) => {
    checkSignal(signal);
    const own = timeout(ms, signal);
    try {
      await under(own, signal, proc);
    } catch (error) {
      // What the process makes of it may have the reason as its cause.
      throw isAbort(error, own.signal) ? own.reason : error;
    }
  };
}
