import { isAbort, link } from '@x/abort';
import { check, checkSignal } from './arguments.js';
import { dispose } from './dispose.js';
import { flatten, MultiError } from './errors.js';
import { call, type Proc } from './proc.js';
import { inherit } from './tracing.js';

/**
 * Runs processes at the same time, and settles with what comes of them.
 *
 * Invariants
 * 1. `pending` counts what has not ended, and one more until `begin` has returned. At zero, and only then, the outcome is told, once:
 *    nothing outlives the gathering.
 * 2. `failures` has what was thrown, as it is, in the order in which it happened. What is thrown because a signal has aborted is an
 *    echo; that is decided when it is thrown, and it is the outcome only where nothing has failed.
 * 3. A group has a signal of its own, which it aborts for the first failure, but not before `begin` has returned, so that who is started
 *    together with others can still listen for it; and in any case before the outcome is told.
 */
export function gather(
  outer: AbortSignal,
  grouped: boolean,
  begin: (start: (proc: Proc) => void, signal: AbortSignal, spawn: (proc: Proc) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    checkSignal(outer);
    const own = grouped ? link(outer) : undefined;
    const signal = own ? inherit(own.signal, outer) : outer;
    const failures: unknown[] = [];
    let pending = 1;
    let begun: boolean | undefined = undefined;
    let echoed: boolean | undefined;

    // One of each for all processes: a closure for each of them would be felt.
    const ended = (): void => {
      if (begun && failures.length) own?.abort(failures[0]);
      if (--pending) return;
      own?.[dispose]();
      if (failures.length) reject(together(failures));
      else if (echoed) reject(outer.reason);
      else resolve();
    };
    const failed = (error: unknown): void => {
      if (isAbort(error, outer) || isAbort(error, signal)) echoed = true;
      else failures.push(error);
      ended();
    };
    const start = (proc: Proc): void => {
      pending++;
      let result: unknown;
      try {
        result = call(proc, signal);
      } catch (error) {
        // In its turn: who has rejected before it has failed before it.
        result = Promise.reject(error);
      }
      // What has ended at once is not waited for. `Promise.resolve` hands back a promise as it is, and tames any other thenable.
      if (result === undefined) ended();
      else void Promise.resolve(result).then(ended, failed);
    };
    // What is spawned all at once lives until it has begun: an object takes less than a function does.
    const later = (each: { proc: Proc }): void => {
      pending--;
      start(each.proc);
    };
    const spawn = (proc: Proc): void => {
      check('proc', proc, 'function');
      check('scope', 'ended', 'running', pending);
      pending++;
      // A microtask for each, so that it runs in the `AsyncLocalStorage` context of whoever spawns it.
      void Promise.resolve({ proc }).then(later);
    };

    begin(start, signal, spawn);
    begun = true;
    ended();
  });
}

/** One as it is; of several, what has come by two ways once. */
function together(failures: unknown[]): unknown {
  const seen = new Set<unknown>();
  if (failures.length > 1)
    failures = flatten(failures).filter((error) => Object(error) !== error || seen.size < seen.add(error).size);
  return failures.length > 1 ? new MultiError(failures) : failures[0];
}
