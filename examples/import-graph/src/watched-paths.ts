import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

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
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(realName(dirname(path)), basename(path));
  }
}

/** The innermost folder above a path that is there. */
export function nearestFolder(path: string): string {
  let at = dirname(path);
  while (!isFolderNow(at) && at !== dirname(at)) at = dirname(at);
  return at;
}
