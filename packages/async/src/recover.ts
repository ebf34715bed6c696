import { check, checkFunction } from './arguments.js';

/**
 * Receives errors: `Errors`, or any object with its `add`.
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
  /** Takes one error. */
  add(error: unknown): unknown;
}

/**
 * Calls a function and, if it throws or rejects, adds the error to `errors`. Resolves when the function is done, and never
 * rejects with that error. The error of a synchronous function has been added when `recover` returns.
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
 * Calls a function as `recover` does, and then calls `group.done()`. The error has been added before that.
 *
 * @param group a `SignalGroup`, or any object with its `done`; it may be left out
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
