import { abortable } from './abortable.js';
import { check, checkNumber, read } from './arguments.js';
import { newController } from './listeners.js';
import { timeoutError } from './timeout.js';
import { startTimer } from './timer.js';

/**
 * Describes a function that takes a signal and does its work synchronously or asynchronously.
 *
 * @example
 * ```ts
 * import { link, type Work } from '@x/abort';
 *
 * async function scoped<T>(work: Work<T>, parent?: AbortSignal): Promise<T> {
 *   const scope = link(parent);
 *   try {
 *     return await work(scope.signal); // without `await` the scope would end before the work has
 *   } finally {
 *     scope[Symbol.dispose]();
 *   }
 * }
 *
 * console.log(await scoped(() => 42), await scoped(async (signal) => signal.aborted));
 * // Output:
 * // 42 false
 * ```
 *
 * Source: blend/go-sdk async ContextAction
 */
export type Work<T = void> = (signal: AbortSignal) => T | PromiseLike<T>;

/**
 * Configures `shield`.
 *
 * @example
 * ```ts
 * import { shield } from '@x/abort';
 *
 * // A clean-up that hangs, and takes no notice of its signal, holds up nobody for longer.
 * const flush = () => new Promise(() => {});
 * await shield(flush, { timeout: 20 }).catch((error) => console.log(error.name));
 * // Output:
 * // TimeoutError
 * ```
 *
 * Source: context.WithTimeout
 */
export interface ShieldOptions {
  /** How long the work may take, in milliseconds. Default: no limit. */
  timeout?: number | undefined;
}

/**
 * Runs work under a signal of its own, which no parent aborts. Use it for clean-up that must be done although everything else has been
 * cancelled, or because of it.
 *
 * Calls the work at once and settles as the work does. If the time limit is over first, the work's signal aborts with a
 * `TimeoutError` and `shield` rejects with it, even if the work ignores its signal. An error of the work after that is dropped.
 *
 * @example
 * ```ts
 * import { shield, sleep } from '@x/abort';
 *
 * async function rollBack(signal: AbortSignal) {
 *   await sleep(1, { signal });
 *   return 'rolled back';
 * }
 *
 * const cancelled = AbortSignal.abort();
 * if (cancelled.aborted) console.log(await shield(rollBack, { timeout: 5_000 }));
 * // Output:
 * // rolled back
 * ```
 * @throws (as a rejection) what the work throws; a `TimeoutError`; TypeError or RangeError when `work` or `timeout` is
 * invalid.
 *
 * Source: context.WithoutCancel and context.WithTimeout
 */
export function shield<T>(work: Work<T>, options?: ShieldOptions): Promise<T> {
  return new Promise((resolve) => {
    check(typeof work === 'function', 'work', 'a function', work);
    const { timeout = Infinity } = read(options);
    checkNumber('timeout', timeout);
    const controller = newController();
    const { signal } = controller;
    const stop = startTimer(timeout, () => controller.abort(timeoutError()));
    resolve(abortable(new Promise<T>((settle) => settle(work(signal))), signal).finally(stop));
  });
}
