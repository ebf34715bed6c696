import { CycleError } from './errors.js';
import type { Process } from './process.js';

// Who waits for whom, and who tells whom to close: a graph whose edges are in two lists each, so that a child can leave
// in constant time and a tree needs one small object a node.
//
// Invariants
// 1. A link is in the list of its parent (`first`..`last`) and in that of its child (`ins`) until the child has closed.
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
export const REVERSE = 1;

export class Link {
  readonly kind: number;
  readonly parent: Process;
  readonly child: Process;
  previous: Link | undefined = undefined;
  next: Link | undefined = undefined;
  nextIn: Link | undefined;

  constructor(kind: number, parent: Process, child: Process) {
    this.kind = kind;
    this.parent = parent;
    this.child = child;
    this.nextIn = child.ins;
  }
}

/** Puts a new link into the lists of both. */
export function join(kind: number, parent: Process, child: Process): void {
  // For what is launched a literal: where very many begin at once they all live until they have, and engines learn at which literal such are made and
  // spare themselves moving them. To the others that would be a loss.
  const link: Link = child.fn
    ? { kind, parent, child, previous: undefined, next: undefined, nextIn: child.ins }
    : new Link(kind, parent, child);
  child.ins = link;
  if (parent.flags & REVERSE ? kind === BOTH : kind & TELLS) {
    const last = (link.previous = parent.last);
    if (last) last.next = link;
    else parent.first = link;
    parent.last = link;
  } else {
    const first = (link.next = parent.first);
    if (first) first.previous = link;
    else parent.last = link;
    parent.first = link;
  }
  if (kind & WAITS) parent.waits++;
}

/** Takes a link out of the list of its parent. */
export function part({ kind, parent, previous, next }: Link): void {
  if (previous) previous.next = next;
  else parent.first = next;
  if (next) next.previous = previous;
  else parent.last = previous;
  if (kind & WAITS) parent.waits--;
}

/** Throws if `parent` waiting for `child` would close a circle: then the child waits for the parent already. */
export function checkCycle(parent: Process, child: Process): void {
  if (parent === child) throw new CycleError([parent]);
  // What has just been made waits for nothing, or is waited for by nobody.
  if (!child.first || !parent.ins) return;
  /** Those that wait for the parent, with the one through which they do. */
  const through = new Map<Process, Process>();
  const open = [parent];
  for (const process of open) {
    for (let link = process.ins; link; link = link.nextIn) {
      const waiter = link.parent;
      if (!(link.kind & WAITS) || through.has(waiter)) continue;
      through.set(waiter, process);
      open.push(waiter);
      if (waiter !== child) continue;
      const cycle = [parent];
      for (let each = child; each !== parent; each = through.get(each)!) cycle.push(each);
      throw new CycleError(cycle);
    }
  }
}
