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

  /**
   * Counts a start, and returns 0; or returns for how many milliseconds one has to wait. The last `entering` of those that
   * were counted are still to come.
   */
  take(now: number, entering: number): number {
    // An empty place is infinitely old.
    const oldest = entering < this.#limit ? (this.#starts[this.#next] ?? -Infinity) : now;
    // A clock that was set back says nothing of before: all of that may have been just now.
    if (oldest > now) this.#starts.fill(now);
    const wait = Math.min(oldest, now) - now + this.#interval;
    if (wait > 0) return wait;
    this.#starts[this.#next] = now;
    this.#next = (this.#next + 1) % this.#limit;
    return 0;
  }

  /** The first of those to come starts now: others, who went before it, may have taken their time. */
  enter(now: number, entering: number): void {
    this.#starts[(this.#next + this.#limit - entering) % this.#limit] = now;
  }
}
