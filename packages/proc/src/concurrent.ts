import { checkEach } from './arguments.js';
import { gather } from './gathering.js';
import type { Proc } from './proc.js';

/**
 * Returns a process that runs all of the processes at the same time, waits for all of them, and throws what they threw.
 *
 * Like `Promise.all`, except that it waits for the others when one fails, and loses no error. They are started in their order, when it
 * is called; one that throws at once keeps none of the others from being started. Without any it ends at once.
 *
 * On abort: all of them are waited for. What they throw because of it counts as one, the signal's reason, and not at all beside
 * a real error; if all return it has not failed.
 *
 * On error: one is thrown as it is, several as a `MultiError`, in the order in which they happened; for those of a `MultiError` among them that is when
 * the process that threw it ended.
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
 * @throws TypeError when one of them is no function.
 *
 * Source: go-proc Concurrent
 */
export function concurrent(...procs: Proc[]): Proc {
  return all(procs, false);
}

/**
 * Returns a process that runs all of the processes as a group: when one fails, the signal of the others aborts.
 *
 * Like `concurrent`, except that they get a signal of their own. It aborts with the first error as its reason, and in any case
 * before the group ends, so that what a process has left behind is told to end, too. All of them are started before it aborts.
 *
 * On abort: as `concurrent`.
 *
 * On error: as `concurrent`; what the others throw because of the group's abort is no error of the group.
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
 * @throws TypeError when one of them is no function.
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
