import { expect, test } from '@jest/globals';
import { Limit } from './limit.js';

test('so much runs at once, in the order in which it came, also after a failure', async () => {
  const limit = new Limit(2);
  const log: string[] = [];
  const finish: (() => void)[] = [];
  const work = (name: string) => () => {
    log.push(name);
    return new Promise<string>((resolve, reject) =>
      finish.push(() => (name === 'b' ? reject(new Error(name)) : resolve(name))),
    );
  };
  const results = Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => limit.run(work(name))));
  await Promise.resolve();
  expect(log).toEqual(['a', 'b']);
  finish[1]?.();
  await new Promise(setImmediate);
  expect(log).toEqual(['a', 'b', 'c']);
  finish[0]?.();
  await new Promise(setImmediate);
  expect(log).toEqual(['a', 'b', 'c', 'd']);
  finish[2]?.();
  finish[3]?.();
  expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
});

test('a hundred thousand that wait are let through, and a place is free afterwards', async () => {
  const limit = new Limit(1);
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
  };
  await Promise.all(Array.from({ length: 100_000 }, () => limit.run(work)));
  await limit.run(work);
  expect([most, running]).toEqual([1, 0]);
});
