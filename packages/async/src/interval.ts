/// <reference lib="esnext.disposable" preserve="true" />
import { isAbort, type LinkedController, sleep, type Work } from '@x/abort';
import { checkFunction, checkNumber } from './arguments.js';
import { Background, type BackgroundOptions } from './background.js';
import { EARLY } from './platform.js';
import { report } from './report.js';

/**
 * Sets how often an interval calls its action when no time is given, in milliseconds.
 *
 * @example
 * ```ts
 * import { defaultInterval, Interval } from '@x/async';
 *
 * const every = Number(process.env['POLL_EVERY'] ?? defaultInterval);
 * // Programs that start together do not ask together.
 * export const poll = new Interval(() => console.log('asked'), every, { delay: Math.random() * every });
 * ```
 *
 * Source: blend/go-sdk async DefaultInterval
 */
export const defaultInterval = 500;

/**
 * Configures an interval.
 *
 * @example
 * ```ts
 * import { Interval, type IntervalOptions } from '@x/async';
 *
 * const options: IntervalOptions = { name: 'probe', stopOnError: true }; // without `onError` the error is that of `run`
 * const probe = new Interval(() => Promise.reject(new Error('no answer')), 10, options);
 * await probe.run(new AbortController().signal).catch((error: Error) => console.log(error.message));
 * // Output:
 * // no answer
 * ```
 *
 * Source: blend/go-sdk async IntervalOption
 */
export interface IntervalOptions extends BackgroundOptions {
  /** How long to wait after the start before the first interval begins, in milliseconds. Default: 0. */
  delay?: number | undefined;
  /** Whether the interval stops when the action fails. Default: false. */
  stopOnError?: boolean | undefined;
  /** Is called with the error when the action fails. Default: none. */
  onError?: ((error: unknown) => void) | undefined;
}

/**
 * Calls an action at a fixed interval, for the first time after the delay and one interval.
 *
 * Calls never overlap. If a call takes longer than the interval, the calls that fall into its time are skipped, and the next
 * call comes at its regular time, so there is no burst. Otherwise like `setInterval`, except that it waits for its action.
 *
 * On abort, and on `stop`: the signal of the action aborts, and the interval has stopped when the action is done. It listens
 * to the signal of its options while it is started.
 *
 * On error: calls `onError`. Without `onError`, `run` rejects with the error if `stopOnError` is set, and otherwise it is an
 * unhandled rejection. An action that ends because of the abort has not failed.
 *
 * @example
 * ```ts
 * import { Interval } from '@x/async';
 *
 * let calls = 0;
 * const interval = new Interval(() => {
 *   if (++calls === 3) void interval.stop();
 * }, 10);
 * await interval.run(new AbortController().signal);
 * console.log(calls);
 * // Output:
 * // 3
 * ```
 * @throws TypeError or RangeError when an argument is not what it must be.
 *
 * Source: blend/go-sdk async Interval
 */
export class Interval extends Background {
  readonly #action: Work<unknown>;
  readonly #interval: number;
  readonly #delay: number;
  readonly #stopOnError: boolean;
  readonly #onError: IntervalOptions['onError'];

  /**
   * Makes an interval, which calls nothing before `start` or `run`.
   *
   * @param action is called with a signal that asks it to stop
   * @param interval the time from one call to the next, in milliseconds. Default: 500
   * @param options name, signal, delay and the handling of errors. Default: no delay, and it goes on after an error
   */
  constructor(action: Work<unknown>, interval: number = defaultInterval, options: IntervalOptions = {}) {
    super('Interval', options);
    const { delay = 0, stopOnError = false, onError } = options;
    checkFunction(`${this.of}action`, action);
    checkNumber(`${this.of}interval`, interval, 0);
    checkNumber(`${this.of}delay`, delay, 0);
    this.#action = action;
    this.#interval = interval;
    this.#delay = delay;
    this.#stopOnError = stopOnError;
    this.#onError = onError;
  }

  protected override async serve(signal: AbortSignal): Promise<void> {
    const interval = this.#interval;
    let due = Date.now() + this.#delay + interval;
    // Not even a timer of no time: who drives the timers by hand would have to pass it first.
    if (this.#delay > 0 && !(await this.#pause(this.#delay, signal))) return;
    const wait = (): Promise<boolean> => {
      const rest = Math.max(due - Date.now(), 0);
      // Not longer than from one to the next: the clock may have been set back, or does not go on with the timers.
      return this.#pause(rest > interval + EARLY ? interval : rest, signal);
    };
    while (await wait()) {
      // It has been: the call comes when it is due.
      if (due - Date.now() > interval + EARLY) due = Date.now();
      try {
        await this.#action(signal);
      } catch (error) {
        if (isAbort(error, signal)) return;
        if (this.#stopOnError && this.#onError === undefined) throw error;
        report(this.#onError, error);
        if (this.#stopOnError) return;
      }
      const late = Date.now() - due;
      due += interval * (late >= interval && interval > 0 ? Math.floor(late / interval) + 1 : 1);
    }
  }

  protected override halt(controller: LinkedController): void {
    controller.abort();
  }

  /** Whether the time has passed; false when the signal has aborted. */
  #pause(ms: number, signal: AbortSignal): Promise<boolean> {
    return sleep(ms, { signal }).then(
      () => !signal.aborted,
      () => false,
    );
  }
}
