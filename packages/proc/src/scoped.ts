import { check } from './arguments.js';
import { gather } from './gathering.js';
import type { Proc } from './proc.js';

/**
 * Is what the function of `scoped` starts its children in.
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
  /** Aborts when the scope is aborted from outside, when its function or a child fails, and at its end. */
  readonly signal: AbortSignal;
  /**
   * Starts a child, in a microtask: never before this call has returned. It gets the scope's signal; the scope waits for it, and
   * what it throws is an error of the scope. A child may start others as long as it runs.
   *
   * @throws TypeError when `proc` is no function, and when the scope has ended.
   */
  spawn(proc: Proc): void;
}

/**
 * Returns a process that may start children while it runs, all of which end before it does: a nursery.
 *
 * Like `concurrentGroup`, except that its members become known on the way. The function is called with the scope and its signal.
 * When it has returned the scope goes on until its children have ended; they are not told to. The first error of the function or
 * of a child aborts the signal of all. A child that is started when the signal has aborted runs, and finds it aborted.
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
 * @throws TypeError when `fn` is no function.
 *
 * Source: golang.org/x/sync errgroup Group.Go; none in go-proc
 */
export function scoped(fn: (scope: Scope, signal: AbortSignal) => void | PromiseLike<void>): Proc {
  check('fn', fn, 'function');
  return (outer) => gather(outer, true, (start, signal, spawn) => start(() => fn({ signal, spawn }, signal)));
}
