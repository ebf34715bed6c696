/// <reference lib="esnext.disposable" preserve="true" />
// Runs the action for the items of a source, so many at a time.
//
// Invariants
// 1. No item is read before there is a place for it, and one is asked for at a time. An item that has been read is started
//    at once, or when the event loop has had its turn if that is due, unless the stage is over meanwhile.
// 2. An item has a place while its action runs, and while its outcome is held.
// 3. It has ended when it is over and no place is taken. A source that is being waited for is waited for no more.
// 4. Whatever may have freed a place, or ended it, calls `go` when it is done.

import { isAbort } from '@x/abort';
import type { WorkAction } from './actioner.js';
import { report } from './report.js';
import { END } from './source.js';
import { Stage } from './stage.js';
import { isThenable } from './thenable.js';
import { Turns } from './turns.js';

/** What a batch was made of. */
export interface Plan<T, R> {
  work: Iterable<T> | AsyncIterable<T>;
  action: WorkAction<T, R>;
  parallelism: number;
  onError: ((error: unknown, item: T) => void) | undefined;
  stopOnError: boolean;
  /** What messages begin with. */
  title: string;
}

/** Has one item at a time whose action is waited for: a `then` whose functions are there already costs less than an `await`. */
interface Lane<T, S> {
  item: T;
  slot: S;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
  /** The one that is free, too. */
  next: Lane<T, S> | undefined;
}

/** `S` is what belongs to an item from its start to its end, besides a place. */
export class Lanes<T, R, S = undefined> extends Stage<T> {
  readonly #plan: Plan<T, R>;
  readonly #turns: Turns = new Turns(() => this.#rested?.(undefined));
  /** The lanes with nothing to wait for. */
  #free: Lane<T, S> | undefined;
  #running = 0;
  /** What the source has given when it was waited for, until it is started; END when that is nothing. */
  #given: T | typeof END = END;
  /** How many outcomes are held. */
  protected held = 0;
  /** Nothing is started until this is called: when the event loop has had its turn. */
  #rested: ((nothing: undefined) => void) | undefined;

  constructor(plan: Plan<T, R>, signal: AbortSignal | undefined) {
    super(plan.work, signal, plan.title);
    this.#plan = plan;
  }

  /** Reads and starts items while there is a place. */
  override go(): void {
    const { ask } = this.source;
    const { parallelism } = this.#plan;
    if (this.#turns.begin()) this.#rest();
    try {
      while (!this.over && !this.reading && !this.#rested && this.#running + this.held < parallelism) {
        if (!ask) {
          this.#start(this.#read() as T);
        } else if (this.#given !== END) {
          const item = this.#given;
          this.#given = END;
          this.#start(item);
        } else {
          // Before it is asked: it may stop the batch, or ask its own stream for a result, as it is.
          this.reading = true;
          void ask().then(this.#give, this.break);
        }
      }
    } catch (error) {
      this.break(error);
    }
    if (!this.over || this.#running + this.held > 0) return;
    this.#turns.end();
    this.ended.resolve();
  }

  readonly #give = (answer: IteratorResult<T>): void => {
    this.reading = false;
    try {
      this.#given = this.#read(answer);
      this.go();
    } catch (error) {
      this.break(error);
    }
  };

  /** It is over as soon as the source has ended, also while nothing may be started: that need not be closed. */
  #read(answer?: IteratorResult<T>): T | typeof END {
    const item = this.source.read(answer);
    this.over ||= item === END;
    return item;
  }

  /** Starts the item, unless the source has ended, or has itself stopped the batch. */
  #start(item: T): void {
    if (this.over) return;
    const { action } = this.#plan;
    this.#running++;
    const slot = this.started();
    try {
      const result = action(item, this.signal);
      if (isThenable(result)) {
        const lane = this.#free ?? this.#lane();
        this.#free = lane.next;
        lane.item = item;
        lane.slot = slot;
        this.#turns.wait();
        return void Promise.resolve(result).then(lane.resolve, lane.reject);
      }
      this.#succeed(slot, result);
    } catch (error) {
      this.#fail(item, error);
    }
    this.settled(slot, false);
  }

  #lane(): Lane<T, S> {
    const done = (well: boolean, outcome: unknown): void => {
      const { item, slot } = lane;
      lane.item = lane.slot = undefined as never;
      lane.next = this.#free;
      this.#free = lane;
      if (well) this.#succeed(slot, outcome as R);
      else this.#fail(item, outcome);
      this.settled(slot, true);
      this.go();
    };
    const lane: Lane<T, S> = {
      item: undefined as never,
      slot: undefined as never,
      next: undefined,
      resolve: (result) => done(true, result),
      reject: (error) => done(false, error),
    };
    return lane;
  }

  #succeed(slot: S, result: R): void {
    this.#running--;
    this.progress.done++;
    this.succeeded(slot, result);
  }

  #fail(item: T, error: unknown): void {
    const { onError, stopOnError } = this.#plan;
    this.progress.failed++;
    // What an abort does to an action is no news.
    if (!isAbort(error, this.signal)) {
      this.progress.errors.add(error);
      if (onError) report(onError, error, item);
      if (stopOnError) this.stop(error);
    }
    // Not before: what is called here may have it go on, and it has not ended yet.
    this.#running--;
  }

  /** An item is about to be started. */
  protected started(): S {
    return undefined as S;
  }

  /** The action of an item has gone well. */
  protected succeeded(_slot: S, _result: R): void {}

  /** The action of an item is done, well or not. When synchronous ones have gone on for long the event loop has its turn. */
  protected settled(_slot: S, waited: boolean): void {
    if (!waited && this.#turns.count()) this.#rest();
  }

  #rest(): void {
    if (this.#rested || this.over) return;
    this.#turns.rest();
    // By a promise: whoever tells of the turn does so in a context of his own.
    void new Promise((resolve) => (this.#rested = resolve)).then(() => {
      this.#rested = undefined;
      this.go();
    });
  }
}
