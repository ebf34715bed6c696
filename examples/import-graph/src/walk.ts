import { readdirSync, realpathSync, type Dirent } from 'node:fs';
import { join, sep } from 'node:path';
import { IgnoreRules } from './ignored.js';
import { isSource } from './parse.js';
import { kindOf } from './regular-file.js';
import { reasonOf } from './source.js';

export interface Walked {
  /** The real path of a source. */
  readonly file?: string;
  readonly fault?: { readonly path: string; readonly message: string };
}

/**
 * Gives the sources below a folder, in an order that only depends on their names, and what cannot be read. `node_modules`, folders whose name begins with
 * a dot and what git ignores are left out. Links to folders are not followed: what they lead to is found where it is, or lies outside.
 */
export function* walk(root: string, readFolder: (folder: string) => Dirent[] = readEntries): Generator<Walked> {
  const folders = [{ folder: root, rules: IgnoreRules.above(root) }];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const { folder } = next;
    let entries: Dirent[];
    try {
      entries = readFolder(folder);
    } catch (error) {
      yield { fault: { path: folder, message: `the folder cannot be read (${reasonOf(error)})` } };
      continue;
    }
    const rules = next.rules.within(folder);
    // The last is taken first.
    for (const entry of entries.sort((a, b) => (a.name < b.name ? 1 : -1))) {
      if (!entry.isDirectory() || entry.name === 'node_modules' || entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      if (!rules.ignores(path, true)) folders.push({ folder: path, rules });
    }
    for (const entry of entries.reverse()) {
      if (entry.isDirectory() || entry.name === 'node_modules') continue;
      const path = join(folder, entry.name);
      if (rules.ignores(path, false)) continue;
      if (entry.isSymbolicLink()) yield* followed(path, folder, root);
      else if (entry.isFile() && isSource(entry.name)) yield { file: path };
    }
  }
}

function readEntries(folder: string): Dirent[] {
  return readdirSync(folder, { withFileTypes: true });
}

/** A link to a source of the tree is that source. One that leads back to a folder it is in, or to itself, is a mistake. */
function* followed(path: string, folder: string, root: string): Generator<Walked> {
  let real: string;
  try {
    real = realpathSync(path);
  } catch (error) {
    // A link to nothing hurts nobody who does not import it.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    yield { fault: { path, message: `the symbolic link cannot be followed (${reasonOf(error)})` } };
    return;
  }
  if (`${folder}${sep}`.startsWith(real.endsWith(sep) ? real : real + sep)) {
    yield { fault: { path, message: 'the symbolic link leads back to a folder that it is in: a loop' } };
    return;
  }
  const isOfTree = real.startsWith(`${root}${sep}`) && !real.slice(root.length).includes(`${sep}node_modules${sep}`);
  // It may be gone by now.
  if (isOfTree && isSource(path) && isSource(real) && kindOf(real) === 'file') yield { file: real };
}
