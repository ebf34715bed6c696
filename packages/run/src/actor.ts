/**
 * Is called when a run begins, before `prepare`, with a signal that aborts when the run is over: then what has to stay until all are down, such as handlers of
 * signals, is let go of. When it throws the run is refused: in it the actor is neither prepared nor started nor interrupted. If it returns a controller, `execute` is given
 * the signal of that, and an interrupt aborts it first. Ours alone.
 */
export const begin: unique symbol = Symbol.for('@x/run/begin');

/**
 * A member of a group: a function that runs, and one that makes it return.
 *
 * @example
 * ```ts
 * import { spawn, type ChildProcess } from 'node:child_process';
 * import { once } from 'node:events';
 * import { Group, type Actor } from '@x/run';
 *
 * let child: ChildProcess | undefined;
 * const helper: Actor = {
 *   name: 'helper',
 *   execute: () => once((child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1_000)'])), 'exit'),
 *   interrupt: () => child?.kill(),
 *   gracePeriod: 2_000, // if it has not gone by then, `run()` says that it is the helper that is still up
 * };
 * const group = new Group().add(helper).go(() => console.log('done'));
 * await group.run();
 * // Output:
 * // done
 * ```
 *
 * Source: oklog/run Group.Add
 */
export interface Actor {
  /** What it is called in events and errors. Default: its place in the group, `#3` for the third. */
  name?: string | undefined;
  /**
   * Runs until the actor is done. May be async; to return and to resolve is the same, and so is to throw and to reject.
   *
   * @param ready says that it is up: with `startup: 'sequential'` the next is started then. Calls after the first, or after it has
   * returned, do nothing.
   */
  execute(ready: () => void): unknown;
  /**
   * Makes `execute` return. May be async. Is called once a run, also when `execute` has returned already; not when `until` has let the actor leave
   * before the group came down.
   *
   * @param reason what the first actor failed with, or the reason of the signal; undefined when the first has returned
   */
  interrupt(reason: unknown): unknown;
  /** How long it may take from its interrupt on, in milliseconds, within the limit of the group. Default: no limit of its own. */
  gracePeriod?: number | undefined;
  /**
   * Is called when `run()` begins, before any actor's `execute`. What it throws counts as a failure of the actor, whose `execute` is not
   * called then. An actor with it is interrupted even when it was never started.
   */
  prepare?: (() => void) | undefined;
  /** Ours alone. @internal */
  [begin]?(over: AbortSignal): unknown;
}
