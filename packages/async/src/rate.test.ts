import { expect, test } from '@jest/globals';
import { Rate } from './rate.js';

/** How long each has to wait that comes at one of these times, with nobody before it that is yet to start. */
function starts(rate: Rate, ...times: number[]): number[] {
  return times.map((now) => {
    const wait = Math.max(rate.wait(now, 0), 0);
    if (wait === 0) rate.count(now);
    return wait;
  });
}

test('so many start in any interval, and who comes then waits until the oldest of them is past', () => {
  const rate = new Rate(2, 100);
  expect(starts(rate, 0, 60, 60, 100)).toEqual([0, 0, 40, 0]);
  expect(starts(rate, 100, 160, 160)).toEqual([60, 0, 40]);
});

test('those who are about to start count with those who have, from when they start', () => {
  const rate = new Rate(3, 100);
  const wait = (now: number, entering: number): number => Math.max(rate.wait(now, entering), 0);
  expect([wait(0, 0), wait(0, 1), wait(0, 2)]).toEqual([0, 0, 0]);
  rate.count(0);
  rate.count(70);
  rate.count(90);
  expect([wait(99, 0), wait(100, 0), wait(100, 1)]).toEqual([1, 0, 70]);
  rate.count(110);
  expect([wait(169, 0), wait(170, 0), wait(170, 1), wait(190, 1)]).toEqual([1, 0, 20, 0]);
  expect(wait(200, 2)).toBe(10);
});

test('while all that may start in an interval are still to come nobody else may', () => {
  const rate = new Rate(2, 100);
  expect([rate.wait(100, 2), rate.wait(900, 2)]).toEqual([100, 100]);
  rate.count(900);
  expect([rate.wait(900, 1), rate.wait(900, 0)]).toEqual([100, 0]);
  rate.count(900);
  expect(rate.wait(900, 0)).toBe(100);
});

test('a clock that is set back delays the next start by no more than the interval', () => {
  const rate = new Rate(2, 100);
  expect(starts(rate, 1000, 1050, 1060)).toEqual([0, 0, 40]);
  expect(starts(rate, 500, 550, 600, 600, 601)).toEqual([100, 50, 0, 0, 99]);
  expect(starts(rate, 699, 700)).toEqual([1, 0]);
});

test('while the clock stands still, who starts is counted by the timers that ring', () => {
  const rate = new Rate(2, 100);
  expect(starts(rate, 0, 60, 60)).toEqual([0, 0, 40]);
  rate.rang(60, 40, 60);
  expect(starts(rate, 60, 60)).toEqual([0, 60]);
  rate.rang(60, 60, 60);
  expect(starts(rate, 60, 60, 90, 160)).toEqual([0, 40, 10, 0]);
});

test('a timer of hardly any time may have rung early: the second in the millisecond counts', () => {
  const rate = new Rate(1, 2);
  expect(starts(rate, 0)).toEqual([0]);
  rate.rang(0, 2, 0);
  expect(starts(rate, 0)).toEqual([2]);
  rate.rang(0, 2, 0);
  expect(starts(rate, 0, 0)).toEqual([0, 2]);
});

test.each([0, 1, 3])('when the clock shows %d ms of those that a timer took, the rest has gone by, too', (shown) => {
  const rate = new Rate(1, 100);
  expect(starts(rate, 0)).toEqual([0]);
  for (let now = 0; now < 30;) {
    const ms = rate.wait(now, 0);
    rate.rang(now, ms, (now += shown));
    expect(starts(rate, now)).toEqual([0]);
    if (shown === 0) break;
  }
});

test('a clock that was set back while a timer ran has not set back what that waited for', () => {
  const rate = new Rate(2, 100);
  expect(starts(rate, 1000, 1060, 1060)).toEqual([0, 0, 40]);
  rate.rang(1060, 40, 540);
  expect(starts(rate, 540, 540)).toEqual([0, 60]);
});

test('a timer that rings up to 2 ms early is no sign that the clock is late', () => {
  const rate = new Rate(1, 100);
  expect(starts(rate, 0)).toEqual([0]);
  rate.rang(0, 100, 98);
  expect(starts(rate, 98, 99, 100)).toEqual([2, 1, 0]);
});

test('timers that ring in the millisecond in which they were set are no sign of such a clock', () => {
  const rate = new Rate(1, 100);
  expect(starts(rate, 0)).toEqual([0]);
  for (let now = 0; now < 100; now++) {
    rate.rang(now, 1, now);
    expect(starts(rate, now)).toEqual([100 - now]);
  }
});

test('in an interval without an end so many start, and nobody after them', () => {
  expect(starts(new Rate(2, Infinity), 0, 60, 60, 1e12)).toEqual([0, 0, Infinity, Infinity]);
  expect(new Rate(2, Infinity).wait(0, 2)).toBe(Infinity);
});

test('however many may start, those that no longer count are forgotten', () => {
  const heap = (): number => (globalThis.gc?.(), process.memoryUsage().heapUsed);
  const rate = new Rate(1e9, 100);
  const before = heap();
  for (let now = 0; now < 1e6; now++) rate.count(now);
  expect(heap() - before).toBeLessThan(1e6);
  expect(rate.wait(1e6, 0)).toBeLessThanOrEqual(0);
});

test('who starts is counted as long as it counts, however many there were before', () => {
  const limit = 20;
  const rate = new Rate(limit, 100);
  const times: number[] = [];
  let seed = 1;
  for (let now = 0; times.length < 2000;) {
    seed = (seed * 16807) % 2147483647;
    now += seed % 3 === 0 ? seed % 90 : 0;
    const oldest = times.at(-limit);
    const wait = oldest === undefined ? 0 : Math.max(0, oldest + 100 - now);
    expect(Math.max(0, rate.wait(now, 0))).toBe(wait);
    now += wait;
    rate.count(now);
    times.push(now);
  }
});
