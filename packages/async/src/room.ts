// Who waits for a queue: items in the line, and outside those whose `enqueue` or `submit` waits for a place in it.
//
// Invariants
// 1. Nobody is outside while the line has room: whoever takes from the line lets the next in, before anybody else can ask.
// 2. An accepted item leaves the line once: taken, handed back, or cancelled by its own signal.

import { onAbort } from '@x/abort';
import { Entry, type Job, refuse, type Resolve } from './job.js';
import { Line } from './line.js';
import type { EnqueueOptions } from './queue-options.js';

export class Room<T> {
  readonly #places: number;
  readonly #host: { settle(): void };
  readonly #line: Line<T> = new Line();
  readonly #outside: Line<T> = new Line();
  #below: [n: number, tell: () => void][] = [];

  constructor(places: number, host: { settle(): void }) {
    this.#places = places;
    this.#host = host;
  }

  /** How many wait in the line. */
  get length(): number {
    return this.#line.length;
  }

  get isFull(): boolean {
    return this.#line.length >= this.#places;
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
  take(hand: Job<T>): Entry<T> | undefined {
    const entry = this.#line.take(hand);
    if (this.#outside.length + this.#below.length > 0) this.#moved();
    return entry;
  }

  /** Takes everybody out, or those outside only, tells the submitters, and returns the items. */
  empty(outside: boolean, why: (item: T) => unknown): T[] {
    const line = outside ? this.#outside : this.#line;
    const items: T[] = [];
    while (line.length > 0) {
      const hand = { item: undefined as T, first: undefined, second: undefined };
      const job = line.take(hand) ?? hand;
      items.push(job.item);
      refuse(job, why);
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
    while (this.#outside.length > 0 && !this.isFull) {
      const entry = this.#outside.take({} as Job<T>) as Entry<T>;
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
