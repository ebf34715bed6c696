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

let look: Promise<boolean> | undefined;

/**
 * Waits until one was short, but not longer than that. It is one look for all who wait at that time: if each turned them, all those turns would be long.
 */
export async function shortTurn(): Promise<void> {
  const until = performance.now() + PATIENCE;
  // Who came to the look of others had the rest of it only.
  if (!(await (look ??= lookAtTurns())) && performance.now() < until) await (look ??= lookAtTurns());
}

/** Whether one was short. */
async function lookAtTurns(): Promise<boolean> {
  let found = false;
  for await (const short of turns()) if ((found = short)) break;
  look = undefined;
  return found;
}
