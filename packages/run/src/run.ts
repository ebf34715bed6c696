/// <reference lib="esnext.disposable" preserve="true" />
// One run of a group, from the first start until the last actor is down.
//
//   starting ──▶ running ──first exit, abort──▶ falling ──▶ settled
//
// Invariants
// 1. Everything that starts or interrupts actors happens in `#advance`, which never runs inside itself: who calls it from within leaves
//    the next step to the loop that is under way. So no start comes after an interrupt, and no number of actors deepens the stack.
// 2. `#falling` is set once. What set it is the first outcome (`#failures`) and the reason of all interrupts.
// 3. A member is `down` once: when `exited` (execute has settled, or never will be called) and `stopped` (so has interrupt).
// 4. `#awaited` counts the members that are neither `down` nor over a limit of their own (`waived`); at zero the run settles.
// 5. When it has settled there is no timer and no listener left. What still happens to late members changes no outcome.

import { isAbort, onAbort, withTimeout } from '@x/abort';
import { release, type Actor } from './actor.js';
import { dispose } from './dispose.js';
import { combined, GraceExceededError } from './errors.js';
import type { GroupEvent, GroupOptions } from './options.js';

/** The actor of `go`. */
export class Worker implements Actor {
  readonly name: string | undefined;
  readonly #work: (signal: AbortSignal) => unknown;
  /** Of the last run. */
  controller: AbortController | undefined;

  constructor(work: (signal: AbortSignal) => unknown, name: string | undefined) {
    this.#work = work;
    this.name = name;
  }

  execute(): unknown {
    const work = this.#work;
    return work((this.controller = new AbortController()).signal);
  }

  interrupt(reason: unknown): void {
    this.controller?.abort(reason);
  }
}

/** An actor in one run. */
class Member {
  readonly actor: Actor;
  readonly index: number;
  /** The signal that `go` has given it. */
  signal: AbortSignal | undefined;
  ready = false;
  exited = false;
  told = false;
  stopped = false;
  down = false;
  waived = false;
  cancel: (() => void) | undefined;

  constructor(actor: Actor, index: number) {
    this.actor = actor;
    this.index = index;
  }

  get name(): string {
    return this.actor.name || `#${this.index + 1}`;
  }
}

type Ended = (failed: boolean, error?: unknown) => void;

/** Tells how what a function of the user's has returned ends: now, unless it is a promise, of whatever make. */
function settle(value: unknown, ended: Ended): void {
  const succeed = (): void => ended(false);
  const fail = (error: unknown): void => ended(true, error);
  if (value instanceof Promise) {
    value.then(succeed, fail);
    return;
  }
  let then: unknown;
  try {
    then = Object(value) === value && (value as PromiseLike<unknown>).then;
  } catch (error) {
    fail(error);
    return;
  }
  if (typeof then !== 'function') succeed();
  else new Promise((resolve, reject) => void then.call(value, resolve, reject)).then(succeed, fail);
}

/** Calls back after some milliseconds; returns what prevents it. */
function after(ms: number, callback: () => void): () => void {
  const timeout = withTimeout(ms);
  const listening = onAbort(timeout.signal, callback);
  return () => {
    listening[dispose]();
    timeout.abort(0);
  };
}

export class Run {
  readonly suppressed: unknown[] = [];
  readonly #options: GroupOptions;
  readonly #members: Member[];
  /** The outcome: nothing, one error, or with `until: 'all'` several. */
  readonly #failures: unknown[] = [];
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  #unfollow: (() => void) | undefined;
  #cancel: (() => void) | undefined;
  #busy = true;
  /** How many have been started, and how many have had their turn to come down. */
  #started = 0;
  #turn = 0;
  #awaited: number;
  #falling = false;
  #failed = false;
  #reason: unknown;
  #expired = false;
  #settled = false;

  constructor(actors: readonly Actor[], options: GroupOptions) {
    this.#options = options;
    this.#members = actors.map((actor, index) => new Member(actor, index));
    this.#awaited = actors.length;
  }

