/** For how many milliseconds synchronous work may go on: the item that passes this mark may take as long again, and it is 10. */
const LONGEST = 5;
/** After how many items the clock is read, at most. Reading it costs more than a small item does. */
const MOST = 8;

/** Watches for how long one synchronous action follows another. */
export class Streak {
  #since: number = Date.now();
  #last = -Infinity;
  #items = 1;
  #left = 1;

  /** Something was waited for: the event loop may have had its turn. */
  broken(): void {
    this.#since = 0;
  }

  /** Counts an item, and tells whether it is time for the event loop to have its turn. */
  count(): boolean {
    if (--this.#left > 0) return false;
    const now = Date.now();
    // While the clock stands still the items are small. When it moves each is looked at.
    this.#left = this.#items = now === this.#last ? Math.min(2 * this.#items, MOST) : 1;
    this.#last = now;
    this.#since ||= now;
    if (now - this.#since < LONGEST && now >= this.#since) return false;
    this.#since = now;
    return true;
  }
}
