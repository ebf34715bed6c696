import type { Actor } from './actor.js';

/**
 * Tells what happens to an actor: `exit` when `execute` has settled, `down` when its interrupt has settled as well.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { Group, type GroupEvent } from '@x/run';
 *
 * const story: string[] = [];
 * const onEvent = ({ actor, type }: GroupEvent) => void story.push(`${actor}: ${type}`);
 * const group = new Group({ onEvent }).go((signal) => sleep(60_000, { signal }), 'waiter').go(() => {}, 'job');
 * await group.run();
 * console.log(story.slice(2).join(', ')); // when both have started
 * // Output:
 * // job: exit, waiter: interrupt, job: interrupt, job: down, waiter: exit, waiter: down
 * ```
 *
 * Source: none in oklog/run; the log of kolide/launcher rungroup
 */
export interface GroupEvent {
  /** What happened: the actor was started, called `ready`, ended, was interrupted, or is down (both `execute` and the interrupt have settled). */
  type: 'start' | 'ready' | 'exit' | 'interrupt' | 'down';
  /** The name of the actor, or its place: `#3` for the third. */
  actor: string;
  /** The time of the event, in milliseconds as `Date.now()` returns them. */
  at: number;
  /** Present only if there is one: the error of `execute` (`exit`), the reason (`interrupt`), or the error of the interrupt (`down`). */
  error?: unknown;
}

/**
 * Configures a group: how it starts, and how it comes down.
 *
 * @example
 * ```ts
 * import { aborted } from '@x/abort';
 * import { Group } from '@x/run';
 *
 * // The server is down before the database, which it needs until then, is told to go; both within ten seconds.
 * const group = new Group({ teardown: 'reverse', gracePeriod: 10_000 });
 * for (const name of ['database', 'server']) {
 *   group.go(async (signal) => {
 *     await aborted(signal);
 *     console.log(name, 'goes down');
 *   }, name);
 * }
 * group.go(() => console.log('done'));
 * await group.run();
 * // Output:
 * // done
 * // server goes down
 * // database goes down
 * ```
 *
 * Source: none in oklog/run; asked for there (#9, #11, #17, #35, #39, #40); kolide/launcher rungroup
 */
export interface GroupOptions {
  /** How long the other actors may take after the first exit, in milliseconds. Default: no limit. */
  gracePeriod?: number | undefined;
  /**
   * The order of the interrupts. `'together'` (default): the group calls all of them at once, in the order of `add`, and none waits for another. `'reverse'`:
   * the last added comes first, and each actor is down before the next is interrupted (its `interrupt` and `execute` have settled, or it is over its limit).
   * `'forward'`: the same, in the order of `add`.
   */
  teardown?: 'together' | 'reverse' | 'forward' | undefined;
  /**
   * What brings the group down, besides an abort. `'first-exit'` (default): any actor that returns or fails. `'first-error'`: only an actor that fails; one
   * that returns just leaves. `'all'`: nothing else. `run()` then settles when all actors have, with one error as it is, or with several as an
   * `AggregateError` in the order in which they happened. An actor that has left is not interrupted.
   */
  until?: 'first-exit' | 'first-error' | 'all' | undefined;
  /**
   * When actors start. `'together'` (default): all at once. `'sequential'`: each one when the actor before it has called `ready` or returned. Actors that
   * have not started when the group comes down never start. An actor added by `go` cannot call `ready`: the next one waits until it has returned.
   */
  startup?: 'together' | 'sequential' | undefined;
  /** Called with each event of each actor, such as the one that began the shutdown. The group does not wait for it. */
  onEvent?: ((event: GroupEvent) => void) | undefined;
  /**
   * Called with each error that is not the group's own outcome: errors of actors that failed after the first, of interrupts, and of `onEvent`. If it throws
   * or rejects itself, that error is kept in `group.suppressed`. The group does not wait for it.
   */
  onSuppressed?: ((error: unknown, actor: Actor) => void) | undefined;
}
