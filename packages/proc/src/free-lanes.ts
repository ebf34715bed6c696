/** Which lanes are free. The lowest is taken first, so that they stay few, and without a look at each: a heap, where none is above those below it. */
export class FreeLanes {
  /** The two below the one at `n` are at `2n + 1` and `2n + 2`. */
  readonly #heap: number[] = [];

  /** Adds one that is not among them. */
  add(lane: number): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const above = heap[up] as number;
      if (above < lane) break;
      heap[at] = above;
      at = up;
    }
    heap[at] = lane;
  }

  /** Takes the lowest; undefined when there is none. */
  take(): number | undefined {
    const heap = this.#heap;
    const lowest = heap[0];
    // It fills the gap, and sinks from there.
    const last = heap.pop() as number;
    let at = 0;
    for (let down = 1; down < heap.length; down = 2 * at + 1) {
      // Of the last one there may be no neighbour: that is not lower.
      if ((heap[down + 1] as number) < (heap[down] as number)) down++;
      const below = heap[down] as number;
      if (last < below) break;
      heap[at] = below;
      at = down;
    }
    if (heap.length > 0) heap[at] = last;
    return lowest;
  }
}
