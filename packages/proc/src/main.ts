import { constants } from 'node:os';
import { inspect } from 'node:util';
import { MessageChannel } from 'node:worker_threads';
import { isAbort, link } from '@x/abort';
import { osSignal } from '@x/abort/node';
import { check, checkNumber } from './arguments.js';
import { dispose } from './dispose.js';
import { messageOf } from './errors.js';
import type { Proc } from './proc.js';
import { RunningTasks } from './running-tasks.js';

/**
 * Configures `main`: the signals, the time limit, and the callbacks.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { main } from '@x/proc/node';
 *
 * setImmediate(() => process.kill(process.pid, 'SIGTERM')); // as Kubernetes does, which kills 30 s later
 * await main((signal) => sleep(60_000, { signal }), {
 *   gracePeriod: 25_000, // sooner than that, so that it can say what hangs
 *   onSignal: (name) => console.log(`${name}: stopping`),
 * });
 * console.log('stopped');
 * // Output:
 * // SIGTERM: stopping
 * // stopped
 * ```
 *
 * Source: none in go-proc, whose Main takes none; the options of close-with-grace
 */
export interface MainOptions {
  /** The operating-system signals that ask the process to stop. Default: SIGINT and SIGTERM. */
  signals?: readonly NodeJS.Signals[] | undefined;
  /** How long the process may take after it has been asked to stop, in milliseconds. Then `main` ends the program. Default: no limit. */
  gracePeriod?: number | undefined;
  /** Whether a second signal ends the program. Default: true. */
  forceOnSecond?: boolean | undefined;
  /** Called for the first signal, before the process is asked to stop. */
  onSignal?: ((signal: NodeJS.Signals) => void) | undefined;
  /**
   * Called for each further signal, but not for the same one again within 500 ms. It is called before the signal ends the program; if it then throws, the
   * error is written to stderr.
   */
  onRepeat?: ((signal: NodeJS.Signals) => void) | undefined;
  /** Called when the grace period is over, before the program ends. If it throws, the error is written to stderr. */
  onTimeout?: ((signal: NodeJS.Signals) => void) | undefined;
}

/** Within so many milliseconds the same signal counts as one: npm and npx deliver a Ctrl-C twice (npm/cli #5021, #8164). */
const ONCE = 500;
/** Above what a timer can wait is no limit. */
const LONGEST = 2 ** 31 - 1;

/**
 * Runs a process as the program, until it has ended. Ctrl-C and SIGTERM ask it to stop, through its signal.
 *
 * Resolves with the name of the first operating-system signal, or with undefined if there was none. The handlers are installed before the process
 * starts and removed before `main` settles. Until then `main` keeps the program alive, even if the process waits only for its signal. The caller sets the
 * exit code.
 *
 * On abort: the reason of the process's signal is a `SignalError` of `@x/abort/node`. A second operating-system signal, or the end of `gracePeriod`,
 * ends the program. `main` first writes the tree of the tasks that still run to stderr; the exit status is 128 plus the signal's number.
 * No error on the way prevents that: errors thrown by `onRepeat`, by `onTimeout` or by a listener of 'exit' are written to stderr too.
 * The same signal again within 500 ms does not count as a second one; a signal of another name always does.
 *
 * On error: rejects with the value that the process threw, as it is. If the process threw its signal's reason, that is no error.
 *
 * @example
 * ```ts
 * import { main } from '@x/proc/node';
 * import { sleep } from '@x/abort';
 *
 * const signal = await main((signal) => sleep(10, { signal }), { gracePeriod: 10_000 });
 * console.log(signal);
 * // Output:
 * // undefined
 * ```
 * @throws (as a rejection) TypeError when `proc` is not a function or an option has the wrong type; RangeError when `gracePeriod` is negative, or `signals`
 * is empty or has a signal that is unknown on this system or cannot be caught.
 *
 * Source: go-proc Main
 */
export async function main(proc: Proc, options: MainOptions = {}): Promise<NodeJS.Signals | undefined> {
  check('proc', proc, 'function');
  check('options', options, 'object');
  const { signals = ['SIGINT', 'SIGTERM'], gracePeriod = Infinity, forceOnSecond = true } = options;
  const { onSignal, onRepeat, onTimeout } = options;
  check('signals', signals, 'a list of names of signals', Array.isArray(signals));
  checkNumber('gracePeriod', gracePeriod);
  check('forceOnSecond', forceOnSecond, 'boolean');
  for (const [name, callback] of Object.entries({ onSignal, onRepeat, onTimeout })) {
    if (callback !== undefined) check(name, callback, 'function');
  }

  const own = link();
  let first: NodeJS.Signals | undefined;
  let firstAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Ends the program, whatever is thrown on the way. What the callback throws is written: nobody else would come to know of it. */
  const end = (
    signal: NodeJS.Signals,
    why: string,
    name: string,
    callback: ((signal: NodeJS.Signals) => void) | undefined,
  ): void => {
    let thrown: [unknown] | undefined;
    try {
      callback?.(signal);
    } catch (error) {
      thrown = [error];
    }
    const exit = (): never => process.exit(128 + constants.signals[signal]);
    try {
      // Before the tree, which may be more than a pipe takes.
      const said = thrown ? `${name} threw ${shown(thrown[0])}\n` : '';
      process.stderr.write(`${why}\n${said}${running.describe()}`);
    } finally {
      try {
        exit();
      } catch (error) {
        // A listener of 'exit' has thrown. It is not asked again; with a handler for what nobody has caught the program would go on.
        try {
          process.stderr.write(`A listener of 'exit' threw ${shown(error)}\n`);
        } finally {
          exit();
        }
      }
    }
  };
  const receive = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (first === undefined) {
      first = signal;
      firstAt = now;
      if (gracePeriod <= LONGEST) {
        const why = `${gracePeriod} ms after ${signal} the process has not ended: the program does.`;
        timer = setTimeout(() => end(signal, why, 'onTimeout', onTimeout), gracePeriod);
      }
      try {
        onSignal?.(signal);
      } finally {
        own.abort(interrupted.reason);
      }
      return;
    }
    if (signal === first && now - firstAt < ONCE) return;
    if (forceOnSecond) {
      end(signal, `${signal} after ${first}: the program ends before its process has.`, 'onRepeat', onRepeat);
    } else onRepeat?.(signal);
  };

  const interrupted = osSignal(signals, { onSignal: receive });
  // After what may throw: a subscription would stay.
  const running = new RunningTasks();
  // Neither the handlers of signals nor a promise keep a program alive; this does.
  const { port1 } = new MessageChannel();
  port1.ref();
  try {
    await proc(own.signal);
  } catch (error) {
    if (!isAbort(error, own.signal)) throw error;
  } finally {
    port1.close();
    clearTimeout(timer);
    interrupted[dispose]();
    running[dispose]();
    own[dispose]();
  }
  return first;
}

/** What was thrown, with its stack; by its message alone, where it does not let itself be inspected. */
function shown(error: unknown): string {
  try {
    return inspect(error);
  } catch {
    return messageOf(error);
  }
}
