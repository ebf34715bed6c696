/// <reference lib="esnext.disposable" preserve="true" />
// A bounded queue of work, run by at most `parallelism` runners.
//
//   enqueue, submit ──▶ outside ──▶ line ──▶ runner ──▶ done, or told to onError or the submitter
//     (while full)      (no place)  (waiting)   └──────▶ stop, close: handed back
//
// Invariants
// 1. An accepted item is in exactly one place: the line, the hands of a runner, or what the queue hands back. It leaves the
//    line once: taken by a runner, drained by the end of the run, or cancelled by its own signal.
// 2. Nobody is outside while the line has room: whoever takes from the line lets the next in, before anybody else can ask.
// 3. Actions start in the context of `start`: the dispatcher is an async function begun there, and runners are begun by it.
//    The exception are items with a gate: a promise reaction registered by the enqueuer, which runs in the enqueuer's
//    context when a runner resolves the promise before it.
// 4. Nothing starts before the call that accepted it has returned: the dispatcher is woken by a promise.
// 5. A runner takes one item after the other and makes no promise of its own for them; when it finds none it is gone.
// 6. `told` is set on a runner when the outcome of its item has been told. What comes of the action after that (its signal
//    had aborted) is no outcome any more.
// 7. A run that is over touches no counter: its runners may come back from their actions long after the next start.
// 8. No callback of the user's is called while state is half changed.

import { LinkedController, onAbort } from '@x/abort';
import { type Actioner, actionOf, type WorkAction } from './actioner.js';
import { check, checkFunction, checkNumber, checkOptions, checkSignal, signalOf, titleOf } from './arguments.js';
import { deferred, type Deferred } from './deferred.js';
import { dispose, type Disposal, Disposing } from './dispose.js';
import { CannotStartError, CannotStopError, DiscardedError, LatchTransitionError } from './errors.js';
import {
  latchActive,
  latchPaused,
  latchPausing,
  latchResuming,
  latchStarted,
  type LatchState,
  latchStopped,
  latchStopping,
  stateName,
} from './latch-state.js';
import { Entry, Job, Line, type Resolve } from './line.js';
import { after, afterEvents, allowListeners, availableCores } from './platform.js';
import { type Rate, rateOf } from './rate.js';
import { Streak } from './streak.js';
import { isThenable } from './thenable.js';

/** How many items wait in a queue at most, unless it is told otherwise. Source: blend/go-sdk async DefaultQueueMaxWork */
export const defaultQueueMaxWork = 1024;
/** How long a queue that stops waits for its actions, in milliseconds. Source: blend/go-sdk async DefaultShutdownGracePeriod */
export const defaultShutdownGracePeriod = 10_000;

/** How a queue works. Source: blend/go-sdk async QueueOption */
export interface QueueOptions<T> {
  /** How many actions run at the same time, 1 or more. Default: as many as there are cores. */
  parallelism?: number | undefined;
  /** How many items may wait, 1 or more; `Infinity` for no bound. Default: 1024. */
  maxWork?: number | undefined;
  /** Stops the queue when it aborts, as `stop` does. Default: none. */
  signal?: AbortSignal | undefined;
  /** What messages call the queue. Default: none. */
  name?: string | undefined;
  /** Is told what an enqueued item failed with. Without it that is an unhandled rejection. */
  onError?: ((error: unknown, item: T) => void) | undefined;
  /** For how many milliseconds a queue that stops waits for its actions. Default: 10,000. */
  shutdownGracePeriod?: number | undefined;
  /** How many milliseconds an item may take. Default: any. */
  timeout?: number | undefined;
  /** At most `limit` items start in any `interval` milliseconds. Default: any number. */
  rate?: { limit: number; interval: number } | undefined;
  /**
   * In whose `AsyncLocalStorage` context an action runs: of the one who enqueues or submits, or of the one who started
   * the queue, which is quicker. What `tryEnqueue` accepts always runs in that of the queue. Default: 'enqueuer'.
   */
  context?: 'enqueuer' | 'queue' | undefined;
  /** Is given the items that a stop by a signal, or by disposal, left. Without it they are a `DiscardedError`. */
  onDiscarded?: ((items: T[]) => void) | undefined;
}

