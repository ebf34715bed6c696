import { afterEach, expect, jest, test } from '@jest/globals';
import { after, type Awaited, availableCores } from './platform.js';
import { quiet } from './test-support/moments.js';

const { setImmediate: immediate, MessageChannel: channel } = globalThis;
const { process: real } = globalThis;

afterEach(() => {
  jest.useRealTimers();
  Object.assign(globalThis, { setImmediate: immediate, MessageChannel: channel, process: real });
});

/** As it is where the platform has what it has now. */
async function fresh(): Promise<(callback: () => void) => Awaited> {
  jest.resetModules();
  const { afterEvents } = await import('./platform.js');
  return afterEvents;
}

test('the event loop has its turn by setImmediate, by a message, or by a timer', async () => {
  let afterEvents = await fresh();
  await new Promise<void>((resolve) => afterEvents(resolve));
  Object.assign(globalThis, { setImmediate: undefined });
  // Where there is no setImmediate there is a MessageChannel; in the sandbox of the tests there is neither.
  const closed = jest.fn();
  class Channel {
    port1 = { onmessage: (): void => {}, close: closed };
    port2 = { postMessage: () => setTimeout(() => this.port1.onmessage()) };
  }
  Object.assign(globalThis, { MessageChannel: Channel });
  afterEvents = await fresh();
  await new Promise<void>((resolve) => afterEvents(resolve));
  expect(closed).toHaveBeenCalledTimes(1);
  Object.assign(globalThis, { MessageChannel: undefined });
  afterEvents = await fresh();
  await new Promise<void>((resolve) => afterEvents(resolve));
});

test('a turn is the real one also under fake timers, and need not keep the program up', async () => {
  const afterEvents = await fresh();
  jest.useFakeTimers();
  await new Promise<void>((resolve) => {
    const { ref, unref } = afterEvents(resolve);
    expect([typeof ref, typeof unref]).toEqual(['function', 'function']);
  });
  jest.useRealTimers();
});

test.each([
  ['are there', {}, () => {}],
  ['have gone', {}, () => jest.useRealTimers()],
  ['are of setImmediate alone', { doNotFake: ['setTimeout', 'Date'] }, () => {}],
  ['were of setImmediate alone', { doNotFake: ['setTimeout', 'Date'] }, () => jest.useRealTimers()],
] as const)('who loads the package under fake timers waits for no turn: they %s', async (_, config, then) => {
  jest.useFakeTimers(config as Parameters<typeof jest.useFakeTimers>[0]);
  let time = Date.now();
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => time);
  jest.resetModules();
  const { Batch, Queue } = await import('./index.js');
  const queue = new Queue((item: number) => item);
  await queue.start();
  await queue.submit(0);
  time += 1000;
  then();
  let seen: unknown;
  const all = [queue.submit(1), queue.submit(2), new Batch([3, 4], () => {}).process().then(({ done }) => done)];
  void Promise.all(all).then((results) => (seen = results));
  await quiet();
  clock.mockRestore();
  expect(seen).toEqual([1, 2, 2]);
  await queue.stop();
});

test('a setImmediate, or a timer, that returns a number or nothing gives something that is awaited', async () => {
  const { setTimeout: timer } = globalThis;
  for (const handle of [undefined, 0, 1]) {
    Object.assign(globalThis, { setImmediate: () => handle });
    expect((await fresh())(() => {})).toBeInstanceOf(Object);
    Object.assign(globalThis, { setImmediate: undefined, MessageChannel: undefined, setTimeout: () => handle });
    const afterEvents = await fresh();
    expect(afterEvents(() => {})).toBeInstanceOf(Object);
    Object.assign(globalThis, { setTimeout: timer });
  }
});

test('where there is no node: module the cores are those of the navigator, or four', () => {
  expect(availableCores()).toBe(real.getBuiltinModule('node:os').availableParallelism());
  Object.assign(globalThis, { process: undefined });
  Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: 3 }, configurable: true });
  expect(availableCores()).toBe(3);
  Object.defineProperty(globalThis, 'navigator', { value: undefined, configurable: true });
  expect(availableCores()).toBe(4);
});

test('where Node has not all that it has today, nothing throws', () => {
  const builtins: Record<string, object> = { os: {} };
  Object.assign(globalThis, { process: { getBuiltinModule: (name: string) => builtins[name] } });
  Object.defineProperty(globalThis, 'navigator', { value: undefined, configurable: true });
  expect(availableCores()).toBe(4);
  Object.assign(globalThis, { process: {} });
  expect(availableCores()).toBe(4);
});

test('nobody waits for a timer that is longer than a platform can wait', () => {
  for (const ms of [2 ** 31 - 0.5, 2 ** 31]) expect(after(ms, () => {})).toBeUndefined();
  const timer = after(2 ** 31 - 1, () => {});
  expect(timer).toBeDefined();
  clearTimeout(timer);
});
