import { CycleError } from './errors.js';
import type { Process } from './process.js';

// Who waits for whom, and who tells whom to close: a graph whose edges are in two lists each, so that a child can leave
// in constant time. A process is the first link to itself, so that a tree needs nothing but its nodes.
//
// Invariants
// 1. A link is in the list of its parent (`first`, `next`...) and in that of its child (the child itself, `nextIn`...) until the child has closed.
//    A process is a link while it has a `parent`.
// 2. `parent.waits` counts the links of the parent that wait, besides what else the parent waits for.
// 3. The child of a link has not closed; the parent neither, if it waits.
// 4. In a parent's list those that only wait come first, then the children in the order in which they were added. If they are told one
//    after the other, those that are not waited for are among the first, too.
// 5. The links that wait make no circle.

/** The parent closes after the child. */
export const WAITS = 1;
/** The child is told to close when the parent closes. */
export const TELLS = 2;
export const BOTH = 3;

/** The flag of a process that tells its children one after the other. */
export const REVERSE = 4;

/** One of the ways in which a process hangs on others. */
export interface Link {
  /** Of what kind it is. Those of a process say more. */
  flags: number;
  parent: Process | undefined;
  readonly child: Process;
  /** In the list of the parent; before the first comes the last. */
  previous: Link | undefined;
  next: Link | undefined;
  nextIn: Link | undefined;
}

/** Puts a new link into the lists of both. */
export function join(kind: number, parent: Process, child: Process): void {
  let link: Link = child;
  if (child.parent) {
    link = child.nextIn = { flags: kind, parent, child, previous: undefined, next: undefined, nextIn: child.nextIn };
  } else {
    child.flags |= kind;
    child.parent = parent;
  }
  const { first } = parent;
  const last = (link.previous = first ? first.previous! : link);
  if (first && (parent.flags & REVERSE ? kind === BOTH : kind & TELLS)) last.next = link;
  else {
    link.next = first;
    parent.first = link;
  }
  if (first) first.previous = link;
  if (kind & WAITS) parent.waits++;
}

/** Takes a link out of the list of its parent. */
export function part(link: Link, parent: Process): void {
  const { previous, next } = link;
  if (parent.first === link) parent.first = next;
  else previous!.next = next;
  const after = next ?? parent.first;
  if (after) after.previous = previous;
  if (link.flags & WAITS) parent.waits--;
}

/** Throws if `parent` waiting for `child` would close a circle: then the child waits for the parent already. */
export function checkCycle(parent: Process, child: Process): void {
  if (parent === child) throw new CycleError([parent]);
  // What has just been made waits for nothing, or is waited for by nobody.
  if (!child.first || !parent.parent) return;
  /** Those that wait for the parent, with the one through which they do. */
  const through = new Map<Process, Process>();
  const open = [parent];
  for (const process of open) {
    for (let link: Link | undefined = process; link; link = link.nextIn) {
      const waiter = link.parent;
      if (!waiter || !(link.flags & WAITS) || through.has(waiter)) continue;
      through.set(waiter, process);
      open.push(waiter);
      if (waiter !== child) continue;
      const cycle = [parent];
      for (let each = child; each !== parent; each = through.get(each)!) cycle.push(each);
      throw new CycleError(cycle);
    }
  }
}
