import { check, checkFunction } from './arguments.js';

/**
 * Where errors go: `Errors`, or anything with its `add`.
 *
 * @example
 * ```ts
 * import { type ErrorSink, recover } from '@x/async';
 *
 * const log: ErrorSink = { add: (error) => console.log('told:', String(error)) };
 * await recover(() => Promise.reject(new RangeError('no such page')), log);
 * // Output:
 * // told: RangeError: no such page
 * ```
 *
 * Source: blend/go-sdk async Recover, whose errors are a channel
 */
export interface ErrorSink {
  /** Takes one. */
  add(error: unknown): unknown;
}

/**
 * Calls a function and adds what it throws, or rejects with, to the errors. Resolves when it is done, and never rejects with
 * that error. What a synchronous function throws is there when `recover` returns.
 *
 * @example
 * ```ts
 * import { Errors, recover } from '@x/async';
 *
 * const errors = new Errors();
 * await recover(() => {
 *   throw new Error('no such file');
 * }, errors);
 * console.log(errors.size);
 * // Output:
 * // 1
 * ```
 * @throws (as a rejection) TypeError when an argument is not what it must be.
 *
 * Source: blend/go-sdk async Recover
 */
export async function recover(fn: () => unknown, errors: ErrorSink): Promise<void> {
  checkTarget(fn, errors);
  try {
    await fn();
  } catch (error) {
    errors.add(error);
  }
}

/**
 * Calls a function as `recover` does, and then counts it as done. The error is there before that.
 *
 * @param group a `SignalGroup`, or whatever has its `done`; it may be left out
 * @example
 * ```ts
 * import { Errors, recoverGroup, SignalGroup } from '@x/async';
 *
 * const errors = new Errors();
 * const group = new SignalGroup();
 * group.add(2);
 * void recoverGroup(async () => 'well', errors, group);
 * void recoverGroup(async () => Promise.reject(new Error('not well')), errors, group);
 * await group.wait();
 * console.log(errors.size);
 * // Output:
 * // 1
 * ```
 * @throws (as a rejection) TypeError when an argument is not what it must be.
 *
 * Source: blend/go-sdk async RecoverGroup
 */
export async function recoverGroup(
  fn: () => unknown,
  errors: ErrorSink,
  group?: { done(): void } | null,
): Promise<void> {
  check(
    group === undefined || group === null || typeof group.done === 'function',
    'group',
    'an object with done()',
    group,
  );
  checkTarget(fn, errors);
  try {
    await recover(fn, errors);
  } finally {
    group?.done();
  }
}

function checkTarget(fn: unknown, errors: ErrorSink): void {
  checkFunction('fn', fn);
  check(typeof errors?.add === 'function', 'errors', 'an object with add()', errors);
}