  start(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      if (signal && this.#awaited > 0) {
        const following = onAbort(signal, (reason) => this.#fall(true, reason));
        this.#unfollow = () => following[dispose]();
      }
      for (const member of this.#members) {
        try {
          member.actor.prepare?.();
        } catch (error) {
          this.#exit(member, true, error);
        }
      }
      this.#busy = false;
      this.#advance();
    });
  }

  #advance(): void {
    if (this.#busy) return;
    this.#busy = true;
    const members = this.#members;
    const { length } = members;
    const { startup, teardown = 'together' } = this.#options;
    while (this.#started < length) {
      if (startup === 'sequential') {
        const previous = members[this.#started - 1];
        if (this.#falling || (previous && !previous.ready && !previous.exited)) break;
      }
      this.#start(members[this.#started++] as Member);
    }
    while (this.#falling && this.#turn < length) {
      const member = members[teardown === 'reverse' ? length - 1 - this.#turn : this.#turn] as Member;
      if (!member.told) this.#interrupt(member);
      if (teardown !== 'together' && !this.#expired && !member.down && !member.waived) break;
      this.#turn++;
    }
    this.#busy = false;
    if (this.#awaited === 0 || this.#expired) this.#settle();
  }

  #start(member: Member): void {
    if (member.exited) return; // `prepare` has failed
    const { actor } = member;
    this.#emit('start', member, false);
    let value: unknown;
    let failed = false;
    try {
      value = actor.execute(() => this.#ready(member));
    } catch (error) {
      failed = true;
      value = error;
    }
    if (actor instanceof Worker) member.signal = actor.controller?.signal;
    if (failed) this.#exit(member, true, value);
    else settle(value, (failed, error) => this.#exit(member, failed, error));
  }

  #ready(member: Member): void {
    if (member.ready || member.exited) return;
    member.ready = true;
    this.#emit('ready', member, false);
    this.#advance();
  }

  #exit(member: Member, failed: boolean, error: unknown): void {
    const { until = 'first-exit' } = this.#options;
    member.exited = true;
    this.#emit('exit', member, failed, error);
    if (this.#falling) {
      if (failed && !this.#obeyed(member, error)) this.#suppress(error, member);
    } else if (until === 'first-exit' || (failed && until === 'first-error')) {
      this.#fall(failed, error);
    } else {
      if (failed) this.#failures.push(error);
      member.told = member.stopped = true; // who has left is not interrupted
    }
    this.#ended(member, false);
  }

  /** Whether an actor has ended as it was told to. */
  #obeyed(member: Member, error: unknown): boolean {
    return (this.#failed && error === this.#reason) || (member.signal !== undefined && isAbort(error, member.signal));
  }

  #fall(failed: boolean, reason: unknown): void {
    if (this.#falling) return;
    const { gracePeriod } = this.#options;
    this.#falling = true;
    this.#failed = failed;
    this.#reason = reason;
    if (failed) this.#failures.push(reason);
    this.#unfollow?.();
    if (gracePeriod !== undefined) {
      this.#cancel = after(gracePeriod, () => {
        this.#expired = true;
        this.#advance();
      });
    }
    this.#advance();
  }

  #interrupt(member: Member): void {
    const { actor } = member;
    member.told = true;
    if (member.index >= this.#started) {
      member.exited = true; // never will be started
      if (!actor.prepare) {
        member.stopped = member.down = true;
        this.#awaited--;
        return;
      }
    }
    this.#emit('interrupt', member, this.#failed, this.#reason);
    const ended: Ended = (failed, error) => {
      member.stopped = true;
      if (failed) this.#suppress(error, member);
      this.#ended(member, failed, error);
    };
    let value: unknown;
    try {
      value = actor.interrupt(this.#reason);
    } catch (error) {
      ended(true, error);
      value = ended;
    }
    if (value !== ended) settle(value, ended);
    if (actor.gracePeriod !== undefined && !member.down) {
      member.cancel = after(actor.gracePeriod, () => {
        member.waived = true;
        this.#awaited--;
        this.#advance();
      });
    }
  }

  /** One of the two functions of a member has ended. */
  #ended(member: Member, failed: boolean, error?: unknown): void {
    if (member.exited && member.stopped && !member.down) {
      member.down = true;
      member.cancel?.();
      if (!member.waived) this.#awaited--;
      this.#emit('down', member, failed, error);
    }
    this.#advance();
  }

  #settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#unfollow?.();
    this.#cancel?.();
    const up: string[] = [];
    for (const member of this.#members) {
      member.cancel?.();
      member.actor[release]?.();
      if (!member.down) up.push(member.name);
    }
    const failures = this.#failures;
    const errors = failures.length > 0 ? failures : this.suppressed;
    if (up.length > 0) {
      this.#reject(new GraceExceededError(up, failures.length > 0 ? combined(failures) : undefined));
    } else if (errors.length > 0) this.#reject(combined(errors));
    else this.#resolve();
  }

  #suppress(error: unknown, { actor }: Member): void {
    const { onSuppressed } = this.#options;
    if (onSuppressed) {
      try {
        onSuppressed(error, actor);
        return;
      } catch (thrown) {
        error = thrown;
      }
    }
    this.suppressed.push(error);
  }

  #emit(type: GroupEvent['type'], member: Member, failed: boolean, error?: unknown): void {
    const { onEvent } = this.#options;
    if (!onEvent) return;
    const event: GroupEvent = { type, actor: member.name, at: Date.now() };
    if (failed) event.error = error;
    try {
      onEvent(event);
    } catch (thrown) {
      this.#suppress(thrown, member);
    }
  }
}