/** How one item is to be treated. */
export interface EnqueueOptions {
  /** Items with a higher one start first; default: 0. */
  priority?: number | undefined;
  /** Takes the item out of the queue when it aborts, or aborts the signal of its action. Default: none. */
  signal?: AbortSignal | undefined;
}

// A promise's two functions without a closure for each promise: the executor is shared, and leaves them here.
let resolver: Resolve | undefined;
let rejecter: Resolve | undefined;
const capture = (resolve: Resolve, reject: Resolve): void => {
  resolver = resolve;
  rejecter = reject;
};

const DONE: Promise<void> = /* @__PURE__ */ Promise.resolve();

/** Has one job in hand at a time. */
class Runner<T> {
  job!: Job<T>;
  /** What the action is given: the run's, or that of `own`. */
  signal: AbortSignal;
  own: LinkedController | undefined;
  watch: Disposal | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** What the action returned, when that has to be waited for. */
  result: PromiseLike<unknown> | undefined;
  told = false;
  well = false;
  outcome: unknown;
  resolve: Resolve | undefined;
  reject: Resolve | undefined;
  /**
   * What the reaction of a submitted item returns while its action goes on. The promise of `submit` then asks it for its
   * outcome, and so hands over its own two functions: without a promise more, and the item can fail at once on an abort.
   */
  readonly sink = {
    then: (resolve: Resolve, reject: Resolve): void => {
      this.resolve = resolve;
      this.reject = reject;
      if (this.told) reject(this.outcome);
    },
  };

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }
}

/**
 * Runs an action for each item, so many at a time, with room for so many to wait.
 *
 * Items start in the order of their priority, then of their arrival. Each is accepted once, and is then run, or handed back
 * by `stop` or `close`, or was cancelled by its own signal: none is lost and none is run twice. Items may be enqueued
 * before `start`; nothing is accepted once the queue stops, until it is started again. Like `p-queue`, except that it is
 * bounded, starts and stops, and has the action in one place.
 *
 * On abort: a signal of the queue stops it, as `stop` does. An item's own signal takes it out of the queue at once; when
 * its action runs already the action's signal aborts, the item has failed with the reason, and its place is free when the
 * action settles.
 *
 * On error: a failed `submit` is its caller's alone; a failed `enqueue` or `tryEnqueue` is told to `onError`, and without
 * one is an unhandled rejection.
 *
 * An action that returns no promise costs none. A queue of such lets the event loop have its turn at least every 10 ms.
 *
 * @example
 * ```ts
 * import { Queue } from '@x/async';
 *
 * const queue = new Queue(async (name: string) => `Hello, ${name}`, { parallelism: 2 });
 * await queue.start();
 * console.log(await queue.submit('Ada'));
 * console.log(await queue.stop());
 * // Output:
 * // Hello, Ada
 * // []
 * ```
 * @throws TypeError or RangeError when an argument is not what it must be.
 *
 * Source: blend/go-sdk async Queue
 */
export class Queue<T, R = void> extends Disposing {
  readonly #action: WorkAction<T, R>;
  readonly #title: string;
  readonly #signal: AbortSignal | undefined;
  readonly #onError: QueueOptions<T>['onError'];
  readonly #onDiscarded: QueueOptions<T>['onDiscarded'];
  readonly #grace: number;
  readonly #timeout: number;
  readonly #rate: Rate | undefined;
  readonly #gated: boolean;
  readonly #maxWork: number;
  #parallelism: number;

  readonly #line = new Line<T>();
  readonly #outside = new Line<T>();
  #arrivals = 0;
  #state: LatchState = latchStopped;
  /** Aborts the signal of the actions; another one for each start, so it tells apart the runs. */
  #run: AbortController | undefined;
  #runners!: Set<Runner<T>>;
  /** How many items are in the hands of runners. */
  #running = 0;
  /** How many items have been taken whose actions are called in a microtask. */
  #entering = 0;
  /** Whether an action is being called just now. */
  #acting = false;
  /** Whether the event loop has its turn just now: until then nothing starts. */
  #resting = false;
  /** Wakes the dispatcher; undefined while it is awake. */
  #wakeUp: Resolve | undefined;
  /** Goes off when the rate allows the next start: until then nothing starts. */
  #rateTimer: ReturnType<typeof setTimeout> | undefined;
  #graceTimer: ReturnType<typeof setTimeout> | undefined;
  #following: Disposal | undefined;

