import { BOTH, REVERSE, TELLS, WAITS } from './flags.js';
import type { Link } from './link.js';
import type { Process } from './process.js';

// Which children a process tells next, if it tells them one after the other.

function isChild(link: Link | undefined): link is Link {
  return (link ? link.$flags & BOTH : 0) === BOTH;
}

/**
 * Whose turn to close it is among the children of a process that closes them one after the other: the last that was added, and what that waits for if
 * its own turn could not come before: `blocking`.
 */
export function turn({ $links: links }: Process): Process[] {
  for (let index = links.length; index-- > 0;) {
    const link = links[index];
    if (isChild(link)) return link.$child.$held > 0 ? blocking(link.$child) : [link.$child];
  }
  return [];
}

/**
 * A process, and those whose turn to be told to close has not come, and cannot come before it has closed, because it waits for them, or for something
 * that they would tell.
 */
function blocking(process: Process): Process[] {
  const found = [process];
  const needed = new Set(found);
  /** What is waited for and has not begun to close, and who would tell it. */
  const running = new Set<Process>();
  for (const each of needed) {
    for (const link of each.$links) {
      if (!link || !(link.$flags & WAITS)) continue;
      const child = link.$child;
      if (!child.$by) {
        // A child whose turn will come is asked then.
        if (link.$flags & TELLS && each.$flags & REVERSE) continue;
        running.add(child);
      }
      needed.add(child);
    }
  }
  let late: Set<Process> | undefined;
  for (const each of running) {
    for (let to: Link | undefined = each; to?.$parent; to = to.$nextIn) {
      if (!(to.$flags & TELLS)) continue;
      if (!to.$parent.$by) running.add(to.$parent);
      else if ((late ??= after(process)).has(each)) found.push(each);
    }
  }
  return found;
}

/** Those who will not be told to close before a process has. */
function after(process: Process): Set<Process> {
  const late = new Set<Process>();
  /** Those who cannot close before it: they are late, or wait for it. */
  const found = new Set([process]);
  /** Whether a child was known to be late. If it has not been told, it is. */
  const isLate = ({ $child: child }: Link): boolean => {
    if (late.has(child)) return true;
    if (!child.$by) {
      late.add(child);
      // To be looked at again.
      found.delete(child);
      found.add(child);
    }
    return false;
  };
  for (const each of found) {
    for (let to: Link | undefined = each; to?.$parent; to = to.$nextIn) {
      const parent = to.$parent;
      if (to.$flags & WAITS) found.add(parent);
      if (!(parent.$flags & REVERSE) || !isChild(to)) continue;
      // Those before one that was known are, too, or will be.
      for (let index = to.$index; index-- > 0;) {
        const link = parent.$links[index];
        if (isChild(link) && isLate(link)) break;
      }
    }
    // What it would tell.
    if (late.has(each)) for (const link of each.$links) if (link && link.$flags & TELLS) isLate(link);
  }
  return late;
}
