// Whoever waits with a priority: the higher first, and of equals who came first.
//
// Invariants
// 1. Each has a number. What is moved to and fro are the numbers: moving the jobs themselves has the collector look at
//    each of them again.
// 2. Whoever stands at n of `#order` comes before those at 4n + 1 to 4n + 4.
// 3. The numbers of those who have gone are given to the next, and all are forgotten when the heap is empty.

import type { Job } from './job.js';

export class Heap<T> {
  #order: number[] = [];
  #jobs: (Job<T> | undefined)[] = [];
  #priorities: number[] = [];
  #arrivals: number[] = [];
  #spare: number[] = [];
  #came = 0;

  get length(): number {
    return this.#order.length;
  }

  /** The first of one or more. */
  get first(): Job<T> {
    return this.#jobs[this.#order[0] as number] as Job<T>;
  }

  /** Whether the first comes before whoever has no priority. One without that is here has been put back. */
  get isUrgent(): boolean {
    return (this.#priorities[this.#order[0] as number] as number) >= 0;
  }

  /** Adds a job: after those of its priority, or, when it is put back, before them. */
  push(job: Job<T>, priority: number, back?: boolean): void {
    const number = this.#spare.pop() ?? this.#jobs.length;
    this.#jobs[number] = job;
    this.#priorities[number] = priority;
    this.#arrivals[number] = back ? -1 - this.#came++ : this.#came++;
    const order = this.#order;
    let at = order.length;
    while (at > 0) {
      const above = (at - 1) >> 2;
      const other = order[above] as number;
      if (!this.#isBefore(number, other)) break;
      order[at] = other;
      at = above;
    }
    order[at] = number;
  }

  /** Takes the first of one or more. */
  shift(): Job<T> {
    const order = this.#order;
    const first = order[0] as number;
    const job = this.#jobs[first] as Job<T>;
    const last = order.pop() as number;
    const { length } = order;
    if (length === 0) {
      this.#jobs = [];
      this.#priorities = [];
      this.#arrivals = [];
      this.#spare = [];
      return job;
    }
    this.#jobs[first] = undefined;
    this.#spare.push(first);
    let at = 0;
    for (let below = 1; below < length; below = 4 * at + 1) {
      let place = below;
      let least = order[below] as number;
      for (const end = Math.min(below + 4, length); ++below < end;) {
        const other = order[below] as number;
        if (!this.#isBefore(other, least)) continue;
        least = other;
        place = below;
      }
      if (this.#isBefore(last, least)) break;
      order[at] = least;
      at = place;
    }
    order[at] = last;
    return job;
  }

  #isBefore(one: number, other: number): boolean {
    const more = this.#priorities[one] as number;
    const less = this.#priorities[other] as number;
    return more > less || (more === less && (this.#arrivals[one] as number) < (this.#arrivals[other] as number));
  }
}
