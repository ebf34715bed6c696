import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { concurrent, withTimeout, type Proc } from '@x/proc';
import { deferred, failWith, live, microtasks, thrownBy, untilAborted } from './test-support/deferred.js';

describe('withTimeout', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('aborts the signal of the process with a TimeoutError when its time is up', async () => {
    const running = thrownBy(withTimeout(1_000, untilAborted)(live()));
    await jest.advanceTimersByTimeAsync(999);
    let over = false;
    void running.then(() => (over = true));
    await microtasks();
    expect(over).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await running).toHaveProperty('name', 'TimeoutError');
  });

  test('waits for a process that takes longer, and one that returns all the same has not failed', async () => {
    const work = deferred();
    let over = false;
    const running = Promise.resolve(withTimeout(10, () => work.promise)(live())).then(() => (over = true));
    await jest.advanceTimersByTimeAsync(1_000);
    expect(over).toBe(false);
    work.resolve();
    await running;
  });

  test('throws the TimeoutError itself where the process made an AbortError of it', async () => {
    const wrapping: Proc = (signal) =>
      untilAborted(signal).catch((cause: unknown) => {
        throw Object.assign(new Error('aborted', { cause }), { name: 'AbortError' });
      });
    const running = thrownBy(withTimeout(10, wrapping)(live()));
    await jest.advanceTimersByTimeAsync(10);
    expect(await running).toHaveProperty('name', 'TimeoutError');
  });

  test('its TimeoutError is a real error to those around it', async () => {
    const running = thrownBy(concurrent(withTimeout(10, untilAborted), failWith('other'))(live()));
    await jest.advanceTimersByTimeAsync(10);
    expect(await running).toMatchObject({ errors: ['other', { name: 'TimeoutError' }] });
  });

  test('hands on an abort from outside, and real errors', async () => {
    const controller = new AbortController();
    const running = thrownBy(withTimeout(10, untilAborted)(controller.signal));
    controller.abort('stop');
    expect(await running).toBe('stop');
    expect(await thrownBy(withTimeout(10, failWith(undefined))(live()))).toBe(undefined);
  });

  test('leaves no timer and no listener, and an aborted signal', async () => {
    const signal = live();
    let inner = live();
    await withTimeout(1_000, (own) => void (inner = own))(signal);
    await thrownBy(withTimeout(1_000, failWith('x'))(signal));
    expect(jest.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(inner.aborted).toBe(true);
  });

  test('zero is a time, and Infinity is none', async () => {
    const running = thrownBy(withTimeout(0, untilAborted)(live()));
    await jest.advanceTimersByTimeAsync(0);
    expect(await running).toHaveProperty('name', 'TimeoutError');
    await withTimeout(Infinity, () => {})(live());
  });

  test.each([
    [-1, RangeError, 'ms must be from 0 to Infinity, got -1'],
    [NaN, RangeError, 'ms must be from 0 to Infinity, got NaN'],
    ['1', TypeError, 'ms must be number, got 1'],
    [undefined, TypeError, 'ms must be number, got undefined'],
    [1n, TypeError, 'ms must be number, got 1'],
  ])('rejects %p as a time', (ms, type, message) => {
    expect(() => withTimeout(ms as number, () => {})).toThrow(type);
    expect(() => withTimeout(ms as number, () => {})).toThrow(message);
  });

  test('rejects what is no process, and a missing signal', async () => {
    expect(() => withTimeout(1, {} as unknown as Proc)).toThrow('proc must be function, got object');
    expect(await thrownBy(withTimeout(1, () => {})(undefined as unknown as AbortSignal))).toBeInstanceOf(TypeError);
  });
});
