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
 * For how long to wait.
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
  /** Ends the waiting: it rejects with the signal's reason. Default: none. */
  signal?: AbortSignal | undefined;
}

/**
 * Coordinates the life of something that starts and stops, between those who run it and those who wait for it.
 *
 * ```text
 * stopped ─▶ starting ─▶ started ─────▶ stopping ─▶ stopped
 *                          │  ▲ active      ▲
 *                          ▼  └── resuming ◀┤
 *                       pausing ──▶ paused ─┘
 * ```
 *
 * A transition that the state does not allow throws; one to the state that it is in does nothing. The `notify` methods
 * return promises that resolve when the state is entered: at once if that is the state. However many wait, all are told.
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
 * @throws LatchTransitionError, from the methods that change the state, naming the state it has and the one it was to have.
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

  /** One of the eight states, as a number. */
  get state(): LatchState {
    return this.#state;
  }

  /**
   * Goes back to `stopped`, from wherever it is. Who waits for that is told: a `waitStopped` resolves, and a `waitStarted`
   * that waited for a stop to end starts the latch. Who waits for another state goes on waiting: so a `waitStarted` whose
   * start was under way resolves at the next start, which somebody else has to make.
   */
  reset(): void {
    if (this.#state !== latchStopped) this.#enter(latchStopped);
  }

  /** Whether it can go to `starting`. */
  canStart(): boolean {
    return this.#can(latchStarting);
  }

  /** Whether it can go to `stopping`. */
  canStop(): boolean {
    return this.#can(latchStopping);
  }

  /** Whether it has been told to start, and has not. */
  isStarting(): boolean {
    return this.#state === latchStarting;
  }

  /** Whether its state is `started`: it has started, and has gone no further, not to `active` either. */
  isStarted(): boolean {
    return this.#state === latchStarted;
  }

  /** Whether it has been told to stop, and has not. */
  isStopping(): boolean {
    return this.#state === latchStopping;
  }

  /** Whether it has stopped, or has never started. */
  isStopped(): boolean {
    return this.#state === latchStopped;
  }

  /** Says that it is about to start. */
  starting(): void {
    this.#go(latchStarting);
  }

  /** Says that it has started. */
  started(): void {
    this.#go(latchStarted);
  }

  /** Says that it is to pause. */
  pausing(): void {
    this.#go(latchPausing);
  }

  /** Says that it has paused. */
  paused(): void {
    this.#go(latchPaused);
  }

  /** Says that it is to go on. */
  resuming(): void {
    this.#go(latchResuming);
  }

  /** Says that it goes on. */
  active(): void {
    this.#go(latchActive);
  }

  /** Says that it is to stop. */
  stopping(): void {
    this.#go(latchStopping);
  }

  /** Says that it has stopped. */
  stopped(): void {
    this.#go(latchStopped);
  }

  /** Resolves when it is starting. */
  notifyStarting(): Promise<void> {
    return this.#notify(latchStarting);
  }

  /** Resolves when it has started. */
  notifyStarted(): Promise<void> {
    return this.#notify(latchStarted);
  }

  /** Resolves when it is stopping. */
  notifyStopping(): Promise<void> {
    return this.#notify(latchStopping);
  }

  /** Resolves when it has stopped. */
  notifyStopped(): Promise<void> {
    return this.#notify(latchStopped);
  }

  /**
   * Goes to `starting` if it is stopped, and resolves when it has started. Works from any state: what is stopping is
   * started again when it has stopped, and what is started, also when it is paused, is not waited for. Whoever waits for
   * the stop goes on in a microtask: what has been started and stopped by others before that is started once more.
   *
   * @throws (as a rejection) the reason of the signal: then the latch is not started on behalf of this call any more.
   */
  async waitStarted(options: WaitOptions = {}): Promise<void> {
    const signal = signalOf(options);
    while (this.#state === latchStopping) await this.#watching.wait(signal);
    signalOf({ signal }); // told of the stop it may have aborted before this goes on
    if (this.#state === latchStopped) this.starting();
    if (this.#state === latchStarting) await this.#notify(latchStarted, signal);
  }

  /**
   * Goes to `stopping` if it is started, and resolves when it has stopped. Works from any state: what is starting is
   * stopped when it has started, and what is stopped is not waited for.
   *
   * @throws (as a rejection) the reason of the signal: then the latch is not stopped on behalf of this call any more.
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
