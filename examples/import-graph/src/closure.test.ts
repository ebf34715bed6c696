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
