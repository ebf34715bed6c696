/** Counts a start, and returns 0; or returns for how many milliseconds one has to wait. */
export type Rate = (now: number) => number;

/** Counts starts: at most `limit` of them in any `interval` milliseconds. */
export function rateOf(limit: number, interval: number): Rate {
  /** When the last `limit` starts were; the oldest stands at `next` once there are as many. */
  const starts: number[] = [];
  let next = 0;
  return (now) => {
    const oldest = starts[next] ?? -Infinity;
    // A clock that was set back says nothing of before: all of that may have been just now.
    if (oldest > now) starts.fill(now);
    const wait = Math.min(oldest, now) - now + interval;
    // An empty place is infinitely old.
    if (wait > 0) return wait;
    starts[next] = now;
    next = (next + 1) % limit;
    return 0;
  };
}
