// Invariants
// 1. The state changes only along the arrows that `allowed` names, and by `reset`.
// 2. A promise that was handed out for a state resolves when that state is entered the next time: whoever waits is told,
//    however many wait. A reset enters `stopped`; who waits for another state stays waiting.
// 3. A life ends when `stopped` is entered. `waitStopped` stops the life in which it was called, and no later one.

import { signalOf } from './arguments.js';
import { LatchTransitionError } from './errors.js';
import {
  latchActive,
  latchPaused,
  latchPausing,
  latchResuming,
  latchStarted,
  latchStarting,
  type LatchState,
  latchStopped,
  latchStopping,
  stateName,
} from './latch-state.js';
import { Waiters } from './waiters.js';

/** From which states a state can be entered. By the number of the state that is entered. */
const allowed: readonly (readonly LatchState[])[] = [
  [latchStopping],
  [latchStopped],
  [latchPausing, latchPaused],
  [latchStarting],
  [latchResuming],
  [latchStarted, latchActive, latchResuming],
  [latchPausing],
  [latchStarted, latchActive, latchPausing, latchPaused, latchResuming],
];

/**
 * Configures how long to wait.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { type WaitOptions, Worker } from '@x/async';
 *
 * const worker = new Worker((ms: number) => sleep(ms));
 * await worker.start();
 * await worker.enqueue(50);
 * const briefly: WaitOptions = { signal: AbortSignal.timeout(10) };
 * await worker.stop(briefly).catch((error: Error) => console.log(error.name)); // ends the waiting, not the stop
 * await worker.stop(); // however long it takes
 * // Output:
 * // TimeoutError
 * ```
 *
 * Source: blend/go-sdk async Worker.StopContext, whose context is the option `signal`
 */
export interface WaitOptions {
  /** Ends the waiting when it aborts: the wait rejects with the signal's reason. Default: none. */
  signal?: AbortSignal | undefined;
}

/**
 * Coordinates the life of something that starts and stops, between the code that runs it and the code that waits for it.
 *
 * ```text
 * stopped ─▶ starting ─▶ started ─────▶ stopping ─▶ stopped
 *                          │  ▲ active      ▲
 *                          ▼  └── resuming ◀┤
 *                       pausing ──▶ paused ─┘
 * ```
 *
 * A transition that the state does not allow throws; a transition to the current state does nothing. The `notify` methods
 * return promises that resolve when the latch enters the state, or at once if it is in that state. All waiters are told.
 *
 * @example
 * ```ts
 * import { Latch } from '@x/async';
 *
 * const latch = new Latch();
 * latch.notifyStarting().then(() => latch.started());
 * latch.notifyStopping().then(() => latch.stopped());
 * await latch.waitStarted();
 * console.log(latch.isStarted());
 * await latch.waitStopped();
 * console.log(latch.isStopped());
 * // Output:
 * // true
 * // true
 * ```
 * @throws LatchTransitionError, from the methods that change the state; it names the current state and the requested one.
 *
 * Source: blend/go-sdk async Latch
 */
export class Latch {
  #state: LatchState = latchStopped;
  /** How many lives have ended. */
  #ended = 0;
  /** By the number of the state that they wait for. */
  readonly #waiting: (Waiters | undefined)[] = [];
  /** Who waits for another state, whichever. */
  readonly #watching = new Waiters();

  /** The current state: one of the eight states, as a number. */
  get state(): LatchState {
    return this.#state;
  }