  /** The items that are handed back: set while the queue stops and when it has. */
  #outcome: Promise<T[]> | undefined;
  #handBack!: (items: T[]) => void;
  #left: T[] = [];
  /** Why it stops, when a signal says so. */
  #reason: unknown;
  #told: Promise<void> | undefined;
  #ended: Deferred | undefined;

  #idle: Deferred | undefined;
  #below: [n: number, tell: () => void][] = [];

  constructor(action: WorkAction<T, R> | Actioner<T, R>, options: QueueOptions<T> = {}) {
    super();
    this.#action = actionOf(action);
    checkOptions(options);
    const { name, rate, signal, onError, onDiscarded, parallelism = availableCores(), context = 'enqueuer' } = options;
    const { maxWork = defaultQueueMaxWork, timeout = Infinity } = options;
    const { shutdownGracePeriod = defaultShutdownGracePeriod } = options;
    checkNumber('parallelism', parallelism, 1);
    checkNumber('maxWork', maxWork, 1);
    checkNumber('shutdownGracePeriod', shutdownGracePeriod, 0);
    checkNumber('timeout', timeout, 0);
    checkFunction('onError', onError, true);
    checkFunction('onDiscarded', onDiscarded, true);
    const gated = context === 'enqueuer';
    check(gated || context === 'queue', 'context', "'enqueuer' or 'queue'", context);
    if (rate !== undefined) {
      checkNumber('rate.limit', rate?.limit, 1);
      checkNumber('rate.interval', rate.interval, 0);
      this.#rate = rateOf(rate.limit, rate.interval);
    }
    this.#title = titleOf('Queue', name);
    this.#signal = signal;
    this.#onError = onError;
    this.#onDiscarded = onDiscarded;
    this.#grace = shutdownGracePeriod;
    this.#timeout = timeout;
    this.#gated = gated;
    this.#maxWork = maxWork;
    this.#parallelism = parallelism;
  }

  /** How many items wait: accepted, and not started. */
  get size(): number {
    return this.#line.length;
  }

  /** How many actions run. Those that a stop gave up waiting for do not count. */
  get running(): number {
    return this.#running;
  }

  /** Where the queue stands: one of the states of a latch. */
  get state(): LatchState {
    return this.#state;
  }

  /** How many actions run at the same time. A change tells from the next start on. */
  get parallelism(): number {
    return this.#parallelism;
  }

  set parallelism(parallelism: number) {
    checkNumber('parallelism', parallelism, 1);
    this.#parallelism = parallelism;
    this.#wake();
  }

