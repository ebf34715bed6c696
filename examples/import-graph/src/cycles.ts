import { compare } from './model.js';
import { components } from './components.js';

/** Up to how many files a cycle is listed for every import that is on no other. */
const short = 100;

/** How many names the longer cycles of a tangle may have together, for each import between its files. */
const share = 10;

/**
 * The cycles of a graph that a person has to look at: short ones, and so many that every import which is on a short cycle is on one that is listed. (All
 * cycles there are would be exponentially many.) For each file in order, and each import of it that no listed cycle has, the shortest way back.
 *
 * Then for the imports that are on long cycles alone, while there is room: to list one for each would take the square of the graph. No tangle is without a cycle,
 * and what is listed of it is bounded by its imports.
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
    const files = group.sort(compare);
    const tangle = new Tangle(files, imports);
    for await (const cycle of tangle.cycles(breathe)) cycles.push(cycle.map((number) => files[number] as string));
  }
  return cycles.sort(compareLists);
}

/** Files that all need each other, by their numbers. */
class Tangle {
  /** Of each file, those it imports. */
  readonly #next: readonly (readonly number[])[];
  /** Of each file, those whose import of it is on no listed cycle. */
  readonly #uncovered: readonly Set<number>[];
  readonly #edges: number;
  // Of the search that is under way, for each file: where its way comes from, how many files that has, and how many imports that are on no listed cycle.
  readonly #reachedFrom: Int32Array;
  readonly #length: Int32Array;
  readonly #fresh: Int32Array;

  /** @param files in order */
  constructor(files: readonly string[], imports: ReadonlyMap<string, readonly string[]>) {
    const numbers = new Map(files.map((file, number) => [file, number]));
    this.#next = files.map((file, own) => {
      const known = (imports.get(file) ?? []).map((target) => numbers.get(target));
      const inside = known.filter((number) => number !== undefined && number !== own) as number[];
      return [...new Set(inside)].sort((a, b) => a - b);
    });
    this.#uncovered = files.map(() => new Set<number>());
    this.#next.forEach((targets, from) => targets.forEach((to) => this.#uncovered[to]?.add(from)));
    this.#edges = this.#next.reduce((sum, targets) => sum + targets.length, 0);
    this.#reachedFrom = new Int32Array(files.length);
    this.#length = new Int32Array(files.length);
    this.#fresh = new Int32Array(files.length);
  }

  async *cycles(breathe: () => void | Promise<void>): AsyncGenerator<number[]> {
    for (const [start, importers] of this.#uncovered.entries()) {
      if (importers.size === 0) continue;
      await breathe();
      for (const way of this.#waysBack(start, short)) yield this.#cover(way);
    }
    let room = share * this.#edges;
    for (const [start, importers] of this.#uncovered.entries()) {
      while (importers.size > 0) {
        await breathe();
        const [way = []] = this.#waysBack(start, Infinity);
        if (way.length > room) return;
        room -= way.length;
        yield this.#cover(way);
      }
    }
  }

  /** A way that is listed covers other imports, too. */
  #cover(cycle: readonly number[]): number[] {
    cycle.forEach((from, index) => this.#uncovered[cycle[(index + 1) % cycle.length] as number]?.delete(from));
    return rotated(cycle);
  }

  /**
   * Breadth first from a file, to each of those whose import of it is uncovered: all are within reach. Of equally long ways the first, or, where they are long, that
   * which covers most.
   */
  *#waysBack(start: number, longest: number): Generator<number[]> {
    const [reachedFrom, length, fresh] = [this.#reachedFrom, this.#length, this.#fresh];
    const importers = this.#uncovered[start] as Set<number>;
    reachedFrom.fill(-1);
    reachedFrom[start] = start;
    length[start] = 1;
    fresh[start] = 0;
    const queue = [start];
    for (let at = 0; at < queue.length && importers.size > 0; at++) {
      const here = queue[at] as number;
      if (importers.has(here)) yield wayTo(here, start, reachedFrom);
      const steps = (length[here] as number) + 1;
      if (steps > longest) continue;
      for (const to of this.#next[here] ?? []) {
        const gain = longest === short ? 0 : (fresh[here] as number) + Number(this.#uncovered[to]?.has(here));
        if (reachedFrom[to] === -1) queue.push(to);
        else if (length[to] !== steps || gain <= (fresh[to] as number)) continue;
        reachedFrom[to] = here;
        length[to] = steps;
        fresh[to] = gain;
      }
    }
  }
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
