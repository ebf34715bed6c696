import { describe, expect, it } from '@jest/globals';
import * as main from './index.js';
import * as node from './node.js';

describe('@x/abort', () => {
  it('exports these names', () => {
    expect(Object.keys(main).sort()).toEqual([
      'LinkedController',
      'abortable',
      'aborted',
      'anySignal',
      'isAbort',
      'link',
      'never',
      'onAbort',
      'shield',
      'sleep',
      'throwIfAborted',
      'withDeadline',
      'withGrace',
      'withTimeout',
    ]);
  });

  it('exports these names for Node', () => {
    expect(Object.keys(node).sort()).toEqual(['SignalError', 'osSignal']);
  });

  it('has types that fit the platform', () => {
    const controller: AbortController & Disposable = new main.LinkedController(null, undefined);
    const work: main.Work<number> = (signal) => (signal.aborted ? 1 : Promise.resolve(2));
    const result: Promise<number> = main.shield(work);
    // @ts-expect-error a signal is no options object
    void main.sleep(1, new AbortController().signal).catch(() => {});
    // @ts-expect-error a string is no time
    expect(() => main.withTimeout('5')).toThrow();
    expect(controller.signal.aborted).toBe(false);
    return expect(result).resolves.toBe(2);
  });
});
