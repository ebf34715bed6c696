/** What has a place and covers a disc around it. */
interface Placed {
  readonly x: number;
  readonly y: number;
  /** The radius. */
  readonly size: number;
}

/** The rectangle that holds all discs whole. Of none: that of a point. */
export function extentOf(discs: Iterable<Placed>): { x: [number, number]; y: [number, number] } {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, y, size } of discs) {
    left = Math.min(left, x - size);
    right = Math.max(right, x + size);
    bottom = Math.min(bottom, y - size);
    top = Math.max(top, y + size);
  }
  return left > right ? { x: [0, 0], y: [0, 0] } : { x: [left, right], y: [bottom, top] };
}
