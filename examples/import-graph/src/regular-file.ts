import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';

/** What is said of what has a name and no contents of its own. */
export const noFile = 'it is neither a file nor a folder';

/** Reads a file. Throws for a pipe or a device in its place, which would be waited for, or never come to an end. */
export function readRegular(path: string): Buffer {
  // To open a pipe for reading waits for who writes into it, unless asked not to.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile() && !stats.isDirectory()) throw new Error(noFile);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** What a path is, through links. */
export function kindOf(path: string): 'file' | 'folder' | 'special' | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'special';
  } catch {
    return undefined;
  }
}
