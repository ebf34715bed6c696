import { pause } from './pause.js';

/** How many characters are worth a call of the system. */
const enough = 65_536;

/**
 * Writes one text after the other, in pieces of some size: all of them may be longer than a string can be, and take long to be made. Meanwhile signals are heard; rejects
 * with the signal's reason when it aborts.
 */
export async function writeInPieces(
  texts: Iterable<string>,
  write: (piece: string) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const breathe = pause(signal);
  let piece = '';
  for (const text of texts) {
    piece += text;
    if (piece.length < enough) continue;
    await write(piece);
    piece = '';
    await breathe();
  }
  if (piece !== '') await write(piece);
}
