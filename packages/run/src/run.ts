// One run of a group, from the first start until the last actor is down. Functions over shared variables, not a class: names of
// variables cost a bundle nothing.
//
//   starting ──▶ running ──first exit, abort──▶ falling ──▶ settled
//
// Invariants
// 1. Everything that starts or interrupts actors happens in `advance`, which never runs inside itself: who calls it from within leaves
//    the next step to the loop that is under way. So no start comes after an interrupt, and no number of actors deepens the stack.
// 2. `falling` is set once. What set it is the first outcome (`failures`) and the reason of all interrupts.
// 3. `pending` counts which of a member's execute and interrupt have not settled; at zero it is down. An execute that never will be called
//    counts as settled.
// 4. `awaited` counts the members that are not `gone`, which are neither down nor over a limit of their own; at zero the run settles.
// 5. When it has settled there is no timer and no listener left, and `busy` stays. What still happens to late members changes no outcome.

import { isAbort, link, onAbort, withTimeout, type LinkedController } from '@x/abort';
import { release, type Actor } from './actor.js';
import { combined, GraceExceededError } from './errors.js';
import type { GroupEvent, GroupOptions } from './options.js';

/** The interrupt of the actors of `go`, whose execute gets a signal: the run aborts it. */
export const abortSignal = (): void => {};

/** An actor in one run. */
interface Member {
  readonly actor: Actor;
  readonly name: string;
  /** Of the signal that `go` gives it. */
  readonly controller: AbortController | undefined;
  /** Undefined until it is started; true when it has called ready, or has exited. */
  ready: boolean | undefined;
  told: boolean;
  pending: number;
  gone: boolean;
  timer: LinkedController | undefined;
}

/** What was thrown, which may be undefined. */
interface Failure {
  error: unknown;
}

/** Calls a function of the user's and tells how it ends: now, unless it returns a promise, of whatever make. */
function call(fn: () => unknown, ended: (failure?: Failure) => void): void {
  let value: unknown;
  let then: unknown;
  try {
    value = fn();
    then = (value as PromiseLike<unknown> | undefined)?.then;
  } catch (error) {
    ended({ error });
    return;
  }
  if (typeof then !== 'function') ended();
  else {
    Promise.resolve(value).then(
      () => ended(),
      (error: unknown) => ended({ error }),
    );
  }
}

/** Calls back after some milliseconds, if any, and when it is aborted, which ends the timer. */
function after(ms: number | undefined, callback: () => void): LinkedController | undefined {
  if (ms === undefined) return;
  const timer = withTimeout(ms);
  onAbort(timer.signal, callback);
  return timer;
}

