import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { withDeadline, withGrace, withTimeout } from './index.js';
import { listeners } from '../../../test/test-support/listeners.js';

const DAY = 86_400_000;

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

describe('withTimeout', () => {
  it('aborts after the time, with a TimeoutError', () => {
    const controller = withTimeout(50);
    jest.advanceTimersByTime(49);
    expect(controller.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    const reason = controller.reason as DOMException;
    expect([controller.aborted, reason.name, reason.code]).toEqual([true, 'TimeoutError', DOMException.TIMEOUT_ERR]);
    expect(reason).toBeInstanceOf(DOMException);
    expect(controller.signal.reason).toBe(reason);
  });

  it('aborts with a parent that aborts first, and its timer is gone', () => {
    const parent = new AbortController();
    const controller = withTimeout(50, undefined, parent.signal);
    parent.abort('parent');
    expect([controller.reason, jest.getTimerCount()]).toEqual(['parent', 0]);
  });

  it('lets go of the parents when its time is over', () => {
    const parent = new AbortController();
    const controller = withTimeout(50, parent.signal);
    expect(listeners(parent.signal)).toBe(1);
    jest.advanceTimersByTime(50);
    expect(controller.aborted).toBe(true);
    expect(listeners(parent.signal)).toBe(0);
  });

  it('has no timer under a parent that has aborted', () => {
    const controller = withTimeout(50, AbortSignal.abort('gone'));
    expect([controller.reason, jest.getTimerCount()]).toEqual(['gone', 0]);
  });

  it('ends its timer when it is aborted or disposed', () => {
    const aborted = withTimeout(50);
    aborted.abort('by hand');
    const disposed = withTimeout(50);
    disposed[Symbol.dispose]();
    expect(jest.getTimerCount()).toBe(0);
    expect([aborted.reason, (disposed.reason as Error).message]).toEqual(['by hand', 'scope exited']);
  });

  it('goes on with its timer when it is unlinked', () => {
    const parent = new AbortController();
    const controller = withTimeout(50, parent.signal);
    controller.unlink();
    parent.abort();
    expect(controller.aborted).toBe(false);
    jest.advanceTimersByTime(50);
    expect((controller.reason as Error).name).toBe('TimeoutError');
  });

  it('fires at the right time beyond 2^31-1 milliseconds', () => {
    for (const ms of [2 ** 31 - 1, 2 ** 31, 60 * DAY, 2 ** 32]) {
      const controller = withTimeout(ms);
      jest.advanceTimersByTime(ms - 1);
      expect(controller.aborted).toBe(false);
      jest.advanceTimersByTime(1);
      expect(controller.aborted).toBe(true);
    }
  });

  it('can be ended in the middle of a time that long', () => {
    const controller = withTimeout(60 * DAY);
    jest.advanceTimersByTime(30 * DAY);
    controller.abort();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('never fires after Infinity, and needs no timer for that', () => {
    expect([withTimeout(Infinity).aborted, jest.getTimerCount()]).toEqual([false, 0]);
  });

  it('takes zero as a time', () => {
    const controller = withTimeout(0);
    jest.advanceTimersByTime(1);
    expect(controller.aborted).toBe(true);
  });

  it('names what is wrong, before it has done anything', () => {
    const parent = new AbortController();
    for (const wrong of ['5', null, undefined, {}, 5n, true, Symbol('s')]) {
      expect(() => withTimeout(wrong as never, parent.signal)).toThrow(TypeError);
    }
    for (const wrong of [-1, NaN, -Infinity]) {
      expect(() => withTimeout(wrong, parent.signal)).toThrow(
        new RangeError(`ms must be zero or more milliseconds, got number ${wrong}`),
      );
    }
    expect(() => withTimeout(5, 'x' as never)).toThrow(/^parents must be an AbortSignal/);
    expect(listeners(parent.signal)).toBe(0);
  });
});

describe('withDeadline', () => {
  it('aborts at the time, a Date or a number', () => {
    for (const at of [new Date(1_000_050 + 0), 1_000_050]) {
      jest.setSystemTime(1_000_000);
      const controller = withDeadline(at);
      jest.advanceTimersByTime(49);
      expect(controller.aborted).toBe(false);
      jest.advanceTimersByTime(1);
      expect((controller.reason as Error).name).toBe('TimeoutError');
    }
  });

  it('has aborted already when the time has passed', () => {
    for (const at of [1_000_000, 999_999, 0, -5, -Infinity, new Date(5)]) {
      const controller = withDeadline(at);
      expect([controller.aborted, (controller.reason as Error).name]).toEqual([true, 'TimeoutError']);
    }
  });

  it('prefers the reason of a parent that has aborted', () => {
    expect(withDeadline(0, AbortSignal.abort('gone')).reason).toBe('gone');
  });

  it('aborts with a parent', () => {
    const parent = new AbortController();
    const controller = withDeadline(2_000_000, parent.signal);
    parent.abort('parent');
    expect(controller.reason).toBe('parent');
  });

  it('never aborts at Infinity', () => {
    expect(withDeadline(Infinity).aborted).toBe(false);
  });

  it('names what is wrong', () => {
    for (const wrong of ['2020-01-01', null, undefined, {}, true, 5n, { getTime: () => 'x' }]) {
      expect(() => withDeadline(wrong as never)).toThrow(TypeError);
      expect(() => withDeadline(wrong as never)).toThrow(/^at must be a Date or a number, got /);
    }
    for (const wrong of [NaN, new Date(NaN)]) {
      expect(() => withDeadline(wrong)).toThrow(new RangeError('at must be a Date or a number, got number NaN'));
    }
  });
});

describe('withGrace', () => {
  it("aborts so long after the parent, with the parent's reason", () => {
    const parent = new AbortController();
    const controller = withGrace(100, parent.signal);
    jest.advanceTimersByTime(1000);
    expect(controller.aborted).toBe(false);
    parent.abort('stop');
    jest.advanceTimersByTime(99);
    expect(controller.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    expect([controller.aborted, controller.reason]).toEqual([true, 'stop']);
  });

  it('begins at the call when the parent has aborted already', () => {
    const controller = withGrace(100, AbortSignal.abort('gone'));
    jest.advanceTimersByTime(99);
    expect(controller.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    expect(controller.reason).toBe('gone');
  });

  it('never aborts when it is unlinked before the parent aborts, and goes on when after', () => {
    const parent = new AbortController();
    const before = withGrace(100, parent.signal);
    const after = withGrace(100, parent.signal);
    before.unlink();
    parent.abort('stop');
    after.unlink();
    jest.advanceTimersByTime(100);
    expect([before.aborted, after.reason]).toEqual([false, 'stop']);
  });

  it('ends its timer, and stops following, when it is aborted or disposed', () => {
    const parent = new AbortController();
    const early = withGrace(100, parent.signal);
    early[Symbol.dispose]();
    expect(listeners(parent.signal)).toBe(0);
    const late = withGrace(100, parent.signal);
    parent.abort();
    late.abort('at once');
    expect([late.reason, jest.getTimerCount()]).toEqual(['at once', 0]);
  });

  it('names what is wrong', () => {
    expect(() => withGrace(-1, new AbortController().signal)).toThrow(RangeError);
    expect(() => withGrace('1' as never, new AbortController().signal)).toThrow(TypeError);
    expect(() => withGrace(1, undefined as never)).toThrow('parent must be an AbortSignal, got undefined');
  });
});
