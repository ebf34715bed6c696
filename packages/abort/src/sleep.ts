import { checkNumber, checkSignal, read } from './arguments.js';
import { Follower } from './follower.js';
import { never } from './never.js';
import { LONGEST } from './timer.js';

/**
 * Configures `sleep`.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 *
 * async function heartbeat(signal?: AbortSignal) {
 *   for (;;) {
 *     console.log('alive');
 *     await sleep(60_000, { signal, unref: true });
 *   }
 * }
 *
 * void heartbeat(); // ends with the program, which does not wait for the minute to be over
 * // Output:
 * // alive
 * ```
 *
 * Source: none in Go; the options of `setTimeout` of timers/promises
 */
export interface SleepOptions {
  /** Ends the sleep early: the promise rejects with the signal's reason. Default: none. */
  signal?: AbortSignal | undefined;
  /** Lets the program exit when only this sleep is pending, on runtimes that support it. Default: false. */
  unref?: boolean | undefined;
}

/** A sleep is one object and what its timer calls: many sleep at once. */
class Sleeper extends Follower {
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;
  readonly #unref: boolean | undefined;
  #rest: number;
  #handle: unknown;

  constructor(ms: number, unref: boolean | undefined, resolve: () => void, reject: (reason: unknown) => void) {
    super();
    this.#rest = ms;
    this.#unref = unref;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    if (this.#rest === Infinity) return;
    const delay = Math.min(this.#rest, LONGEST);
    this.#rest -= delay;
    this.#handle = setTimeout(() => this.#ring(), delay);
    if (this.#unref) (this.#handle as { unref?: () => void }).unref?.();
  }

  #ring(): void {
    if (this.#rest > 0) {
      this.start();
    } else {
      this.$leave();
      this.#resolve();
    }
  }

  override $told(reason: unknown): void {
    clearTimeout(this.#handle as number);
    this.#reject(reason);
  }
}

/**
 * Resolves after `ms` milliseconds, or rejects with the signal's reason if the signal aborts first.
 *
 * Like `setTimeout` of `timers/promises`, except in three points. The reason is thrown as it is, not wrapped. Any length works, and `Infinity`
 * sleeps until the abort. Ten thousand sleeps on one signal share one listener. A sleep keeps the program alive unless `unref` is set;
 * `sleep(Infinity)` has no timer and never does.
 *
 * @param ms milliseconds, zero or more
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 *
 * const controller = new AbortController();
 * const nap = sleep(60_000, { signal: controller.signal });
 * controller.abort('wake up');
 * await nap.catch((reason) => console.log(reason));
 * // Output:
 * // wake up
 * ```
 * @throws (as a rejection) the signal's own reason; TypeError or RangeError when `ms` or `signal` is invalid.
 *
 * Source: time.Sleep, with a context
 */
export function sleep(ms: number, options?: SleepOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    checkNumber('ms', ms);
    const { signal = never, unref } = read(options);
    checkSignal('signal', signal);
    const sleeper = new Sleeper(ms, unref, resolve, reject);
    if (!signal.aborted) sleeper.start();
    sleeper.$follow(signal);
  });
}
