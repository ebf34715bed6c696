/// <reference lib="esnext.disposable" preserve="true" />
// What stands in a line: a bare item, a job, or an entry.

import { onAbort } from '@x/abort';
import { type Disposal, dispose } from './dispose.js';
import type { Line } from './line.js';

export type Resolve = (value?: unknown) => void;

/**
 * An item for whose end somebody waits, or that is run in the context of whoever enqueued it.
 *
 * |                                    | first                 | second    |
 * | ---------------------------------- | --------------------- | --------- |
 * | submitted                          | resolves its promise  | rejects it |
 * | submitted, in the caller's context | opens its gate        | true      |
 * | enqueued, in the caller's context  | opens its gate        |           |
 *
 * A gate is a promise with a reaction, which therefore runs in the context of whoever registered it. It is opened with
 * the runner that has the item in hand, or with a list of the reason why it is not run.
 */
export interface Job<T> {
  item: T;
  first: Resolve | undefined;
  second: Resolve | true | undefined;
  /** Default: 0, and nothing is kept for it. */
  priority?: number;
}

/** Has what was taken from a line. */
export interface Hand<T> {
  item: T;
  /** Undefined for a bare item. */
  job: Job<T> | undefined;
  first: Resolve | undefined;
  second: Resolve | true | undefined;
}

/** A job that has a signal, or no place yet. */
export class Entry<T> implements Job<T> {
  declare item: T;
  declare first: Resolve | undefined;
  declare second: Resolve | true | undefined;
  declare readonly priority: number;
  declare signal: AbortSignal | undefined;
  /** Where it waits; undefined when it has been taken. */
  line: Line<T> | undefined;
  /** Takes the listener off the signal. */
  watch: Disposal | undefined;
  /** Tells an `enqueue` that waits for a place that it has one, or will get none. */
  accept: Resolve | undefined;
  deny: Resolve | undefined;
  cancelled = false;

  constructor(
    item: T,
    first: Resolve | undefined,
    second: Resolve | true | undefined,
    priority: number,
    signal: AbortSignal | undefined,
  ) {
    this.item = item;
    this.first = first;
    this.second = second;
    this.priority = priority;
    this.signal = signal;
  }

  /** Listens to its signal, which takes it out of its line, and then has others told. */
  follow(left?: () => void): this {
    if (this.signal) {
      this.watch = onAbort(this.signal, () => {
        refuse(this);
        this.line?.cancel(this);
        left?.();
      });
    }
    return this;
  }

  /** Keeps nothing of the user's alive: its place in the line may stay for long, also after the queue has stopped. */
  forget(): void {
    this.item = this.first = this.second = this.signal = this.watch = this.accept = this.deny = undefined as never;
  }
}

/**
 * Tells whoever waits for an item that it is not going to be run: when its signal has aborted, for that reason and no other.
 * Where nobody does there is no reason to be made.
 */
export function refuse<T>(job: Job<T> | Entry<T>, why?: (item: T) => unknown): void {
  const { item, first, second, deny, watch, signal } = job as Partial<Entry<T>>;
  watch?.[dispose]();
  if (!deny && !second) return;
  const reason: unknown = signal?.aborted ? signal.reason : why?.(item as T);
  deny?.(reason);
  if (typeof second === 'function') second(reason);
  else if (second) first?.([reason]);
}
