import { checkSignal } from './arguments.js';

/**
 * Returns whether an error comes from a cancelled operation.
 *
 * With a signal, it is true if the error is that signal's reason, or an `AbortError` that has the reason as its `cause` (which is how Node wraps reasons, also twice).
 * It is false while the signal has not aborted. Without a signal, it is true for any `AbortError` and any `TimeoutError`.
 *
 * @example
 * ```ts
 * import { isAbort, sleep } from '@x/abort';
 *
 * const signal = AbortSignal.abort('stop');
 * try {
 *   await sleep(1, { signal });
 * } catch (error) {
 *   if (!isAbort(error, signal)) throw error;
 *   console.log('cancelled');
 * }
 * // Output:
 * // cancelled
 * ```
 * @throws TypeError when `signal` is given but is not a signal.
 *
 * Source: errors.Is(err, ctx.Err())
 */
export function isAbort(error: unknown, signal?: AbortSignal): boolean {
  if (signal !== undefined) {
    checkSignal('signal', signal);
    if (!signal.aborted || Object.is(error, signal.reason)) return signal.aborted;
  }
  try {
    const { name, cause } = Object(error) as Partial<Error>;
    return name === 'AbortError' ? !signal || isAbort(cause, signal) : !signal && name === 'TimeoutError';
  } catch {
    // What cannot even be looked at is something else.
    return false;
  }
}

/**
 * Throws the signal's reason if the signal has aborted. Without a signal it does nothing.
 *
 * Like `signal.throwIfAborted()`, except that the signal may be left out.
 *
 * @example
 * ```ts
 * import { throwIfAborted } from '@x/abort';
 *
 * function sum(numbers: Iterable<number>, signal?: AbortSignal) {
 *   let total = 0;
 *   for (const number of numbers) {
 *     throwIfAborted(signal);
 *     total += number;
 *   }
 *   return total;
 * }
 *
 * console.log(sum([1, 2, 3]));
 * // Output:
 * // 6
 * ```
 * @throws the signal's own reason; TypeError when `signal` is given but is not a signal.
 *
 * Source: context.Context.Err
 */
export function throwIfAborted(signal?: AbortSignal | null): void {
  if (signal === undefined || signal === null) return;
  checkSignal('signal', signal);
  if (signal.aborted) throw signal.reason;
}
