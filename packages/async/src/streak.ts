import { afterEvents } from './platform.js';

/** For how many milliseconds synchronous work may go on: the item that passes this mark may take as long again, and it is 10. */
const LONGEST = 5;
/** For how many it may go on with pauses, once somebody waits for the event loop's turn, which takes some to be noticed. */
const WATCHED = 3;
/** After how many items the clock is read, at most. Reading it costs more than a small item does. */
const MOST = 8;

/** Watches for how long one synchronous action follows another. */
export class Streak {
  #since: number = Date.now();
  #last = -Infinity;
  #items = 1;
  #left = 1;
  /** When it has begun the last time. */
  #began = 0;
  /** Since when somebody waits for the event loop's turn; 0 for nobody. */
  #watched = 0;
  /** Whether there was a synchronous item since it has begun. */
  #counted = true;

  /** Something was waited for: the event loop may have had its turn. */
  broken(): void {
    this.#since = 0;
  }

  /**
   * There is something to do again, and nothing has been for a while, or for a microtask only. Tells whether the event loop
   * is to have its turn before that. To know is worth something only when time goes by from one synchronous item to the
   * next: then somebody waits for the turn.
   */
  begin(): boolean {
    if (!this.#counted) {
      this.broken();
      return false;
    }
    this.#counted = false;
    const now = Date.now();
    // Also when the clock was set back.
    if (this.#watched) return Math.abs(now - this.#watched) >= WATCHED;
    if (now !== this.#began && now - this.#last <= LONGEST) {
      this.#watched = now;
      afterEvents(() => (this.#watched = 0));
    }
    this.#began = this.#last = this.#since = now;
    return false;
  }

  /** Counts an item, and tells whether it is time for the event loop to have its turn. */
  count(): boolean {
    this.#counted = true;
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
