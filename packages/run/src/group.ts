import type { Actor } from './actor.js';
import { check } from './arguments.js';
import { checkedOptions, type GroupOptions } from './options.js';
import { abortSignal, runActors } from './run.js';

/**
 * Runs actors that live and die together: when the first returns or throws, all are interrupted, and `run()` settles when all are down.
 *
 * Like `Promise.race`, except that the losers are told to stop and are waited for.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { Group } from '@x/run';
 *
 * const group = new Group({ gracePeriod: 1_000 });
 * group.go((signal) => sleep(60_000, { signal }), 'sleeper');
 * group.go(() => {
 *   throw new Error('disk full');
 * }, 'writer');
 * await group.run().catch((error) => console.log(error.message));
 * // Output:
 * // disk full
 * ```
 * @throws TypeError when an option is not of its kind; RangeError when it has no such value.
 *
 * Source: oklog/run Group
 */
export class Group {
  readonly #options: GroupOptions;
  readonly #actors: Actor[] = [];
  #suppressed: unknown[] = [];
  #running = false;

  constructor(options: GroupOptions = {}) {
    this.#options = checkedOptions(options);
  }

  /** The errors of the last run that went to nobody else, in the order in which they happened; actors that are late may still add to it. */
  get suppressed(): readonly unknown[] {
    return this.#suppressed;
  }

  /**
   * Adds an actor. The order of `add` is the order of starts and interrupts.
   *
   * @throws TypeError when `execute` or `interrupt` is no function or another property is not of its kind, and while the group is running;
   * RangeError when `gracePeriod` is negative or `NaN`.
   *
   * Source: oklog/run Group.Add
   */
  add(actor: Actor): this;
  add(execute: () => unknown, interrupt: (reason: unknown) => unknown, name?: string): this;
  add(first: Actor | (() => unknown), interrupt?: (reason: unknown) => unknown, name?: string): this {
    // Called bare: who hands over a method with parameters of its own does not get ours in their place.
    const actor = typeof first === 'function' ? ({ name, execute: () => first(), interrupt } as Actor) : first;
    check({ actor }, { actor: 'object' });
    check(actor, { execute: 'function', interrupt: 'function' });
    check(actor, { prepare: 'function', gracePeriod: 'number >= 0', name: 'string' }, true);
    this.#checkIdle();
    this.#actors.push(actor);
    return this;
  }

  /**
   * Adds an actor that is one function of a signal: its interrupt aborts the signal with the reason.
   *
   * To end with the reason, or with the platform's `AbortError` of the signal, is to obey, and no error.
   *
   * @throws TypeError when `work` is no function, and while the group is running.
   */
  go(work: (signal: AbortSignal) => unknown, name?: string): this {
    check({ work }, { work: 'function' });
    return this.add({ name, execute: (signal: unknown) => work(signal as AbortSignal), interrupt: abortSignal });
  }

  /**
   * Starts all actors and resolves when the first has returned and all are down. It can run again after it has settled.
   *
   * Actors start in the order of `add`, all before the first is looked at again. The first to return or throw decides the outcome; then every
   * actor is interrupted, the first one included. An actor that ends with the reason of its interrupt has obeyed. Without actors it resolves.
   *
   * On abort: an abort of `signal` counts as a first exit with its reason. A signal that has aborted already is one, too: the actors are
   * started and interrupted (with `startup: 'sequential'` none is started).
   *
   * On error: rejects with the error of the first actor as it is. Errors after the first go to `onSuppressed`. Without it, they stand in `suppressed`, and
   * if the first returned cleanly `run()` rejects with them, several as an `AggregateError`.
   *
   * @throws (as a rejection) `GraceExceededError` when actors are still up after the grace period; TypeError when `signal` is no signal or
   * the group is running.
   *
   * Source: oklog/run Group.Run
   */
  async run(signal?: AbortSignal): Promise<void> {
    this.#checkIdle();
    this.#running = true;
    this.#suppressed = [];
    await runActors(this.#actors, this.#options, this.#suppressed, signal).finally(() => {
      this.#running = false;
    });
  }

  #checkIdle(): void {
    if (this.#running) throw new TypeError('the group is running: wait until run() has settled');
  }
}
