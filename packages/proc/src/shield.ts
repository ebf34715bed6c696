import { link } from '@x/abort';
import { check, checkSignal } from './arguments.js';
import { under, type Proc } from './proc.js';

/**
 * Returns a process that runs to its end even if the signal aborts.
 *
 * Use it for work that must not be left half done. The inner process gets a signal that no abort from outside reaches, and the caller waits for it. To set a
 * time limit, put `withTimeout` inside: `shield(withTimeout(5_000, proc))`.
 *
 * On abort: nothing happens, even if the signal has already aborted.
 *
 * On error: throws the error of the process, as it is.
 *
 * @example
 * ```ts
 * import { shield } from '@x/proc';
 *
 * const save = shield(async (signal) => console.log(signal.aborted));
 * await save(AbortSignal.abort());
 * // Output:
 * // false
 * ```
 * @throws TypeError when `proc` is not a function.
 *
 * Source: context.WithoutCancel
 */
export function shield(proc: Proc): Proc {
  check('proc', proc, 'function');
  return async (signal) => {
    checkSignal(signal);
    return under(link(), signal, proc);
  };
}