  /**
   * Starts the queue: what waits is run from the next microtask on. A queue that has stopped can be started again.
   *
   * @throws (as a rejection) CannotStartError when it is started already.
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws has to be a rejection
  async start(): Promise<void> {
    this.#begin();
  }

  /**
   * Starts the queue, and resolves when it has stopped: by `stop` or `close`, or gracefully when the signal aborts.
   *
   * @throws (as a rejection) CannotStartError when it is started already; DiscardedError when the abort left items and
   * there is no `onDiscarded` to be given them.
   */
  async run(signal: AbortSignal): Promise<void> {
    checkSignal(signal);
    this.#begin();
    const ended = (this.#ended = deferred()).promise;
    const following = onAbort(signal, (reason) => this.#obey(reason));
    await ended;
    following[dispose]();
    await this.#told;
  }

  /**
   * Resolves when the item has been accepted: at once, or when there is a place for it. Whoever waits for a place gets it
   * in the order of priority, then of arrival.
   *
   * @throws (as a rejection) DiscardedError when the queue stops before that, or has stopped; the reason of the item's
   * signal.
   */
  enqueue(item: T, options?: EnqueueOptions): Promise<void> {
    return this.#join(item, options, false) as Promise<void>;
  }

  /**
   * Accepts the item if there is room, and tells whether. Its action runs in the context of the queue, not of the caller.
   *
   * @throws the reason of the item's signal, if that has aborted already; TypeError or RangeError for bad options.
   */
  tryEnqueue(item: T, options?: EnqueueOptions): boolean {
    checkItem(options);
    const accepted = !this.#hasEnded() && this.#line.length < this.#maxWork;
    if (accepted) this.#place(item, options);
    return accepted;
  }

  /**
   * Resolves with what the action returns for the item. Waits for a place as `enqueue` does.
   *
   * @throws (as a rejection) what the action throws; DiscardedError when the queue stops before the item is run, or has
   * stopped; the reason of the item's signal; a TimeoutError.
   */
  submit(item: T, options?: EnqueueOptions): Promise<R> {
    return this.#join(item, options, true) as Promise<R>;
  }

  /**
   * Lets no more items start. The state is `latchPausing` until the running ones are done, then `latchPaused`.
   *
   * @throws LatchTransitionError when the queue is not started.
   */
  pause(): void {
    this.#checkRuns(latchPausing);
    this.#state = this.#running === 0 ? latchPaused : latchPausing;
  }

  /**
   * Lets items start again. The state is `latchResuming` until they do, then `latchActive`. Does nothing when not paused.
   *
   * @throws LatchTransitionError when the queue is not started.
   */
  resume(): void {
    this.#checkRuns(latchResuming);
    if (!this.#isPaused()) return;
    this.#state = latchResuming;
    this.#wake();
  }

  /** Resolves when nothing waits and nothing runs: one promise for all who ask. */
  idle(): Promise<void> {
    if (this.#line.length + this.#running === 0) return DONE;
    return (this.#idle ??= deferred()).promise;
  }

  /**
   * Resolves when fewer than `n` items wait.
   *
   * @throws (as a rejection) TypeError or RangeError when `n` is not a whole number, 1 or more.
   */
  async belowSize(n: number): Promise<void> {
    checkNumber('n', n, 1);
    if (this.#line.length >= n) return new Promise((resolve) => this.#below.push([n, resolve]));
  }

  /**
   * Stops the queue: it accepts nothing more, runs what it holds, also when it is paused, and resolves with the items that
   * were not run. That are those left when the grace period ends; then the signals of the running actions abort, and
   * nobody waits for them any longer. On a queue that never started it hands back what was accepted.
   * While the queue stops it returns the same promise.
   *
   * @throws CannotStopError, at once, in the synchronous part of an action, which would wait for itself; as a rejection, when
   * the queue has stopped already.
   */
  stop(): Promise<T[]> {
    if (this.#acting) throw new CannotStopError(`${this.#title} cannot stop: this action would wait for itself`);
    if (!this.#outcome) return this.#end(true);
    if (this.#state === latchStopping) return this.#outcome;
    return Promise.reject(new CannotStopError(`${this.#title} cannot stop: it has stopped`));
  }

  /**
   * Ends the queue: it accepts nothing more, lets the running actions finish within the grace period, and resolves with
   * the items that were not run. Called again it gives the same outcome; a stop under way it makes a close.
   */
  close(): Promise<T[]> {
    if (!this.#outcome) return this.#end(false);
    if (this.#state === latchStopping) {
      this.#left = this.#left.concat(this.#empty(this.#line));
      this.#settle();
    }
    return this.#outcome;
  }

  /**
   * What disposal does: stops the queue if it has not stopped, as `stop` does, except that what is left goes to
   * `onDiscarded`.
   *
   * @throws (as a rejection) DiscardedError when there are such items and no `onDiscarded`.
   */
  protected end(): Promise<void> {
    const left: Promise<T[]> = !this.#outcome ? this.#end(true) : this.#outcome.then(() => []);
    return (this.#told ??= left.then((items) => {
      if (items.length === 0) return;
      if (!this.#onDiscarded) throw this.#discarded(items);
      this.#onDiscarded(items);
    }));
  }

  // Accepting.

  /** Whether nothing is accepted any more. */
  #hasEnded(): boolean {
    this.#follow();
    return this.#outcome !== undefined;
  }

  #join(item: T, options: EnqueueOptions | undefined, submitted: boolean): Promise<unknown> {
    if (options !== undefined || this.#signal || this.#outcome) {
      try {
        checkItem(options);
        if (this.#hasEnded()) throw this.#discarded([item]);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    let promise: Promise<unknown> = DONE;
    let second: Resolve | true | undefined;
    resolver = undefined;
    if (this.#gated) {
      const gate = new Promise(capture);
      if (submitted) promise = gate.then(this.#enter);
      else void gate.then(this.#enterQuietly);
      second = submitted || undefined;
    } else if (submitted) {
      promise = new Promise(capture);
      second = rejecter;
    }
    const first = resolver as Resolve | undefined;
    resolver = rejecter = undefined; // They would keep the last result alive.
    const full = this.#line.length >= this.#maxWork;
    if (!full && options === undefined) {
      this.#line.add(first ? new Job(item, first, second) : item);
      if (this.#running < this.#parallelism) this.#wake();
      return promise;
    }
    const entry = this.#place(item, options, first, second);
    if (!full || submitted) return promise;
    return new Promise((accept, deny) => {
      (entry as Entry<T>).accept = accept;
      (entry as Entry<T>).deny = deny;
    });
  }

  /** Puts an item in the line, or outside while that is full. */
  #place(item: T, options?: EnqueueOptions, first?: Resolve, second?: Resolve | true): Entry<T> | undefined {
    const full = this.#line.length >= this.#maxWork;
    let slot: T | Job<T> = item;
    let entry: Entry<T> | undefined;
    if (full || options !== undefined) {
      const { priority = 0, signal } = options ?? {};
      slot = entry = new Entry(item, first, second, priority, this.#arrivals++, signal);
      if (signal) entry.watch = onAbort(signal, (reason) => this.#cancel(entry as Entry<T>, reason));
    }
    (full ? this.#outside : this.#line).add(slot);
    if (this.#running < this.#parallelism) this.#wake();
    return entry;
  }

  /** Takes an item that waits out of the queue: its signal has aborted. */
  #cancel(entry: Entry<T>, reason: unknown): void {
    refuse(entry, reason);
    entry.line?.cancel(entry);
    this.#moved();
    this.#settle();
  }

  /** There is one less in the line: lets the next in, and tells who waits for a shorter one. */
  #moved(): void {
    while (this.#outside.length > 0 && this.#line.length < this.#maxWork) {
      const entry = this.#outside.take() as Entry<T>;
      if (entry.signal?.aborted) {
        // It is the next to be told of the abort that has made room.
        refuse(entry, entry.signal.reason);
        continue;
      }
      this.#line.add(entry);
      entry.accept?.(undefined);
      entry.accept = entry.deny = undefined;
    }
    if (this.#below.length > 0) this.#below = this.#below.filter(([n, tell]) => this.#line.length >= n || tell());
  }

  // Running.

  #begin(): void {
    if (this.#state !== latchStopped) {
      throw new CannotStartError(`${this.#title} cannot start: it is ${stateName(this.#state)}`);
    }
    const run = (this.#run = new AbortController());
    allowListeners(run.signal);
    this.#runners = new Set();
    this.#state = latchStarted;
    this.#outcome = this.#told = this.#reason = this.#ended = undefined;
    void this.#dispatch(run);
    this.#follow();
  }

  #isPaused(): boolean {
    return this.#state === latchPaused || this.#state === latchPausing;
  }

  #checkRuns(next: LatchState): void {
    if (this.#state === latchStopped || this.#state === latchStopping) {
      throw new LatchTransitionError(`${this.#title} cannot go from ${stateName(this.#state)} to ${stateName(next)}`);
    }
  }

  #wake(): void {
    this.#wakeUp?.(undefined);
    this.#wakeUp = undefined;
  }

  /** Begins runners, in the context of `start`, whenever it is woken. */
  async #dispatch(run: AbortController): Promise<void> {
    await DONE;
    while (this.#run === run) {
      if (this.#state === latchResuming) this.#state = latchActive;
      while (this.#running < this.#parallelism && this.#mayStart(run)) void this.#work(run);
      await new Promise((resolve) => (this.#wakeUp = resolve));
    }
  }

  #mayStart(run: AbortController): boolean {
    return this.#line.length > 0 && this.#run === run && !this.#resting && !this.#rateTimer && !this.#isPaused();
  }

  /** Runs one item after the other, as long as there are any. */
  async #work(run: AbortController): Promise<void> {
    const runners = this.#runners;
    const runner = new Runner<T>(run.signal);
    runners.add(runner);
    this.#running++;
    const streak = new Streak();
    while (this.#next(run, runner)) {
      const { first, second } = runner.job;
      const gate = typeof second === 'function' ? undefined : first;
      if (gate || this.#entering > 0) {
        // The reaction calls the action a microtask from now. Whoever comes after it must not overtake it.
        this.#entering++;
        gate?.(runner);
        await DONE;
      }
      if (!gate) this.#act(runner);
      if (!runner.result) {
        release(runner, run);
        if (streak.count() && this.#line.length > 0) this.#rest();
      } else {
        try {
          conclude(runner, true, await runner.result);
        } catch (error) {
          this.#fail(runner, error);
        }
        release(runner, run);
        if (this.#run !== run) return;
        streak.broken();
      }
    }
    runners.delete(runner);
    if (--this.#running === 0 && this.#state === latchPausing) this.#state = latchPaused;
    this.#settle();
  }

  /** Puts the next item into the runner's hands; false when none may start. */
  #next(run: AbortController, runner: Runner<T>): boolean {
    if (!this.#mayStart(run)) return false;
    const wait = this.#rate?.(Date.now()) ?? 0;
    if (wait > 0) {
      // A timer that cannot wait for so long is asked again.
      this.#rateTimer = after(Math.min(wait, 2 ** 31 - 1), () => {
        this.#rateTimer = undefined;
        this.#wake();
      });
      return false;
    }
    const job = (runner.job = this.#line.take() as Job<T>);
    runner.told = false;
    runner.resolve = runner.reject = undefined;
    if (typeof job.second === 'function') {
      runner.resolve = job.first;
      runner.reject = job.second;
    }
    if (job instanceof Entry || this.#timeout < Infinity) this.#own(run, runner, job);
    if (this.#outside.length + this.#below.length > 0) this.#moved();
    return true;
  }

  /** Gives the action a signal of its own, when it needs one. */
  #own(run: AbortController, runner: Runner<T>, job: Job<T> | Entry<T>): void {
    const { watch, signal } = job as Partial<Entry<T>>;
    watch?.[dispose]();
    if (!signal && this.#timeout === Infinity) return;
    const own = (runner.own = new LinkedController(run.signal, signal));
    runner.signal = own.signal;
    runner.timer = after(this.#timeout, () =>
      own.abort(new DOMException(`${this.#title}: an item took over ${this.#timeout} ms`, 'TimeoutError')),
    );
    runner.watch = onAbort(own.signal, (reason) => {
      clearTimeout(runner.timer);
      // Who cancels an item that nobody waits for knows that it is cancelled.
      if (!job.second && signal?.aborted && signal.reason === reason) runner.told = true;
      this.#fail(runner, reason);
    });
  }

  /** Calls the action. What it returns is a result when it has to be waited for, and the outcome otherwise. */
  #act(runner: Runner<T>): void {
    runner.result = undefined;
    if (this.#entering > 0) this.#entering--;
    this.#acting = true;
    try {
      const action = this.#action;
      const value = action(runner.job.item, runner.signal);
      if (isThenable(value)) runner.result = Promise.resolve(value);
      else conclude(runner, true, value);
    } catch (error) {
      this.#fail(runner, error);
    }
    this.#acting = false;
  }

  /** The reaction of an enqueued item: its enqueuer is not told. */
  readonly #enterQuietly = (runner: unknown): void => this.#act(runner as Runner<T>);

  /** The reaction of a submitted item: what it returns or throws settles its promise. */
  readonly #enter = (given: unknown): unknown => {
    if (Array.isArray(given)) throw given[0];
    const runner = given as Runner<T>;
    this.#act(runner);
    if (runner.result) return runner.sink;
    if (!runner.well) throw runner.outcome;
    return runner.outcome;
  };

  #fail(runner: Runner<T>, error: unknown): void {
    // One that was told to have failed has been aborted: what its action throws then is no news.
    if (!runner.told && !runner.job.second) {
      const onError = this.#onError;
      try {
        if (!onError) throw error;
        onError(error, runner.job.item);
      } catch (unhandled) {
        void Promise.reject(unhandled);
      }
    }
    conclude(runner, false, error);
  }

  /** Lets the event loop have its turn. */
  #rest(): void {
    if (this.#resting) return;
    this.#resting = true;
    afterEvents(() => {
      this.#resting = false;
      this.#wake();
    });
  }

  // Ending.

  /** Listens to the queue's signal, from the first thing that happens until the queue has stopped. */
  #follow(): void {
    if (!this.#signal || this.#outcome) return;
    this.#following ??= onAbort(this.#signal, (reason) => this.#obey(reason));
  }

  /** A signal has told the queue to stop. */
  #obey(reason: unknown): void {
    this.#reason ??= reason;
    void this.end();
  }

  #discarded(items: T[]): DiscardedError {
    return new DiscardedError(`${this.#title} has stopped: ${items.length} not run`, items);
  }

  /** Accepts nothing more, and runs what waits, or hands it back. */
  #end(runs: boolean): Promise<T[]> {
    const outcome = (this.#outcome = new Promise((resolve) => (this.#handBack = resolve)));
    this.#empty(this.#outside);
    if (!this.#run) {
      this.#finish();
    } else {
      this.#state = latchStopping;
      if (!runs) this.#left = this.#empty(this.#line);
      this.#graceTimer = after(this.#grace, () => this.#expire());
      this.#wake(); // It may have been paused.
      this.#settle();
    }
    return outcome;
  }

  /** Takes everything out of a line, and tells the submitters. */
  #empty(line: Line<T>): T[] {
    const items: T[] = [];
    for (let job; (job = line.take());) {
      const { item, first } = job;
      items.push(item);
      if (first || job instanceof Entry) refuse(job, this.#discarded([item]));
    }
    this.#moved();
    return items;
  }

  /** Nothing waits and nothing runs: tells so, and is the end of a queue that stops. */
  #settle(): void {
    if (this.#line.length + this.#running > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
    if (this.#state === latchStopping) this.#finish();
  }

  #finish(): void {
    const items = this.#left.concat(this.#empty(this.#line));
    this.#left = [];
    this.#state = latchStopped;
    this.#run = this.#wakeUp = undefined;
    this.#running = 0;
    this.#following?.[dispose]();
    clearTimeout(this.#rateTimer);
    clearTimeout(this.#graceTimer);
    this.#following = this.#rateTimer = undefined;
    this.#ended?.resolve();
    this.#handBack(items);
    this.#settle();
  }

  /** The grace period is over: nobody waits for the actions that still run. */
  #expire(): void {
    const run = this.#run as AbortController;
    const runners = this.#runners;
    this.#finish();
    run.abort(this.#reason);
    for (const runner of runners) this.#fail(runner, run.signal.reason);
  }
}

/** The signal is the action's no longer: nothing stays on the user's, and its own does not abort any more. */
function release<T>(runner: Runner<T>, run: AbortController): void {
  if (!runner.own) return;
  runner.watch?.[dispose]();
  runner.own.unlink();
  clearTimeout(runner.timer);
  runner.own = undefined;
  runner.signal = run.signal;
}

/** Notes the outcome of an item, once, and tells its submitter. */
function conclude<T>(runner: Runner<T>, well: boolean, outcome: unknown): void {
  if (runner.told) return;
  runner.told = true;
  runner.well = well;
  runner.outcome = outcome;
  (well ? runner.resolve : runner.reject)?.(outcome);
}

/** Tells whoever waits for an item that it is not going to be run. */
function refuse<T>(job: Job<T> | Entry<T>, reason: unknown): void {
  const { first, second, deny, watch } = job as Partial<Entry<T>>;
  watch?.[dispose]();
  deny?.(reason);
  if (typeof second === 'function') second(reason);
  else if (second) first?.([reason]);
}

function checkItem(options: EnqueueOptions | undefined): void {
  if (options === undefined) return;
  signalOf(options);
  const { priority = 0 } = options;
  checkNumber('priority', priority, -Infinity);
}
