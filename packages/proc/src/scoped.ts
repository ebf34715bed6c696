import { check } from './arguments.js';
import { gather } from './gathering.js';
import type { Proc } from './proc.js';

/**
 * Starts the children of a `scoped` function.
 *
 * @example
 * ```ts
 * import { scoped, type Scope } from '@x/proc';
 *
 * // Whoever has the scope may start children in it, and waits for none: they all end before the scope does.
 * function visit(scope: Scope, depth: number): void {
 *   console.log('depth', depth);
 *   if (depth < 2) scope.spawn(async () => visit(scope, depth + 1));
 * }
 *
 * await scoped((scope) => visit(scope, 0))(new AbortController().signal);
 * // Output:
 * // depth 0
 * // depth 1
 * // depth 2
 * ```
 *
 * Source: golang.org/x/sync errgroup Group; none in go-proc
 */
export interface Scope {
  /** Aborts when the scope is aborted from outside, when its function or a child fails, and in any case at the end of the scope. */
  readonly signal: AbortSignal;
  /**
   * Starts a child in a microtask, never before this call has returned. The child gets the scope's signal. The scope waits for it, and
   * an error of the child is an error of the scope. A child may start other children as long as it runs.
   *
   * @throws TypeError when `proc` is not a function, or when the scope has ended.
   */
  spawn(proc: Proc): void;
}

/**
 * Returns a process that may start children while it runs, all of which end before it does: a nursery.
 *
 * Like `concurrentGroup`, except that members can be added while it runs. The function is called with the scope and its signal.
 * After the function has returned, the scope waits until its children have ended; it does not ask them to stop. The first error of the function or
 * of a child aborts the signal of all. A child that is started after the abort still runs, with an aborted signal.
 *
 * On abort and on error: as `concurrentGroup`.
 *
 * @example
 * ```ts
 * import { scoped } from '@x/proc';
 *
 * const visit = scoped((scope) => {
 *   for (const name of ['a', 'b']) scope.spawn(async () => console.log(name));
 *   console.log('spawned');
 * });
 * await visit(new AbortController().signal);
 * // Output:
 * // spawned
 * // a
 * // b
 * ```
 * @throws TypeError when `fn` is not a function.
 *
 * Source: golang.org/x/sync errgroup Group.Go; none in go-proc
 */
export function scoped(fn: (scope: Scope, signal: AbortSignal) => void | PromiseLike<void>): Proc {
  check('fn', fn, 'function');
  return (outer) => gather(outer, true, (start, signal, spawn) => start(() => fn({ signal, spawn }, signal)));
}
