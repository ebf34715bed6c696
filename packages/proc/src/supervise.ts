import { isAbort, link, sleep } from '@x/abort';
import { check, checkNumber, checkSignal } from './arguments.js';
import { MultiError } from './errors.js';
import { under, type Proc } from './proc.js';

/**
 * Configures how long `supervise` waits before a restart.
 *
 * @example
 * ```ts
 * import { supervise, type Backoff } from '@x/proc';
 *
 * // 1 s, 3 s, 9 s, and 10 s from then on, each shortened at random, which is `jitter`. With a factor of 1 they are all alike.
 * const backoff: Backoff = { initial: 1_000, factor: 3, max: 10_000 };
 * export const poll = supervise(
 *   async (signal) => {
 *     await fetch('https://example.com', { signal });
 *   },
 *   { backoff },
 * );
 * ```
 *
 * Source: none in go-proc; google.golang.org/grpc/backoff Config
 */
export interface Backoff {
  /** The first wait, in milliseconds. Default: 100. */
  initial?: number | undefined;
  /** The factor from each wait to the next, from 1 (all waits are alike) to 1,000,000,000. Default: 2. */
  factor?: number | undefined;
  /** The longest wait, in milliseconds. Default: 30,000. */
  max?: number | undefined;
}

/**
 * Configures `supervise`.
 *
 * @example
 * ```ts
 * import { supervise } from '@x/proc';
 *
 * const load = () => Promise.reject(new TypeError('no such table'));
 * // It sees every error: the place to log them. And a mistake of the program's stays one, however often it is tried.
 * const isFatal = (error: unknown) => {
 *   console.log('load:', String(error));
 *   return error instanceof TypeError;
 * };
 * const loading = supervise(load, { retries: 5, isFatal });
 * await Promise.resolve(loading(new AbortController().signal)).catch(() => console.log('given up'));
 * // Output:
 * // load: TypeError: no such table
 * // given up
 * ```
 *
 * Source: none in go-proc; Erlang supervisor
 */
export interface SuperviseOptions {
  /** The maximum number of restarts over the whole life of the process; a long run resets nothing. A fraction is rounded down. Default: `Infinity`. */
  retries?: number | undefined;
  /** How long to wait before each restart. */
  backoff?: Backoff | undefined;
  /** The largest share, from 0 to 1, by which a wait is shortened at random, so that processes that failed together do not restart together. Default: 0.5. */
  jitter?: number | undefined;
  /**
   * Returns true for an error that a restart cannot cure: `supervise` then throws the error. If this function throws itself, both errors are thrown, as a
   * `MultiError`. Default: no error is fatal.
   */
  isFatal?: ((error: unknown) => boolean | PromiseLike<boolean>) | undefined;
}

/**
 * Returns a process that restarts another one when it fails, after a wait that gets longer each time, up to a maximum.
 *
 * It ends when the inner process returns. The wait and the number of retries are never reset, however long a run lasts before it fails. To reset them,
 * let the process return after a long run, and start the supervision again. Each run gets its own signal, which aborts when that run has ended, so that
 * it leaves nothing behind for the next one.
 *
 * On abort: waits for a running process and does not start it again. A wait between two runs ends at once, with the signal's reason.
 *
 * On error: throws the error of the last run, as it is, when no retries are left, when `isFatal` returns true, or when the signal has aborted. `isFatal` sees
 * every error except the signal's reason, so you can also log errors there. If `isFatal` throws, the process ends and throws both errors, as a `MultiError`.
 *
 * @example
 * ```ts
 * import { supervise } from '@x/proc';
 *
 * let runs = 0;
 * const flaky = supervise(
 *   async () => {
 *     if (++runs < 3) throw new Error('not yet');
 *   },
 *   { backoff: { initial: 1 } },
 * );
 * await flaky(new AbortController().signal);
 * console.log(runs);
 * // Output:
 * // 3
 * ```
 * @throws TypeError when `proc` is not a function or an option has the wrong type; RangeError when a number is out of range.
 *
 * Source: none in go-proc; Erlang supervisor
 */
export function supervise(proc: Proc, options: SuperviseOptions = {}): Proc {
  check('proc', proc, 'function');
  check('options', options, 'object');
  const { retries = Infinity, backoff = {}, jitter = 0.5, isFatal = () => false } = options;
  check('backoff', backoff, 'object');
  const { initial = 100, max = 30_000, factor = 2 } = backoff;
  checkNumber('retries', retries);
  checkNumber('backoff.initial', initial);
  checkNumber('backoff.max', max);
  checkNumber('backoff.factor', factor, 1, 1e9);
  checkNumber('jitter', jitter, 0, 1);
  check('isFatal', isFatal, 'function');

  return async (signal) => {
    checkSignal(signal);
    let wait = initial;
    for (let left = retries; ; left--, wait *= factor) {
      try {
        return await under(link(signal), signal, proc);
      } catch (error) {
        if (isAbort(error, signal)) throw signal.reason;
        try {
          if ((await isFatal(error)) || left < 1 || signal.aborted) throw error;
        } catch (thrown) {
          throw Object.is(error, thrown) ? thrown : new MultiError([error, thrown]);
        }
        await sleep(Math.min(wait, max) * (1 - Math.random() * jitter), { signal });
      }
    }
  };
}
