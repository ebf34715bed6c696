import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Bursts } from './bursts.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('changes that come together are handed over together, each path once', async () => {
  const bursts = new Bursts();
  const { signal } = new AbortController();
  const first = bursts.next(signal);
  await jest.advanceTimersByTimeAsync(10_000);
  bursts.add({ path: 'a', kind: 'contents' });
  await jest.advanceTimersByTimeAsync(50);
  bursts.add({ path: 'b', kind: 'entry' });
  bursts.add({ path: 'b', kind: 'contents' });
  bursts.add({ path: 'a', kind: 'contents' });
  await jest.advanceTimersByTimeAsync(150);
  expect(await first).toEqual([
    { path: 'a', kind: 'contents' },
    { path: 'b', kind: 'entry' },
  ]);
  bursts.add({ path: 'c', kind: 'entry' });
  const second = bursts.next(signal);
  await jest.advanceTimersByTimeAsync(150);
  expect(await second).toEqual([{ path: 'c', kind: 'entry' }]);
  expect(jest.getTimerCount()).toBe(0);
});

test('what never pauses is handed over after a while', async () => {
  const bursts = new Bursts();
  const writing = setInterval(() => bursts.add({ path: 'log', kind: 'contents' }), 10);
  const taken = jest.fn();
  void bursts.next(new AbortController().signal).then(taken);
  await jest.advanceTimersByTimeAsync(500);
  expect(taken).not.toHaveBeenCalled();
  await jest.advanceTimersByTimeAsync(1000);
  expect(taken).toHaveBeenCalledTimes(1);
  clearInterval(writing);
});

test('a wait ends with the reason of its signal', async () => {
  const bursts = new Bursts();
  const controller = new AbortController();
  const waiting = bursts.next(controller.signal);
  const joining = new Bursts();
  joining.add({ path: 'a', kind: 'entry' });
  const other = joining.next(controller.signal);
  controller.abort('enough');
  await expect(waiting).rejects.toBe('enough');
  await expect(other).rejects.toBe('enough');
  expect(jest.getTimerCount()).toBe(0);
});
