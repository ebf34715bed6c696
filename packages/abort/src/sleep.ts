import { wait } from './abortable.js';
import { checkNumber } from './arguments.js';
import { never } from './never.js';
import { startTimer } from './timer.js';

/** How to sleep. */
export interface SleepOptions {
  /** Ends the sleep early: it rejects with the signal's reason. Default: none. */
  signal?: AbortSignal | undefined;
  /** Lets the program end while this is all that it waits for, where the runtime knows such a thing. Default: false. */
  unref?: boolean | undefined;
}

/**
 * Resolves after `ms` milliseconds, or rejects with the signal's reason when that aborts first.
 *
 * Like `setTimeout` of `timers/promises`, except that the reason is thrown as it is, not wrapped, that any length is kept
 * (`Infinity` sleeps until the abort), and that ten thousand sleepers on one signal are one listener. Keeps the program alive unless `unref`.
 *
 * @param ms milliseconds, zero or more
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 *
 * const controller = new AbortController();
 * const nap = sleep(60_000, { signal: controller.signal });
 * controller.abort('wake up');
 * await nap.catch((reason) => console.log(reason));
 * // Output:
 * // wake up
 * ```
 * @throws (as a rejection) the signal's own reason; TypeError or RangeError when `ms` or `signal` is not what it must be.
 *
 * Source: time.Sleep, with a context
 */
export function sleep(ms: number, options?: SleepOptions): Promise<void> {
  return wait(options?.signal ?? never, (resolve) => {
    checkNumber('ms', ms);
    return startTimer(ms, resolve, options?.unref);
  });
}
