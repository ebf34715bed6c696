/**
 * Is called when a run begins, before `prepare`, with a signal that aborts when the run is over: then what has to stay until all are down, such as handlers of
 * signals, is let go of. When it throws the run is refused: in it the actor is neither prepared nor started nor interrupted. If it returns a controller, `execute` is given
 * the signal of that, and an interrupt aborts it first. Ours alone.
 */
export const begin: unique symbol = Symbol.for('@x/run/begin');

/**
 * Describes a member of a group: a function that runs, and a function that makes it return.
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
  /** The name of the actor in events and errors. Default: its place in the group, `#3` for the third. */
  name?: string | undefined;
  /**
   * Runs until the actor is done. May be async: to resolve is the same as to return, and to reject is the same as to throw.
   *
   * @param ready tells the group that the actor is up. With `startup: 'sequential'` the group then starts the next actor. Only the first call
   * counts, and only before the actor has returned.
   */
  execute(ready: () => void): unknown;
  /**
   * Makes `execute` return. May be async. The group calls it once a run, even when `execute` has already returned. It does not call it for an actor
   * that `until` allowed to leave before the group came down, nor for one that was never started and has no `prepare`.
   *
   * @param reason the error of the first actor, or the reason of the signal; undefined when the first actor returned
   */
  interrupt(reason: unknown): unknown;
  /** How long the actor may take after its interrupt, in milliseconds. The group's own limit applies as well. Default: no limit of its own. */
  gracePeriod?: number | undefined;
  /**
   * Prepares the actor. The group calls it when `run()` begins, before any actor's `execute`. If it throws, the actor has failed with that error
   * and its `execute` is not called. An actor that has a `prepare` is interrupted even if it was never started.
   */
  prepare?: (() => void) | undefined;
  /** Ours alone. @internal */
  [begin]?(over: AbortSignal): unknown;
}
