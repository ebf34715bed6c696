import { lstatSync } from 'node:fs';
import { basename } from 'node:path';

/** Something that may not be any more as it was when it was read. */
export interface Change {
  readonly path: string;
  /** Whether a file has other `contents`, or whether something came, went, or became something else. */
  readonly kind: 'contents' | 'entry';
}

/**
 * Says how far a change reaches: into one file, into where any import may lead (and what belongs to the tree at all), or nowhere.
 *
 * @param isModule whether the path is a file of the graph
 */
export function affects({ path, kind }: Change, isModule: boolean): 'file' | 'resolving' | 'nothing' {
  if (kind === 'entry') return 'resolving';
  // Manifests, tsconfigs, and what these extend.
  if (path.endsWith('.json') || basename(path) === '.gitignore') return 'resolving';
  // A link may lead elsewhere, what was a file may be a link by now, and what has several names has changed under all of them.
  if (hasOtherNames(path)) return 'resolving';
  return isModule ? 'file' : 'nothing';
}

/** True too for what is not there, or cannot be looked at: it may be anything by now. */
function hasOtherNames(path: string): boolean {
  try {
    const stats = lstatSync(path);
    return stats.isSymbolicLink() || stats.nlink > 1;
  } catch {
    return true;
  }
}
