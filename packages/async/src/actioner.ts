import type { Work } from '@x/abort';
import { check } from './arguments.js';

export type { Work };

/**
 * Handles one item: a plain function, sync or async, which receives a signal that asks it to stop.
 *
 * All items of a run of a queue, batch or worker receive the same signal, except an item of a queue that has a signal of its
 * own, or of a queue with a `timeout`. So an action has to remove each listener that it adds, by disposing of what `onAbort`
 * returns or by `removeEventListener`. `{ once: true }` removes it only on abort.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { Queue, type WorkAction } from '@x/async';
 *
 * const send: WorkAction<string, string> = async (user, signal) => {
 *   await sleep(1_000, { signal }); // what it waits for has to stop, too
 *   return `${user} has mail`;
 * };
 * const queue = new Queue(send, { timeout: 10 });
 * await queue.start();
 * await queue.submit('Ada').catch((error: Error) => console.log(error.name));
 * await queue.stop();
 * // Output:
 * // TimeoutError
 * ```
 *
 * Source: blend/go-sdk async WorkAction
 */
export type WorkAction<T, R = void> = (item: T, signal: AbortSignal) => R | PromiseLike<R>;

/**
 * Has an action that takes arguments and returns a result. A plain function is accepted wherever an actioner is.
 *
 * @example
 * ```ts
 * import { type Actioner, Batch } from '@x/async';
 *
 * class Tally implements Actioner<string, void> {
 *   readonly words = new Map<string, number>();
 *   action(word: string): void {
 *     this.words.set(word, (this.words.get(word) ?? 0) + 1);
 *   }
 * }
 * const tally = new Tally();
 * await new Batch(['a', 'b', 'a'], tally).process();
 * console.log(tally.words);
 * // Output:
 * // Map(2) { 'a' => 2, 'b' => 1 }
 * ```
 *
 * Source: blend/go-sdk async Actioner, ActionerFunc
 */
export interface Actioner<T = unknown, R = unknown> {
  /** Does the work for its arguments, until the signal aborts. */
  action(args: T, signal: AbortSignal): R | PromiseLike<R>;
}

/**
 * Does nothing, whatever its arguments are.
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
 * Checks the health of something: throws or rejects when it is not healthy. `CheckerLike` also accepts a plain function.
 *
 * @example
 * ```ts
 * import { type Checker, Errors, Queue, recover } from '@x/async';
 *
 * const queue = new Queue((page: string) => console.log(page));
 * const printer: Checker = {
 *   check() {
 *     if (queue.size >= 2) throw new Error(`${queue.size} pages wait`);
 *   },
 * };
 * for (const page of ['a', 'b']) queue.tryEnqueue(page);
 * const errors = new Errors();
 * await recover(() => printer.check(AbortSignal.timeout(1_000)), errors);
 * console.log(errors.size === 0 ? 'well' : errors.all()?.message);
 * // Output:
 * // 2 pages wait
 * ```
 *
 * Source: blend/go-sdk async Checker
 */
export interface Checker {
  /** Throws or rejects when something is not healthy. */
  check(signal: AbortSignal): void | PromiseLike<void>;
}

/**
 * Accepts a checker, or a plain function that does the same as its `check`.
 *
 * @example
 * ```ts
 * import { Batch, type CheckerLike } from '@x/async';
 *
 * const checkers: CheckerLike[] = [() => {}, { check: () => Promise.reject(new Error('no connection')) }];
 * const health = new Batch(checkers, (each, signal) => (typeof each === 'function' ? each(signal) : each.check(signal)));
 * const { done, failed, errors } = await health.process(AbortSignal.timeout(1_000));
 * console.log(`${done} well, ${failed} not: ${errors.all()?.message}`);
 * // Output:
 * // 1 well, 1 not: no connection
 * ```
 *
 * Source: blend/go-sdk async Checker, CheckerFunc
 */
export type CheckerLike = Checker | Checker['check'];

/** The function of an actioner, or the function itself. */
export function actionOf<T, R>(action: WorkAction<T, R> | Actioner<T, R>, of = ''): WorkAction<T, R> {
  if (typeof action === 'function') return action;
  check(typeof action?.action === 'function', `${of}action`, 'a function', action);
  return (item, signal) => action.action(item, signal);
}
