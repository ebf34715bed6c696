import { anySignal, onAbort } from '@x/abort';
import { check, checkProcess } from './arguments.js';
import { dispose } from './dispose.js';
import { BACKGROUND, WAITS } from './flags.js';
import { withTeardown } from './go.js';
import { close, connect, hang } from './lifecycle.js';
import { goneOf, watch } from './outcome.js';
import { Process, type TeardownFunc } from './process.js';

/**
 * Returns a new process that closes when the signal aborts. The reason of its `closing` is the signal's reason.
 *
 * If the process closes in another way, it takes its listener off the signal.
 *
 * @example
 * ```ts
 * import { withSignal } from '@x/process';
 *
 * const controller = new AbortController();
 * const server = withSignal(controller.signal);
 * controller.abort('enough');
 * await server.closed;
 * console.log(server.closing.reason);
 * // Output:
 * // enough
 * ```
 * @throws TypeError when `signal` is not a signal.
 *
 * Source: goprocess/context WithContext
 */
export function withSignal(signal: AbortSignal): Process {
  const process = new Process();
  closeAfterSignal(process, signal);
  return process;
}

/**
 * Returns a new process with a teardown. The process closes when the signal aborts.
 *
 * @example
 * ```ts
 * import { withSignalAndTeardown } from '@x/process';
 *
 * const controller = new AbortController();
 * const server = withSignalAndTeardown(controller.signal, () => console.log('closed'));
 * controller.abort();
 * await server.closed;
 * // Output:
 * // closed
 * ```
 * @throws TypeError when `signal` is not a signal or `fn` not a function.
 *
 * Source: goprocess/context WithContextAndTeardown
 */
export function withSignalAndTeardown(signal: AbortSignal, fn: TeardownFunc): Process {
  const process = withTeardown(fn);
  closeAfterSignal(process, signal);
  return process;
}

/**
 * Makes a process wait until a signal has aborted before it can finish closing. The abort itself does not close the process.
 *
 * @example
 * ```ts
 * import { Process, waitForSignal } from '@x/process';
 *
 * const drained = new AbortController();
 * const server = new Process();
 * waitForSignal(drained.signal, server);
 * const closed = server.close();
 * console.log(server.state);
 * drained.abort();
 * await closed;
 * // Output:
 * // closing
 * ```
 * @throws `ProcessClosedError` when the process has closed; TypeError when `signal` is not a signal or `p` not a process.
 *
 * Source: goprocess/context WaitForContext
 */
export function waitForSignal(signal: AbortSignal, p: Process): void {
  checkProcess('p', p);
  const process = new Process({ name: 'a signal' });
  closeAfterSignal(process, signal);
  try {
    connect(p, process, WAITS);
  } finally {
    // Takes the listener off where nobody waits.
    if (!process.$parent) close(process);
  }
}

/**
 * Closes a process when a signal aborts, at once if it has aborted already. The reason of its `closing` is the signal's reason. Does nothing if the
 * process has closed.
 *
 * If the process closes in another way, it takes its listener off the signal.
 *
 * @example
 * ```ts
 * import { closeAfterSignal, Process } from '@x/process';
 *
 * const controller = new AbortController();
 * const server = new Process();
 * closeAfterSignal(server, controller.signal);
 * controller.abort();
 * console.log(server.state);
 * // Output:
 * // closing
 * ```
 * @throws TypeError when `signal` is not a signal or `p` not a process, and for the background, which never closes.
 *
 * Source: goprocess/context CloseAfterContext
 */
export function closeAfterSignal(p: Process, signal: AbortSignal): void {
  checkProcess('p', p);
  if (p.$flags & BACKGROUND) throw hang();
  const following = onAbort(signal, (reason) => close(p, reason));
  watch(p, () => following[dispose]());
}

/**
 * Returns a signal that aborts when a process begins to close, or when another signal aborts, whichever is first.
 *
 * @param signal the other signal; without it the result is `p.closing`
 * @example
 * ```ts
 * import { Process, whileRunning } from '@x/process';
 *
 * const server = new Process();
 * const signal = whileRunning(server, AbortSignal.timeout(60_000));
 * void server.close();
 * console.log(signal.aborted);
 * // Output:
 * // true
 * ```
 * @throws TypeError when `p` is not a process or `signal` not a signal.
 *
 * Source: goprocess/context WithProcessClosing, OnClosingContext
 */
export function whileRunning(p: Process, signal?: AbortSignal): AbortSignal {
  checkProcess('p', p);
  return either(p.closing, signal);
}

/**
 * Returns a signal that aborts when a process has closed, or when another signal aborts, whichever is first. It does not handle the process's error: that
 * may still be an unhandled rejection.
 *
 * @param signal the other signal
 * @example
 * ```ts
 * import { Process, untilClosed } from '@x/process';
 *
 * const server = new Process();
 * const signal = untilClosed(server);
 * const closed = server.close();
 * console.log(signal.aborted);
 * await closed;
 * console.log(signal.aborted);
 * // Output:
 * // false
 * // true
 * ```
 * @throws TypeError when `p` is not a process or `signal` not a signal.
 *
 * Source: goprocess/context WithProcessClosed, OnClosedContext
 */
export function untilClosed(p: Process, signal?: AbortSignal): AbortSignal {
  checkProcess('p', p);
  return either(goneOf(p), signal);
}

function either(own: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  if (other === undefined) return own;
  // What else is no signal is refused below; there null is a gap.
  check(other, 'signal must be of type AbortSignal', other);
  return anySignal([own, other]);
}
