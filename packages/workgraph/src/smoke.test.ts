import { expect, test } from '@jest/globals';
import { OnceMap, Worker, newRequest, spawn, SelfDependencyError } from './index.js';
test('smoke', async () => {
  const map: OnceMap<string, string> = new OnceMap<string, string>((key, worker) =>
    map.get(key === 'a' ? 'b' : 'a', worker),
  );
  await expect(map.get('a', new Worker())).rejects.toThrow('a -> b -> a');
  await expect(map.get('a', new Worker())).rejects.toBeInstanceOf(SelfDependencyError);
  const w = new Worker();
  const { promise } = newRequest<number>(w, { name: 'x' });
  await expect(promise.await(w)).rejects.toThrow('x -> x');
  const n = 100000;
  const chain: OnceMap<number, number> = new OnceMap<number, number>(async (key, worker) =>
    key === n ? 0 : 1 + (await chain.get(key + 1, worker)),
  );
  expect(await chain.get(0, w)).toBe(n);
  const b = newRequest<number>(w);
  spawn(() => {}, {}, b.resolver);
  await expect(b.promise.await(w)).rejects.toThrow('was not resolved');
});
