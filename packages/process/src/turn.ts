import { BOTH, REVERSE, TELLS, WAITS } from './flags.js';
import type { Link } from './link.js';
import type { Process } from './process.js';

// Which children a process tells next, if it tells them one after the other.

/**
 * Whose turn to close it is among the children of a process that closes them one after the other: the last that was added, and what that waits for if
 * its own turn could not come before: `blocking`.
 */
export function turn({ $links: links }: Process): Process[] {
  for (let index = links.length; index-- > 0;) {
    const link = links[index];
    if (link && (link.$flags & BOTH) === BOTH) return link.$child.$held > 0 ? blocking(link.$child) : [link.$child];
  }
  return [];
}

/**
 * A process, and those whose turn to be told to close has not come, and cannot come before it has closed, because it waits for them, or for something
 * that they would tell.
 */
function blocking(process: Process): Process[] {
  const found = [process];
  const reached = new Set(found);
  /** What is waited for and has not begun to close, and who would tell it. */
  const running = new Set<Process>();
  for (const each of reached) {
    for (const link of each.$links) {
      // A child whose turn will come is asked then.
      if (!link || !(link.$flags & WAITS) || (!link.$child.$by && link.$flags & TELLS && each.$flags & REVERSE))
        continue;
      reached.add(link.$child);
      if (!link.$child.$by) running.add(link.$child);
    }
  }
  for (const each of running) {
    for (let to: Link | undefined = each; to?.$parent; to = to.$nextIn) {
      const parent = to.$parent;
      if (!(to.$flags & TELLS)) continue;
      if (!parent.$by) running.add(parent);
      // Those that are told by what is waited for, too, have their turn without its end.
      else if (!reached.has(parent)) found.push(each);
    }
  }
  return found;
}
