/** Where the bar is drawn: a terminal. */
export interface Terminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** What is counted while it grows. */
export interface Counts {
  readonly found: number;
  readonly read: number;
  readonly evaluated: number;
}

const interval = 80;

/**
 * Draws a bar on a terminal until it is disposed, which leaves the line empty. Does nothing where there is no terminal.
 * Nothing but the one line is touched, so that there is nothing to put right when the program ends in the middle.
 */
export function drawProgress(counts: Counts, terminal: Terminal): Disposable {
  if (terminal.isTTY !== true) return { [Symbol.dispose]: () => undefined };
  // A terminal may say that it has no columns: then it does not know.
  const draw = (): void => void terminal.write(`\r\u001b[K${barOf(counts, terminal.columns || 80)}`);
  draw();
  const timer = setInterval(draw, interval);
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      terminal.write('\r\u001b[K');
    },
  };
}

/** One line that fits: half of the bar is reading, half is evaluating. What is found while it runs makes it longer to go. */
export function barOf({ found, read, evaluated }: Counts, columns: number): string {
  const share = found === 0 ? 0 : (read + evaluated) / (2 * found);
  const words = ` ${read} of ${found} modules read, ${evaluated} done`;
  const width = Math.min(30, columns - words.length - 1);
  if (width < 5) return words.trim().slice(0, Math.max(0, columns - 1));
  const full = Math.round(share * width);
  return '█'.repeat(full) + '░'.repeat(width - full) + words;
}
