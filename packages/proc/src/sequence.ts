import { checkEach, checkSignal } from './arguments.js';
import { call, type Proc } from './proc.js';

/**
 * Returns a process that runs the processes one after another.
 *
 * Each process starts when the one before it has ended. Without any process it ends at once.
 *
 * On abort: waits for the running process and does not start the next. If any process is left it throws the signal's reason; otherwise it
 * ends as the last process did.
 *
 * On error: throws the error of the first process that failed, as it is. The processes after it are not started.
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
 * @throws TypeError when one of them is not a function.
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
