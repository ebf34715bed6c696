/// <reference lib="esnext.disposable" preserve="true" />
// A bounded queue of work, run by at most `parallelism` runners.
//
//   enqueue, submit ──▶ outside ──▶ line ──▶ runner ──▶ done, or told to onError or the submitter
//     (while full)      (no place)  (waiting)   └──────▶ stop, close: handed back
//
// Here is what comes in and what comes out. Who waits for what is in room.ts, what runs and when in dispatcher.ts, how the
// queue starts and stops, and what it hands back, in lifecycle.ts.
//
// Invariant: an accepted item is in exactly one place: the room, the hands of a runner, or what the queue hands back.

import { type Actioner, actionOf, type WorkAction } from './actioner.js';
import { checkNumber, checkSignal, signalOf } from './arguments.js';
import { DONE } from './deferred.js';
import { Disposing } from './dispose.js';
import type { Entry, Resolve } from './job.js';
import { latchPaused, latchPausing, latchResuming, type LatchState } from './latch-state.js';
import { Lifecycle } from './lifecycle.js';
import { type EnqueueOptions, type QueueOptions, settingsOf } from './queue-options.js';

/**
 * Runs an action for each item: a limited number at a time, while a limited number of other items wait.
 *
 * Items start in the order of priority, then of arrival. The queue accepts an item once. The item is then run, handed back by
 * `stop` or `close`, or cancelled by its own signal: none is lost and none is run twice. Items can be enqueued before
 * `start`. Once the queue stops, it accepts nothing until it is started again. Like `p-queue`, except that it is bounded,
 * starts and stops, and has one action.
 *
 * On abort: a signal of the queue stops it, as `stop` does. When an item's own signal aborts, a waiting item leaves the queue
 * at once. A running item fails with the reason and its action's signal aborts; its place is free when the action settles.
 *
 * On error: if a submitted item fails, its `submit` rejects and `onError` is not called. If an item of `enqueue` or
 * `tryEnqueue` fails, `onError` is called; without `onError` it is an unhandled rejection. Such an item is not reported when
 * its own signal cancels it. If an action fails after its item was aborted, `onError` is called, unless the error only repeats
 * the abort.
 *
 * An action that returns no promise costs none. The event loop has its turn less than 5 ms and one action after the last turn:
 * at least every 10 ms if no action takes longer than 5 ms. That holds for all queues and batches together, whatever awaits
 * them. After 32 actions in one millisecond, up to four slower ones may run before the queue notices. Between the first
 * action that returns no promise and the next turn one `setImmediate` is pending; it keeps no program alive when the queue or
 * batch has ended.
 *
 * @example
 * ```ts
 * import { Queue } from '@x/async';
 *
 * const queue = new Queue(async (name: string) => `Hello, ${name}`, { parallelism: 2 });
 * await queue.start();
 * console.log(await queue.submit('Ada'));
 * console.log(await queue.stop());
 * // Output:
 * // Hello, Ada
 * // []
 * ```
 * @throws TypeError or RangeError when an argument is not what it must be.
 *
 * Source: blend/go-sdk async Queue
 */
export class Queue<T, R = void> extends Disposing {
  readonly #life: Lifecycle<T>;

  /**
   * Makes a queue, which runs nothing before `start` or `run`.
   *
   * Let TypeScript infer both types from the action, or give both: `Queue<T>` alone takes only actions without a result. To
   * call `submit()` without an item, give `Queue<void, R>`.
   *
   * @param action is called with each item and a signal that asks it to stop
   * @param options limits, callbacks, signal and name; each option says its default
   */
  constructor(action: WorkAction<T, R> | Actioner<T, R>, options: QueueOptions<T> = {}) {
    super();
    const settings = settingsOf(options);
    this.#life = new Lifecycle(actionOf(action, settings.of), settings);
  }

  /** The number of waiting items: accepted, and not started. */
  get size(): number {
    return this.#life.room.length;
  }

  /** The number of running actions, without those that a stop no longer waits for. */
  get running(): number {
    return this.#life.running;
  }

  /** The state of the queue: one of the states of a latch. */
  get state(): LatchState {
    return this.#life.state;
  }

  /**
   * How many actions may run at the same time. A change takes effect at the next start. A lower number stops no action: fewer
   * run as the running ones end.
   */
  get parallelism(): number {
    return this.#life.parallelism;
  }

  /** At least 1. */
  set parallelism(parallelism: number) {
    checkNumber(`${this.#life.settings.of}parallelism`, parallelism, 1);
    this.#life.parallelism = parallelism;
    this.#life.recall();
    this.#life.wake();
  }

