import { afterEvents, steady } from './platform.js';

/** After how many milliseconds, of a clock that counts whole ones, without a turn of the event loop nothing is started until it has had one. */
const LONGEST = 4;

/**
 * Knows for how long the event loop has had no turn while synchronous actions were called.
 *
 * Invariants
 * 1. From the first synchronous action after a turn until the next turn a call of the event loop is awaited, and the time
 *    from before that action on is measured, except of the first that follows promises only. So what is measured is at least what has gone by.
 * 2. Before each item it is asked whether a turn is due. So one comes less than LONGEST, a millisecond of the clock, and one
 *    item after the last: at most every 10 ms when no item takes more than 5.
 */
export class Turns {
  /** Takes back the call that is awaited; undefined when none is. */
  #cancel: (() => void) | undefined;
  /** When the event loop has had its turn, or after that, by two clocks: one may be set, or stand still in a test. */
  #since = 0;
  #steady = 0;
  /** All actions so far have returned promises: then there is nothing to measure. */
  #waits = false;
  #counted = false;
  readonly #had: () => void;

  constructor(had: () => void) {
    this.#had = () => {
      this.#cancel = undefined;
      had();
    };
  }

  /** Something may be started: tells whether the event loop is to have its turn before. If so it is awaited. */
  isDue(): boolean {
    if (!this.#cancel) {
      if (!this.#waits) {
        this.#since = Date.now();
        this.#steady = steady();
      }
      return false;
    }
    if (Math.abs(Date.now() - this.#since) < LONGEST || steady() - this.#steady < LONGEST) return false;
    // Anew: timers may have been faked meanwhile, or be no longer.
    this.#cancel();
    this.#cancel = afterEvents(this.#had);
    return true;
  }

  /** A synchronous action was called. */
  count(): void {
    if (this.#waits) {
      // The first of all, after promises only: its own time is not known, and is left out, once.
      this.#waits = false;
      this.isDue();
    }
    this.#counted = true;
    this.#cancel ??= afterEvents(this.#had);
  }

  /** An action has returned a promise. */
  wait(): void {
    this.#waits = !this.#counted;
  }

  /** Awaits nothing any more. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
