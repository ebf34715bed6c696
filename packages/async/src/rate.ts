import { EARLY } from './platform.js';

/** Counts starts: at most `limit` of them in any `interval` milliseconds. */
export class Rate {
  readonly #limit: number;
  readonly #interval: number;
  /** When the last `limit` starts were, and more; those of before the interval may be missing. */
  #starts: number[] = [];
  /** What the clock said when it stood still last. */
  #stood: number | undefined;

  constructor(limit: number, interval: number) {
    this.#limit = limit;
    this.#interval = interval;
  }

  /** For how many milliseconds one more has to wait, while `entering` others are about to start; 0 or less for none. */
  wait(now: number, entering: number): number {
    const at = this.#starts.length + entering - this.#limit;
    if (at < 0) return 0;
    // Behind the last are those about to start.
    let oldest = this.#starts[at] ?? now;
    if (oldest > now) {
      // A clock that was set back says nothing of before: all of that may have been just now.
      this.#starts.fill(now);
      oldest = now;
    }
    return oldest - now + this.#interval;
  }

  /** Counts a start. Forgets the older half when that no longer counts: so each is moved once, on average. */
  count(now: number): void {
    const starts = this.#starts;
    const half = starts.push(now) >> 1;
    if (half >= this.#limit || now - (starts[half] as number) >= this.#interval) starts.splice(0, half);
  }

  /**
   * A timer that was set at a time has rung after so many milliseconds, and the clock says what it is now. What the clock does not
   * show of them has gone by nevertheless: fake timers have rung beside a clock that is real, or stands still, or it was set back.
   * But a timer may also ring early, in the same millisecond: only after a second one there does the clock stand still.
   */
  rang(set: number, ms: number, now: number): void {
    const lost = set + ms - now;
    const stands = now === set;
    if (lost > EARLY || (stands && now === this.#stood)) this.#starts = this.#starts.map((start) => start - lost);
    if (stands) this.#stood = now;
  }
}
