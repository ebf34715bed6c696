/// <reference lib="esnext.disposable" preserve="true" />
// Invariants
// 1. An item that has been read is started at once, unless the batch has stopped meanwhile.
// 2. Once `failure` is set nothing is started; what runs is waited for, and then the failure is thrown.
// 3. The source is closed once, when the batch stops before the source has ended; never when the source ended or threw.
// 4. What the source fails with is the failure when there is none, except that the abort's own reason is no news; else it is
//    with the other errors while the batch goes on, and after that it is the platform's.

import { abortable, isAbort, LinkedController, onAbort } from '@x/abort';
import { type Actioner, actionOf, type WorkAction } from './actioner.js';
import { check, checkFunction, checkNumber, checkOptions, signalOf, titleOf } from './arguments.js';
import { deferred } from './deferred.js';
import { asyncDispose, dispose } from './dispose.js';
import { Errors } from './error-collection.js';
import { afterEvents, availableCores } from './platform.js';
import { report } from './report.js';
import { END, type Source, sourceOf } from './source.js';
import { Streak } from './streak.js';
import { isThenable } from './thenable.js';

/** How a batch works. Source: blend/go-sdk async BatchOption */
export interface BatchOptions<T> {
  /** How many actions run at the same time, 1 or more. Default: as many as there are cores. */
  parallelism?: number | undefined;
  /** Is told what an item failed with, as it happens. Default: none. */
  onError?: ((error: unknown, item: T) => void) | undefined;
  /** Whether the first failure stops the batch. Default: false. */
  stopOnError?: boolean | undefined;
  /** What messages call the batch. Default: none. */
  name?: string | undefined;
}

/** What has become of the items of a batch. */
export interface BatchResult {
  /** How many went well. */
  done: number;
  /** How many failed. */
  failed: number;
  /**
   * How many were not started because the batch stopped. Arrays, typed arrays, sets, maps and strings tell how many there
   * are; of anything else those count that had been read.
   */
  skipped: number;
  /** What they failed with, and what the source failed with after the batch had stopped for another reason. */
  errors: Errors;
}

/** How to stream the results of a batch. */
export interface ResultsOptions {
  /** Whether they come in the order of the source, not as they are ready. Default: false. */
  ordered?: boolean | undefined;
  /** Stops the batch when it aborts: the stream throws the reason. Default: none. */
  signal?: AbortSignal | undefined;
}

