// Runs what waits in a room, so many at a time.
//
// Invariants
// 1. An item that was taken from the room is in the hands of one runner, until its action is done. A runner takes one item
//    after the other; when it finds none it is free.
// 2. Actions start in the context of `begin`, in an async function begun there, except those with a gate: they start in the
//    gate's reaction, in the context of whoever enqueued them. A runner that has come away in such a context takes nothing
//    else.
// 3. Actions start in the order in which their items were taken. Those with a gate wait for a microtask; meanwhile nothing
//    without one is taken. When nothing may start any more before that, they are put back where they were. The microtask
//    comes nevertheless: it waits for another gate, and until all of those have come nobody else is taken.
// 4. Nothing starts before the call that accepted it has returned: the dispatcher is woken by a promise.
// 5. A run that is over touches no counter: its runners may come back from their actions long after the next start.
// 6. No callback of the user's is called while state is half changed.

import { isAbort, LinkedController, onAbort } from '@x/abort';
import type { WorkAction } from './actioner.js';
import { Alarm } from './alarm.js';
import { DONE } from './deferred.js';
import { dispose } from './dispose.js';
import { Entry, type Job, type Resolve } from './job.js';
import {
  latchActive,
  latchPaused,
  latchPausing,
  latchResuming,
  latchStarted,
  type LatchState,
  latchStopped,
} from './latch-state.js';
import { after } from './platform.js';
import type { Settings } from './queue-options.js';
import { Rate } from './rate.js';
import { report } from './report.js';
import { Room } from './room.js';
import { Runner } from './runner.js';
import { isThenable } from './thenable.js';
import { Turns } from './turns.js';

