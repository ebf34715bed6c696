// What outlives a file of tests goes on, though Jest takes apart what the file has left on the global object.
import { expect, test } from '@jest/globals';
import { Process } from '@x/process';
import { OnceMap, SelfDependencyError, Worker } from '@x/workgraph';
import { currentWorker, OnceMap as ContextMap } from '@x/workgraph/context';

/** What Jest does when a file of tests has ended: it tells of whoever looks at a property, and to set one never ends. */
function takeApart(key: string): void {
  const left = (globalThis as { [key: symbol]: object })[Symbol.for(key)]!;
  for (const name of Reflect.ownKeys(left)) {
    const found = (): never => {
      throw new Error(`${String(name)} was looked at after the end`);
    };
    if (Reflect.getOwnPropertyDescriptor(left, name)?.configurable)
      Reflect.defineProperty(left, name, { get: found, set: found });
  }
}

test('a process whose children close one after the other', async () => {
  takeApart('@x/process/reversing');
  const log: string[] = [];
  const root = new Process({ children: 'reverse', teardown: () => log.push('root') });
  new Process({ parent: root, teardown: () => log.push('child') });
  await root.close();
  expect(log).toEqual(['child', 'root']);
});

test('a graph of work, with a cycle', async () => {
  takeApart('@x/workgraph/shared');
  const map: OnceMap<number, number> = new OnceMap((key, worker) => map.get((key + 1) % 3, worker));
  await expect(map.get(0, new Worker())).rejects.toBeInstanceOf(SelfDependencyError);
});

test('a graph of work without a worker as an argument', async () => {
  takeApart('@x/workgraph/context');
  const map: ContextMap<number, number> = new ContextMap((key) => {
    expect(currentWorker()).toBe(currentWorker());
    return key === 0 ? 0 : map.get(key - 1);
  });
  expect(await map.get(3)).toBe(0);
});
