/** For how many milliseconds synchronous work may go on: the item that passes this mark may take as long again, and it is 10. */
const LONGEST = 5;
/** After how many items the clock is read, at most. Reading it costs more than a small item does. */
const MOST = 8;

/** Counts an item, and tells whether it is time for the event loop to have its turn; it may have had it when one waited. */
export type Streak = (waited?: boolean) => boolean;

/** Watches for how long one synchronous action follows another. */
export function streak(): Streak {
  let since = Date.now();
  let last = since;
  let items = 1;
  let left = 1;
  return (waited) => {
    if (waited) since = 0;
    if (waited || --left > 0) return false;
    const now = Date.now();
    // While the clock stands still the items are small. When it moves each is looked at.
    left = items = now === last ? Math.min(2 * items, MOST) : 1;
    last = now;
    since ||= now;
    if (now - since < LONGEST && now >= since) return false;
    since = now;
    return true;
  };
}
