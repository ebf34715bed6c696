import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonOf } from './json.js';

test('a record is written as JSON.stringify writes it, in pieces', () => {
  const records = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())), { minKeys: 1 });
  fc.assert(
    fc.property(records, fc.constantFrom(0, 2), (record, indent) => {
      expect([...jsonOf(record, indent)].join('')).toBe(JSON.stringify(record, null, indent));
    }),
  );
  const list = Array.from({ length: 100 }, (_, number) => ({ path: `m${number}\n.ts`, imports: ['a', 'b'] }));
  expect([...jsonOf({ list }, 2)].length).toBeGreaterThan(100);
});
