// Knows for how long the event loop has had no turn while synchronous actions were called, by whichever queue or batch of
// the program: it is one event loop.
//
// Invariants
// 1. From the first synchronous action after a turn until the next turn a call of the event loop is awaited, and the time
//    from before that action on is measured. So what is measured is at least what has gone by; except of the first action of
//    a queue or batch whose others have all returned promises, of which it is not known when it began.
// 2. Before each item it is asked whether a turn is due, so that one comes less than LONGEST, a millisecond of the clock,
//    and one item after the last: at most every 10 ms when no item takes more than 5. Only after more than QUICK items in
//    one millisecond, as long as there is no slower one, it is asked before every fourth.
// 3. The turn is the real one, and so is the time. Under fake timers nobody waits for it: a test that moves its own time on need not give the
//    event loop any.
// 4. The awaited call keeps the program up while there are those who count on it: they have called something since the last
//    turn, or rest until the next, and have not ended. One that ends while it rests may count once more.
// 5. After a turn those who rest are told one after the other, each when what the one before may start has started, and who
//    acted longest ago first: so it is everybody's turn, whoever needs more microtasks or is always the first to rest.

import { DONE } from './deferred.js';
import { afterEvents, type Awaited, isFaked, now } from './platform.js';

/** After how many milliseconds, of a clock that counts whole ones, without a turn of the event loop nothing is started until it has had one. */
const LONGEST = 4;
/** After how many synchronous actions in one millisecond the clock is no longer read after each. */
const QUICK = 32;
/** After how many it is read then. Reading it costs as much as a small item does. */
const MOST = 4;

/** The one event loop: what is known of its turns. An object, since engines store its numbers where they are. */
class EventLoop {
  /** The call that is awaited. */
  awaited: Awaited | undefined;
  /** How many turns were awaited. */
  turn = 0;
  /** How many count on the call. */
  users = 0;
  /** They are told when there was a turn, unless the next is due before that. */
  readonly resting: Set<Turns> = new Set();
  /** It has been seen that a turn is due. */
  #due = false;
  /** When there was a turn, or after that. */
  #since = 0;
  /** After how many synchronous actions the clock is read; more than one only while a call is awaited. */
  left = 1;
  /** What the clock said last, and how often in a row. */
  #last = 0;
  #quick = 0;

  readonly #turned = async (): Promise<void> => {
    this.awaited = undefined;
    this.#due = false;
    this.left = 1;
    this.users = 0;
    this.turn++;
    const told = [...this.resting].sort((one, other) => one.acted - other.acted);
    this.resting.clear();
    for (const one of told) {
      if (this.isDue()) {
        one.rest();
      } else {
        one.had();
        // It is woken, and opens a gate, and whoever waits for a batch that has ended goes on.
        await DONE;
        await DONE;
        await DONE;
        await DONE;
      }
    }
  };

  /** From now on the time counts. */
  begin(): void {
    this.#since = now();
    this.#quick = 0;
  }

  isDue(): boolean {
    return this.#due && !isFaked();
  }

  /** There is to be a turn. */
  await(): Awaited {
    return (this.awaited ??= afterEvents(this.#turned));
  }

  /** Reads the clock. */
  look(): void {
    const time = now();
    this.#quick = time === this.#last ? this.#quick + 1 : 0;
    this.#last = time;
    this.left = this.#quick > QUICK ? MOST : 1;
    // Or the clock has been set back.
    this.#due ||= Math.abs(time - this.#since) >= LONGEST;
  }
}

const loop = /* @__PURE__ */ new EventLoop();

/** What one queue or batch has to do with it. */
export class Turns {
  /** Since which turn it counts on the call. */
  #turn = -1;
  /** All actions so far have returned promises: then there is nothing to measure. */
  #waits = false;
  #counted = false;
  /** In which turn it called an action last, or was made. */
  acted: number = loop.turn;
  /** Is called when the event loop has had its turn. */
  readonly had: () => void;

  constructor(had: () => void) {
    this.had = had;
  }

  /** Something may be started: from now on the time counts, unless it does already. Tells whether a turn is known to be due. */
  begin(): boolean {
    if (!loop.awaited && !this.#waits) loop.begin();
    return loop.isDue();
  }

  /** The same, having read the clock. */
  isDue(): boolean {
    if (!this.begin() && loop.awaited && !this.#waits) loop.look();
    return loop.isDue();
  }

  /** A synchronous action was called: tells whether a turn is due. */
  count(): boolean {
    if (--loop.left > 0) return false;
    if (this.#waits) {
      this.#waits = false;
      this.begin();
    }
    this.#counted = true;
    this.acted = loop.turn;
    this.#join();
    loop.look();
    return loop.isDue();
  }

  /** An action has returned a promise. */
  wait(): void {
    this.#waits = !this.#counted;
    this.acted = loop.turn;
  }

  /** Has `had` called when the event loop has had its turn. */
  rest(): void {
    this.#join();
    loop.resting.add(this);
  }

  /** Awaits nothing any more. */
  end(): void {
    if (this.#turn !== loop.turn) return;
    this.#turn = -1;
    if (--loop.users === 0) loop.awaited?.unref?.();
  }

  #join(): void {
    const awaited = loop.await();
    if (this.#turn === loop.turn) return;
    this.#turn = loop.turn;
    if (loop.users++ === 0) awaited.ref?.();
  }
}
