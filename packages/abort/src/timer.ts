/** The longest delay that the platform's timers take; a longer one would fire at once. */
export const LONGEST: number = 2 ** 31 - 1;

/** Calls back once after any number of milliseconds, never after `Infinity`; returns what prevents it. */
export function startTimer(ms: number, ring: () => void): () => void {
  let handle: ReturnType<typeof setTimeout> | undefined;
  const start = (): void => {
    const delay = Math.min(ms, LONGEST);
    ms -= delay;
    handle = setTimeout(ms > 0 ? start : ring, delay);
  };
  if (ms < Infinity) start();
  return () => clearTimeout(handle);
}
