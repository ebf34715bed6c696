import { link } from '@x/abort';
import { check, checkSignal } from './arguments.js';
import { under, type Proc } from './proc.js';

/**
 * Returns a process that runs to its end although the signal aborts.
 *
 * The process gets a signal that never aborts; whoever runs it waits for it. For what must not be left half done. To give it a limit, put
 * `withTimeout` inside: `shield(withTimeout(5_000, proc))`.
 *
 * On abort: nothing happens, also when the signal has aborted already.
 *
 * On error: throws what the process threw, as it is.
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
 * @throws TypeError when `proc` is no function.
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
