// A hundred thousand processes that are functions inside each other: no stack overflows, nothing takes for ever.
import { expect, jest, test } from '@jest/globals';
import { sleep } from '@x/abort';
import {
  concurrent,
  concurrentGroup,
  MultiError,
  scoped,
  sequence,
  shield as shielded,
  subscribe,
  supervise,
  task,
  traceRegion,
  withTimeout as within,
  type Proc,
} from '@x/proc';

// On a busy machine, with coverage.
jest.setTimeout(120_000);

const DEEP = 100_000;
const never = new AbortController().signal;

const wraps: [string, (proc: Proc) => Proc][] = [
  ['concurrent', (proc) => concurrent(proc)],
  ['concurrentGroup', (proc) => concurrentGroup(proc)],
  ['sequence', (proc) => sequence(proc)],
  ['scoped', (proc) => scoped((scope) => scope.spawn(proc))],
  ['task', (proc) => task('t', proc)],
  ['traceRegion', (proc) => traceRegion('t', proc)],
  ['shield', (proc) => shielded(proc)],
  ['withTimeout', (proc) => within(1e9, proc)],
  ['supervise', (proc) => supervise(proc)],
];

test.each(wraps)('%s, a hundred thousand inside each other, ends', async (_name, wrap) => {
  let runs = 0;
  let proc: Proc = () => void runs++;
  for (let i = 0; i < DEEP; i++) proc = wrap(proc);
  await expect(proc(never)).resolves.toBeUndefined();
  expect(runs).toBe(1);
});

test('a hundred thousand tasks and regions inside each other end while somebody is subscribed', async () => {
  let ended = 0;
  const subscription = subscribe({ end: () => void ended++ });
  let proc: Proc = () => {};
  for (let i = 0; i < DEEP; i++) proc = i % 2 ? task('t', proc) : traceRegion('r', proc);
  await expect(proc(never)).resolves.toBeUndefined();
  subscription[Symbol.dispose]();
  expect(ended).toBe(DEEP);
});

test('an error comes up through a hundred thousand groups as it is', async () => {
  const error = new Error('at the bottom');
  let left = DEEP;
  const inner: Proc = async (signal) => {
    await Promise.resolve();
    if (--left === 0) throw error;
    await concurrentGroup(inner)(signal);
  };
  await expect(concurrentGroup(inner)(never)).rejects.toBe(error);
});

test('an abort goes down through groups, and its reason comes up', async () => {
  const stop = new AbortController();
  let left = DEEP;
  const inner: Proc = async (signal) => {
    await Promise.resolve();
    if (--left === 0) {
      queueMicrotask(() => stop.abort('enough'));
      await sleep(1e9, { signal });
    }
    await concurrentGroup(inner)(signal);
  };
  await expect(concurrentGroup(inner)(stop.signal)).rejects.toBe('enough');
});

test('errors of errors are flat, however deep', () => {
  let error: unknown = 'inside';
  for (let i = 0; i < DEEP; i++) error = new MultiError([error]);
  expect((error as MultiError).errors).toEqual(['inside']);
});