  /**
   * Starts the queue: it runs the waiting items from the next microtask on. A queue that has stopped can be started again.
   *
   * @throws (as a rejection) CannotStartError when it is started already.
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws has to be a rejection
  async start(): Promise<void> {
    this.#life.start();
  }

  /**
   * Starts the queue, and resolves when it has stopped: by `stop` or `close`, or gracefully when the signal aborts.
   *
   * @throws (as a rejection) CannotStartError when it is started already; DiscardedError when the abort left items, there
   * is no `onDiscarded`, and nobody has meanwhile called `stop` or `close`, which then resolve with these items.
   */
  async run(signal: AbortSignal): Promise<void> {
    checkSignal(signal, false, this.#life.settings.of);
    await this.#life.serve(signal);
  }

  /**
   * Resolves when the item has been accepted: at once, or when there is a place for it. Waiting callers get their places in
   * the order of priority, then of arrival. An action of this queue that awaits this while the queue is full may wait for
   * itself: give such a queue `maxWork: Infinity`, or do not await but handle the rejection, which comes when the queue stops.
   *
   * @throws (as a rejection) DiscardedError when the queue stops before that, or has stopped; the reason of the item's
   * signal.
   */
  enqueue(item: T, options?: EnqueueOptions): Promise<void> {
    return this.#join(item, options, false) as Promise<void>;
  }

  /**
   * Accepts the item if there is room, and returns whether it did. The action runs in the queue's context, not the caller's.
   *
   * @throws the reason of the item's signal, if that has aborted already; TypeError or RangeError for bad options.
   */
  tryEnqueue(item: T, options?: EnqueueOptions): boolean {
    const life = this.#life;
    if (options !== undefined) checkItem(options, life.settings.of);
    if (life.hasEnded() || life.room.isFull) return false;
    this.#place(item, options);
    return true;
  }

  /**
   * Resolves with the action's result for the item. Waits for a place as `enqueue` does. An action of this queue that awaits
   * this waits for itself when no other action may run, as with `parallelism: 1`.
   *
   * Always handle the promise: if nobody does, its rejection at a `close`, or at the end of a grace period, is an unhandled
   * one. If you do not need the result, call `enqueue`.
   *
   * @throws (as a rejection) the action's error; DiscardedError when the queue stops before the item is run, or has
   * stopped; the reason of the item's signal; a TimeoutError.
   */
  submit(item: T, options?: EnqueueOptions): Promise<R> {
    return this.#join(item, options, true) as Promise<R>;
  }

  /**
   * Lets no more items start, even if an action makes this call. The state is `latchPausing` until the running actions are
   * done, then `latchPaused`.
   *
   * @throws LatchTransitionError when the queue is not started.
   */
  pause(): void {
    this.#life.checkRuns(latchPausing);
    this.#life.recall();
    this.#life.state = this.#life.running === 0 ? latchPaused : latchPausing;
  }

  /**
   * Lets items start again. The state is `latchResuming` until the queue looks for items, a few microtasks later, then
   * `latchActive`, even if there are none. Does nothing when the queue is not paused.
   *
   * @throws LatchTransitionError when the queue is not started.
   */
  resume(): void {
    this.#life.checkRuns(latchResuming);
    if (!this.#life.isPaused()) return;
    this.#life.state = latchResuming;
    this.#life.wake();
  }

  /**
   * Resolves when nothing waits and nothing runs. All callers share one promise. Do not await this in an action of this queue:
   * the action would wait for itself, and this never ends.
   */
  idle(): Promise<void> {
    return this.#life.idle();
  }

  /**
   * Resolves when fewer than `n` items wait.
   *
   * @throws (as a rejection) TypeError or RangeError when `n` is not a whole number, 1 or more.
   */
  async belowSize(n: number): Promise<void> {
    checkNumber(`${this.#life.settings.of}n`, n, 1);
    await this.#life.room.below(n);
  }

  /**
   * Stops the queue: it accepts nothing more, runs the items that it holds, even if it is paused, and resolves with the items
   * that were not run. These are the items left when the grace period ends. Then the signals of the running actions abort,
   * and the queue no longer waits for these actions. A queue that never started hands back all accepted items.
   *
   * Do not await this in an action of this queue: the action would wait for itself until the grace period ends. For a queue that may
   * have stopped by itself, as by its signal, use `close` or disposal, which do not reject because of that.
   *
   * While the queue stops, each call returns the same promise. The stopped queue keeps that promise, and before Node 24 with
   * it the `AsyncLocalStorage` context of this call.
   *
   * @throws CannotStopError, at once, in the synchronous part of an action, which would wait for itself; as a rejection, when
   * the queue has stopped already.
   */
  stop(): Promise<T[]> {
    return this.#life.stop();
  }

  /**
   * Ends the queue: it accepts nothing more, lets the running actions finish within the grace period, and resolves with
   * the items that were not run. A second call gives the same outcome, so the queue keeps these items until it is started
   * again. A stop that is under way becomes a close. Items that `onDiscarded` or a DiscardedError has already reported after
   * an abort are not returned again.
   */
  close(): Promise<T[]> {
    return this.#life.close();
  }

  /**
   * Disposes of the queue: stops it if it has not stopped, as `stop` does, except that the items left go to `onDiscarded`,
   * unless somebody has called `stop` or `close`.
   *
   * @throws (as a rejection) DiscardedError when there are such items and no `onDiscarded`. If `run` has been called, `run`
   * rejects with it instead.
   */
  protected end(): Promise<void> {
    return this.#life.drop();
  }

  #join(item: T, options: EnqueueOptions | undefined, submitted: boolean): Promise<unknown> {
    const life = this.#life;
    try {
      if (options !== undefined) checkItem(options, life.settings.of);
      if (life.hasEnded()) throw life.discarded([item]);
    } catch (error) {
      return Promise.reject(error);
    }
    const { gated } = life.settings;
    let outside: Entry<T> | undefined;
    let promise: Promise<unknown> = DONE;
    if (gated || submitted) {
      promise = new Promise(
        (first, reject) => (outside = this.#place(item, options, first, gated ? submitted || undefined : reject)),
      );
      if (gated) promise = promise.then(life.enter);
    } else {
      outside = this.#place(item, options);
    }
    if (submitted) return promise;
    if (!outside) return DONE;
    return new Promise((accept, deny) => {
      (outside as Entry<T>).accept = accept;
      (outside as Entry<T>).deny = deny;
    });
  }

  #place(item: T, options?: EnqueueOptions, first?: Resolve, second?: Resolve | true): Entry<T> | undefined {
    const entry = this.#life.room.place(item, options, first, second);
    this.#life.arrived();
    return entry;
  }
}

function checkItem(options: EnqueueOptions, of: string): void {
  signalOf(options, of);
  const { priority = 0 } = options;
  checkNumber(`${of}priority`, priority, -Infinity);
}
