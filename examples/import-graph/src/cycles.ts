import { compare } from './model.js';
import { components } from './components.js';

/**
 * The cycles of a graph that a person has to look at: short ones, and so many that every import which is on a cycle is on one that is listed. (All
 * cycles there are would be exponentially many.) For each file in order, and each import of it that no listed cycle has, the shortest way back.
 *
 * Each cycle begins with its first file in order; the order of the cycles is theirs, file by file.
 *
 * @param imports of each file, those it imports; every file is a key
 * @param breathe is called now and then
 */
export async function findCycles(
  imports: ReadonlyMap<string, readonly string[]>,
  breathe: () => void | Promise<void>,
): Promise<string[][]> {
  const cycles: string[][] = [];
  for (const [file, targets] of imports) if (targets.includes(file)) cycles.push([file]);
  for (const group of components(imports.keys(), (file) => imports.get(file) ?? [])) {
    for (const cycle of await cyclesOf(group.sort(compare), imports, breathe)) cycles.push(cycle);
  }
  return cycles.sort(compareLists);
}

/** The cycles of files that all need each other, in order. Works on their numbers. */
async function cyclesOf(
  files: readonly string[],
  imports: ReadonlyMap<string, readonly string[]>,
  breathe: () => void | Promise<void>,
): Promise<string[][]> {
  const numbers = new Map(files.map((file, number) => [file, number]));
  const next = files.map((file, own) => {
    const known = (imports.get(file) ?? []).map((target) => numbers.get(target));
    const inside = known.filter((number) => number !== undefined && number !== own) as number[];
    return [...new Set(inside)].sort((a, b) => a - b);
  });
  // By number, the files whose import of it is on no listed cycle.
  const uncovered = files.map(() => new Set<number>());
  next.forEach((targets, from) => targets.forEach((to) => uncovered[to]?.add(from)));

  const cycles: string[][] = [];
  const reachedFrom = new Int32Array(files.length);
  for (const [start, importers] of uncovered.entries()) {
    // Breadth first from the file, to each of those that import it: all are within reach. A way that is listed covers other imports, too.
    if (importers.size === 0) continue;
    await breathe();
    reachedFrom.fill(-1);
    reachedFrom[start] = start;
    const queue = [start];
    for (let at = 0; at < queue.length && importers.size > 0; at++) {
      const here = queue[at] as number;
      if (importers.has(here)) {
        const cycle = wayTo(here, start, reachedFrom);
        cycle.forEach((from, index) => uncovered[cycle[(index + 1) % cycle.length] as number]?.delete(from));
        cycles.push(rotated(cycle).map((number) => files[number] as string));
      }
      for (const to of next[here] ?? []) {
        if (reachedFrom[to] !== -1) continue;
        reachedFrom[to] = here;
        queue.push(to);
      }
    }
  }
  return cycles;
}

function wayTo(end: number, start: number, reachedFrom: Int32Array): number[] {
  const way = [end];
  for (let at = end; at !== start;) way.push((at = reachedFrom[at] as number));
  return way.reverse();
}

/** The cycle, begun with its least. */
function rotated(cycle: readonly number[]): number[] {
  const least = cycle.indexOf(cycle.reduce((a, b) => Math.min(a, b)));
  return [...cycle.slice(least), ...cycle.slice(0, least)];
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  for (const [index, one] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (one !== other) return compare(one, other);
  }
  return a.length - b.length;
}
