import { osSignal } from '@x/abort/node';
import { dispose } from './dispose.js';
import { watch } from './outcome.js';
import type { Process } from './process.js';
import { withSignal } from './signals.js';

/**
 * Returns a process that closes on the first of the named signals of the operating system. The reason of its `closing` is the `SignalError` of
 * `@x/abort/node`, with an `exitCode`.
 *
 * Until the process has closed, these signals do not end the program. Then the handlers are removed, whatever closed it. Waiting for signals does not keep
 * the program alive: something else must do that, such as a server or a timer.
 *
 * @example
 * ```ts
 * import { withParent } from '@x/process';
 * import { withSignals } from '@x/process/node';
 *
 * const program = withSignals('SIGINT', 'SIGTERM');
 * const server = withParent(program);
 * server.setTeardown(() => console.log('bye'));
 * setImmediate(() => process.kill(process.pid, 'SIGTERM'));
 * const waiting = setInterval(() => {}, 1000);
 * await program.closed;
 * clearInterval(waiting);
 * // Output:
 * // bye
 * ```
 * @throws TypeError when a name is no string; RangeError when there is none, or one is unknown here or cannot be caught.
 *
 * Source: goprocess WithSignals
 */
export function withSignals(...osSignals: NodeJS.Signals[]): Process {
  const controller = osSignal(osSignals);
  const process = withSignal(controller.signal);
  watch(process, () => controller[dispose]());
  return process;
}
