/** Counts starts: at most `limit` of them in any `interval` milliseconds. */
export class Rate {
  readonly #limit: number;
  readonly #interval: number;
  /** When the last `limit` starts were; the oldest stands at `#next` once there are as many. */
  readonly #starts: number[] = [];
  #next = 0;

  constructor(limit: number, interval: number) {
    this.#limit = limit;
    this.#interval = interval;
  }

  /** For how many milliseconds one more has to wait, while `entering` others are about to start; 0 or less for none. */
  wait(now: number, entering: number): number {
    // An empty place is infinitely old.
    const oldest = entering < this.#limit ? (this.#starts[(this.#next + entering) % this.#limit] ?? -Infinity) : now;
    // A clock that was set back says nothing of before: all of that may have been just now.
    if (oldest > now) this.#starts.fill(now);
    return Math.min(oldest, now) - now + this.#interval;
  }

  /** Counts a start. */
  count(now: number): void {
    this.#starts[this.#next] = now;
    this.#next = (this.#next + 1) % this.#limit;
  }
}
