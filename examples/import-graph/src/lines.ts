import type { Position } from './model.js';

/** Where the lines of a text begin, found once: to count them anew for each of many places would take as long as all of them together. */
export class Lines {
  readonly #text: string;
  #starts: number[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** The place of an offset, in UTF-16 units, as JavaScript counts lines. */
  at(offset: number): Position {
    const starts = (this.#starts ??= startsOf(this.#text));
    let low = 0;
    let high = starts.length;
    // The line begins at or before the offset, and the next one does not.
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (starts[low] as number) + 1 };
  }
}

function startsOf(text: string): number[] {
  const starts = [0];
  const ends = /\r\n|[\r\n\u2028\u2029]/g;
  while (ends.test(text)) starts.push(ends.lastIndex);
  return starts;
}
