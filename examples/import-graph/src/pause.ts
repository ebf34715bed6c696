import { setImmediate } from 'node:timers/promises';

/** How long the program may be deaf for: Ctrl-C and the progress bar wait for it. */
const longest = 25;

/**
 * Gives a function for long work to call now and then: it lets the event loop turn once in a while, and throws the signal's reason when it has aborted.
 * Most calls return at once. Whatever works at the same time, and calls the same, is one: each by itself would be short, and all of them long.
 */
export function pause(signal: AbortSignal): () => void | Promise<void> {
  let since = performance.now();
  let turn: Promise<void> | undefined;
  return () => {
    if (turn === undefined && performance.now() - since < longest) return;
    return (turn ??= setImmediate().then(() => {
      since = performance.now();
      turn = undefined;
      signal.throwIfAborted();
    }));
  };
}
