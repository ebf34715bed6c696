// Who waits, in the order of priority, then of arrival.
//
// Invariants
// 1. Whoever waits with priority 0 stands in the row, in the order of arrival; everybody else, and whoever was put back,
//    stands in the heap. So taking is O(1) for whoever uses no priorities, and O(log n) for the others.
// 2. A place in the row holds a job, or, where nobody waits for its end, the bare item: waiting costs it one place.
// 3. The row is cut into pieces, each of which ends with the next: growing copies little, and what has been taken is freed.
// 4. A cancelled entry is marked and forgets everything at once. Its place is passed over when its turn comes, and once
//    there are more such places than others all of them are swept. So cancelling is O(1) on average (O(log n) with
//    priorities), and nothing piles up.
// 5. `length` counts who waits, without the cancelled.

import { Heap } from './heap.js';
import { Entry, type Hand, type Job } from './job.js';

/** Where a piece of the row has the next one. */
const LAST = 1023;

export class Line<T> {
  length = 0;
  #first: unknown[] = [];
  #last: unknown[] = this.#first;
  /** The place in the first piece whose turn it is. */
  #at = 0;
  #heap: Heap<T> = new Heap();
  #cancelled = 0;
  /** How many bare items stand at the head of the row. */
  #bare = 0;

  /** Adds a bare item. */
  push(item: T): void {
    if (this.#bare + this.#heap.length < this.length + this.#cancelled)
      return this.add({ item, first: undefined, second: undefined });
    this.#bare++;
    this.#append(item);
  }

  /** Adds to the end of the row. */
  #append(slot: unknown): void {
    this.length++;
    let last = this.#last;
    if (last.length === LAST) {
      last.push((this.#last = []));
      last = this.#last;
    }
    last.push(slot);
  }

  /** Adds a job: after all others of its priority, or, when it was taken and is put back, before them. */
  add(job: Job<T>, back?: boolean): void {
    const { priority = 0 } = job;
    if (job instanceof Entry) job.line = this as Line<unknown>;
    if (priority === 0 && !back) return this.#append(job);
    this.length++;
    this.#heap.push(job, priority, back);
  }

  /**
   * The job whose turn it is, of one or more that wait, also when it has been cancelled. A bare item, and the end of a
   * piece of the row, is none.
   */
  get head(): Partial<Job<T>> | undefined {
    if (this.#isHeapFirst()) return this.#heap.first;
    return this.#bare > 0 ? undefined : (this.#first[this.#at] as Partial<Job<T>>);
  }

  /** Takes the one whose turn it is, of one or more. */
  take(hand: Hand<T>): void {
    for (;;) {
      let slot: Job<T>;
      if (this.#isHeapFirst()) {
        slot = this.#heap.shift();
      } else {
        if (this.#at === LAST) {
          this.#first = this.#first[LAST] as unknown[];
          this.#at = 0;
        }
        slot = this.#first[this.#at] as Job<T>;
        this.#first[this.#at++] = undefined;
        if (this.#bare > 0) {
          this.#bare--;
          this.length--;
          hand.item = slot as unknown as T;
          hand.job = hand.first = hand.second = undefined;
          return;
        }
      }
      if (slot instanceof Entry) {
        if (slot.cancelled) {
          this.#cancelled--;
          continue;
        }
        slot.line = undefined;
      }
      this.length--;
      hand.job = slot;
      hand.item = slot.item as T;
      hand.first = slot.first;
      hand.second = slot.second;
      return;
    }
  }

  /** The same, as a job. */
  shift(): Job<T> {
    const hand = {} as Hand<T>;
    this.take(hand);
    return hand.job ?? hand;
  }

  #isHeapFirst(): boolean {
    if (this.#heap.length === 0) return false;
    return this.#heap.isUrgent || (this.#first === this.#last && this.#at === this.#last.length);
  }

  /** Lets go of one who waits here. */
  cancel(entry: Entry<T>): void {
    entry.cancelled = true;
    entry.forget();
    this.length--;
    if (++this.#cancelled < this.length + 32) return;
    const jobs: Job<T>[] = [];
    while (this.length > 0) jobs.push(this.shift());
    this.#first = this.#last = [];
    this.#heap = new Heap();
    this.#at = this.#cancelled = 0;
    for (const job of jobs) this.add(job);
  }
}
