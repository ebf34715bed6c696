/** Counts starts: at most `limit` of them in any `interval` milliseconds. */
export class Rate {
  readonly #limit: number;
  readonly #interval: number;
  /** When the last `limit` starts were; the oldest stands at `#oldest` once there are as many. */
  readonly #starts: number[] = [];
  #oldest = 0;

  constructor(limit: number, interval: number) {
    this.#limit = limit;
    this.#interval = interval;
  }

  /** Counts a start, and returns 0; or returns for how long one has to wait. */
  take(now: number): number {
    const starts = this.#starts;
    const oldest = starts[this.#oldest] ?? -Infinity;
    // A clock that was set back says nothing of before: all of that may have been just now.
    if (oldest > now) starts.fill(now);
    const wait = Math.min(oldest, now) - now + this.#interval;
    if (starts.length === this.#limit && wait > 0) return wait;
    starts[this.#oldest] = now;
    this.#oldest = (this.#oldest + 1) % this.#limit;
    return 0;
  }
}
