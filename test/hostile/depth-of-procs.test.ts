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

/** Each starts the one inside it when it has been started itself: the stack has to be left in between. */
function nested(wrap: (proc: Proc) => Proc, depth: number): Proc {
  let left = depth;
  const inner: Proc = async (signal) => {
    if (--left === 0) return;
    await Promise.resolve();
    await wrap(inner)(signal);
  };
  return wrap(inner);
}

test.each<[string, (proc: Proc) => Proc]>([
  ['concurrent', (proc) => concurrent(proc)],
  ['concurrentGroup', (proc) => concurrentGroup(proc)],
  ['sequence', (proc) => sequence(proc)],
  ['scoped', (proc) => scoped((scope) => scope.spawn(proc))],
  ['task', (proc) => task('t', proc)],
  ['traceRegion', (proc) => traceRegion('t', proc)],
  ['shield', (proc) => shielded(proc)],
  ['withTimeout', (proc) => within(1e9, proc)],
  ['supervise', (proc) => supervise(proc)],
])('%s, a hundred thousand inside each other, ends', async (_name, wrap) => {
  await expect(nested(wrap, DEEP)(never)).resolves.toBeUndefined();
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
