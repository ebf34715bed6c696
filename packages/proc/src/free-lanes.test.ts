import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FreeLanes } from './free-lanes.js';

describe('FreeLanes', () => {
  test('takes the lowest of those that have been added, whatever is added and taken', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat({ max: 100 })), { maxLength: 100, size: 'max' }), (commands) => {
        const free = new FreeLanes();
        let plain: number[] = [];
        for (const lane of commands) {
          if (lane === null) {
            expect(free.take()).toBe(plain.shift());
          } else if (!plain.includes(lane)) {
            free.add(lane);
            plain = [...plain, lane].sort((a, b) => a - b);
          }
        }
        while (plain.length > 0) expect(free.take()).toBe(plain.shift());
        expect(free.take()).toBeUndefined();
      }),
    );
  });

  test('looks at a few of them, however many there are', () => {
    let looks = 0;
    const lanes = Array.from({ length: 1_024 }, (_, lane) => ({ valueOf: () => (looks++, lane) }) as unknown as number);
    const free = new FreeLanes();
    for (const inOrder of [lanes, [...lanes].reverse()]) {
      looks = 0;
      for (const lane of inOrder) free.add(lane);
      // Ten levels, and two to look at for each comparison.
      expect(looks).toBeLessThanOrEqual(1_024 * 10 * 2);
      looks = 0;
      expect(lanes.every((lane) => free.take() === lane)).toBe(true);
      expect(looks).toBeLessThanOrEqual(1_024 * 10 * 4);
    }
  });
});
