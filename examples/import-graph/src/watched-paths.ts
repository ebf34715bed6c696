import { lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { kindOf } from './regular-file.js';

/** Whether a path is one that is watched with the folder. */
export function isBelow(root: string, path: string): boolean {
  if (path === root) return true;
  const start = root.endsWith(sep) ? root : root + sep;
  if (!path.startsWith(start)) return false;
  const names = path.slice(start.length).split(sep);
  const packages = names.indexOf('node_modules');
  const own = packages === -1 ? names : names.slice(0, packages);
  // A file may begin with a dot, and one in such a folder is not watched.
  const last = own.at(-1) ?? '';
  if (own.slice(0, -1).some((name) => name.startsWith('.'))) return false;
  if (packages === -1) return !last.startsWith('.') || !isFolderNow(path);
  if (last.startsWith('.')) return false;
  const [scope = '', , ...deeper] = names.slice(packages + 1);
  return deeper.length === 0 && (names.length - packages <= 2 || scope.startsWith('@'));
}

/** Whether a folder is an installed package: it is told of as a whole. */
export function isPackage(path: string): boolean {
  return /[\\/]node_modules[\\/](?:[^@\\/][^\\/]*|@[^\\/]*[\\/][^\\/]+)$/.test(path);
}

/** Whether something is a folder, and no link to one. */
export function isFolderNow(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

/** By what name a file is told of that may not be there yet, whatever links its path leads through. */
export function realName(path: string): string {
  return nameOf(path, 40);
}

/** @param links how many that lead nowhere are followed: they may be made while this goes on */
function nameOf(path: string, links: number): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const folder = dirname(path);
    if (folder === path) return path;
    const isCircle = (error as NodeJS.ErrnoException).code === 'ELOOP';
    const target = isCircle || links === 0 ? undefined : targetOf(path);
    if (target !== undefined) return nameOf(resolve(realName(folder), target), links - 1);
    return join(nameOf(folder, links), basename(path));
  }
}

/** Where a link leads. */
function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // It is none.
  }
}

/** The links in a folder that lead nowhere. */
export function deadLinks(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isSymbolicLink())
      .map(({ name }) => join(folder, name))
      .filter((path) => kindOf(path) === undefined);
  } catch {
    return []; // It is not there.
  }
}

/** The innermost folder above a path that is there. */
export function nearestFolder(path: string): string {
  let at = dirname(path);
  while (!isFolderNow(at) && at !== dirname(at)) at = dirname(at);
  return at;
}
