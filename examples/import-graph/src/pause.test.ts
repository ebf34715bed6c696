import { afterEach, expect, jest, test } from '@jest/globals';
import { pause } from './pause.js';

afterEach(() => void jest.restoreAllMocks());

/** Makes time pass by hand. */
function clock(): { now: number } {
  const clock = { now: 0 };
  jest.spyOn(performance, 'now').mockImplementation(() => clock.now);
  return clock;
}

test('long work lets the event loop turn once in a while, and is stopped', async () => {
  const time = clock();
  const controller = new AbortController();
  const breathe = pause(controller.signal);
  expect(breathe()).toBeUndefined();
  time.now += 30;
  await expect(breathe()).resolves.toBeUndefined();
  expect(breathe()).toBeUndefined();
  time.now += 30;
  const rest = breathe();
  controller.abort('enough');
  await expect(rest).rejects.toBe('enough');
});

test('however many work at the same time, the event loop does not wait for each of them', async () => {
  const time = clock();
  const breathe = pause(new AbortController().signal);
  const turns = [0];
  let working = 16;
  const turn = (): void => {
    turns.push(time.now);
    if (working > 0) setImmediate(turn);
  };
  setImmediate(turn);
  const worker = async (): Promise<void> => {
    for (let piece = 0; piece < 50; piece++) {
      time.now += 1;
      await breathe();
    }
    working--;
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  // 25 ms, and what each has begun.
  expect(Math.max(...turns.slice(1).map((at, number) => at - (turns[number] ?? 0)))).toBeLessThan(50);
});
