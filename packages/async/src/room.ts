// Who waits for a queue: items in the line, and outside those whose `enqueue` or `submit` waits for a place in it.
//
// Invariants
// 1. Whoever is outside is let in before anybody who comes later: while somebody is, the room is full for all others.
// 2. A place is free when what was taken from it is begun. Until then it can be put back.
// 3. An accepted item leaves the line once: taken, handed back, or cancelled by its own signal.

import { onAbort } from '@x/abort';
import { Entry, type Hand, type Job, refuse, type Resolve } from './job.js';
import { Line } from './line.js';
import type { EnqueueOptions } from './queue-options.js';

interface Host {
  /** Those that were taken and have not begun. */
  readonly entering: readonly unknown[];
  settle(): void;
}

export class Room<T> {
  readonly #places: number;
  readonly #host: Host;
  readonly #line: Line<T> = new Line();
  readonly #outside: Line<T> = new Line();
  #below: [n: number, tell: () => void][] = [];

  constructor(places: number, host: Host) {
    this.#places = places;
    this.#host = host;
  }

  /** How many wait in the line. */
  get length(): number {
    return this.#line.length;
  }

  get isFull(): boolean {
    return this.#line.length >= this.#places || this.#outside.length > 0;
  }

  /** Adds an item that has neither a priority nor a signal; the line must not be full. */
  push(item: T): void {
    this.#line.push(item);
  }

  /** The same, when somebody waits for its end. */
  add(job: Job<T>): void {
    this.#line.add(job);
  }

  /** Puts an item in the line, or outside while that is full. */
  place(
    item: T,
    { priority = 0, signal }: EnqueueOptions,
    first?: Resolve,
    second?: Resolve | true,
  ): Entry<T> | undefined {
    const full = this.isFull;
    if (!full && !signal) {
      this.#line.add({ item, first, second, priority });
      return undefined;
    }
    const entry = new Entry(item, first, second, priority, signal);
    if (signal) {
      entry.watch = onAbort(signal, (reason) => {
        refuse(entry, () => reason);
        entry.line?.cancel(entry);
        this.#moved();
        this.#host.settle();
      });
    }
    (full ? this.#outside : this.#line).add(entry);
    return entry;
  }

  /** Hands over the one whose turn it is, of one or more. */
  take(hand: Hand<T>): void {
    this.#line.take(hand);
  }

  /** What was taken is begun: its place is free. */
  leave(): void {
    if (this.#outside.length + this.#below.length > 0) this.#moved();
  }

  /** Takes back what was handed over and has not begun; returns another gate, in place of the one that was opened. */
  takeBack(hand: Hand<T>): Promise<unknown> {
    const job = hand.job ?? { item: hand.item, first: undefined, second: undefined };
    const gate = new Promise((open) => (job.first &&= open));
    const { signal } = job as Partial<Entry<T>>;
    // Its listener has been called, or finds it nowhere.
    if (signal?.aborted) refuse(job, () => signal.reason);
    else this.#line.putBack(job);
    return gate;
  }

  /** Takes everybody out, or those outside only, tells the submitters, and returns the items. */
  empty(outside: boolean, why: (item: T) => unknown): T[] {
    const line = outside ? this.#outside : this.#line;
    const items: T[] = [];
    while (line.length > 0) {
      const hand = {} as Hand<T>;
      line.take(hand);
      items.push(hand.item);
      refuse(hand.job ?? hand, why);
    }
    this.#moved();
    return items;
  }

  /** Resolves when fewer than `n` wait in the line. */
  below(n: number): Promise<void> {
    return new Promise((resolve) => this.#below.push([n, resolve]));
  }

  /** There is one less in the line: lets the next in, and tells who waits for a shorter one. */
  #moved(): void {
    while (this.#outside.length > 0 && this.#line.length + this.#host.entering.length < this.#places) {
      const hand = {} as Hand<T>;
      this.#outside.take(hand);
      const entry = hand.job as Entry<T>;
      if (entry.signal?.aborted) {
        // It is the next to be told of the abort that has made room.
        refuse(entry, () => entry.signal?.reason);
        continue;
      }
      this.#line.add(entry);
      entry.accept?.(undefined);
      entry.accept = entry.deny = undefined;
    }
    if (this.#below.length > 0) this.#below = this.#below.filter(([n, tell]) => this.#line.length >= n || tell());
  }
}
