/// <reference lib="esnext.disposable" preserve="true" />
import { isAbort, onAbort } from '@x/abort';
import { type Actioner, actionOf, type WorkAction } from './actioner.js';
import { checkFunction, signalOf } from './arguments.js';
import { Background, type BackgroundOptions } from './background.js';
import { dispose, type Disposal } from './dispose.js';
import { DiscardedError } from './errors.js';
import { Entry, refuse } from './job.js';
import type { WaitOptions } from './latch.js';
import { latchStopped, latchStopping } from './latch-state.js';
import { Line } from './line.js';
import { report } from './report.js';

/**
 * Is called when an item is done, whether it succeeded or failed: for example to return the worker to its pool.
 *
 * @example
 * ```ts
 * import { Worker, type WorkerFinalizer } from '@x/async';
 *
 * const free: Worker<string>[] = [];
 * const giveBack: WorkerFinalizer<string> = (worker) => void free.push(worker);
 * const worker = new Worker((page: string) => console.log(page), { finalizer: giveBack });
 * await worker.start();
 * await worker.enqueue('a page');
 * await worker.stop();
 * console.log(free.length);
 * // Output:
 * // a page
 * // 1
 * ```
 *
 * Source: blend/go-sdk async WorkerFinalizer
 */
export type WorkerFinalizer<T> = (worker: Worker<T>, signal: AbortSignal) => void | PromiseLike<void>;

/**
 * Configures a worker.
 *
 * @example
 * ```ts
 * import { Worker, type WorkerOptions } from '@x/async';
 *
 * const options: WorkerOptions<string> = { onError: (error, text) => console.log(`${text}: ${(error as Error).name}`) };
 * const worker = new Worker((text: string) => console.log(BigInt(text)), options);
 * await worker.start();
 * await worker.enqueue('one');
 * await worker.enqueue('1'); // a failure does not stop it
 * await worker.stop();
 * // Output:
 * // one: SyntaxError
 * // 1n
 * ```
 *
 * Source: blend/go-sdk async Worker.Finalizer, Worker.Errors, Worker.Context
 */
export interface WorkerOptions<T> extends BackgroundOptions {
  /** Is called after each item. Default: none. */
  finalizer?: WorkerFinalizer<T> | undefined;
  /**
   * Is called when an item, or the finalizer after it, fails. The error is a `DiscardedError` for a held item that is not run:
   * when the worker's signal aborts before the start, or when the signal of `run` has already aborted. Without this callback
   * the error is an unhandled rejection, unless it only says that the worker's signal has aborted.
   */
  onError?: ((error: unknown, item: T) => void) | undefined;
}

/**
 * Runs an action for one item at a time, and holds only that item.
 *
 * `enqueue` resolves when the worker holds the item, and waits while it holds another one. A stop runs the held item first.
 * To run several items at a time, or to hold more than one, use `Queue`.
 *
 * On abort of its own signal, or of the signal of `run`: the signal of the action aborts, and the worker stops. A held item is
 * still run, with the aborted signal. If its own signal aborts before the start, or the signal of `run` has already aborted,
 * the worker starts nothing: waiting calls of `enqueue` reject, and `onError` is called with a `DiscardedError` for the held
 * item. The worker listens to its own signal from the first item on.
 *
 * Disposal of a worker that was never started rejects waiting calls of `enqueue`. If the worker holds an item, disposal itself
 * rejects with a `DiscardedError`.
 *
 * @example
 * ```ts
 * import { Worker } from '@x/async';
 *
 * const worker = new Worker((name: string) => console.log('Hello,', name));
 * await worker.start();
 * await worker.enqueue('Ada');
 * await worker.stop();
 * // Output:
 * // Hello, Ada
 * ```
 * @throws TypeError when an argument is not what it must be.
 *
 * Source: blend/go-sdk async Worker
 */
