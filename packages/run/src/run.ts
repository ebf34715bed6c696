/// <reference lib="esnext.disposable" preserve="true" />
// One run of a group, from the first start until the last actor is down. Functions over shared variables, not a class: names of
// variables cost a bundle nothing.
//
//   starting ──▶ running ──first exit, abort──▶ falling ──▶ settled
//
// Invariants
// 1. Everything that starts or interrupts actors happens in `advance`, which never runs inside itself: who calls it from within leaves
//    the next step to the loop that is under way. So no start comes after an interrupt, and no number of actors deepens the stack.
// 2. `falling` is set once. What set it is the first outcome (`failures`) and the reason of all interrupts.
// 3. A member is `down` once: when execute has settled, or never will be called (`exited`), and so has interrupt (`stopped`).
// 4. `awaited` counts the members that are neither `down` nor over a limit of their own (`waived`); at zero the run settles.
// 5. When it has settled there is no timer and no listener left. What still happens to late members changes no outcome.

import { isAbort, onAbort, withTimeout } from '@x/abort';
import { release, type Actor } from './actor.js';
import { dispose } from './dispose.js';
import { combined, GraceExceededError } from './errors.js';
import type { GroupEvent, GroupOptions } from './options.js';
import { Worker } from './worker.js';

/** An actor in one run. */
interface Member {
  readonly actor: Actor;
  readonly index: number;
  /** The signal that `go` has given it. */
  signal: AbortSignal | undefined;
  ready: boolean;
  exited: boolean;
  told: boolean;
  stopped: boolean;
  down: boolean;
  waived: boolean;
  cancel: (() => void) | undefined;
}

type Ended = (failed: boolean, error?: unknown) => void;

/** Calls a function of the user's and tells how it ends: now, unless it returns a promise, of whatever make. */
function call(fn: () => unknown, ended: Ended): void {
  let error: unknown;
  let failed = false;
  try {
    const value = fn() as PromiseLike<unknown> | undefined;
    const then = Object(value) === value && value?.then;
    if (typeof then === 'function') {
      const promise = value instanceof Promise ? value : new Promise((...settle) => void then.apply(value, settle));
      promise.then(
        () => ended(false),
        (error: unknown) => ended(true, error),
      );
      return;
    }
  } catch (thrown) {
    failed = true;
    error = thrown;
  }
  ended(failed, error);
}

/** Calls back after some milliseconds, if any; returns what prevents it. */
function after(ms: number | undefined, callback: () => void): (() => void) | undefined {
  if (ms === undefined) return;
  const timeout = withTimeout(ms);
  const listening = onAbort(timeout.signal, callback);
  return () => {
    listening[dispose]();
    timeout.abort(0);
  };
}

const nameOf = ({ actor, index }: Member): string => actor.name || `#${index + 1}`;

