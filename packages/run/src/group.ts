// A group, and its run, from the first start until the last actor is down. One method with functions over shared variables, not a class
// a run: names of variables cost a bundle nothing.
//
//   starting ──▶ running ──first exit, abort──▶ falling ──▶ settled
//
// Invariants
// 1. `life` goes through these states, and waits at each `yield` for a change. Who changes anything calls `advance`, which never runs inside itself:
//    a change from within is seen by the step that is under way. So no start comes after an interrupt, and no number of actors deepens the stack.
// 2. `first` is set once, by `fall`: what brought the group down, which is the reason of all interrupts. Until then nobody is `late`. It falls at
//    the end if it has not before: an abort that comes then changes no outcome.
// 3. `up` counts which of a member's execute and interrupt have been or will be called and have not settled; at zero it is down, or was never started.
// 4. The run waits for members that are up and not late. Who is late has had its time, or the group has.
// 5. When it has settled there is no timer and no listener left, and `life` has ended. What still happens to late members changes no outcome.

import { aborted, isAbort, link, onAbort, sleep, type LinkedController } from '@x/abort';
import { begin, type Actor } from './actor.js';
import { check } from './arguments.js';
import { call, type Failure } from './call.js';
import { combined, GraceExceededError } from './errors.js';
import type { GroupEvent, GroupOptions } from './options.js';

/** An actor in one run. */
interface Member {
  readonly actor: Actor;
  readonly name: string;
  /** Of the signal that `go` gives it. */
  own: LinkedController | undefined;
  up: number;
  /** It has called ready, or has exited: the next may start. */
  ready: boolean;
  late: boolean;
  /** Of its interrupt. */
  failure?: Failure | undefined;
}

/**
 * Runs actors that live and die together. When the first one returns or throws, the group interrupts all of them; `run()` settles when all are down.
 *
 * Like `Promise.race`, except that the group tells the losers to stop and waits for them.
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
 * @throws TypeError when an option has the wrong type; RangeError when its value is not allowed.
 *
 * Source: oklog/run Group
 */
export class Group {
  readonly #options: GroupOptions;
  readonly #actors: Actor[] = [];
  #running: boolean | undefined;

  /**
   * The errors of the last run that did not decide its outcome and that `onSuppressed` did not receive, in the order in which they happened. Actors that
   * outlive the grace period may still add to it. After a clean first exit, `run()` has also rejected with these errors.
   */
  readonly suppressed: readonly unknown[] = [];

  /**
   * Makes a group without actors.
   *
   * @param options how the group starts and stops its actors, how long they may take, and which callbacks it calls. Default: as oklog/run does it, without a time
   * limit
   */
  constructor(options: GroupOptions = {}) {
    // Read once.
    check(
      { options, ...(this.#options = { ...options }) },
      {
        options: 'object',
        gracePeriod: 'number >= 0',
        teardown: 'string: together, reverse, forward',
        until: 'string: first-exit, first-error, all',
        startup: 'string: together, sequential',
        onEvent: 'function',
        onSuppressed: 'function',
      },
      true,
    );
  }

  /**
   * Adds an actor. The order of `add` is the order of starts and interrupts.
   *
   * @throws TypeError when `execute` or `interrupt` is not a function, when another property has the wrong type, or while the group is running;
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
   * Adds an actor that is one function of a signal. Its interrupt aborts the signal with the reason.
   *
   * If the function then ends with the reason, or with the platform's `AbortError` for that signal, it counts as stopped, not failed.
   *
   * @throws TypeError when `work` is not a function, or while the group is running.
   */
  go(work: (signal: AbortSignal) => unknown, name?: string): this {
    check({ name, work }, { work: 'function' });
    // The run gives it the signal of a controller, and aborts that.
    return this.add({ name, execute: work as (signal: never) => unknown, interrupt() {}, [begin]: () => link() });
  }

  /**
   * Starts all actors, and resolves when the first has returned and all are down. After it has settled the group can run again.
   *
   * Actors start in the order of `add`. By default all are started, even if the first one returns or throws at once. The first to return or throw decides the
   * outcome; then the group interrupts every actor, the first one included. An actor that ends with the interrupt's reason counts as stopped, not failed.
   * A group without actors resolves.
   *
   * On abort: an abort of `signal` counts as a first exit with its reason. So does a signal that has aborted before the call: the actors are
   * started, then interrupted. With `startup: 'sequential'` none is started.
   *
   * On error: rejects with the error of the first actor, as it is. Later errors go to `onSuppressed`. Without `onSuppressed` they are kept in `suppressed`,
   * and if the first actor returned cleanly, `run()` rejects with them: one as it is, several as an `AggregateError`.
   *
   * @throws (as a rejection) `GraceExceededError` when actors are still up after the grace period; TypeError when `signal` is not a signal or
   * the group is running.
   *
   * Source: oklog/run Group.Run
   */
  async run(signal?: AbortSignal): Promise<void> {
    this.#checkIdle();
    isAbort(0, signal); // says what is no signal
    const suppressed = ((this as { suppressed: readonly unknown[] }).suppressed = [] as unknown[]);
    const { gracePeriod, teardown, until, startup, onEvent, onSuppressed = (e) => suppressed.push(e) } = this.#options;
    /** Aborts at the end, and ends the timers. */
    const over = link();
    const scope = link(signal);
    const members = this.#actors.map((actor, index): Member => ({
      actor,
      name: actor.name || `#${index + 1}`,
      own: undefined,
      up: 1,
      ready: false,
      late: false,
    }));
    this.#running = true;
    /** The outcome: nothing, one error, or with `until: 'all'` several. */
    const failures: unknown[] = [];
    let first: readonly unknown[] | undefined;
    /** What signals abort with: making a DOMException is slow, so all have the same. */
    let abortReason: unknown;
    let busy = false;

