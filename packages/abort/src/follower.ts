// Who follows a signal: one platform listener a signal, and behind it a ring of followers, told in the order in which
// they came.
//
//   signal ──listener──▶ hub ⇄ follower ⇄ follower ⇄ … ⇄ hub
//
// Invariants
// 1. A hub listens to its signal while anybody is in its ring. In a tight loop of joining and leaving, which would pay
//    the platform's price of a listener each time round, it goes on listening until the next microtask.
// 2. A follower is in one ring (`#hub` set) or a ring of its own; leaving is O(1) and keeps no reference, either way.
// 3. A follower leaves the ring before it is told: it is told once, and who leaves before its turn is not told.
// 4. Nobody joins the ring of a signal that has aborted: whoever follows it is told at once.
//
// All copies of this package in a program share this class, and with it the hubs: a signal has one listener of ours,
// however many copies follow it. So what the registered symbol below stands for may never change: a version that needs
// something else takes another symbol.

import { dispose } from './dispose.js';
import { report } from './report.js';

/** How many signals that abort further signals may be nested on the stack; deeper ones wait until these have returned. */
const DEEPEST = 64;
/** How often a hub may fall empty before it goes on listening until the next microtask. */
const CHURN = 1024;

type Tell = () => void;

/** In the place of a callback that will not be called any more: who keeps what `onAbort` returned does not keep what the callback refers to. */
const forgotten: Tell = () => {};

/** What there is of `node:events` for us. */
interface NodeEvents {
  addAbortListener?(signal: AbortSignal, listener: () => void): object;
}

/** Tells the followers of a signal: now, or when the stack is less deep. */
const nest = (tell: Tell): void => {
  if (depth === DEEPEST) {
    deep.push(tell);
    return;
  }
  depth++;
  try {
    tell();
    if (depth === 1) {
      // Grows while it is gone through: what waits is as deep again.
      for (const next of deep) next();
      deep.length = 0;
    }
  } finally {
    // Also when the stack was nearly full and has overflowed.
    depth--;
  }
};
let depth = 0;
const deep: Tell[] = [];

/** Listens for the abort; Node has a way that another listener's `stopImmediatePropagation` does not cut off. */
const listen = (signal: AbortSignal, listener: () => void): (() => void) => {
  // Looked up without an import, so that this runs on every runtime. Older Nodes lack `getBuiltinModule`.
  const { process } = globalThis as { process?: { getBuiltinModule?(id: string): NodeEvents | undefined } };
  const listening = process?.getBuiltinModule?.('node:events')?.addAbortListener?.(signal, listener);
  if (!listening) signal.addEventListener('abort', listener);
  return () => signal.removeEventListener('abort', listener);
};

/** The hub of each signal that has been followed; null for one that nobody needs to follow, because it never aborts. */
const hubs = new WeakMap<AbortSignal, OwnFollower | null>();

class OwnFollower implements Disposable {
  /** @internal */
  static readonly hubs = hubs;

  #hub: OwnFollower | undefined;
  #previous: OwnFollower = this;
  #next: OwnFollower = this;

  /** @internal */
  constructor(told?: (reason: unknown) => void) {
    if (told) this.$told = told;
  }

  /**
   * Joins the ring of a signal, or is told at once if that has aborted.
   * @internal
   */
  $follow(signal: AbortSignal): this {
    if (signal.aborted) {
      this.#tell(signal.reason);
      return this;
    }
    let hub = hubs.get(signal);
    if (hub === undefined) hubs.set(signal, (hub = OwnFollower.#newHub(signal)));
    if (hub) {
      const last = hub.#previous;
      this.#hub = this.#next = hub;
      this.#previous = last;
      last.#next = hub.#previous = this;
      // Not before: to be listened to may make it abort.
      if (last === hub) hub.$told(hub);
    }
    return this;
  }

  /**
   * Leaves the ring, if it is in one.
   * @internal
   */
  $leave(): void {
    const hub = this.#hub;
    if (hub) {
      const previous = this.#previous;
      const next = this.#next;
      previous.#next = next;
      next.#previous = previous;
      this.#hub = undefined;
      this.#previous = this.#next = this;
      if (next === previous) hub.$told();
    }
  }

  [dispose](): void {
    this.$leave();
    this.$told = forgotten;
  }

  /**
   * Is called once when the signal aborts, out of the ring already. A hub's is called when the first has come, with
   * something, and when the last has left, with nothing.
   * @internal
   */
  $told(_news?: unknown): void {}

  /** What it throws is reported by the platform, as what a listener throws. */
  #tell(reason: unknown): void {
    try {
      this.$told(reason);
    } catch (error) {
      report(error);
    }
    // Of a subclass it is no callback of anybody's.
    if (this.constructor === OwnFollower) this.$told = forgotten;
  }

  /** Makes the head of a signal's ring. */
  static #newHub(signal: AbortSignal): OwnFollower {
    let unlisten: (() => void) | undefined;
    let rests = 0;
    const tell = (): void => {
      for (let first; (first = hub.#next) !== hub;) {
        first.$leave();
        first.#tell(signal.reason);
      }
    };
    const rest = (): void => {
      if (hub.#next === hub) {
        unlisten?.();
        unlisten = undefined;
      }
    };
    const hub = new OwnFollower((anybody) => {
      if (anybody) unlisten ??= listen(signal, () => nest(tell));
      else if (++rests < CHURN) rest();
      else if (rests === CHURN) {
        // Not `queueMicrotask`, which fake timers replace.
        void Promise.resolve().then(() => {
          rests = 0;
          rest();
        });
      }
    });
    return hub;
  }
}

const SHARED: unique symbol = Symbol.for('@x/abort/1');

/** What follows a signal. */
export const Follower: typeof OwnFollower = ((globalThis as { [SHARED]?: typeof OwnFollower })[SHARED] ??= OwnFollower);

export type Follower = OwnFollower;