/** Runs the actors once; the promise is the outcome, as `Group.run` describes it. */
export function runActors(
  actors: readonly Actor[],
  { gracePeriod, teardown, until, startup, onEvent, onSuppressed }: GroupOptions,
  suppressed: unknown[],
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const members = actors.map((actor, index): Member => {
      const [ready, exited, told, stopped, down, waived] = [false, false, false, false, false, false];
      return { actor, index, signal: undefined, ready, exited, told, stopped, down, waived, cancel: undefined };
    });
    const { length } = members;
    /** The outcome: nothing, one error, or with `until: 'all'` several. */
    const failures: unknown[] = [];
    let awaited = length;
    /** How many have been started, and how many have had their turn to come down. */
    let started = 0;
    let turn = 0;
    let busy = true;
    let falling = false;
    let failed = false;
    let reason: unknown;
    /** What signals abort with: making a DOMException is slow, so all have the same. */
    let abortReason: unknown;
    let expired = false;
    let settled = false;
    let cancel: (() => void) | undefined;
    let following: Disposable | undefined;

    const suppress = (error: unknown, { actor }: Member): void => {
      if (onSuppressed) {
        try {
          onSuppressed(error, actor);
          return;
        } catch (thrown) {
          error = thrown;
        }
      }
      suppressed.push(error);
    };

    const emit = (type: GroupEvent['type'], member: Member, failed?: boolean, error?: unknown): void => {
      if (!onEvent) return;
      const event: GroupEvent = { type, actor: nameOf(member), at: Date.now() };
      if (failed) event.error = error;
      try {
        onEvent(event);
      } catch (thrown) {
        suppress(thrown, member);
      }
    };

    const settle = (): void => {
      if (settled) return;
      settled = true;
      following?.[dispose]();
      cancel?.();
      for (const { cancel, actor } of members) {
        cancel?.();
        actor[release]?.();
      }
      const up = members.filter(({ down }) => !down).map(nameOf);
      const errors = failures.length > 0 ? failures : suppressed;
      if (up.length > 0) reject(new GraceExceededError(up, failures.length > 0 ? combined(failures) : undefined));
      else if (errors.length > 0) reject(combined(errors));
      else resolve();
    };

    const advance = (): void => {
      if (busy) return;
      busy = true;
      while (started < length) {
        if (startup === 'sequential') {
          const previous = members[started - 1];
          if (falling || (previous && !previous.ready && !previous.exited)) break;
        }
        start(members[started++] as Member);
      }
      while (falling && turn < length) {
        const member = members[teardown === 'reverse' ? length - 1 - turn : turn] as Member;
        if (!member.told) interrupt(member);
        if (teardown !== 'together' && !expired && !member.down && !member.waived) break;
        turn++;
      }
      busy = false;
      if (awaited === 0 || expired) settle();
    };

    const fall = (hasFailed: boolean, error: unknown): void => {
      if (falling) return;
      falling = true;
      failed = hasFailed;
      abortReason = reason = error;
      if (failed) failures.push(error);
      following?.[dispose]();
      cancel = after(gracePeriod, () => {
        expired = true;
        advance();
      });
      advance();
    };

    /** One of the two functions of a member has ended. */
    const ended = (member: Member, failed?: boolean, error?: unknown): void => {
      if (member.exited && member.stopped && !member.down) {
        member.down = true;
        member.cancel?.();
        if (!member.waived) awaited--;
        emit('down', member, failed, error);
      }
      advance();
    };

    const exit = (member: Member, hasFailed: boolean, error: unknown): void => {
      member.exited = true;
      emit('exit', member, hasFailed, error);
      if (falling) {
        const obeyed = (failed && error === reason) || (member.signal && isAbort(error, member.signal));
        if (hasFailed && !obeyed) suppress(error, member);
      } else if (until === 'first-exit' || (hasFailed && until === 'first-error')) {
        fall(hasFailed, error);
      } else {
        if (hasFailed) failures.push(error);
        member.told = member.stopped = true; // who has left is not interrupted
      }
      ended(member);
    };

    const start = (member: Member): void => {
      if (member.exited) return; // `prepare` has failed
      const { actor } = member;
      emit('start', member);
      const ready = (): void => {
        if (member.ready || member.exited) return;
        member.ready = true;
        emit('ready', member);
        advance();
      };
      call(
        () => {
          try {
            return actor.execute(ready);
          } finally {
            if (actor instanceof Worker) member.signal = actor.controller?.signal;
          }
        },
        (failed, error) => exit(member, failed, error),
      );
    };

    const interrupt = (member: Member): void => {
      const { actor } = member;
      member.told = true;
      if (member.index >= started) {
        member.exited = true; // never will be started
        if (!actor.prepare) {
          member.down = true;
          awaited--;
          return;
        }
      }
      emit('interrupt', member, failed, reason);
      if (actor instanceof Worker) abortReason ??= new DOMException('This operation was aborted', 'AbortError');
      call(
        () => actor.interrupt(actor instanceof Worker ? abortReason : reason),
        (failed, error) => {
          member.stopped = true;
          if (failed) suppress(error, member);
          ended(member, failed, error);
        },
      );
      if (!member.down) {
        member.cancel = after(actor.gracePeriod, () => {
          member.waived = true;
          awaited--;
          advance();
        });
      }
    };

    if (signal && length > 0) following = onAbort(signal, (reason) => fall(true, reason));
    for (const member of members) {
      try {
        member.actor.prepare?.();
      } catch (error) {
        exit(member, true, error);
      }
    }
    busy = false;
    advance();
  });
}
