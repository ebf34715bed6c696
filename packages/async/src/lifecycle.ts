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
  /** Somebody asks for what is handed back: nobody else is told. */
  #claimed = false;
  /** What the end has left when nobody has asked for it: until somebody does, or is told, or the next end has it. */
  #untold: T[] | undefined;
  #left: T[] = [];
  /** Why it stops, when a signal says so. */
  #reason: unknown;
  #told: Promise<void> | undefined;
  /** The end that `run` waits for. */
  #ended: Deferred | undefined;
  #idle: Deferred | undefined;

  start(ended?: Deferred): void {
    if (this.state !== latchStopped) {
      throw new CannotStartError(`${this.settings.title} cannot start: it is ${stateName(this.state)}`);
    }
    this.outcome = this.#told = this.#reason = undefined;
    this.#ended = ended;
    this.#claimed = false;
    this.begin();
    this.hasEnded();
  }

  async serve(signal: AbortSignal): Promise<void> {
    const ended = deferred();
    // With nothing to do the queue's own signal, if that has aborted, stops it at once.
    this.start(ended);
    const following = onAbort(signal, this.#obey);
    await ended.promise;
    following[dispose]();
    await this.#told;
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
    return this.outcome !== undefined;
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
      this.#left = this.#left.concat(this.#empty(false));
      this.settle();
    }
    return outcome;
  }

  /** Stops as `discard` does. Of what is left `run` tells, where that has been called. */
  async drop(): Promise<void> {
    const told = this.discard();
    await (this.#ended ? this.outcome : told);
  }

  /** Stops, if that has not been done, and lets go of what is left. */
  discard(): Promise<void> {
    const outcome = this.outcome ?? this.#stop();
    return (this.#told ??= outcome.then((items) => {
      if (items.length === 0 || items !== this.#untold) return;
      // Who asks from now on is too late, and must not be given them a second time.
      this.#untold = undefined;
      if (this.outcome === outcome) this.outcome = Promise.resolve([]);
      const { onDiscarded } = this.settings;
      if (!onDiscarded) throw this.discarded(items);
      onDiscarded(items);
    }));
  }

  discarded(items: T[]): DiscardedError {
    return new DiscardedError(`${this.settings.title} has stopped: ${items.length} not run`, items);
  }

  /** When nothing waits and nothing runs: tells so, and is the end of a queue that stops. */
  override settle(): void {
    if (!this.#isEmpty()) return;
    this.#idle?.resolve();
    this.#idle = undefined;
    if (this.state === latchStopping) this.#finish();
  }

  /** A signal has told the queue to stop. */
  readonly #obey = (reason: unknown): void => {
    this.#reason ??= reason;
    void this.discard();
  };

  #isEmpty(): boolean {
    return this.room.length + this.running === 0;
  }

  /** What is handed back is the caller's. */
  #claim(): Promise<T[]> {
    const outcome = this.outcome ?? this.#stop();
    this.#claimed = true;
    this.#untold = undefined;
    return outcome;
  }

  /** Accepts nothing more, and runs what waits. */
  #stop(): Promise<T[]> {
    const outcome = (this.outcome = new Promise((resolve) => (this.#handBack = resolve)));
    // Started again before anybody was told.
    this.#left = this.#untold ?? [];
    this.#untold = undefined;
    this.#empty(true);
    if (this.current) {
      this.state = latchStopping;
      this.#graceTimer = after(this.settings.shutdownGracePeriod, () => this.#expire());
      this.wake(); // It may have been paused.
      this.settle();
    } else {
      this.#finish();
    }
    return outcome;
  }

  #empty(outside: boolean): T[] {
    this.recall();
    return this.room.empty(outside, (item) => this.discarded([item]));
  }

  #finish(): void {
    const items = this.#left.concat(this.#empty(false));
    this.#left = [];
    this.#untold = this.#claimed ? undefined : items;
    this.end();
    this.#following?.[dispose]();
    this.#following = undefined;
    clearTimeout(this.#graceTimer);
    this.#graceTimer = undefined;
    this.#ended?.resolve();
    this.#handBack?.(items);
    // It would keep the items as long as the queue is there.
    this.#handBack = undefined;
    this.settle();
  }

  /** The grace period is over: nobody waits for the actions that still run. */
  #expire(): void {
    const run = this.current as AbortController;
    this.#finish();
    const { title } = this.settings;
    this.abort(run, this.#reason ?? new DOMException(`${title} has stopped: it took too long`, 'AbortError'));
  }
}