    const suppress = (member: Member, error: unknown): void => {
      call(
        () => onSuppressed(error, member.actor),
        (thrown) => thrown && suppressed.push(thrown[0]),
      );
    };

    // Missing where nobody listens, and not asked about inside: at each call it makes room for what its callbacks refer to, which would be felt.
    const emit =
      onEvent &&
      ((type: GroupEvent['type'], member: Member, failure?: readonly unknown[]): void =>
        call(
          () => onEvent({ type, actor: member.name, at: Date.now(), ...(failure?.length && { error: failure[0] }) }),
          (thrown) => thrown && suppress(member, thrown[0]),
        ));

    const advance = (): void => {
      if (busy) return;
      busy = true;
      life.next();
      busy = false;
    };

    /** After some milliseconds, if any, nobody waits for these any more. */
    const limit = (ms: number | undefined, list: readonly Member[]): void => {
      if (ms === undefined) return;
      sleep(ms, over).then(() => {
        for (const member of list) member.late = true;
        advance();
      }, advance);
    };

    const fall = (failure: readonly unknown[] = []): void => {
      if (first) return;
      first = failure;
      failures.push(...failure);
      scope.unlink();
      limit(gracePeriod, members);
    };

    /** Its interrupt has ended, or with nothing to tell its execute. */
    const ended = (member: Member, failure?: Failure): void => {
      if (failure) suppress(member, (member.failure = failure)[0]);
      if (!(member.up &&= member.up - 1)) emit?.('down', member, member.failure);
      advance();
    };

    const exit = (member: Member, failure?: Failure): void => {
      const { own } = member;
      member.ready = true;
      // Decided before anybody is told, who may abort.
      if (!first) {
        if (until === 'all' || (until === 'first-error' && !failure)) {
          if (failure) failures.push(failure[0]);
          // Who has left is not interrupted.
          member.up = 0;
        } else fall(failure);
      } else if (failure) {
        const [error] = failure;
        const obeyed = first.includes(error) || (own && isAbort(error, own.signal));
        if (!obeyed) suppress(member, error);
      }
      emit?.('exit', member, failure);
      ended(member);
    };

    const life = (function* () {
      if (members[0])
        onAbort(scope.signal, (error) => {
          fall([error]);
          advance();
        });
      for (const member of members) {
        const { actor } = member;
        try {
          member.own = actor[begin]?.(over.signal) as LinkedController | undefined;
          // Who is refused is down at once; who fails to prepare, when it has been interrupted.
          member.up = 2;
          actor.prepare?.();
          member.up = actor.prepare ? 1 : 0;
        } catch (error) {
          exit(member, [error]);
        }
      }
      for (const member of members) {
        const { actor, own } = member;
        // Or its `prepare` has failed.
        if (member.ready || (startup === 'sequential' && first)) continue;
        member.up = 2;
        emit?.('start', member);
        call(
          () =>
            actor.execute(
              (own
                ? own.signal
                : () => {
                    if (member.ready) return;
                    member.ready = true;
                    emit?.('ready', member);
                    advance();
                  }) as () => void,
            ),
          (failure) => exit(member, failure),
          true,
        );
        if (startup === 'sequential') {
          // Who fails at once, even after ready(), has failed before the next could start.
          let turn: unknown = Promise.resolve().then(() => {
            turn = false;
            advance();
          });
          while ((turn || !member.ready) && !first) yield;
        }
      }
      for (const member of members) while (member.up && !first) yield;
      for (const member of teardown === 'reverse' ? [...members].reverse() : members) {
        const { actor, own } = member;
        if (member.up) {
          emit?.('interrupt', member, first);
          call(
            () => {
              own?.abort(abortReason ?? first?.[0]);
              abortReason ??= own?.reason;
              return actor.interrupt(first?.[0]);
            },
            (failure) => ended(member, failure),
          );
          limit(actor.gracePeriod, [member]);
        }
        while (teardown && teardown !== 'together' && member.up && !member.late) yield;
      }
      for (const member of members) while (member.up && !member.late) yield;
      fall(); // if nothing has brought it down, nothing will
      over.abort(0);
    })();
    advance();
    await aborted(over.signal);
    this.#running = false;
    const up = members.flatMap(({ name, up }) => (up ? name : []));
    if (up.length) throw new GraceExceededError(up, combined(failures));
    const errors = failures.length ? failures : suppressed;
    if (errors.length) throw combined(errors);
  }

  #checkIdle(): void {
    if (this.#running) throw new TypeError('the group is running: wait until run() has settled');
  }
}
