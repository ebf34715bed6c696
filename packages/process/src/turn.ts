import { BOTH, TELLS, WAITS } from './flags.js';
import type { Link } from './link.js';
import type { Process } from './process.js';

// Which children a process tells next, if it tells them one after the other.

/** Whose turn to close it is among the children of a process that closes them one after the other: the last that was added. */
export function turn({ links }: Process): Process[] {
  for (let index = links.length; index-- > 0;) {
    const link = links[index];
    if (!link || (link.flags & BOTH) !== BOTH) continue;
    // One that closes already may wait for those before it. The others are asked when they begin.
    return link.child.by ? blocking(link.child, BOTH) : [link.child];
  }
  return [];
}

/**
 * Those whose turn to be told to close has not come, and cannot come before the process has closed, because it waits for them, or for something that
 * they would tell.
 * @param kinds of the links of the process itself that are followed
 */
export function blocking(process: Process, kinds: number): Process[] {
  const found: Process[] = [];
  const reached = new Set([process]);
  /** What is waited for and has not begun to close, and who would tell it. */
  const running = new Set<Process>();
  for (const each of reached) {
    for (const link of each.links) {
      if (!link || !(link.flags & WAITS) || (each === process && link.flags & BOTH & ~kinds)) continue;
      reached.add(link.child);
      if (!link.child.by) running.add(link.child);
    }
  }
  for (const each of running) {
    for (let to: Link | undefined = each; to?.parent; to = to.nextIn) {
      const { parent, flags } = to;
      if (!(flags & TELLS)) continue;
      if (!parent.by) running.add(parent);
      // Those that it tells itself have their turn without its end.
      else if (parent !== process) found.push(each);
    }
  }
  return found;
}