/**
 * Runs an action for each item of a known quantity of work, so many at a time.
 *
 * The work is anything that can be iterated, also asynchronously. It is read as it is needed: no item is read before there
 * is a place for it. Like `p-map`, except that failures do not stop it unless `stopOnError`, and that results are
 * streamed, not collected.
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
  readonly #work: Iterable<T> | AsyncIterable<T>;
  readonly #action: WorkAction<T, R>;
  readonly #parallelism: number;
  readonly #onError: BatchOptions<T>['onError'];
  readonly #stopOnError: boolean;
  #progress: BatchResult = nothing();

  constructor(
    work: Iterable<T> | AsyncIterable<T>,
    action: WorkAction<T, R> | Actioner<T, R>,
    options: BatchOptions<T> = {},
  ) {
    checkOptions(options);
    const { parallelism = availableCores(), onError, stopOnError = false, name } = options;
    const title = name === undefined ? '' : `${titleOf('Batch', name)}: `;
    const iterable = Object(work ?? {}) as Iterable<T> & AsyncIterable<T>;
    const iterate: unknown = iterable[Symbol.asyncIterator] ?? iterable[Symbol.iterator];
    check(typeof iterate === 'function', `${title}work`, 'iterable', work);
    checkNumber(`${title}parallelism`, parallelism, 1);
    checkFunction(`${title}onError`, onError, true);
    this.#work = work;
    this.#action = actionOf(action);
    this.#parallelism = parallelism;
    this.#onError = onError;
    this.#stopOnError = stopOnError;
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
    signalOf({ signal });
    const result = (this.#progress = nothing());
    const action = this.#action;
    const stage = new Stage(this.#work, signal, result.errors);
    const { source } = stage;
    const actionSignal = stage.controller.signal;
    let loops = 0;
    const finished = deferred();

    const loop = async (): Promise<void> => {
      loops++;
      const streak = new Streak();
      try {
        while (!stage.over) {
          if (stage.resting !== undefined) {
            await stage.resting;
            continue;
          }
          let item = source.read() as T | typeof END;
          if (source.slow) {
            item = await abortable(item as unknown as Promise<T>, actionSignal);
            // Those before it may have taken their time meanwhile.
            while (stage.resting !== undefined) await abortable(stage.resting, actionSignal);
            // One more reader for each that has found work.
            if (item !== END && loops < this.#parallelism) void loop();
          }
          if (item === END) stage.over = true;
          // The source may itself have stopped the batch.
          if (stage.over) break;
          try {
            const value = action(item as T, actionSignal);
            if (isThenable(value)) {
              await value;
              streak.broken();
            } else {
              if (streak.count()) stage.rest();
            }
            result.done++;
          } catch (error) {
            result.failed++;
            // What an abort does to an action is no news.
            if (!isAbort(error, actionSignal)) {
              result.errors.add(error);
              if (this.#onError) report(this.#onError, error, item as T);
              if (this.#stopOnError) stage.stop(error);
            }
          }
        }
      } catch (error) {
        stage.break(error);
      }
      if (--loops === 0) finished.resolve();
    };

    do void loop();
    while (!source.slow && !stage.over && loops < this.#parallelism);
    await finished.promise;
    await stage.close();
    if (stage.failure === undefined) return result;
    result.skipped = stage.skipped(result);
    throw stage.failure[0];
  }

  /**
   * Streams the results, with so many items running or waiting to be read at most as may run at a time. Nothing is
   * started before the first is asked for. Ending the loop over it, `return`, and disposal abort the signal of the actions
   * and wait for what runs; who waits for a result then is told that there are no more.
   *
   * A failed item is told to `onError` and left out; without `onError`, or under `stopOnError`, it stops the stream, which
   * throws the error after the results that came before. What else failed by then is in `progress.errors`.
   *
   * @throws TypeError when an argument is not what it must be; the stream throws the reason of the signal and what the
   * source throws.
   */
  results(options: ResultsOptions = {}): AsyncIterableIterator<R> & AsyncDisposable {
    checkOptions(options);
    const exit: Exit = {};
    const stream = this.#stream(options, exit);
    const end = stream.return.bind(stream);
    // A generator's own would wait for the result that is being waited for.
    const leave = async (value?: unknown): Promise<IteratorResult<R, void>> => {
      exit.leave?.();
      const result = await end(value as void);
      if (exit.failure) throw exit.failure[0];
      return result;
    };
    return Object.assign(stream, {
      return: leave,
      throw: async (error: unknown) => {
        await leave();
        throw error;
      },
      [asyncDispose]: async () => void (await leave()),
    });
  }

  async *#stream({ ordered = false, signal }: ResultsOptions, exit: Exit): AsyncGenerator<R, void, undefined> {
    if (signal?.aborted) throw signal.reason;
    const result = (this.#progress = nothing());
    const action = this.#action;
    const stage = new Stage(this.#work, signal, result.errors);
    const { source } = stage;
    const actionSignal = stage.controller.signal;
    /** What is to be handed out: from the start on when ordered, from the end on otherwise. */
    let slots: { value?: R; settled: boolean; well: boolean }[] = [];
    let head = 0;
    let running = 0;
    let occupied = 0;
    let fed = false;
    let wakeFeeder: (() => void) | undefined;
    let wakeReader: (() => void) | undefined;

    const run = async (item: T): Promise<void> => {
      const slot: (typeof slots)[number] = { settled: false, well: false };
      if (ordered) slots.push(slot);
      running++;
      try {
        const value = action(item, actionSignal);
        slot.value = isThenable(value) ? await value : value;
        slot.well = true;
        result.done++;
      } catch (error) {
        result.failed++;
        if (!isAbort(error, actionSignal)) {
          result.errors.add(error);
          if (this.#onError) report(this.#onError, error, item);
          if (!this.#onError || this.#stopOnError) stage.stop(error);
        }
      }
      running--;
      slot.settled = true;
      if (!ordered) slots.push(slot);
      wakeReader?.();
    };

    const feed = async (): Promise<void> => {
      try {
        const streak = new Streak();
        while (!stage.over) {
          if (stage.resting !== undefined) {
            await stage.resting;
          } else if (occupied >= this.#parallelism) {
            // The reader may have gone on without the event loop having had its turn.
            await new Promise<void>((resolve) => (wakeFeeder = resolve));
          } else {
            let item = source.read() as T | typeof END;
            if (source.slow) item = await abortable(item as unknown as Promise<T>, actionSignal);
            if (item === END) {
              stage.over = true;
            } else if (!stage.over) {
              occupied++;
              void run(item);
              if (streak.count()) stage.rest();
            }
          }
        }
      } catch (error) {
        stage.break(error);
      }
      fed = true;
      wakeReader?.();
    };

    let left = false;
    exit.leave = () => {
      left = true;
      stage.end();
      wakeFeeder?.();
    };
    void feed();
    try {
      while (!left) {
        const slot = slots[head];
        if (slot?.settled) {
          if (++head > 1023) {
            slots = slots.slice(head);
            head = 0;
          }
          if (slot.well) yield slot.value as R;
          occupied--;
          wakeFeeder?.();
        } else if (fed && running === 0) {
          break;
        } else {
          await new Promise<void>((resolve) => (wakeReader = resolve));
        }
        if (stage.over) wakeFeeder?.();
      }
    } finally {
      while (!fed || running > 0) await new Promise<void>((resolve) => (wakeReader = resolve));
      await stage.close();
      exit.leave = undefined;
      result.skipped = stage.skipped(result);
      // An error that came while the stream ended has no other place.
      if (left) exit.failure = stage.failure;
      else if (stage.failure) throw stage.failure[0];
    }
  }
}

function nothing(): BatchResult {
  return { done: 0, failed: 0, skipped: 0, errors: new Errors() };
}

/** How a stream is ended from outside, also while its next result is waited for. */
interface Exit {
  leave?: (() => void) | undefined;
  /** What is to be thrown to whoever ends it. */
  failure?: [unknown] | undefined;
}

/** One go through a source, until its end or until it is stopped. */
class Stage<T> {
  readonly source: Source<T>;
  readonly controller: LinkedController;
  over = false;
  failure: [unknown] | undefined;
  /** Until the event loop has had its turn. */
  resting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #closed = false;
  /** What an asynchronous source failed with, which it does once, has been told. */
  #told = false;
  readonly #errors: Errors;
  readonly #following: { [dispose](): void };

  constructor(work: Iterable<T> | AsyncIterable<T>, signal: AbortSignal | undefined, errors: Errors) {
    this.source = sourceOf(work, (error) => {
      // Not by who reads alone, who is told of an abort, and may not be of this.
      this.break(error);
      this.#told = true;
    });
    this.#errors = errors;
    this.controller = new LinkedController(signal);
    this.#following = onAbort(this.controller.signal, (reason) => this.stop(reason));
  }

  /** Stops, with what is to be thrown. */
  stop(error: unknown): void {
    this.failure ??= [error];
    this.end(error);
  }

  /** Stops because the source has failed, which therefore need not be closed. */
  break(error: unknown): void {
    if (!this.over) {
      this.over = true;
      this.stop(error);
    } else if (!this.#told) {
      this.#fault(error);
    }
  }

  /** The source has failed after the batch has stopped. That it has heard of the abort is no news. */
  #fault(error: unknown): void {
    if (isAbort(error, this.controller.signal)) return;
    if (this.#closed) report(undefined, error);
    else if (this.failure) this.#errors.add(error);
    else this.failure = [error];
  }

  /** Starts nothing more, and closes the source, unless that has ended. */
  end(reason?: unknown): void {
    if (!this.over) {
      // Before it is closed: that may call back, and abort.
      this.over = true;
      const closing = this.source.close().catch((error: unknown) => this.#fault(error));
      if (!this.source.reading) this.#closing = closing;
    }
    this.#following[dispose]();
    this.controller.abort(reason);
  }

  /** Resolves when the source has closed, if it had to, and was not being asked: it may hang. */
  async close(): Promise<void> {
    this.#following[dispose]();
    this.controller.unlink();
    await this.#closing;
    this.#closed = true;
  }

  /** How many items were not started, as far as is known. */
  skipped({ done, failed }: BatchResult): number {
    return Math.max(0, this.source.size - done - failed);
  }

  /** Lets the event loop have its turn: nothing starts until then. */
  rest(): void {
    const { promise, resolve } = deferred();
    this.resting = promise;
    afterEvents(() => {
      this.resting = undefined;
      resolve();
    });
  }
}
