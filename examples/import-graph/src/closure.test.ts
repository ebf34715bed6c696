import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Closures, type Closure } from './closure.js';

test('what a unit weighs with all that it reaches is the sum over the set, each counted once', () => {
  const dags = fc.array(fc.tuple(fc.nat(1000), fc.array(fc.nat(), { maxLength: 4 })), { minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(dags, (units) => {
      const closures = new Closures();
      const made: Closure[] = [];
      const sets: Set<number>[] = [];
      units.forEach(([weight, picks], own) => {
        const imports = own === 0 ? [] : picks.map((pick) => pick % own);
        made.push(
          closures.add(
            weight,
            imports.map((each) => made[each] as Closure),
          ),
        );
        sets.push(new Set([own, ...imports.flatMap((each) => [...(sets[each] ?? [])])]));
        const plain = [...(sets[own] ?? [])].reduce((sum, each) => sum + (units[each]?.[0] ?? 0), 0);
        expect(made[own]?.total).toBe(plain);
      });
    }),
  );
});

test('the place of a unit that was removed is taken by a later one, and counts as that', () => {
  const closures = new Closures();
  const leaf = closures.add(1, []);
  // Far enough apart for sets of different lengths.
  const others = Array.from({ length: 70 }, () => closures.add(2, []));
  const top = closures.add(3, [leaf, others[69] as Closure]);
  closures.remove(top);
  closures.remove(leaf);
  const next = closures.add(10, []);
  const above = closures.add(20, [next, others[69] as Closure]);
  const under = closures.add(40, [above, others[0] as Closure]);
  expect([next.total, above.total, under.total]).toEqual([10, 32, 74]);
  expect(new Set([next.bit, above.bit])).toEqual(new Set([leaf.bit, top.bit]));
});
