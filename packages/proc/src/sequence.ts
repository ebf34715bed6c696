import { checkEach, checkSignal } from './arguments.js';
import { call, type Proc } from './proc.js';

/**
 * Returns a process that runs the processes one after another.
 *
 * Each is started when the one before it has ended. Without any it ends at once.
 *
 * On abort: the one that runs is waited for, and the next is not started. If any are left it throws the signal's reason; if none is, it
 * has ended as the last one did.
 *
 * On error: throws what the first one that failed threw, as it is; those after it are not started.
 *
 * @example
 * ```ts
 * import { sequence } from '@x/proc';
 *
 * const say = (text: string) => async () => console.log(text);
 * await sequence(say('one'), say('two'))(new AbortController().signal);
 * // Output:
 * // one
 * // two
 * ```
 * @throws TypeError when one of them is no function.
 *
 * Source: go-proc Sequence
 */
export function sequence(...procs: Proc[]): Proc {
  checkEach(procs);
  return async (signal) => {
    checkSignal(signal);
    for (const proc of procs) {
      if (signal.aborted) throw signal.reason;
      await call(proc, signal);
    }
  };
}
