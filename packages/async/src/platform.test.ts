import { afterEach, expect, jest, test } from '@jest/globals';
import { after, afterEvents, availableCores } from './platform.js';

const { setImmediate: immediate, MessageChannel: channel } = globalThis;
const { process: real } = globalThis;

afterEach(() => {
  Object.assign(globalThis, { setImmediate: immediate, MessageChannel: channel, process: real });
});

test('the event loop has its turn by setImmediate, by a message, or by a timer', async () => {
  await new Promise<void>((resolve) => afterEvents(resolve));
  Object.assign(globalThis, { setImmediate: undefined });
  // Where there is no setImmediate there is a MessageChannel; in the sandbox of the tests there is neither.
  const closed = jest.fn();
  class Channel {
    port1 = { onmessage: (): void => {}, close: closed };
    port2 = { postMessage: () => setTimeout(() => this.port1.onmessage()) };
  }
  Object.assign(globalThis, { MessageChannel: Channel });
  await new Promise<void>((resolve) => afterEvents(resolve));
  expect(closed).toHaveBeenCalledTimes(1);
  Object.assign(globalThis, { MessageChannel: undefined });
  await new Promise<void>((resolve) => afterEvents(resolve));
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
  expect(after(2 ** 31, () => {})).toBeUndefined();
  const timer = after(2 ** 31 - 1, () => {});
  expect(timer).toBeDefined();
  clearTimeout(timer);
});
