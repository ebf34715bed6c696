/// <reference lib="esnext.disposable" preserve="true" />
import { isAbort, LinkedController, type Work } from '@x/abort';
import { checkFunction, checkOptions } from './arguments.js';
import { deferred } from './deferred.js';
import { Disposing } from './dispose.js';
import { CannotCancelError } from './errors.js';
import type { WaitOptions } from './latch.js';

/**
 * Represents started work: it can be awaited, cancelled, and asked for its result any number of times.
 *
 * The work begins in a microtask. If its signal has aborted by then, it does not begin and fails with the reason. As with a
 * promise, a failure that nobody handles is an unhandled rejection.
 *
 * @example
 * ```ts
 * import { Future } from '@x/async';
 *
 * const future = Future.start(async (signal) => (signal.aborted ? 0 : 42));
 * console.log(await future, await future.complete());
 * // Output:
 * // 42 42
 * ```
 * @throws TypeError when an argument is not what it must be.
 *
 * Source: blend/go-sdk async Future
 */
export class Future<T> extends Disposing implements PromiseLike<T> {
  readonly #controller: LinkedController;
  readonly #result: Promise<T>;
  #cancelled = false;
  /** Somebody has asked for the result. */
  #asked = false;
  #ending: Promise<void> | undefined;
  #over = false;
  readonly #finished = deferred();

  /** Starts work in the background and returns its future, as `start` does. */
  static start<T>(work: Work<T>, options?: WaitOptions): Future<T> {
    return new Future(work, options);
  }

  /**
   * Starts work, in a microtask.
   *
   * @param work is called with a signal that asks it to stop
   * @param options a signal that cancels the work. Default: none
   */
  constructor(work: Work<T>, options: WaitOptions = {}) {
    super();
    checkFunction('work', work);
    checkOptions(options);
    const controller = (this.#controller = new LinkedController(options.signal));
    this.#result = (async () => {
      await Promise.resolve(); // never before `start` has returned
      try {
        if (controller.aborted) throw controller.reason;
        return await work(controller.signal);
      } finally {
        controller.unlink();
        this.#over = true;
        this.#finished.resolve();
      }
    })();
  }

  /** Resolves when the work is over, even if it failed. Never rejects, and does not handle a failure. */
  get finished(): Promise<void> {
    // Not made of the result: that would be looking at it.
    return this.#finished.promise;
  }

  /** Resolves with the result, or rejects with the error of the work. Can be called at any time, any number of times. */
  complete(): Promise<T> {
    this.#asked = true;
    return this.#result;
  }

  /**
   * Aborts the work's signal, and resolves when the work is over.
   *
   * @throws (as a rejection) CannotCancelError the second time; the error of the work, unless it is the abort.
   */
  async cancel(): Promise<void> {
    if (this.#cancelled) throw new CannotCancelError('Future cannot be cancelled: it has been cancelled');
    this.#cancelled = true;
    if (!this.#over) this.#controller.abort();
    try {
      await this.#result;
    } catch (error) {
      if (!isAbort(error, this.#controller.signal)) throw error;
    }
  }

  /** Works as the `then` of a promise, so that a future can be awaited. */
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.complete().then(onFulfilled, onRejected);
  }

  /**
   * Disposes of the future: cancels the work if it has not been cancelled, and resolves when the work is over.
   *
   * @throws (as a rejection) the same errors as `cancel`. It does not reject if somebody has called `cancel` before, or if the work is over and somebody
   * has asked for its result: then the error has been delivered. Every disposal has the same outcome.
   */
  protected end(): Promise<void> {
    return (this.#ending ??= this.#cancelled || (this.#asked && this.#over) ? this.finished : this.cancel());
  }
}

/**
 * Starts work in the background and returns its future.
 *
 * On abort: the work's signal aborts, and the future settles when the work does.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { start } from '@x/async';
 *
 * const future = start((signal) => sleep(60_000, { signal }));
 * await future.cancel();
 * await future.complete().catch((error) => console.log(error.name));
 * // Output:
 * // AbortError
 * ```
 * @throws TypeError when an argument is not what it must be.
 *
 * Source: blend/go-sdk async Await
 */
export function start<T>(work: Work<T>, options?: WaitOptions): Future<T> {
  return new Future(work, options);
}
