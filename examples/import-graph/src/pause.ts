import { setImmediate } from 'node:timers/promises';

/** How long the program may be deaf for: Ctrl-C and the progress bar wait for it. */
const longest = 25;

/**
 * Gives a function for long work to call now and then: it lets the event loop turn once in a while, and throws the signal's reason when it has aborted.
 * Most calls return at once.
 */
export function pause(signal: AbortSignal): () => void | Promise<void> {
  let since = performance.now();
  return () => {
    if (performance.now() - since < longest) return;
    return setImmediate().then(() => {
      since = performance.now();
      signal.throwIfAborted();
    });
  };
}
