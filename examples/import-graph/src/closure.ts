/**
 * Everything that a module reaches, as a set of bits, with what it weighs.
 *
 * 1. A unit (a module, or the modules of a cycle) gets its bit when it is evaluated, so after all that it imports. In a first run
 *    the set of unit n has bits up to n and no longer.
 * 2. A set is made from a copy of the heaviest of the imports' sets, and only what the others add to that is counted: in most trees little.
 * 3. A unit that is removed gives its bit to a later one. Whoever has it in its set imports the unit, at some distance, so has to be removed, too.
 */
export class Closures {
  readonly #weights: number[] = [];
  readonly #free: number[] = [];

  /** The closure of a unit of `weight` that imports units whose closures are given. */
  add(weight: number, imports: readonly Closure[]): Closure {
    const bit = this.#free.pop() ?? this.#weights.length;
    this.#weights[bit] = weight;
    let length = (bit >>> 5) + 1;
    let heaviest: Closure | undefined;
    for (const each of imports) {
      if (heaviest === undefined || each.total > heaviest.total) heaviest = each;
      length = Math.max(length, each.bits.length);
    }
    const bits = new Uint32Array(length);
    let total = weight;
    if (heaviest !== undefined) {
      bits.set(heaviest.bits);
      total += heaviest.total;
    }
    for (const each of imports) if (each !== heaviest) total += this.#merge(bits, each.bits);
    bits[bit >>> 5] = (bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
    return { bit, bits, total };
  }

  /** Forgets a unit. Those that import it have to be forgotten, too, before the next is added. */
  remove({ bit }: Closure): void {
    this.#free.push(bit);
  }

  /** Adds the bits of one set to another, and gives the weight of those that are new. */
  #merge(into: Uint32Array, from: Uint32Array): number {
    let added = 0;
    for (let word = 0; word < from.length; word++) {
      const before = into[word] ?? 0;
      let fresh = (from[word] ?? 0) & ~before;
      if (fresh === 0) continue;
      into[word] = before | fresh;
      for (; fresh !== 0; fresh &= fresh - 1) {
        added += this.#weights[(word << 5) + (31 - Math.clz32(fresh & -fresh))] ?? 0;
      }
    }
    return added;
  }
}

export interface Closure {
  /** Its own place in the sets. */
  readonly bit: number;
  readonly bits: Uint32Array;
  /** The weight of all of it. */
  readonly total: number;
}