/** So many may be entering: all but a few are put back and taken again whenever a turn of the event loop is due. */
const MOST = 99;

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
  readonly #turns: Turns = new Turns(() => this.#rested());
  /** Nothing is started until the event loop has had its turn. */
  #resting = false;
  /** Those whose items have been taken and whose actions are called in a microtask. */
  readonly entering: Runner<T>[] = [];
  /** Until how many things have happened nothing starts: the event loop's turn, and the microtasks of items put back. */
  #held = 0;
  /** Rings when the rate allows the next start: until then nothing starts. */
  #alarm: Alarm | undefined;
  /** Wakes the dispatcher; undefined while it is awake. */
  #wakeUp: Resolve | undefined;

  constructor(action: WorkAction<T, unknown>, settings: Settings<T>) {
    const { rate, parallelism } = settings;
    this.room = new Room(settings.maxWork, this);
    this.#action = action;
    this.settings = settings;
    // As many as one likes, or in no time, are no rate, and nothing to keep count of.
    if (rate && rate.limit < Infinity && rate.interval > 0) this.#rate = new Rate(rate.limit, rate.interval);
    this.parallelism = parallelism;
  }

  /** Is called when something may have been the last that waits or runs. */
  abstract settle(): void;

  begin(): void {
    const run = (this.current = new LinkedController());
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
    this.#wakeUp?.();
    this.#wakeUp = undefined;
  }

  /** Something may have come to be startable: then somebody who is free runs it. */
  arrived(): void {
    if (this.#wakeUp && this.running < this.parallelism && this.room.length > 0) this.wake();
  }

  /** Starts nothing more, and counts what still runs no longer. Comes after `recall`. */
  end(): void {
    this.state = latchStopped;
    this.current = this.#wakeUp = undefined;
    this.running = 0;
    this.#turns.end();
    this.#rested();
  }

  /** Puts back the items that have been taken and whose actions have not been called. */
  recall(): void {
    // It may have been set because of them.
    this.#unset();
    for (let runner; (runner = this.entering.pop());) {
      this.running--;
      this.#held++;
      runner.again = this.room.takeBack(runner.job as Job<T>);
      runner.forget();
    }
  }

  #unset(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
  }

  #release(): void {
    if (--this.#held === 0) this.wake();
  }

  /** Aborts what runs, which has failed with the reason. Comes after `end`. */
  abort(
    run: AbortController,
    // Null is one, too.
    reason: unknown = new DOMException(`${this.settings.title} has stopped: it took too long`, 'AbortError'),
  ): void {
    const runners = this.#runners;
    // Who still has an item in hand is known to the action alone, if that goes on.
    this.#runners = this.#free = [];
    run.abort(reason);
    for (const runner of runners) this.#fail(runner, run.signal.reason);
  }

  /** The reaction of a gate. What it returns or throws settles the promise of a submitted item. */
  readonly enter = ((runner: Runner<T> | [reason: unknown]): unknown => {
    if (Array.isArray(runner)) throw runner[0];
    // Others may have acted since it was taken, and the turn be due: then it is put back.
    this.#rest(this.#turns.begin());
    const { again } = runner;
    if (again) {
      // It was put back, and waits for another gate.
      runner.again = undefined;
      if (runner.run === this.current) this.#free.push(runner);
      this.#release();
      // It may have been cancelled instead: then its place is free, and it may have been the last.
      this.room.moved();
      this.settle();
      return again.then(this.enter);
    }
    runner.away = true;
    const submitted = runner.second;
    if (this.#act(runner)) return submitted ? runner.sink : runner.wait();
    const { well, outcome } = runner;
    this.#tidy(runner);
    this.#go(runner);
    if (submitted && !well) throw outcome;
    return submitted && outcome; // what failed may have thrown something with a `then`
  }) as (given: unknown) => unknown;

  /** Begins runners, in the context of `begin`, whenever it is woken. */
  async #dispatch(run: AbortController): Promise<void> {
    await DONE;
    while (this.current === run) {
      this.#activate();
      // Here, once each time: it is another each time that it is looked at, where it is a getter.
      if (this.#alarm?.isLost()) this.#unset();
      this.#rest(this.#turns.isDue());
      while (this.running < this.parallelism && this.#mayStart(run, false)) {
        this.running++;
        let runner = this.#free.pop();
        if (!runner) this.#runners.push((runner = new Runner<T>(run, this.#done)));
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

  #mayStart(run: AbortController, away: boolean): boolean {
    const { room } = this;
    if (room.length === 0 || this.current !== run || this.#held > 0 || this.#alarm || this.isPaused()) return false;
    return !(away || this.entering.length > 0) || (this.entering.length < MOST && isGated(room.head));
  }

  /** Runs one item after the other, until there is none, or one has to be waited for. */
  #go(runner: Runner<T>): void {
    while (this.#take(runner)) {
      if (isGated(runner)) {
        this.entering.push(runner);
        runner.first(runner);
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
    this.arrived();
  }

  /** After a synchronous action. */
  #tidy(runner: Runner<T>): void {
    runner.release();
    // The run may have ended in the action, and what it waits for with it.
    if (runner.run !== this.current) return;
    this.#rest(this.#turns.count());
  }

  /** After an action that was waited for. */
  readonly #done = (runner: Runner<T>, well: boolean, outcome: unknown): void => {
    this.#conclude(runner, well, outcome);
    runner.release();
    if (runner.run !== this.current) return;
    this.#rest(this.#turns.isDue());
    this.#go(runner);
  };

  /** Puts the next item into the runner's hands; false when none may start. */
  #take(runner: Runner<T>): boolean {
    if (this.running > this.parallelism || !this.#mayStart(runner.run, runner.away)) return false;
    if (this.#rate && this.#isTooSoon(this.#rate)) return false;
    this.room.take(runner);
    runner.told = false;
    return true;
  }

  /** Whether the rate makes the next wait: then it is woken when it may start. */
  #isTooSoon(rate: Rate): boolean {
    const now = Date.now();
    const wait = rate.wait(now, this.entering.length);
    if (wait <= 0) return false;
    // A timer that cannot wait for so long is asked again.
    const ms = Math.min(wait, 2 ** 31 - 1);
    this.#alarm = new Alarm(ms, () => {
      this.#alarm = undefined;
      rate.rang(now, ms, Date.now());
      this.wake();
    });
    return true;
  }

  /** Gives the action a signal of its own, when it needs one. */
  #own(runner: Runner<T>): void {
    const { watch, signal } = (runner.job ?? {}) as Partial<Entry<T>>;
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
      if (!runner.second && signal && isAbort(reason, signal)) runner.told = true;
      this.#fail(runner, reason);
    });
  }

  /** Calls the action, and tells whether what it returned has to be waited for. */
  #act(runner: Runner<T>): boolean {
    // If there are any this is the first of them.
    const entered = this.entering.length > 0 && this.entering.shift();
    this.room.moved();
    // Behind the last somebody without a gate may wait, or somebody who had no place before.
    if (entered) this.arrived();
    if (runner.job instanceof Entry || this.settings.timeout < Infinity) {
      this.#own(runner);
      // Its signal has aborted in the microtask that it had to wait for.
      if (runner.told) {
        // The rate counted it, and may allow another in its place.
        if (this.#alarm) this.recall();
        return false;
      }
    }
    this.#rate?.count(Date.now());
    this.acting = true;
    try {
      const action = this.#action;
      const value = action(runner.item, runner.signal);
      if (isThenable(value)) {
        runner.result = Promise.resolve(value);
        this.acting = false;
        this.#turns.wait();
        return true;
      }
      this.acting = false;
      runner.conclude(true, value);
    } catch (error) {
      // `onError` is no part of the action.
      this.acting = false;
      this.#conclude(runner, false, error);
    }
    return false;
  }

  /** What has become of the action has become of the item, unless that had been aborted before. Then what only says so is no news. */
  #conclude(runner: Runner<T>, well: boolean, error: unknown): void {
    if (well) return runner.conclude(true, error);
    if (!runner.told) return this.#fail(runner, error);
    const { signal = runner.signal } = (runner.job ?? {}) as Partial<Entry<T>>;
    if (isAbort(error, runner.signal) || isAbort(error, signal)) return;
    const { onError } = this.settings;
    // Who has submitted it has been told that it failed; of another nobody need have been.
    if (onError || !runner.second) report(onError, error, runner.item);
  }

  #fail(runner: Runner<T>, error: unknown): void {
    const { onError } = this.settings;
    // Who stops a queue knows that it aborts what outlives the grace period.
    if (!runner.told && !runner.second && (onError || !runner.run.signal.aborted)) report(onError, error, runner.item);
    runner.conclude(false, error);
  }

  /** When the event loop's turn is due, and there is anything to start that could: starts nothing before that. */
  #rest(due: boolean): void {
    if (due && this.#held === 0 && this.room.length + this.entering.length > 0) {
      this.#resting = true;
      this.#held++;
      this.#turns.rest();
      this.recall();
    }
  }

  #rested(): void {
    if (!this.#resting) return;
    this.#resting = false;
    this.#release();
  }
}

/** Whether it is run in the context of whoever enqueued it. */
function isGated(job: Partial<Job<unknown>> | undefined): job is { first: Resolve } {
  return !!job?.first && typeof job.second !== 'function';
}
