// Runs what waits in a room, so many at a time.
//
// Invariants
// 1. An item that was taken from the room is in the hands of one runner, until its action is done. A runner takes one item
//    after the other; when it finds none it is free.
// 2. Actions start in the context of `begin`, in an async function begun there, except those with a gate: they start in the
//    gate's reaction, in the context of whoever enqueued them. A runner that has come away in such a context comes back
//    by a reaction of its own, which was registered at home.
// 3. Actions start in the order in which their items were taken. While some wait for a microtask, nobody else starts at once;
//    and when the event loop has its turn meanwhile they wait for that, too.
// 4. Nothing starts before the call that accepted it has returned: the dispatcher is woken by a promise.
// 5. A run that is over touches no counter: its runners may come back from their actions long after the next start.
// 6. No callback of the user's is called while state is half changed.

import { LinkedController, onAbort } from '@x/abort';
import type { WorkAction } from './actioner.js';
import { deferred, DONE } from './deferred.js';
import { dispose } from './dispose.js';
import type { Entry, Resolve } from './job.js';
import {
  latchActive,
  latchPaused,
  latchPausing,
  latchResuming,
  latchStarted,
  type LatchState,
  latchStopped,
} from './latch-state.js';
import { after, afterEvents } from './platform.js';
import type { Settings } from './queue-options.js';
import { Rate } from './rate.js';
import { report } from './report.js';
import { Room } from './room.js';
import { Runner } from './runner.js';
import { Streak } from './streak.js';
import { isThenable } from './thenable.js';

export abstract class Dispatcher<T> {
  state: LatchState = latchStopped;
  /** Aborts the signal of the actions; another one for each start, so it tells apart the runs. */
  current: AbortController | undefined;
  /** How many items are in the hands of runners. */
  running = 0;
  parallelism: number;
  /** Whether an action is being called just now. */
  acting = false;
  readonly room: Room<T>;
  readonly #action: WorkAction<T, unknown>;
  readonly settings: Settings<T>;
  readonly #rate: Rate | undefined;
  #runners!: Runner<T>[];
  #free!: Runner<T>[];
  #streak: Streak = new Streak();
  /** How many items have been taken whose actions are called in a microtask. */
  #entering = 0;
  /** While the event loop has its turn: until then nothing starts, what was taken before included. */
  #resting: Promise<void> | undefined;
  /** Goes off when the rate allows the next start: until then nothing starts. */
  #rateTimer: ReturnType<typeof setTimeout> | undefined;
  /** Wakes the dispatcher; undefined while it is awake. */
  #wakeUp: Resolve | undefined;

  constructor(action: WorkAction<T, unknown>, settings: Settings<T>) {
    const { rate, parallelism } = settings;
    this.room = new Room(settings.maxWork, this);
    this.#action = action;
    this.settings = settings;
    // As many as one likes, or in no time, are no rate, and nothing to keep count of.
    this.#rate = rate && rate.limit < Infinity && rate.interval > 0 ? new Rate(rate.limit, rate.interval) : undefined;
    this.parallelism = parallelism;
  }

  /** Is called when something may have been the last that waits or runs. */
  abstract settle(): void;

  begin(): void {
    const run = (this.current = new LinkedController());
    void run.signal; // so that no action is the first to read it: they share it
    this.#runners = [];
    this.#free = [];
    this.state = latchStarted;
    void this.#dispatch(run);
  }

  isPaused(): boolean {
    return this.state === latchPaused || this.state === latchPausing;
  }

  /** Has somebody look whether anything may start. */
  wake(): void {
    this.#wakeUp?.(undefined);
    this.#wakeUp = undefined;
  }

