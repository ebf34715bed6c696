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
    const { length } = actors;
    /** The outcome: nothing, one error, or with `until: 'all'` several. The last is the reason of the interrupts. */
    const failures: unknown[] = [];
    const scope = link(signal);
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
    let groupTimer: LinkedController | undefined;

    const fall = (...failure: Failure): void => {
      if (falling) return;
      falling = failure;
      abortReason = failure[0];
      failures.push(...failure);
      scope.unlink();
      groupTimer = after(gracePeriod, () => {
        expired = true;
        advance();
      });
      advance();
    };

    const members = actors.map((actor, index) => {
      const name = actor.name || `#${index + 1}`;
      const controller = actor.interrupt === abortSignal ? new AbortController() : undefined;
      let told = false;
      let pending = 2;
      let timer: LinkedController | undefined;

      const suppress = (error: unknown): void => {
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

      const emit = (type: GroupEvent['type'], failure: Failure = []): void => {
        try {
          onEvent?.({ type, actor: name, at: Date.now(), ...(failure.length > 0 && { error: failure[0] }) });
        } catch (thrown) {
          suppress(thrown);
        }
      };

      /** Nobody waits for it any more. */
      const leave = (): void => {
        if (!member.gone) awaited--;
        member.gone = true;
      };

      /** One of its two functions has ended. */
      const ended = (failure?: Failure): void => {
        if (--pending === 0) {
          leave();
          timer?.abort(0);
          emit('down', failure);
        }
        advance();
      };

      const exit = (...failure: Failure): void => {
        const [error] = failure;
        const failed = failure.length > 0;
        member.ready = true;
        emit('exit', failure);
        if (falling) {
          const obeyed =
            (falling.length > 0 && error === falling[0]) || (controller && isAbort(error, controller.signal));
          if (failed && !obeyed) suppress(error);
        } else if (until === 'first-exit' || (failed && until === 'first-error')) {
          fall(...failure);
        } else {
          failures.push(...failure);
          // Who has left is not interrupted.
          told = true;
          pending--;
        }
        ended();
      };

      const ready = (): void => {
        if (member.ready) return;
        member.ready = true;
        emit('ready');
        advance();
      };

      const member = {
        /** Undefined until it is started; true when it has called ready, or has exited. */
        ready: undefined as boolean | undefined,
        gone: false,

        start(): void {
          if (member.ready) return; // `prepare` has failed
          member.ready = false;
          emit('start');
          call(() => actor.execute((controller ? controller.signal : ready) as () => void), exit);
        },

        interrupt(reason: Failure): void {
          if (told) return;
          told = true;
          if (member.ready === undefined) {
            pending--; // its execute
            if (!actor.prepare) {
              pending--;
              leave();
              return;
            }
          }
          emit('interrupt', reason);
          call(
            () => {
              if (!controller) return actor.interrupt(reason[0]);
              controller.abort(abortReason);
              abortReason ??= controller.signal.reason;
            },
            (...failure) => {
              if (failure.length > 0) suppress(failure[0]);
              ended(failure);
            },
          );
          if (!member.gone) {
            timer = after(actor.gracePeriod, () => {
              leave();
              advance();
            });
          }
        },

        /** Lets go of everything; returns its name if it is still up. */
        settle(): string[] {
          timer?.abort(0);
          actor[release]?.();
          return pending ? [name] : [];
        },
      };
      try {
        actor.prepare?.();
      } catch (error) {
        exit(error);
      }
      return member;
    });

    function advance(): void {
      if (busy) return;
      busy = true;
      while (started < length && !(startup === 'sequential' && (falling || members[started - 1]?.ready === false))) {
        members[started++]?.start();
      }
      while (falling && turn < length) {
        const member = members[teardown === 'reverse' ? length - 1 - turn : turn];
        member?.interrupt(falling);
        if (teardown !== 'together' && !expired && !member?.gone) break;
        turn++;
      }
      busy = awaited === 0 || expired;
      if (busy) {
        scope.unlink();
        groupTimer?.abort(0);
        const up = members.flatMap((member) => member.settle());
        const errors = failures.length > 0 ? failures : suppressed;
        if (up.length > 0) reject(new GraceExceededError(up, combined(failures)));
        else if (errors.length > 0) reject(combined(errors));
        else resolve();
      }
    }

    if (length > 0) onAbort(scope.signal, (reason) => fall(reason));
    busy = false;
    advance();
  });
}
