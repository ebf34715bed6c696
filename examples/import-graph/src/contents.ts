import { constants } from 'node:buffer';
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

/** How many bytes are read at once. */
const piece = 1 << 20;

/** What a file is by its contents. */
export interface Contents {
  readonly size: number;
  /** SHA-256 of the bytes. */
  readonly digest: string;
  /** All of them, unless they are many, and were not wanted or are more than a text can have. */
  readonly bytes: Buffer | undefined;
}

/**
 * Reads a file. A short one at once: what the system has in memory is read in less time than it takes to hand the reading over. A long one piece by piece: it may be
 * larger than the memory, and signals are to be heard meanwhile. Throws what the system says, rejects with the signal's reason when it aborts.
 *
 * @param whole whether the bytes are wanted
 */
export function readContents(file: string, whole: boolean, signal: AbortSignal): Contents | Promise<Contents> {
  const fd = openSync(file, 'r');
  let isOurs = true;
  try {
    if (fstatSync(fd).size > piece) {
      isOurs = false;
      return readLong(fd, whole, signal);
    }
    const bytes = readFileSync(fd);
    const digest = createHash('sha256').update(bytes).digest('hex');
    return { size: bytes.length, digest, bytes };
  } finally {
    if (isOurs) closeSync(fd);
  }
}

/** Reads from an open file, and closes it. */
async function readLong(fd: number, whole: boolean, signal: AbortSignal): Promise<Contents> {
  const hash = createHash('sha256');
  let size = 0;
  let kept: Buffer[] | undefined = whole ? [] : undefined;
  try {
    for (let buffer = Buffer.allocUnsafe(piece); ;) {
      const bytes = buffer.subarray(0, readSync(fd, buffer));
      if (bytes.length === 0) break;
      hash.update(bytes);
      size += bytes.length;
      if (size > constants.MAX_STRING_LENGTH) kept = undefined;
      if (kept !== undefined) {
        kept.push(bytes);
        buffer = Buffer.allocUnsafe(piece);
      }
      // After each: as many as are parsed at once may be read at once, and nothing is heard until all have waited.
      await setImmediate();
      signal.throwIfAborted();
    }
    return { size, digest: hash.digest('hex'), bytes: kept && Buffer.concat(kept) };
  } finally {
    closeSync(fd);
  }
}
