/// <reference lib="esnext.disposable" preserve="true" />
import { isAbort, LinkedController, type Work } from '@x/abort';
import { checkFunction, checkOptions } from './arguments.js';
import { deferred } from './deferred.js';
import { Disposing } from './dispose.js';
import { CannotCancelError } from './errors.js';
import type { WaitOptions } from './latch.js';

/**
 * Work that has been started, and can be awaited, cancelled, and asked for its result any number of times.
 *
 * It begins in a microtask; when its signal has aborted by then it does not begin, and fails with the reason. As with a
 * promise, a failure that nobody looks at is an unhandled rejection.
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

  /** As `start`. */
  static start<T>(work: Work<T>, options?: WaitOptions): Future<T> {
    return new Future(work, options);
  }

  /**
   * Starts work, in a microtask.
   *
   * @param work is called with a signal to stop by
   * @param options a signal that cancels it. Default: none
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

  /** Resolves when the work is over, well or not. Never rejects, and does not count as having looked at a failure. */
  get finished(): Promise<void> {
    // Not made of the result: that would be looking at it.
    return this.#finished.promise;
  }

  /** Resolves with the result, or rejects with what the work failed with. Can be called at any time, and again. */
  complete(): Promise<T> {
    this.#asked = true;
    return this.#result;
  }

  /**
   * Aborts the work's signal, and resolves when the work is over.
   *
   * @throws (as a rejection) CannotCancelError the second time; what the work fails with, when that is not the abort.
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

  /** As the `then` of a promise, so that a future can be awaited. */
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.complete().then(onFulfilled, onRejected);
  }

  /**
   * What disposal does: cancels the work if it has not been cancelled, and resolves when it is over.
   *
   * @throws (as a rejection) what `cancel` throws, unless somebody has called that, or had asked for the result of work that was over before: then
   * that is told already. The same each time.
   */
  protected end(): Promise<void> {
    return (this.#ending ??= this.#cancelled || (this.#asked && this.#over) ? this.finished : this.cancel());
  }
}

/**
 * Starts work in the background and returns the future of it.
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
