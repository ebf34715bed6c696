import { expect, test } from '@jest/globals';
import { SignalGroup } from './index.js';
import { listenersOn, quiet } from './test-support/moments.js';

test('wait resolves when everything is done, for all who wait, and the group can be used again', async () => {
  const group = new SignalGroup();
  await group.wait();
  for (let round = 0; round < 2; round++) {
    const told: number[] = [];
    group.add(3);
    group.add(-1);
    void group.wait().then(() => told.push(1));
    void group.wait().then(() => told.push(2));
    group.done();
    await quiet();
    expect(told).toEqual([]);
    group.done();
    await quiet();
    expect(told).toEqual([1, 2]);
  }
});

test('below zero throws, and changes nothing', async () => {
  const group = new SignalGroup();
  expect(() => group.done()).toThrow(RangeError);
  group.add(1);
  expect(() => group.add(-2)).toThrow('SignalGroup cannot go below zero: 1 and -2');
  group.done();
  await group.wait();
  expect(() => group.add(0.5)).toThrow(RangeError);
  expect(() => group.add(0.5)).toThrow('n must be a whole number, got 0.5');
  expect(() => group.add('1' as never)).toThrow(TypeError);
});

test('waiting ends with the reason of the signal', async () => {
  const group = new SignalGroup();
  group.add(1);
  const controller = new AbortController();
  const waiting = group.wait({ signal: controller.signal });
  controller.abort('reason');
  await expect(waiting).rejects.toBe('reason');
  await expect(group.wait({ signal: controller.signal })).rejects.toBe('reason');
  await expect(group.wait({ signal: {} as never })).rejects.toThrow(TypeError);
  expect(listenersOn(controller.signal)).toBe(0);
});
