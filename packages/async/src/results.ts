/// <reference lib="esnext.disposable" preserve="true" />
// Streams what the actions of a batch return.
//
// Invariants
// 1. Outcomes wait in a row: from when their items are started on when they are ordered, from when these are done otherwise.
//    They are handed out from its head, to those who ask in the order in which they asked.
// 2. An outcome keeps its place until whoever it was handed to asks for the next.
// 3. A stream that was left hands out nothing more, and holds nothing; nor does one in order that has come to the item which stopped it,
//    or to one that was stopped. What it stopped for is thrown by the first that asks when everything has been handed out. Whoever
//    leaves it before that is thrown what is told nowhere else, an error of the source or of closing it, unless that throws an error itself.

import type { ResultsOptions } from './batch-options.js';
import { asyncDispose } from './dispose.js';
import { Lanes, type Plan } from './lanes.js';

/** One who waits for a result. They are in a list: of an array that is long, taking the first takes time for all the others. */
interface Reader<R> {
  resolve: (result: IteratorResult<R, undefined>) => void;
  reject: (error: unknown) => void;
  /** Who asked next. */
  next: Reader<R> | undefined;
}

const end = <R>(): IteratorResult<R, undefined> => ({ done: true, value: undefined });

/**
 * What `for await` reads. Nothing happens before the first result is asked for: then it begins, unless it has been left
 * before, of which `skip` is told.
 */
export function resultsOf<T, R>(
  begin: (() => Stream<T, R>) | undefined,
  skip: () => void,
): AsyncIterableIterator<R> & AsyncDisposable {
  let stream: Stream<T, R> | undefined;
  const leave = async (thrown?: boolean): Promise<void> => {
    if (begin) skip();
    begin = undefined;
    await stream?.leave(thrown);
  };
  return {
    next() {
      const first = begin;
      begin = undefined;
      try {
        stream ??= first?.();
        return stream ? stream.next() : Promise.resolve(end());
      } catch (error) {
        return Promise.reject(error);
      }
    },
    async return(value?: unknown) {
      await leave();
      return { done: true, value: await value };
    },
    async throw(error: unknown) {
      await leave(true);
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [asyncDispose]: () => leave(),
  };
}

/** What becomes of an item: undefined until that is known, null when it fails, false when that leaves a gap in the order. */
interface Slot<R> {
  outcome: IteratorYieldResult<R> | false | null | undefined;
  /** The one behind it. */
  next: Slot<R> | undefined;
}

export class Stream<T, R> extends Lanes<T, R, Slot<R>> {
  readonly #ordered: boolean;
  /** Who asked first, and who asked last, of those who wait. */
  #reader: Reader<R> | undefined;
  #lastReader: Reader<R> | undefined;
  #first: Slot<R> | undefined;
  #last: Slot<R> | undefined;
  /** How many have been handed out to somebody who has not asked for the next: one at most. */
  #handed = 0;
  #left = false;
  /** Nothing more is handed out, and nothing kept. */
  #cut = false;
  readonly #finishing: Promise<void>;

  constructor(plan: Plan<T, R>, { ordered = false, signal }: ResultsOptions) {
    super(plan, signal);
    this.#ordered = ordered;
    this.#finishing = this.finish();
  }

  next(): Promise<IteratorResult<R, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.finished) return resolve(end());
      const reader = { resolve, reject, next: undefined };
      if (this.#reader) (this.#lastReader as Reader<R>).next = reader;
      else this.#reader = reader;
      this.#lastReader = reader;
      this.#serve();
      this.go();
    });
  }

  /**
   * Ends it, also while results are waited for. What the source or its closing fails with is thrown each time, unless an error
   * of the user's is to be: then it is with the other errors. Whoever has the result in hand that was looked for does not lose
   * it to the error of another item, which is with the other errors anyway, nor to the reason of the signal.
   */
  async leave(thrown?: boolean): Promise<void> {
    if (!this.finished) {
      this.#left = true;
      this.#drop();
      this.end();
    }
    await this.#finishing;
    const { failure } = this;
    if (!this.#left || !failure || failure[1]) return;
    if (!thrown) throw failure[0];
    this.failure = undefined;
    this.progress.errors.add(failure[0]);
  }

  /** When it was left it has stopped already: an item that fails because of that takes no place from an error of closing the source. */
  override stop(error: unknown, told?: boolean): void {
    if (!this.#left) super.stop(error, told);
  }

  protected override started(): Slot<R> {
    const slot = { outcome: undefined, next: undefined };
    if (this.#ordered) this.#append(slot);
    return slot;
  }

  protected override succeeded(slot: Slot<R>, value: R): void {
    slot.outcome = { done: false, value };
  }

  protected override settled(slot: Slot<R>): void {
    // Waited for or not: whoever reads may go on without the event loop having had its turn.
    super.settled(slot, false);
    if (this.#cut) return;
    this.held++;
    slot.outcome ??= this.#ordered && this.failure ? false : null;
    if (!this.#ordered) this.#append(slot);
    this.#serve();
  }

  #append(slot: Slot<R>): void {
    if (this.#first) (this.#last as Slot<R>).next = slot;
    else this.#first = slot;
    this.#last = slot;
  }

  /** Hands out nothing more. */
  #drop(): void {
    this.#cut = true;
    this.#first = this.#last = undefined;
    this.held = this.#handed = 0;
  }

  /** Hands out what there is to those who wait. */
  #serve(): void {
    while (this.#reader) {
      this.held -= this.#handed;
      this.#handed = 0;
      const slot = this.#first;
      if (slot?.outcome === undefined) return;
      if (slot.outcome === false) return this.#drop();
      this.#first = slot.next;
      this.#handed = 1;
      if (slot.outcome) this.#served().resolve(slot.outcome);
      slot.outcome = null; // it is the user's, and may be all that is kept of this
    }
  }

  override async finish(): Promise<void> {
    await super.finish();
    // Unless it was left it ends when somebody asks for more than there is.
    if (this.failure && !this.#left) this.#served().reject(this.failure[0]);
    while (this.#reader) this.#served().resolve(end());
  }

  /** Who asked first waits no more. */
  #served(): Reader<R> {
    const reader = this.#reader as Reader<R>;
    this.#reader = reader.next;
    if (!reader.next) this.#lastReader = undefined;
    return reader;
  }
}
