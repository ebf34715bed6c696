/// <reference lib="esnext.disposable" preserve="true" />
// How a queue starts and stops, and what it hands back.

import { onAbort } from '@x/abort';
import { deferred, type Deferred, DONE } from './deferred.js';
import { Dispatcher } from './dispatcher.js';
import { dispose, type Disposal } from './dispose.js';
import { CannotStartError, CannotStopError, DiscardedError, LatchTransitionError } from './errors.js';
import { type LatchState, latchStopped, latchStopping, stateName } from './latch-state.js';
import { after } from './platform.js';

export class Lifecycle<T> extends Dispatcher<T> {
  #graceTimer: ReturnType<typeof setTimeout> | undefined;
  /** Takes the listener off the queue's signal. */
  #following: Disposal | undefined;
  /** The items that are handed back: set while the queue stops and when it has. */
  outcome: Promise<T[]> | undefined;
  #handBack: ((items: T[]) => void) | undefined;
  /** What a close and the end have left; after that what nobody has asked for, until somebody does, or is told. */
  #left: T[] = [];
  /** Why it stops, when a signal says so. */
  #reason: unknown;
  /** The telling of what nobody asks for, which fails where that is a DiscardedError; DONE when it is done, or somebody asks. */
  #told: Promise<void> | undefined;
  /** What disposal comes to, each time. */
  #dropped: Promise<void> | undefined;
  /** The end that `run` waits for. */
  #ended: Deferred | undefined;
  #idle: Deferred | undefined;

  start(ended?: Deferred): void {
    if (this.state !== latchStopped) {
      throw new CannotStartError(`${this.settings.title} cannot start: it is ${stateName(this.state)}`);
    }
    this.outcome = this.#told = this.#dropped = this.#reason = undefined;
    this.#ended = ended;
    this.begin();
    this.hasEnded();
  }

  async serve(signal: AbortSignal): Promise<void> {
    const ended = deferred();
    // With nothing to do the queue's own signal, if that has aborted, stops it at once.
    this.start(ended);
    // It is taken off a moment after the run has ended: the next may have begun.
    const following = onAbort(signal, (reason) => this.#ended === ended && this.#obey(reason));
    try {
      await ended.promise;
    } finally {
      following[dispose]();
    }
  }

  /**
   * Whether nothing is accepted any more. Listens to the queue's signal, from the first thing that happens until the queue
   * has stopped.
   */
  hasEnded(): boolean {
    const { signal } = this.settings;
    if (signal && !this.outcome) {
      if (signal.aborted) this.#obey(signal.reason);
      else this.#following ??= onAbort(signal, this.#obey);
    }
    return !!this.outcome;
  }

  /** Throws when the queue is not started. */
  checkRuns(next: LatchState): void {
    if (this.state === latchStopped || this.state === latchStopping)
      throw new LatchTransitionError(
        `${this.settings.title} cannot go from ${stateName(this.state)} to ${stateName(next)}`,
      );
  }

  idle(): Promise<void> {
    return this.#isEmpty() ? DONE : (this.#idle ??= deferred()).promise;
  }

  stop(): Promise<T[]> {
    const cannot = (why: string): Error => new CannotStopError(`${this.settings.title} cannot stop: ${why}`);
    if (this.acting) throw cannot('this action would wait for itself');
    if (this.outcome && this.state === latchStopped) return Promise.reject(cannot('it has stopped'));
    return this.#claim();
  }

  close(): Promise<T[]> {
    const outcome = this.#claim();
    if (this.state === latchStopping) {
      this.#empty(this.#left);
      this.settle();
    }
    return outcome;
  }

  /** Stops, if that has not been done, and lets go of what is left. Of that `run` tells, where it has been called. */
  async drop(): Promise<void> {
    const outcome = this.#stop();
    const told = (this.#dropped ??= this.#ended ? DONE : this.#told);
    await outcome;
    await told;
  }

  discarded(items: T[]): DiscardedError {
    return new DiscardedError(`${this.settings.title} has stopped: ${items.length} not run`, items);
  }

  /** When nothing waits and nothing runs: tells so, and is the end of a queue that stops. */
  override settle(): void {
    if (!this.#isEmpty()) return;
    // What waited for the rate may have been cancelled.
    this.recall();
    this.#idle?.resolve();
    this.#idle = undefined;
    if (this.state === latchStopping) this.#finish();
  }

  /** A signal has told the queue to stop. */
  readonly #obey = (reason: unknown): void => {
    if (this.#reason === undefined) this.#reason = reason;
    void this.#stop();
  };

  #isEmpty(): boolean {
    return this.room.length + this.running === 0;
  }

  /** What is handed back is the caller's. */
  #claim(): Promise<T[]> {
    const outcome = this.#stop();
    this.#told = DONE;
    if (this.state === latchStopped) this.#left = [];
    return outcome;
  }

  /** Accepts nothing more, and runs what waits, unless it has been stopped before. */
  #stop(): Promise<T[]> {
    if (this.outcome) return this.outcome;
    const outcome: Promise<T[]> = (this.outcome = new Promise((resolve) => (this.#handBack = resolve)));
    this.#told = outcome.then((items) => {
      if (items.length === 0 || items !== this.#left) return;
      // Who asks from now on is too late, and must not be given them a second time.
      this.#left = [];
      if (this.outcome === outcome) {
        this.outcome = Promise.resolve([]);
        this.#told = DONE;
      }
      const { onDiscarded } = this.settings;
      if (!onDiscarded) throw this.discarded(items);
      onDiscarded(items);
    });
    // What there is now is of the last end: started again before anybody was told.
    this.#left = this.#left.slice();
    this.#empty();
    const run = this.current;
    if (run) {
      this.state = latchStopping;
      this.#graceTimer = after(this.settings.shutdownGracePeriod, () => this.#expire(run));
      this.wake(); // It may have been paused.
      this.settle();
    } else {
      this.#finish();
    }
    return outcome;
  }

  #empty(kept?: T[]): void {
    this.recall();
    this.room.empty((item) => this.discarded([item]), kept);
  }

  #finish(): void {
    const items = this.#left;
    this.#empty(items);
    if (this.#told === DONE) this.#left = [];
    this.end();
    this.#following?.[dispose]();
    this.#following = undefined;
    clearTimeout(this.#graceTimer);
    this.#ended?.resolve(this.#told);
    this.#handBack?.(items);
    // It would keep the items as long as the queue is there.
    this.#handBack = undefined;
    this.settle();
  }

  /** The grace period is over: nobody waits for the actions that still run. */
  #expire(run: AbortController): void {
    // Fake timers clear none that was set before them.
    if (this.current !== run) return;
    this.#finish();
    this.abort(run, this.#reason);
  }
}
