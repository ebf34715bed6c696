import { abortable, sleep } from '@x/abort';
import { closeSync, constants, fstatSync, openSync, statSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { writeInPieces } from './pieces.js';

/** How often it is looked whether somebody reads a pipe, in milliseconds. */
const patience = 50;

/** Writes texts to a file, one after the other. If that is a pipe, waits for who reads it. Rejects with the signal's reason when it aborts. */
export async function writeOutput(path: string, texts: Iterable<string>, signal: AbortSignal): Promise<void> {
  const pipe = await openPipe(path, signal);
  if (pipe === undefined) return writeToFile(path, texts, signal);
  const write = (piece: string): Promise<void> => {
    const written = new Promise<void>((resolve, reject) => {
      pipe.write(piece, (error) => (error ? reject(error) : resolve()));
    });
    return abortable(written, signal);
  };
  try {
    await writeInPieces(texts, write, signal);
  } finally {
    pipe.destroy();
  }
}

async function writeToFile(path: string, texts: Iterable<string>, signal: AbortSignal): Promise<void> {
  const own = ownOutput(path);
  const fd = own ?? openSync(path, 'w');
  try {
    await writeInPieces(texts, (piece) => writeFileSync(fd, piece), signal);
  } finally {
    if (own === undefined) closeSync(fd);
  }
}

/** Which of the program's own outputs leads into a file (`--dot /dev/stdout > file`). Opened once more it would be written from its beginning, by both. */
function ownOutput(path: string): number | undefined {
  const file = statSync(path, { throwIfNoEntry: false });
  if (file?.isFile() !== true) return undefined;
  return [1, 2].find((fd) => {
    try {
      const { dev, ino } = fstatSync(fd);
      return dev === file.dev && ino === file.ino;
    } catch {
      return false; // It is closed.
    }
  });
}

/**
 * Opens a pipe for writing, once somebody reads it; gives nothing for what is none. To open it as a file is opened would stop the whole process until then, and so would writing
 * more than the pipe holds: nothing would hear Ctrl-C. Rejects with the signal's reason when it aborts.
 */
export async function openPipe(path: string, signal: AbortSignal): Promise<Writable | undefined> {
  if (statSync(path, { throwIfNoEntry: false })?.isFIFO() !== true) return undefined;
  for (;;) {
    try {
      const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
      // Who writes is told by the callback.
      return new Socket({ fd, readable: false, writable: true }).on('error', () => undefined);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
    }
    await sleep(patience, { signal });
  }
}
