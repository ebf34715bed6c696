import { realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { InputError } from './options.js';
import { isSource } from './parse.js';
import { reasonOf } from './source.js';

/** What of a path is to be analysed: a folder with all that is in it, or a file with all that it imports. */
export interface Scope {
  readonly path: string;
  readonly kind: 'folder' | 'file';
  /** What lies outside this folder is not followed. */
  readonly boundary: string;
}

/** What a path means. Throws an `InputError` if it means nothing. @param typed for messages */
export function scopeOf(path: string, typed = path): Scope {
  let real: string;
  let isFolder: boolean;
  try {
    real = realpathSync(path);
    const stats = statSync(real);
    isFolder = stats.isDirectory();
    if (!isFolder && !stats.isFile()) throw new InputError(`${typed} is neither a file nor a folder`);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new InputError(`there is no ${typed}`, { cause: error });
    throw new InputError(`${typed} cannot be read (${reasonOf(error)})`, { cause: error });
  }
  if (isFolder) return { path: real, kind: 'folder', boundary: real };
  if (!isSource(real)) throw new InputError(`${typed} is neither JavaScript nor TypeScript`);
  return { path: real, kind: 'file', boundary: packageFolder(real) };
}

/** How far imports of a file are followed: its package if it is an installed one, else everywhere but into `node_modules`. */
function packageFolder(file: string): string {
  const marker = `${sep}node_modules${sep}`;
  const at = file.lastIndexOf(marker);
  if (at === -1) return resolve(dirname(file), sep);
  const [scope = '', name = ''] = file.slice(at + marker.length).split(sep);
  return join(file.slice(0, at + marker.length), scope.startsWith('@') ? join(scope, name) : scope);
}
