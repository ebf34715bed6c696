import type { Work } from '@x/abort';
import { check } from './arguments.js';

export type { Work };

/** What is done with an item: a plain function, sync or async, that gets a signal to stop by. */
export type WorkAction<T, R = void> = (item: T, signal: AbortSignal) => R | PromiseLike<R>;

/**
 * Something with an action that takes arguments and gives a result. Wherever one is accepted a plain function is, too.
 *
 * Source: blend/go-sdk async Actioner, ActionerFunc
 */
export interface Actioner<T = unknown, R = unknown> {
  /** Does something with what it is given, until the signal aborts. */
  action(args: T, signal: AbortSignal): R | PromiseLike<R>;
}

/**
 * Does nothing, whatever it is given.
 *
 * @example
 * ```ts
 * import { interceptors, noopActioner } from '@x/async';
 *
 * const traced = interceptors((inner) => (args, signal) => {
 *   console.log('called with', args);
 *   return inner.action(args, signal);
 * });
 * await traced?.intercept(noopActioner).action('a', new AbortController().signal);
 * // Output:
 * // called with a
 * ```
 *
 * Source: blend/go-sdk async NoopActioner
 */
export const noopActioner: Actioner<unknown, undefined> = {
  action() {
    return undefined;
  },
};

/**
 * Something whose health can be asked for: it throws, or rejects, when it is not well. Where one is accepted a plain
 * function is, too (`CheckerLike`).
 *
 * Source: blend/go-sdk async Checker
 */
export interface Checker {
  /** Throws, or rejects, when something is not as it should be. */
  check(signal: AbortSignal): void | PromiseLike<void>;
}

/** A checker, or the function that one is made of. */
export type CheckerLike = Checker | Checker['check'];

/** The function of an actioner, or the function itself. */
export function actionOf<T, R>(action: WorkAction<T, R> | Actioner<T, R>, of = ''): WorkAction<T, R> {
  if (typeof action === 'function') return action;
  check(typeof action?.action === 'function', `${of}action`, 'a function', action);
  return (item, signal) => action.action(item, signal);
}
