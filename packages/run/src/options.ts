import type { Actor } from './actor.js';

/**
 * What happens to an actor: `exit` when execute has settled, `down` when its interrupt has, too.
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
  /** What has happened: it was started, has said that it is ready, has ended, was interrupted, or its interrupt is over. */
  type: 'start' | 'ready' | 'exit' | 'interrupt' | 'down';
  /** Its name, or its place: `#3` for the third. */
  actor: string;
  /** When, as `Date.now()` tells it. */
  at: number;
  /** There if there is one: what `execute` ended with (`exit`), the reason (`interrupt`), what the interrupt failed with (`down`). */
  error?: unknown;
}

/**
 * How a group starts and comes down.
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
  /** How long, from the first exit, the rest may take, in milliseconds. Default: no limit. */
  gracePeriod?: number | undefined;
  /**
   * `'together'` (default): every interrupt is called at once, in the order of `add`, none waits for another. `'reverse'`: last added first, each
   * actor fully down (interrupt and execute settled, or over its limit) before the next is interrupted. `'forward'`: the same in the order of `add`.
   */
  teardown?: 'together' | 'reverse' | 'forward' | undefined;
  /**
   * What brings the group down. `'first-exit'` (default): any return. `'first-error'`: a clean return just leaves. `'all'`: nothing but an abort;
   * `run()` settles when all have: one error as it is, several as an `AggregateError` in the order in which they happened. Who has left is not interrupted.
   */
  until?: 'first-exit' | 'first-error' | 'all' | undefined;
  /**
   * `'together'` (default), or `'sequential'`: an actor is started when the one before it has called `ready` or returned; those not yet started
   * when the group comes down never are. What `go` has added cannot call `ready`: the next waits until it has returned.
   */
  startup?: 'together' | 'sequential' | undefined;
  /** Is told what happens to each actor: who began the shutdown, who is still up. Is not waited for. */
  onEvent?: ((event: GroupEvent) => void) | undefined;
  /**
   * Is told the errors that are not the group's own outcome: of actors that failed after the first, of interrupts, and of `onEvent`. What it throws
   * itself, or rejects with, stands in `group.suppressed`. Is not waited for.
   */
  onSuppressed?: ((error: unknown, actor: Actor) => void) | undefined;
}
