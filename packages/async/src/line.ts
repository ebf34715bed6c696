// Who waits, in the order of priority, then of arrival.
//
// Invariants
// 1. Whoever waits with priority 0 stands in `#slots`, in the order of arrival; everybody else stands in the heap. So
//    taking is O(1) for whoever uses no priorities, and O(log n) for the others.
// 2. A slot holds a job, or, where nobody waits for its end, the bare item: waiting costs it one slot.
// 3. A cancelled entry is marked and forgets everything at once. Its place is passed over when its turn comes, and once
//    there are more such places than others all of them are swept. So cancelling is O(1) on average (O(log n) with
//    priorities), and nothing piles up.
// 4. `length` counts who waits, without the cancelled.

import type { Disposal } from './dispose.js';

export type Resolve = (value: unknown) => void;

/** An item and what is called when it comes to its turn, or to its end. What that means is the queue's business. */
export class Job<T> {
  declare item: T;
  declare first: Resolve | undefined;
  declare second: Resolve | true | undefined;

  constructor(item: T, first?: Resolve, second?: Resolve | true) {
    this.item = item;
    this.first = first;
    this.second = second;
  }
}

/** A job that has a priority, a signal, or no place yet. */
export class Entry<T> extends Job<T> {
  declare readonly priority: number;
  declare readonly arrival: number;
  declare readonly signal: AbortSignal | undefined;
  /** Where it waits. */
  line: Line<T> | undefined;
  /** Takes the listener off the signal. */
  watch: Disposal | undefined;
  /** Tells an `enqueue` that waits for a place that it has one, or will get none. */
  accept: Resolve | undefined;
  deny: Resolve | undefined;
  cancelled = false;
  // A leftist heap: the path to the right is the shortest one, and its length is `rank`.
  rank = 1;
  left: Entry<T> | undefined;
  right: Entry<T> | undefined;

  constructor(
    item: T,
    first: Resolve | undefined,
    second: Resolve | true | undefined,
    priority: number,
    arrival: number,
    signal: AbortSignal | undefined,
  ) {
    super(item, first, second);
    this.priority = priority;
    this.arrival = arrival;
    this.signal = signal;
  }
}

export class Line<T> {
  length = 0;
  #slots: unknown[] = [];
  #head = 0;
  #heap: Entry<T> | undefined;
  #cancelled = 0;

  add(slot: T | Job<T>): void {
    this.length++;
    if (slot instanceof Entry) {
      slot.line = this;
      if (slot.priority !== 0) {
        this.#heap = meld(this.#heap, slot);
        return;
      }
    }
    this.#slots.push(slot);
  }

  /** Takes the one whose turn it is. */
  take(): Job<T> | undefined {
    while (this.length > 0) {
      const top = this.#heap;
      let slot: unknown = top;
      if (top && (top.priority > 0 || this.#head === this.#slots.length)) {
        this.#heap = meld(top.left, top.right);
        top.left = top.right = undefined;
        top.rank = 1;
      } else {
        slot = this.#slots[this.#head];
        this.#slots[this.#head++] = undefined;
        if (this.#head > 1023 && 2 * this.#head > this.#slots.length) {
          this.#slots = this.#slots.slice(this.#head);
          this.#head = 0;
        }
      }
      if (this.#cancelled > 0 && slot instanceof Entry && slot.cancelled) {
        this.#cancelled--;
        continue;
      }
      this.length--;
      return slot instanceof Job ? (slot as Job<T>) : new Job(slot as T);
    }
    return undefined;
  }

  /** Lets go of one who waits here. */
  cancel(entry: Entry<T>): void {
    entry.cancelled = true;
    entry.item = entry.first = entry.second = undefined as never;
    this.length--;
    if (++this.#cancelled < this.length + 32) return;
    const jobs: Job<T>[] = [];
    for (let job; (job = this.take());) jobs.push(job);
    this.#slots = [];
    this.#head = this.#cancelled = 0;
    this.#heap = undefined;
    for (const job of jobs) this.add(job);
  }
}

/** Makes one heap of two. It goes down their shortest paths, which is never deep. */
function meld<T>(one: Entry<T> | undefined, other: Entry<T> | undefined): Entry<T> | undefined {
  if (!one || !other) return one ?? other;
  const later = one.priority - other.priority || other.arrival - one.arrival;
  if (later < 0) [one, other] = [other, one];
  const right = meld(one.right, other) as Entry<T>;
  const left = one.left;
  if (!left || left.rank < right.rank) {
    one.left = right;
    one.right = left;
  } else {
    one.right = right;
  }
  one.rank = 1 + (one.right?.rank ?? 0);
  return one;
}
