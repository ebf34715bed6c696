import { isAbort, withTimeout as timeout } from '@x/abort';
import { check, checkNumber, checkSignal } from './arguments.js';
import { under, type Proc } from './proc.js';

/**
 * Returns a process whose signal aborts after `ms` milliseconds, with a `TimeoutError`.
 *
 * It asks and does not force: the process is waited for. One that returns although its time is up has not failed; one that throws because of it has
 * failed with the `TimeoutError`. The signal aborts in any case before the process ends, and its timer is gone.
 *
 * On abort: the process's signal aborts, too, with the same reason.
 *
 * On error: throws what the process threw, as it is.
 *
 * @param ms milliseconds, zero or more; counted from when the process is started
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
 * @throws TypeError when `ms` is no number or `proc` no function; RangeError when `ms` is negative or `NaN`.
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
