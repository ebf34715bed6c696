// Who waits for a queue: items in the line, and outside those whose `enqueue` or `submit` waits for a place in it.
//
// Invariants
// 1. Whoever is outside is let in before anybody who comes later: while somebody is, the room is full for all others.
// 2. A place is free when what was taken from it is begun. Until then it can be put back: so no more wait than may.
// 3. An accepted item leaves the line once: taken, handed back, or cancelled by its own signal.

import { Heap } from './heap.js';
import { Entry, type Job, refuse, type Resolve } from './job.js';
import { Line } from './line.js';
import type { EnqueueOptions } from './queue-options.js';

interface Host {
  /** Those that were taken and have not begun. */
  readonly entering: readonly unknown[];
  settle(): void;
}

/** The line, and what is around it. */
export class Room<T> extends Line<T> {
  readonly #places: number;
  readonly #host: Host;
  readonly #outside: Line<T> = new Line();
  /** Who waits for a shorter line, the longest that will do first. */
  readonly #below: Heap<number> = new Heap();

  /** A signal has taken somebody out. */
  readonly #left = (): void => {
    this.moved();
    this.#host.settle();
  };

  constructor(places: number, host: Host) {
    super();
    this.#places = places;
    this.#host = host;
  }

  get isFull(): boolean {
    return this.length + this.#host.entering.length >= this.#places || this.#outside.length > 0;
  }

  /** Puts an item in the line, or outside while that is full: then returns what waits there. */
  place(item: T, options?: EnqueueOptions, first?: Resolve, second?: Resolve | true): Entry<T> | undefined {
    const full = this.isFull;
    if (options || full) {
      const { priority = 0, signal } = options ?? {};
      if (full || signal) {
        const entry = new Entry(item, first, second, priority, signal).follow(this.#left);
        (full ? this.#outside : this).add(entry);
        return full ? entry : undefined;
      }
      this.add({ item, first, second, priority });
    } else if (first) {
      this.add({ item, first, second });
    } else {
      this.push(item);
    }
    return undefined;
  }

  /** Takes back what was handed over and has not begun; returns another gate, in place of the one that was opened. */
  takeBack(job: Job<T>): Promise<unknown> {
    const gate = new Promise((open) => (job.first = open));
    this.#admit(job, true);
    return gate;
  }

  /** Adds to the line who was elsewhere, unless its signal has aborted: the listener has been called, or finds it nowhere. */
  #admit(job: Job<T>, back?: boolean): void {
    if ((job as Partial<Entry<T>>).signal?.aborted) refuse(job);
    else this.add(job, back);
  }

  /** Takes out those outside, or, where their items are to be kept, those in the line, and tells the submitters. */
  empty(why: (item: T) => unknown, kept?: T[]): void {
    const line = kept ? this : this.#outside;
    while (line.length > 0) {
      const job = line.shift();
      // What its signal has cancelled is nobody's.
      if (!(job as Partial<Entry<T>>).signal?.aborted) kept?.push(job.item);
      refuse(job, why);
    }
    this.moved();
  }

  /** Resolves when fewer than `n` wait in the line. */
  below(n: number): Promise<void> {
    return new Promise((first) => {
      this.#below.push({ item: n, first } as Job<number>, n);
      this.moved();
    });
  }

  /** There is one less in the line, or what was taken is begun and its place is free: lets the next in, and tells who waits for a shorter one. */
  moved(): void {
    while (this.#outside.length > 0 && this.length + this.#host.entering.length < this.#places) {
      const entry = this.#outside.shift() as Entry<T>;
      this.#admit(entry);
      entry.accept?.(); // which does nothing when it was refused
      entry.accept = entry.deny = undefined;
    }
    while (this.#below.length > 0 && this.#below.first.item > this.length) this.#below.shift().first?.();
  }
}
