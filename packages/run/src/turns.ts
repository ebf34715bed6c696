import { setImmediate } from './event-loop.js';

/** How long a turn is at most in which nothing much was computed, in milliseconds. */
const SHORT = 2;

/** How long, and how often, to wait for one in a program that computes all the time: a second; and as often as connections may wait, unless `listen` is told otherwise. */
const PATIENCE = 1_000;
const MOST = 511;

/**
 * The turns of the event loop, from what is left of this one on: whether each was short. What comes while a program computes it looks at in its next turn;
 * so what has come before a short one, as a whole, has been looked at.
 */
export async function* turns(): AsyncGenerator<boolean, void> {
  const until = performance.now() + PATIENCE;
  let now: number;
  let turn = 0;
  do {
    const began = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    now = performance.now();
    yield now - began < SHORT;
    // By number, too: the clock may be one of a test now, or be set.
  } while (now < until && ++turn < MOST);
}

let look: Promise<void> | undefined;

/** Waits until one was short. It is one look for all who wait at that time: if each turned them, all those turns would be long. */
export function shortTurn(): Promise<void> {
  return (look ??= lookAtTurns());
}

async function lookAtTurns(): Promise<void> {
  for await (const short of turns()) if (short) break;
  look = undefined;
}
