import { CycleError } from './errors.js';
import { WAITS } from './flags.js';
import type { Process } from './process.js';

// Who waits for whom, and who tells whom to close: a graph whose edges are known at both ends, so that a child can leave
// in constant time. A process is the first link to itself, so that a tree needs nothing but its nodes and the lists of those that have any.
//
// Invariants
// 1. A link is in the list of its parent (`$links`) and in that of its child (the child itself, `$nextIn`...) until the child has closed.
//    A process is a link while it has a `$parent`.
// 2. `parent.$waits` counts the links of the parent that wait, besides what else the parent waits for.
// 3. The child of a link has not closed; the parent neither, if it waits.
// 4. A parent's list is in the order in which its links were made. Where one was there is a gap, but not at the end, and not many times as many as the
//    `$held` links that are left. Those that never had any share one list.
// 5. The links that wait make no circle.
//
// An array, and not a chain of children: in memory each may be far from the one before it, and the processor fetches several at once if it need not
// have one to know where the next is. With a chain it took twice the time to close a tree.

/** One of the ways in which a process hangs on others. */
export interface Link {
  /** Of what kind it is. Those of a process say more. */
  $flags: number;
  $parent: Process | undefined;
  readonly $child: Process;
  /** Where it is in the list of the parent. */
  $index: number;
  $nextIn: Link | undefined;
}

/** What a process has that never had a link. Nothing is ever put into it. */
export const NONE: Process['$links'] = [];

/** Makes a link known to both. */
export function join(kind: number, parent: Process, child: Process): void {
  let link: Link = child;
  if (child.$parent) {
    link = child.$nextIn = { $flags: kind, $parent: parent, $child: child, $index: 0, $nextIn: child.$nextIn };
  } else {
    child.$flags |= kind;
    child.$parent = parent;
  }
  if (parent.$held++) link.$index = parent.$links.push(link) - 1;
  // As a literal, which has no room to spare: a chain is of parents of one. Its place is the one where every link begins.
  else parent.$links = [link];
  if (kind & WAITS) parent.$waits++;
}

/** Takes a link away from its parent. */
export function part(link: Link, parent: Process): void {
  const links = parent.$links;
  if (link.$flags & WAITS) parent.$waits--;
  links[link.$index] = undefined;
  parent.$held--;
  while (links.length > 0 && !links.at(-1)) links.pop();
  // Closes the gaps, not more often than there are enough of them to pay for it.
  if (links.length > 4 * parent.$held + 32) {
    parent.$links = [];
    for (const each of links) if (each) each.$index = parent.$links.push(each) - 1;
  }
}

/** A process, and those that links of some kinds lead to upwards from it, each with the one through which they do. */
export function above(process: Process, kinds: number): Map<Process, Process> {
  const through = new Map([[process, process]]);
  for (const each of through.keys()) {
    for (let link: Link | undefined = each; link?.$parent; link = link.$nextIn) {
      if (link.$flags & kinds && !through.has(link.$parent)) through.set(link.$parent, each);
    }
  }
  return through;
}

/** Throws if `parent` waiting for `child` would close a circle: then the child waits for the parent already. */
export function checkCycle(parent: Process, child: Process): void {
  // What has just been made waits for nothing, or is waited for by nobody.
  if (parent !== child && (child.$waits === 0 || !parent.$parent)) return;
  const through = above(parent, WAITS);
  if (!through.has(child)) return;
  const cycle = [parent];
  for (let each = child; each !== parent; each = through.get(each)!) cycle.push(each);
  throw new CycleError(cycle);
}
