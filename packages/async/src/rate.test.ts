import { expect, test } from '@jest/globals';
import { Rate } from './rate.js';

test('so many start in any interval, and who comes then waits until the oldest of them is past', () => {
  const rate = new Rate(2, 100);
  expect([rate.take(0, 0), rate.take(60, 0), rate.take(60, 0), rate.take(100, 0)]).toEqual([0, 0, 40, 0]);
  expect([rate.take(100, 0), rate.take(160, 0), rate.take(160, 0)]).toEqual([60, 0, 40]);
});

test('what was counted and comes later counts from when it came', () => {
  const rate = new Rate(3, 100);
  expect([rate.take(0, 0), rate.take(0, 1), rate.take(0, 2)]).toEqual([0, 0, 0]);
  rate.enter(0, 3);
  rate.enter(70, 2);
  rate.enter(90, 1);
  expect([rate.take(99, 0), rate.take(100, 0), rate.take(100, 1)]).toEqual([1, 0, 70]);
  rate.enter(110, 1);
  expect([rate.take(169, 0), rate.take(170, 0), rate.take(170, 1), rate.take(190, 1)]).toEqual([1, 0, 20, 0]);
  expect(rate.take(200, 2)).toBe(10);
});

test('while all that may start in an interval are still to come nobody else is counted', () => {
  const rate = new Rate(2, 100);
  expect([rate.take(0, 0), rate.take(0, 1), rate.take(100, 2), rate.take(900, 2)]).toEqual([0, 0, 100, 100]);
  rate.enter(900, 2);
  expect(rate.take(900, 1)).toBe(100);
});

test('a clock that is set back delays the next start by no more than the interval', () => {
  const rate = new Rate(2, 100);
  const take = (...times: number[]): number[] => times.map((now) => rate.take(now, 0));
  expect(take(1000, 1050, 1060)).toEqual([0, 0, 40]);
  expect(take(500, 550, 600, 600, 601)).toEqual([100, 50, 0, 0, 99]);
  expect(take(699, 700)).toEqual([1, 0]);
});
