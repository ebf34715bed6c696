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
 * Runs an action for each item, so many at a time, with room for so many to wait.
 *
 * Items start in the order of their priority, then of their arrival. Each is accepted once, and is then run, or handed back
 * by `stop` or `close`, or was cancelled by its own signal: none is lost and none is run twice. Items may be enqueued
 * before `start`; nothing is accepted once the queue stops, until it is started again. Like `p-queue`, except that it is
 * bounded, starts and stops, and has the action in one place.
 *
 * On abort: a signal of the queue stops it, as `stop` does. An item's own signal takes it out of the queue at once; when
 * its action runs already the action's signal aborts, the item has failed with the reason, and its place is free when the
 * action settles.
 *
 * On error: a failed `submit` is its caller's alone; a failed `enqueue` or `tryEnqueue` is told to `onError`, and without
 * one is an unhandled rejection. That its own signal has aborted such an item is told to nobody: who cancels it knows.
 * What the action of an item fails with after that was aborted is told to `onError`, unless it only says so.
 *
 * An action that returns no promise costs none. The event loop has its turn less than 5 ms and one action after the last:
 * at least every 10 ms when none takes more than 5 ms, whatever awaits them and however many queues and batches there are.
 * After 32 within one millisecond up to four slower ones may go before that is seen.
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
   * @param action is called with each item and a signal to stop by
   * @param options how many run and wait, how fast, how long, and who is told of what; what each is when it is left out is said there
   */
  constructor(action: WorkAction<T, R> | Actioner<T, R>, options: QueueOptions<T> = {}) {
    super();
    const settings = settingsOf(options);
    this.#life = new Lifecycle(actionOf(action, settings.of), settings);
  }

  /** How many items wait: accepted, and not started. */
  get size(): number {
    return this.#life.room.length;
  }

  /** How many actions run. Those that a stop gave up waiting for do not count. */
  get running(): number {
    return this.#life.running;
  }

  /** Where the queue stands: one of the states of a latch. */
  get state(): LatchState {
    return this.#life.state;
  }

  /** How many actions run at the same time. A change tells from the next start on. */
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
   * Starts the queue: what waits is run from the next microtask on. A queue that has stopped can be started again.
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
   * is no `onDiscarded` to be given them, and nobody has called `stop` or `close` meanwhile, which resolve with them.
   */
  async run(signal: AbortSignal): Promise<void> {
    checkSignal(signal, false, this.#life.settings.of);
    await this.#life.serve(signal);
  }

  /**
   * Resolves when the item has been accepted: at once, or when there is a place for it. Whoever waits for a place gets it
   * in the order of priority, then of arrival.
   *
   * @throws (as a rejection) DiscardedError when the queue stops before that, or has stopped; the reason of the item's
   * signal.
   */
  enqueue(item: T, options?: EnqueueOptions): Promise<void> {
    return this.#join(item, options, false) as Promise<void>;
  }

  /**
   * Accepts the item if there is room, and tells whether. Its action runs in the context of the queue, not of the caller.
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
   * Resolves with what the action returns for the item. Waits for a place as `enqueue` does.
   *
   * @throws (as a rejection) what the action throws; DiscardedError when the queue stops before the item is run, or has
   * stopped; the reason of the item's signal; a TimeoutError.
   */
  submit(item: T, options?: EnqueueOptions): Promise<R> {
    return this.#join(item, options, true) as Promise<R>;
  }

  /**
   * Lets no more items start, also when it is called in an action. The state is `latchPausing` until the running ones are
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
   * Lets items start again. The state is `latchResuming` until the queue looks for some, a few microtasks later, then
   * `latchActive`, also when there are none. Does nothing when not paused.
   *
   * @throws LatchTransitionError when the queue is not started.
   */
  resume(): void {
    this.#life.checkRuns(latchResuming);
    if (!this.#life.isPaused()) return;
    this.#life.state = latchResuming;
    this.#life.wake();
  }

  /** Resolves when nothing waits and nothing runs: one promise for all who ask. */
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
   * Stops the queue: it accepts nothing more, runs what it holds, also when it is paused, and resolves with the items that
   * were not run. That are those left when the grace period ends; then the signals of the running actions abort, and
   * nobody waits for them any longer. On a queue that never started it hands back what was accepted.
   * While the queue stops it returns the same promise.
   *
   * @throws CannotStopError, at once, in the synchronous part of an action, which would wait for itself; as a rejection, when
   * the queue has stopped already.
   */
  stop(): Promise<T[]> {
    return this.#life.stop();
  }

  /**
   * Ends the queue: it accepts nothing more, lets the running actions finish within the grace period, and resolves with
   * the items that were not run. Called again it gives the same outcome; a stop under way it makes a close. What an
   * abort has left and `onDiscarded` or a DiscardedError has told of already is not given again.
   */
  close(): Promise<T[]> {
    return this.#life.close();
  }

  /**
   * What disposal does: stops the queue if it has not stopped, as `stop` does, except that what is left goes to
   * `onDiscarded`, unless somebody has called `stop` or `close`.
   *
   * @throws (as a rejection) DiscardedError when there are such items and no `onDiscarded`; where `run` has been called that
   * rejects with it, and this does not.
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
