import { BOTH, REVERSE, TELLS, WAITS } from './flags.js';
import type { Link } from './link.js';
import type { Process } from './process.js';

// Whom a process tells to close, and when.

/** Whether a process tells by this link as it begins to close: not if it tells its children one after the other. */
export function tellsAtOnce({ $flags: flags }: Process, link: Link | undefined): link is Link {
  return (link ? link.$flags & (flags & REVERSE ? BOTH : TELLS) : 0) === TELLS;
}

function isChild(link: Link | undefined): link is Link {
  return (link ? link.$flags & BOTH : 0) === BOTH;
}

/** The child that was added last. */
function last({ $links: links }: Process): Process | undefined {
  for (let index = links.length; index-- > 0;) {
    const link = links[index];
    if (isChild(link)) return link.$child;
  }
  return undefined;
}

/**
 * Whose turn to close it is among the children of a process that closes them one after the other: the last that was added, and what that waits for if
 * its own turn could not come before: `blocking`.
 */
export function turn(process: Process): Process[] {
  const child = process.$flags & REVERSE ? last(process) : undefined;
  if (!child) return [];
  return child.$held > 0 ? blocking(child) : [child];
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
  if (running.size === 0) return found;
  /** It, and those that have begun to close when it has. */
  const told = new Set(found);
  for (const each of told) {
    for (const link of each.$links) if (tellsAtOnce(each, link) && !link.$child.$by) told.add(link.$child);
    const child = each.$flags & REVERSE ? last(each) : undefined;
    if (child && !child.$by) told.add(child);
  }
  const isRunning = (each: Process): boolean => !each.$by && !told.has(each);
  let late: Set<Process> | undefined;
  const stuck = new Map<Process, boolean>();
  /** Whether whose turn it is among the children of another cannot close before. */
  const isStuck = (teller: Process): boolean => {
    if (!stuck.has(teller)) stuck.set(teller, (late ??= after(process, isRunning)).has(last(teller)!));
    return stuck.get(teller)!;
  };
  for (const each of running) {
    if (!isRunning(each)) continue;
    const tellers: Process[] = [];
    for (let to: Link | undefined = each; to?.$parent; to = to.$nextIn) {
      if (to.$flags & TELLS) tellers.push(to.$parent);
    }
    // They close their children one after the other, and its turn will come.
    const closing = tellers.filter((teller) => !isRunning(teller));
    if (!closing.length) for (const teller of tellers) running.add(teller);
    else if (closing.every(isStuck)) found.push(each);
  }
  return found;
}

/** Those who cannot close before a process has: they wait for it, or will not be told before. */
function after(process: Process, isRunning: (each: Process) => boolean): Set<Process> {
  const found = new Set([process]);
  for (const each of found) {
    for (let to: Link | undefined = each; to?.$parent; to = to.$nextIn) {
      const parent = to.$parent;
      if (to.$flags & WAITS) found.add(parent);
      for (let index = parent.$flags & REVERSE && isChild(to) ? to.$index : 0; index-- > 0;) {
        const link = parent.$links[index];
        if (!isChild(link)) continue;
        // Those before it will be found from there.
        if (found.has(link.$child)) break;
        if (isRunning(link.$child)) found.add(link.$child);
      }
    }
    // What it would tell.
    if (isRunning(each)) {
      for (const link of each.$links) if (link && link.$flags & TELLS && isRunning(link.$child)) found.add(link.$child);
    }
  }
  return found;
}
