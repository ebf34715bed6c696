/// <reference lib="esnext.disposable" preserve="true" />
import { type Actioner, actionOf, type WorkAction } from './actioner.js';
import { check, checkFunction, checkNumber, checkOptions, prefixOf } from './arguments.js';
import { type BatchOptions, type BatchResult, nothing, type ResultsOptions } from './batch-options.js';
import { Lanes, type Plan } from './lanes.js';
import { availableCores } from './platform.js';
import { resultsOf, Stream } from './results.js';
import { countOf } from './source.js';

/**
 * Runs an action for each item of a known quantity of work, so many at a time.
 *
 * The work is anything that can be iterated, also asynchronously. It is read as it is needed: no item is read before there
 * is a place for it. Like `p-map`, except that failures do not stop it unless `stopOnError`, and that results are
 * streamed, not collected. An item that is a promise, or has a `then`, is given to the action as it is, whatever it comes
 * from; an asynchronous generator waits itself for what it yields. Nobody looks at a promise before its action has begun: one
 * that rejects before that is an unhandled rejection, as ever. Items that are not yet begun are for the action to begin.
 *
 * On abort, and on the first error under `stopOnError`: the signal of the actions aborts, the work is closed, and when
 * nothing runs any more the batch rejects with the reason, or the error. What closing the work fails with is thrown if
 * nothing else is, and otherwise is in `progress.errors`. Work that was being asked for an item is not waited for: what it
 * fails with when the batch has settled is an unhandled rejection.
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
   * Makes a batch, which asks for nothing before `process` or `results`.
   *
   * @param work the items, which are asked for one after the other, as there are places for them
   * @param action is called with each item and a signal to stop by
   * @param options how many run at the same time, by default as many as there are processors, and what becomes of errors
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

  /** How far the last call of `process`, or the stream begun last, has come, also when it was stopped. */
  get progress(): BatchResult {
    return this.#progress;
  }

  /**
   * Runs the action for each item, and resolves with what has become of them when all are done.
   *
   * @throws (as a rejection) the reason of the signal; what the source throws; under `stopOnError` the first error.
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
   * Streams the results, with so many items running or waiting to be read at most as may run at a time. Nothing is
   * started before the first is asked for. Ending the loop over it, `return`, and disposal abort the signal of the actions
   * and wait for what runs; who waits for a result then is told that there are no more.
   *
   * A failed item is told to `onError` and left out; without `onError`, or under `stopOnError`, it stops the stream, which
   * throws the error after the results that came before. `progress.errors` holds all of them, those that `onError` was told
   * of, too: it grows with each, also of work without an end. A stream that is begun has to be read to its end or left:
   * until then it stays on its signal.
   *
   * An error that is thrown into it by `throw` is what that rejects with; what else it fails with then is in
   * `progress.errors`.
   *
   * @throws TypeError when an argument is not what it must be; the stream throws the reason of the signal and what the
   * source throws.
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
