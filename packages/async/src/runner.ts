import type { LinkedController } from '@x/abort';
import { dispose, type Disposal } from './dispose.js';
import type { Hand, Job, Resolve } from './job.js';

/** Has one item in hand at a time. Made once for many items: what they need of it costs them nothing. */
export class Runner<T> implements Hand<T> {
  declare item: T;
  declare job: Job<T> | undefined;
  /** The two functions of the job in hand; those of its promise, once that has handed them over. */
  declare first: Resolve | undefined;
  declare second: Resolve | true | undefined;
  /** What the action returned, when that has to be waited for. */
  declare result: Promise<unknown> | undefined;
  /** Whether the outcome of the item has been told, and what it is. What comes of the action after that is no outcome. */
  told = true;
  well = false;
  declare outcome: unknown;
  /** The run that it belongs to. */
  declare readonly run: AbortController;
  /** What the action is given: the run's, or that of `own`. */
  declare signal: AbortSignal;
  own: LinkedController | undefined;
  watch: Disposal | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether it goes on in the context of whoever enqueued the item it has had last. */
  away = false;
  /** Its item was put back before the action was called: the gate that it waits for now. */
  again: Promise<unknown> | undefined;
  declare readonly resolved: Resolve;
  declare readonly rejected: Resolve;

  /**
   * What the reaction of a submitted item returns while its action goes on. The promise of `submit` then asks it for its
   * outcome, and so hands over its own two functions: without a promise more, and the item can fail at once on an abort.
   */
  declare readonly sink: { then: (resolve: Resolve, reject: Resolve) => void };

  constructor(run: AbortController, done: (runner: Runner<T>, well: boolean, outcome: unknown) => void) {
    this.run = run;
    this.signal = run.signal;
    this.resolved = (value) => done(this, true, value);
    this.rejected = (error) => done(this, false, error);
    this.sink = {
      then: (resolve, reject) => {
        this.first = resolve;
        this.second = reject;
        if (this.told) reject(this.outcome);
        this.wait();
      },
    };
  }

  /** Waits for the result. */
  wait(): void {
    void (this.result as Promise<unknown>).then(this.resolved, this.rejected);
  }

  /** Notes the outcome of the item, once, and tells its submitter. */
  conclude(well: boolean, outcome: unknown): void {
    if (this.told) return;
    this.told = true;
    this.well = well;
    this.outcome = outcome;
    const { first, second } = this;
    if (typeof second === 'function') (well ? (first as Resolve) : second)(outcome);
  }

  /** The signal is the action's no longer: nothing stays on the user's, and its own does not abort any more. */
  release(): void {
    if (!this.own) return;
    this.watch?.[dispose]();
    this.own.unlink();
    clearTimeout(this.timer);
    // It keeps the context of whoever enqueued the item.
    this.own = this.timer = undefined;
    this.signal = this.run.signal;
  }

  /** Forgets the item. */
  forget(): void {
    this.told = true;
    this.item = this.job = this.first = this.second = this.result = this.outcome = undefined as never;
  }
}