/** Runs the actors once; the promise is the outcome, as `Group.run` describes it. */
export function runActors(
  actors: readonly Actor[],
  { gracePeriod, teardown = 'together', until = 'first-exit', startup, onEvent, onSuppressed }: GroupOptions,
  suppressed: unknown[],
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const members = actors.map((actor, index): Member => ({
      actor,
      name: actor.name || `#${index + 1}`,
      controller: actor.interrupt === abortSignal ? new AbortController() : undefined,
      ready: undefined,
      told: false,
      pending: 2,
      gone: false,
      timer: undefined,
    }));
    const { length } = members;
    /** The outcome: nothing, one error, or with `until: 'all'` several. */
    const failures: unknown[] = [];
    const scope = link(signal);
    let awaited = length;
    /** How many have been started, and how many have had their turn to come down. */
    let started = 0;
    let turn = 0;
    let busy = true;
    let falling = false;
    /** What has brought it down, if that was a failure: the reason of all interrupts. */
    let first: Failure | undefined;
    /** What signals abort with: making a DOMException is slow, so all have the same. */
    let abortReason: unknown;
    let timer: LinkedController | undefined;

    const suppress = ({ actor }: Member, error: unknown): void => {
      try {
        if (onSuppressed) {
          onSuppressed(error, actor);
          return;
        }
      } catch (thrown) {
        error = thrown;
      }
      suppressed.push(error);
    };

    const emit = (type: GroupEvent['type'], member: Member, failure?: Failure): void => {
      try {
        onEvent?.({ type, actor: member.name, at: Date.now(), ...failure });
      } catch (thrown) {
        suppress(member, thrown);
      }
    };

    /** Nobody waits for the member any more. */
    const leave = (member: Member): void => {
      if (!member.gone) awaited--;
      member.gone = true;
    };

    const advance = (): void => {
      if (busy) return;
      busy = true;
      while (started < length && !(startup === 'sequential' && (falling || members[started - 1]?.ready === false))) {
        start(members[started++] as Member);
      }
      while (falling && turn < length) {
        const member = members[teardown === 'reverse' ? length - 1 - turn : turn] as Member;
        if (!member.told) interrupt(member);
        if (teardown !== 'together' && !member.gone) break;
        turn++;
      }
      busy = awaited === 0;
      if (busy) {
        scope.unlink();
        timer?.abort(0);
        const up: string[] = [];
        for (const { timer, actor, pending, name } of members) {
          timer?.abort(0);
          actor[release]?.();
          if (pending) up.push(name);
        }
        const errors = failures.length > 0 ? failures : suppressed;
        if (up.length > 0) reject(new GraceExceededError(up, combined(failures)));
        else if (errors.length > 0) reject(combined(errors));
        else resolve();
      }
    };

    const fall = (failure?: Failure): void => {
      if (falling) return;
      falling = true;
      first = failure;
      if (failure) failures.push((abortReason = failure.error));
      scope.unlink();
      timer = after(gracePeriod, () => {
        members.forEach(leave);
        advance();
      });
      advance();
    };

    /** One of the two functions of a member has ended. */
    const ended = (member: Member, failure?: Failure): void => {
      if (--member.pending === 0) {
        leave(member);
        member.timer?.abort(0);
        emit('down', member, failure);
      }
      advance();
    };

    const exit = (member: Member, failure?: Failure): void => {
      const { controller } = member;
      member.ready = true;
      emit('exit', member, failure);
      if (!falling && until !== 'first-exit' && !(failure && until === 'first-error')) {
        if (failure) failures.push(failure.error);
        // Who has left is not interrupted.
        member.told = true;
        member.pending--;
      } else if (!falling) fall(failure);
      else if (failure) {
        const { error } = failure;
        const obeyed = (first && first.error === error) || (controller && isAbort(error, controller.signal));
        if (!obeyed) suppress(member, error);
      }
      ended(member);
    };

    const start = (member: Member): void => {
      const { actor, controller } = member;
      if (member.ready) return; // `prepare` has failed
      member.ready = false;
      emit('start', member);
      const ready = (): void => {
        if (member.ready) return;
        member.ready = true;
        emit('ready', member);
        advance();
      };
      call(
        () => actor.execute((controller ? controller.signal : ready) as () => void),
        (failure) => exit(member, failure),
      );
    };

    const interrupt = (member: Member): void => {
      const { actor, controller } = member;
      member.told = true;
      if (member.ready === undefined) {
        member.pending--; // its execute
        if (!actor.prepare) {
          member.pending--;
          leave(member);
          return;
        }
      }
      emit('interrupt', member, first);
      call(
        () => {
          if (!controller) return actor.interrupt(first?.error);
          controller.abort(abortReason);
          abortReason ??= controller.signal.reason;
        },
        (failure) => {
          if (failure) suppress(member, failure.error);
          ended(member, failure);
        },
      );
      if (!member.gone) {
        member.timer = after(actor.gracePeriod, () => {
          leave(member);
          advance();
        });
      }
    };

    if (length > 0) onAbort(scope.signal, (error) => fall({ error }));
    for (const member of members) {
      try {
        member.actor.prepare?.();
      } catch (error) {
        exit(member, { error });
      }
    }
    busy = false;
    advance();
  });
}
