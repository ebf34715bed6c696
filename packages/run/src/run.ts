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
  /** Has called ready, or exited. */
  ready: boolean;
  told: boolean;
  pending: number;
  gone: boolean;
  timer: LinkedController | undefined;
}

/** How something has ended: with nothing, or with what was thrown, which may be undefined. */
type Failure = [] | [error: unknown];

/** Calls a function of the user's and tells how it ends: now, unless it returns a promise, of whatever make. */
function call(fn: () => unknown, ended: (...failure: Failure) => void): void {
  let value: unknown;
  let then: unknown;
  try {
    value = fn();
    then = (value as PromiseLike<unknown> | undefined)?.then;
  } catch (error) {
    ended(error);
    return;
  }
  if (typeof then !== 'function') ended();
  else {
    const promise =
      value instanceof Promise ? value : new Promise((resolve, reject) => void then.call(value, resolve, reject));
    promise.then(() => ended(), ended);
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
      ready: false,
      told: false,
      pending: 2,
      gone: false,
      timer: undefined,
    }));
    const { length } = members;
    /** The outcome: nothing, one error, or with `until: 'all'` several. The last is the reason of the interrupts. */
    const failures: unknown[] = [];
    let awaited = length;
    /** How many have been started, and how many have had their turn to come down. */
    let started = 0;
    let turn = 0;
    let busy = true;
    let expired = false;
    /** Set when it comes down: what the interrupts are told. */
    let falling: Failure | undefined;
    /** What signals abort with: making a DOMException is slow, so all have the same. */
    let abortReason: unknown;
    let timer: LinkedController | undefined;
    const scope = link(signal);

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

    const emit = (type: GroupEvent['type'], member: Member, failure: Failure = []): void => {
      try {
        const [error] = failure;
        onEvent?.({ type, actor: member.name, at: Date.now(), ...(failure.length > 0 && { error }) });
      } catch (thrown) {
        suppress(member, thrown);
      }
    };

    /** Nobody waits for the member any more. */
    const leave = (member: Member): void => {
      if (!member.gone) awaited--;
      member.gone = true;
    };

    const settle = (): void => {
      scope.unlink();
      timer?.abort(0);
      for (const { timer, actor } of members) {
        timer?.abort(0);
        actor[release]?.();
      }
      const up = members.filter(({ pending }) => pending).map(({ name }) => name);
      const errors = failures.length > 0 ? failures : suppressed;
      if (up.length > 0) reject(new GraceExceededError(up, combined(failures)));
      else if (errors.length > 0) reject(combined(errors));
      else resolve();
    };

    const advance = (): void => {
      if (busy) return;
      busy = true;
      while (started < length) {
        if (startup === 'sequential' && (falling || members[started - 1]?.ready === false)) break;
        start(members[started++] as Member);
      }
      while (falling && turn < length) {
        const index = teardown === 'reverse' ? length - 1 - turn : turn;
        const member = members[index] as Member;
        if (!member.told) interrupt(member, index < started, falling);
        if (teardown !== 'together' && !expired && !member.gone) break;
        turn++;
      }
      if (awaited === 0 || expired) settle();
      else busy = false;
    };

    const fall = (...failure: Failure): void => {
      if (falling) return;
      falling = failure;
      abortReason = failure[0];
      failures.push(...failure);
      scope.unlink();
      timer = after(gracePeriod, () => {
        expired = true;
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

    const exit = (member: Member, ...failure: Failure): void => {
      const { controller } = member;
      const [error] = failure;
      const failed = failure.length > 0;
      member.ready = true;
      emit('exit', member, failure);
      if (falling) {
        const obeyed =
          (falling.length > 0 && error === falling[0]) || (controller && isAbort(error, controller.signal));
        if (failed && !obeyed) suppress(member, error);
      } else if (until === 'first-exit' || (failed && until === 'first-error')) {
        fall(...failure);
      } else {
        failures.push(...failure);
        // Who has left is not interrupted.
        member.told = true;
        member.pending--;
      }
      ended(member);
    };

    const start = (member: Member): void => {
      const { actor, controller } = member;
      if (member.ready) return; // `prepare` has failed
      emit('start', member);
      const ready = (): void => {
        if (member.ready) return;
        member.ready = true;
        emit('ready', member);
        advance();
      };
      call(
        () => actor.execute((controller ? controller.signal : ready) as () => void),
        (...failure) => exit(member, ...failure),
      );
    };

    const interrupt = (member: Member, wasStarted: boolean, reason: Failure): void => {
      const { actor, controller } = member;
      member.told = true;
      if (!wasStarted) {
        member.pending--;
        if (!actor.prepare) {
          member.pending--;
          leave(member);
          return;
        }
      }
      emit('interrupt', member, reason);
      call(
        () => {
          if (!controller) return actor.interrupt(reason[0]);
          controller.abort(abortReason);
          abortReason ??= controller.signal.reason;
        },
        (...failure) => {
          if (failure.length > 0) suppress(member, failure[0]);
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

    if (length > 0) onAbort(scope.signal, (reason) => fall(reason));
    for (const member of members) {
      try {
        member.actor.prepare?.();
      } catch (error) {
        exit(member, error);
      }
    }
    busy = false;
    advance();
  });
}