export class Worker<T> extends Background {
  readonly #action: WorkAction<T, unknown>;
  readonly #finalizer: WorkerOptions<T>['finalizer'];
  readonly #onError: WorkerOptions<T>['onError'];
  #held: { item: T } | undefined;
  readonly #waiting = new Line<T>();
  #wake: (() => void) | undefined;
  /** It has stopped once, or will not start: nothing is accepted while it is not started. */
  #ended = false;
  /** Takes the listener off its signal, which is there from the first item to the start. */
  #following: Disposal | undefined;
  /** What disposal failed with: until the next start it fails with that again. */
  #refusal: DiscardedError | undefined;

  /**
   * Makes a worker, which runs nothing before `start` or `run`.
   *
   * @param action is called with each item and a signal that asks it to stop
   * @param options name, signal, finalizer and `onError`. Default: none of these
   */
  constructor(action: WorkAction<T, unknown> | Actioner<T, unknown>, options: WorkerOptions<T> = {}) {
    super('Worker', options);
    checkFunction(`${this.of}finalizer`, options.finalizer, true);
    this.#action = actionOf(action, this.of);
    this.#finalizer = options.finalizer;
    this.#onError = options.onError;
  }

  /**
   * Resolves when the worker holds the item: at once, even before the start, or when the worker is done with earlier items.
   * Do not await this in the worker's own action: the action would wait for itself.
   *
   * @throws (as a rejection) DiscardedError when the worker stops before that, or has stopped; the reason of the signal.
   */
  async enqueue(item: T, options: WaitOptions = {}): Promise<void> {
    const signal = signalOf(options, this.of);
    if (this.signal && this.state === latchStopped && !this.#ended)
      this.#following ??= onAbort(this.signal, () => this.halt());
    if (this.state === latchStopping || (this.state === latchStopped && this.#ended)) throw this.#discarded(item);
    if (this.#held === undefined) {
      this.#held = { item };
      this.#wake?.();
      return;
    }
    await new Promise((accept, deny) => {
      this.#waiting.add(new Entry(item, accept, deny, 0, signal).follow());
    });
  }

  protected override async serve(signal: AbortSignal): Promise<void> {
    await Promise.resolve(); // never before `start` has returned
    this.#following?.[dispose]();
    this.#refusal = undefined;
    while (this.#held !== undefined || this.state !== latchStopping) {
      if (this.#held === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      const { item } = this.#held;
      await this.#attempt(item, signal, () => this.#action(item, signal));
      await this.#attempt(item, signal, () => this.#finalizer?.(this, signal));
      this.#held = undefined;
      if (this.#waiting.length === 0) continue;
      const next = this.#waiting.shift() as Entry<T>;
      this.#held = { item: next.item };
      next.watch?.[dispose]();
      next.first?.(undefined);
    }
    this.#ended = true;
    this.#wake = undefined; // it may keep the context of who has started it
  }

  /**
   * Disposes of the worker: stops it if it is started, and resolves when it has stopped. A worker that was never started
   * runs nothing, and rejects waiting calls of `enqueue`.
   *
   * @throws (as a rejection) DiscardedError when it was never started and holds an item; the same each time.
   */
  protected override async end(): Promise<void> {
    if (this.state !== latchStopped) return super.end();
    if (!this.#ended) {
      const held = this.#held;
      this.#held = undefined;
      this.halt();
      if (held !== undefined) this.#refusal = this.#discarded(held.item);
    }
    if (this.#refusal) throw this.#refusal;
  }

  protected override halt(): void {
    while (this.#waiting.length > 0) refuse(this.#waiting.shift(), (item) => this.#discarded(item));
    this.#wake?.();
    if (this.state !== latchStopped) return;
    this.#ended = true;
    this.#following?.[dispose]();
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) report(this.#onError, this.#discarded(held.item), held.item);
  }

  async #attempt(item: T, signal: AbortSignal, work: () => unknown): Promise<void> {
    try {
      await work();
    } catch (error) {
      // Whoever aborted the signal knows; who wants to be told of everything is told.
      if (this.#onError !== undefined || !isAbort(error, signal)) report(this.#onError, error, item);
    }
  }

  #discarded(item: T): DiscardedError {
    return new DiscardedError(`${this.title} has stopped: 1 not run`, [item]);
  }
}
