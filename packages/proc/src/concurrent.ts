import { checkEach } from './arguments.js';
import { gather } from './gathering.js';
import type { Proc } from './proc.js';

/**
 * Returns a process that runs all of the processes at the same time, waits for all of them, and throws their errors.
 *
 * Like `Promise.all`, except that it waits for the others when one fails, and loses no error. When it is called, it starts them in their
 * order; all are started, even if one throws at once. Without any process it ends at once.
 *
 * On abort: waits for all of them. All errors that they throw because of the abort count as one, the signal's reason; beside
 * a real error they do not count. If all processes return, it has not failed.
 *
 * On error: throws one error as it is, several as a `MultiError`, in the order in which they happened. The members of a `MultiError` that a process threw
 * stay together, and count as having happened when that process ended.
 *
 * @example
 * ```ts
 * import { concurrent } from '@x/proc';
 *
 * const say = (text: string) => async () => console.log(text);
 * await concurrent(say('one'), say('two'))(new AbortController().signal);
 * // Output:
 * // one
 * // two
 * ```
 * @throws TypeError when one of them is not a function.
 *
 * Source: go-proc Concurrent
 */
export function concurrent(...procs: Proc[]): Proc {
  return all(procs, false);
}

/**
 * Returns a process that runs all of the processes as a group: when one fails, the signal of the others aborts.
 *
 * Like `concurrent`, except that the processes get a signal of the group. It aborts with the first error as its reason, but not before all of them
 * have been started. It aborts in any case before the group ends, so that work which a process has left behind is asked to stop too.
 *
 * On abort: as `concurrent`.
 *
 * On error: as `concurrent`. Errors that the other processes throw because of the group's own abort do not count.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { concurrentGroup } from '@x/proc';
 *
 * const group = concurrentGroup(
 *   async () => {
 *     throw new Error('broken');
 *   },
 *   (signal) => sleep(60_000, { signal }),
 * );
 * await Promise.resolve(group(new AbortController().signal)).catch((error) => console.log(error.message));
 * // Output:
 * // broken
 * ```
 * @throws TypeError when one of them is not a function.
 *
 * Source: go-proc ConcurrentGroup
 */
export function concurrentGroup(...procs: Proc[]): Proc {
  return all(procs, true);
}

function all(procs: readonly Proc[], grouped: boolean): Proc {
  checkEach(procs);
  return (signal) => gather(signal, grouped, (start) => procs.forEach(start));
}
