/** The longest delay that the platform's timers take; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** Calls back once after any number of milliseconds, never after `Infinity`; returns what prevents it. */
export function startTimer(ms: number, ring: () => void, unref?: boolean): () => void {
  let handle: { unref?: () => void } | number | undefined;
  const start = (): void => {
    const delay = Math.min(ms, LONGEST);
    ms -= delay;
    handle = setTimeout(ms > 0 ? start : ring, delay);
    if (unref) handle.unref?.();
  };
  if (ms < Infinity) start();
  return () => clearTimeout(handle as number);
}
