import { abortable, sleep } from '@x/abort';
import { constants, openSync, statSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/** How often it is looked whether somebody reads a pipe, in milliseconds. */
const patience = 50;

/** Writes a file. If that is a pipe, waits for who reads it, and rejects with the signal's reason when it aborts. */
export async function writeOutput(path: string, text: string, signal: AbortSignal): Promise<void> {
  const pipe = await openPipe(path, signal);
  if (pipe === undefined) return writeFileSync(path, text);
  try {
    const written = new Promise<void>((resolve, reject) => {
      pipe.write(text, (error) => (error ? reject(error) : resolve()));
    });
    await abortable(written, signal);
  } finally {
    pipe.destroy();
  }
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