  /** An item has come: somebody who is free may run it. */
  arrived(): void {
    if (this.#wakeUp && this.running < this.parallelism) this.wake();
  }

  /** Starts nothing more, and counts what still runs no longer. */
  end(): void {
    this.state = latchStopped;
    this.current = this.#wakeUp = undefined;
    this.running = this.#entering = 0;
    clearTimeout(this.#rateTimer);
    this.#rateTimer = undefined;
  }

  /** Aborts what runs, which has failed with the reason. Comes after `end`. */
  abort(run: AbortController, reason: unknown): void {
    const runners = this.#runners;
    run.abort(reason);
    for (const runner of runners) this.#fail(runner, run.signal.reason);
    // Who still has an item in hand is known to the action alone, if that goes on.
    if (this.#runners === runners) this.#runners = this.#free = [];
  }

  /** The reaction of an enqueued item: its enqueuer is not told. */
  readonly enterQuietly = (given: unknown): void => {
    if (this.#resting) return void this.#resting.then(() => this.enterQuietly(given));
    const runner = given as Runner<T>;
    runner.away = true;
    this.#proceed(runner);
  };

  /** The reaction of a submitted item: what it returns or throws settles its promise. */
  readonly enter = (given: unknown): unknown => {
    if (Array.isArray(given)) throw given[0];
    if (this.#resting) return this.#resting.then(() => this.enter(given));
    const runner = given as Runner<T>;
    runner.away = true;
    if (this.#act(runner)) return runner.sink;
    const { well, outcome } = runner;
    this.#next(runner);
    if (!well) throw outcome;
    return outcome;
  };

  /** Begins runners, in the context of `begin`, whenever it is woken. */
  async #dispatch(run: AbortController): Promise<void> {
    await DONE;
    while (this.current === run) {
      this.#activate();
      while (this.running < this.parallelism && this.#mayStart(run)) {
        if (this.running++ === 0) this.#streak = new Streak();
        const runner = this.#free.pop() ?? this.#hire(run);
        runner.away = false;
        this.#go(runner);
      }
      // An action that was called just now may have paused the queue, and resumed it.
      this.#activate();
      await new Promise((resolve) => (this.#wakeUp = resolve));
    }
  }

  #activate(): void {
    if (this.state === latchResuming) this.state = latchActive;
  }

  #mayStart(run: AbortController): boolean {
    return this.room.length > 0 && this.current === run && !this.#resting && !this.#rateTimer && !this.isPaused();
  }

  #hire(run: AbortController): Runner<T> {
    const runner = new Runner<T>(run, this.#done);
    this.#runners.push(runner);
    if (this.settings.gated) this.#home(runner);
    return runner;
  }

  #home(runner: Runner<T>): void {
    const called = new Promise((resolve) => (runner.return = resolve));
    void called.then(() => this.#comeHome(runner));
  }

  #comeHome(runner: Runner<T>): void {
    if (this.#resting) return void this.#resting.then(() => this.#comeHome(runner));
    this.#home(runner);
    runner.away = false;
    this.#proceed(runner);
  }

  /** Runs one item after the other, until there is none, or one has to be waited for. */
  #go(runner: Runner<T>): void {
    while (this.#take(runner)) {
      const { first, second } = runner;
      const gate = typeof second === 'function' ? undefined : first;
      if (gate || runner.away || this.#entering > 0) {
        this.#entering++;
        (gate ?? runner.return)(runner);
        return;
      }
      if (this.#act(runner)) return runner.wait();
      this.#tidy(runner);
    }
    if (runner.run !== this.current) return;
    runner.forget();
    this.#free.push(runner);
    if (--this.running === 0 && this.state === latchPausing) this.state = latchPaused;
    this.settle();
  }

  /** Calls the action of an item that is in hand, and goes on. */
  #proceed(runner: Runner<T>): void {
    if (this.#act(runner)) runner.wait();
    else this.#next(runner);
  }

  #next(runner: Runner<T>): void {
    this.#tidy(runner);
    this.#go(runner);
  }

  /** After a synchronous action. */
  #tidy(runner: Runner<T>): void {
    runner.release();
    if (this.#streak.count() && this.room.length + this.#entering > 0) this.#rest();
  }

  /** After an action that was waited for. */
  readonly #done = (runner: Runner<T>, well: boolean, outcome: unknown): void => {
    if (well) runner.conclude(true, outcome);
    else this.#fail(runner, outcome);
    runner.release();
    if (runner.run !== this.current) return;
    this.#streak.broken();
    this.#go(runner);
  };

  /** Puts the next item into the runner's hands; false when none may start. */
  #take(runner: Runner<T>): boolean {
    if (this.running > this.parallelism || !this.#mayStart(runner.run)) return false;
    if (this.#rate) {
      const wait = this.#rate.take(Date.now(), this.#entering);
      if (wait > 0) {
        // A timer that cannot wait for so long is asked again.
        this.#rateTimer = after(Math.min(wait, 2 ** 31 - 1), () => {
          this.#rateTimer = undefined;
          this.wake();
        });
        return false;
      }
    }
    const entry = this.room.take(runner);
    runner.told = false;
    if (entry || this.settings.timeout < Infinity) this.#own(runner, entry);
    return true;
  }

  /** Gives the action a signal of its own, when it needs one. */
  #own(runner: Runner<T>, entry: Entry<T> | undefined): void {
    const { watch, signal } = entry ?? {};
    const { timeout, title } = this.settings;
    watch?.[dispose]();
    if (!signal && timeout === Infinity) return;
    const own = (runner.own = new LinkedController(runner.run.signal, signal));
    runner.signal = own.signal;
    runner.timer = after(timeout, () =>
      own.abort(new DOMException(`${title}: an item took over ${timeout} ms`, 'TimeoutError')),
    );
    runner.watch = onAbort(own.signal, (reason) => {
      clearTimeout(runner.timer);
      // Who cancels an item that nobody waits for knows that it is cancelled.
      if (!runner.second && signal?.aborted && signal.reason === reason) runner.told = true;
      this.#fail(runner, reason);
    });
  }

  /** Calls the action, and tells whether what it returned has to be waited for. */
  #act(runner: Runner<T>): boolean {
    if (this.#entering > 0) {
      this.#rate?.enter(Date.now(), this.#entering);
      this.#entering--;
    }
    // Its signal has aborted in the microtask that it had to wait for.
    if (runner.told) return false;
    this.acting = true;
    try {
      const action = this.#action;
      const value = action(runner.item, runner.signal);
      if (isThenable(value)) {
        runner.result = Promise.resolve(value);
        this.acting = false;
        return true;
      }
      this.acting = false;
      runner.conclude(true, value);
    } catch (error) {
      // `onError` is no part of the action.
      this.acting = false;
      this.#fail(runner, error);
    }
    return false;
  }

  #fail(runner: Runner<T>, error: unknown): void {
    const { onError } = this.settings;
    // One that was told to have failed has been aborted: what its action throws then is no news. And who stops a queue
    // knows that it aborts what outlives the grace period.
    if (!runner.told && !runner.second && (onError || !runner.run.signal.aborted)) report(onError, error, runner.item);
    runner.conclude(false, error);
  }

  /** Lets the event loop have its turn. Nothing ends before that, so this is called once. */
  #rest(): void {
    const { promise, resolve } = deferred();
    this.#resting = promise;
    afterEvents(() => {
      this.#resting = undefined;
      resolve(); // Who was taken before starts before anybody else.
      this.wake();
    });
  }
}