  /**
   * Goes back to `stopped`, from any state. All waiters for that state are told: a `waitStopped` resolves, and a `waitStarted`
   * that waited for the end of a stop starts the latch. Waiters for another state keep waiting. So a `waitStarted` whose start
   * was under way resolves at the next start, which other code has to make.
   */
  reset(): void {
    if (this.#state !== latchStopped) this.#enter(latchStopped);
  }

  /** Returns whether the latch can go to `starting`. */
  canStart(): boolean {
    return this.#can(latchStarting);
  }

  /** Returns whether the latch can go to `stopping`. */
  canStop(): boolean {
    return this.#can(latchStopping);
  }

  /** Returns whether the state is `starting`: told to start, and not started yet. */
  isStarting(): boolean {
    return this.#state === latchStarting;
  }

  /** Returns whether the state is `started`: it has started and has not gone on to another state, such as `active`. */
  isStarted(): boolean {
    return this.#state === latchStarted;
  }

  /** Returns whether the state is `stopping`: told to stop, and not stopped yet. */
  isStopping(): boolean {
    return this.#state === latchStopping;
  }

  /** Returns whether the state is `stopped`: it has stopped, or has never started. */
  isStopped(): boolean {
    return this.#state === latchStopped;
  }

  /** Goes to the state `starting`. */
  starting(): void {
    this.#go(latchStarting);
  }

  /** Goes to the state `started`. */
  started(): void {
    this.#go(latchStarted);
  }

  /** Goes to the state `pausing`. */
  pausing(): void {
    this.#go(latchPausing);
  }

  /** Goes to the state `paused`. */
  paused(): void {
    this.#go(latchPaused);
  }

  /** Goes to the state `resuming`. */
  resuming(): void {
    this.#go(latchResuming);
  }

  /** Goes to the state `active`. */
  active(): void {
    this.#go(latchActive);
  }

  /** Goes to the state `stopping`. */
  stopping(): void {
    this.#go(latchStopping);
  }

  /** Goes to the state `stopped`. */
  stopped(): void {
    this.#go(latchStopped);
  }

  /** Resolves when the state is `starting`. */
  notifyStarting(): Promise<void> {
    return this.#notify(latchStarting);
  }

  /** Resolves when the state is `started`. */
  notifyStarted(): Promise<void> {
    return this.#notify(latchStarted);
  }

  /** Resolves when the state is `stopping`. */
  notifyStopping(): Promise<void> {
    return this.#notify(latchStopping);
  }

  /** Resolves when the state is `stopped`. */
  notifyStopped(): Promise<void> {
    return this.#notify(latchStopped);
  }

  /**
   * Goes to `starting` if the latch is stopped, and resolves when it has started. Works from any state. A latch that is
   * stopping is started again when it has stopped. For a latch that has started, even if it is paused, it resolves at once.
   * After waiting for a stop, this call goes on in a microtask: if others have started and stopped the latch before that, it
   * is started once more.
   *
   * @throws (as a rejection) the reason of the signal: then this call no longer starts the latch.
   */
  async waitStarted(options: WaitOptions = {}): Promise<void> {
    const signal = signalOf(options);
    while (this.#state === latchStopping) await this.#watching.wait(signal);
    signalOf({ signal }); // told of the stop it may have aborted before this goes on
    if (this.#state === latchStopped) this.starting();
    if (this.#state === latchStarting) await this.#notify(latchStarted, signal);
  }

  /**
   * Goes to `stopping` if the latch is started, and resolves when it has stopped. Works from any state. A latch that is
   * starting is stopped when it has started. For a latch that is stopped, it resolves at once.
   *
   * @throws (as a rejection) the reason of the signal: then this call no longer stops the latch.
   */
  async waitStopped(options: WaitOptions = {}): Promise<void> {
    const signal = signalOf(options);
    const ended = this.#ended;
    while (this.#ended === ended && this.#state !== latchStopped) {
      signalOf({ signal }); // as above
      if (this.canStop()) this.stopping();
      await this.#watching.wait(signal);
    }
  }

  #can(next: LatchState): boolean {
    return (allowed[next] as readonly LatchState[]).includes(this.#state);
  }

  #go(next: LatchState): void {
    if (next === this.#state) return;
    if (!this.#can(next)) {
      throw new LatchTransitionError(`Latch cannot go from ${stateName(this.#state)} to ${stateName(next)}`);
    }
    this.#enter(next);
  }

  #enter(next: LatchState): void {
    this.#state = next;
    if (next === latchStopped) this.#ended++;
    this.#waiting[next]?.tell();
    this.#watching.tell();
  }

  #notify(state: LatchState, signal?: AbortSignal): Promise<void> {
    if (this.#state === state) return Promise.resolve();
    return (this.#waiting[state] ??= new Waiters()).wait(signal);
  }
}
