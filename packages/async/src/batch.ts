/// <reference lib="esnext.disposable" preserve="true" />
import { type Actioner, actionOf, type WorkAction } from './actioner.js';
import { check, checkFunction, checkNumber, checkOptions, prefixOf } from './arguments.js';
import { type BatchOptions, type BatchResult, nothing, type ResultsOptions } from './batch-options.js';
import { Lanes, type Plan } from './lanes.js';
import { availableCores } from './platform.js';
import { resultsOf, Stream } from './results.js';
import { countOf } from './source.js';

/**
 * Runs an action for each item of a known list or source, a limited number at a time.
 *
 * The work is any iterable or async iterable. The batch reads an item only when there is a place for it. Like `p-map`, except
 * that failures do not stop it without `stopOnError`, and that it streams results and does not collect them.
 *
 * An item that is a promise, or has a `then`, is passed to the action as it is. (An async generator itself waits for a promise
 * that it yields.) Nothing handles such a promise before its action starts: if it rejects earlier, it is an unhandled
 * rejection. To avoid that, let the action start the work.
 *
 * On abort, and on the first error with `stopOnError`: the signal of the actions aborts, and the source is closed. When
 * nothing runs any more, the batch rejects with the reason, or with the error. If closing the source fails, that error is
 * thrown if there is no other, and otherwise is in `progress.errors`.
 *
 * The batch waits for the source's `return()`, but not for a source from which it was waiting for an item. A generator or
 * stream cannot close before that item comes: a silent stream stays open, and the `finally` of the generator does not run.
 * Pass the signal to the source too, as with `addAbortSignal(signal, stream)`. If such a source fails after the batch has
 * settled, with anything but the reason of the abort, that is an unhandled rejection.
 *
 * @example
 * ```ts
 * import { Batch } from '@x/async';
 *
 * const batch = new Batch(['a', 'b', ''], async (text) => {
 *   if (text === '') throw new Error('empty');
 *   return text.toUpperCase();
 * });
 * const { done, failed, errors } = await batch.process();
 * console.log(done, failed, errors.all()?.message);
 * // Output:
 * // 2 1 empty
 * ```
 * @throws TypeError or RangeError when an argument is not what it must be.
 *
 * Source: blend/go-sdk async Batch
 */
export class Batch<T, R = void> {
  readonly #plan: Plan<T, R>;
  #progress: BatchResult = nothing();

  /**
   * Makes a batch, which reads nothing before `process` or `results`.
   *
   * @param work the items, which are read one after another, when there are places for them
   * @param action is called with each item and a signal that asks it to stop
   * @param options the parallelism, by default the number of available cores, and the handling of errors
   */
  constructor(
    work: Iterable<T> | AsyncIterable<T>,
    action: WorkAction<T, R> | Actioner<T, R>,
    options: BatchOptions<T> = {},
  ) {
    const title = prefixOf('Batch', options);
    checkOptions(options, title);
    const { parallelism = availableCores(), onError, stopOnError = false } = options;
    const iterable = Object(work) as Iterable<T> & AsyncIterable<T>;
    const iterate: unknown = iterable[Symbol.asyncIterator] ?? iterable[Symbol.iterator];
    check(typeof iterate === 'function', `${title}work`, 'iterable', work);
    checkNumber(`${title}parallelism`, parallelism, 1);
    checkFunction(`${title}onError`, onError, true);
    this.#plan = { work, action: actionOf(action, title), parallelism, onError, stopOnError, title };
  }

  /** The progress of the last call of `process`, or of the last stream that was begun, even if it was stopped. */
  get progress(): BatchResult {
    return this.#progress;
  }

  /**
   * Runs the action for each item, and resolves with the counts and the errors when all are done.
   *
   * @throws (as a rejection) the reason of the signal; the source's error; with `stopOnError` the first error.
   */
  async process(signal?: AbortSignal): Promise<BatchResult> {
    checkOptions({ signal }, this.#plan.title);
    this.#heed(signal);
    const lanes = new Lanes(this.#plan, signal);
    this.#progress = lanes.progress;
    const finished = lanes.finish();
    lanes.go();
    await finished;
    if (lanes.failure) throw lanes.failure[0];
    return lanes.progress;
  }

  /**
   * Streams the results. Running items and results that are not yet read are together at most `parallelism`; a result counts as
   * read when the next one is asked for. Nothing starts before the first result is asked for. Leaving the loop, `return` and disposal abort the signal of the actions and wait
   * for the running ones; a pending `next()` then resolves as done. They do not throw the error of an item, which is in
   * `progress.errors`, nor the reason of the signal. They throw an error of the source, or of closing it,
   * unless the stream had been stopped before that.
   *
   * When an item fails, `onError` is called and the stream goes on without it. Without `onError`, or with `stopOnError`, the
   * failure stops the stream, which throws the error after the results that came before.
   *
   * `progress.errors` keeps every error until the next call, even if `onError` has been called with it. So it grows with each
   * failure, also for an endless source. Read a stream to its end, leave its loop, or dispose of it: otherwise it stays on its
   * signal, with all that it holds, until the signal aborts.
   *
   * When you throw an error into the stream with its `throw` method, that error is the rejection; other errors of the stream
   * are then in `progress.errors`. When you leave a `for await` loop with a `throw`, the language drops the errors of closing
   * the stream.
   *
   * @throws TypeError when an argument is not what it must be; the stream throws the reason of the signal and the source's
   * error.
   */
  results(options: ResultsOptions = {}): AsyncIterableIterator<R> & AsyncDisposable {
    const plan = this.#plan;
    checkOptions(options, plan.title);
    const { ordered, signal } = options;
    const begin = (): Stream<T, R> => {
      this.#heed(signal);
      // Without somebody else who is told of it, the first failure is the stream's.
      const stream = new Stream({ ...plan, stopOnError: plan.stopOnError || !plan.onError }, { ordered, signal });
      this.#progress = stream.progress;
      return stream;
    };
    return resultsOf(begin, () => this.#skip());
  }

  /** Nothing is begun when the signal has aborted. */
  #heed(signal: AbortSignal | undefined): void {
    // Also of work that cannot be read, and throws.
    this.#progress = nothing();
    if (!signal?.aborted) return;
    this.#skip();
    throw signal.reason;
  }

  /** It has ended before it has begun. */
  #skip(): void {
    this.#progress = nothing(countOf(this.#plan.work));
  }
}
