import { type Actioner, actionOf, type WorkAction } from './actioner.js';
import { checkFunction } from './arguments.js';

/**
 * Wraps an actioner in another one, as a plain function.
 *
 * @example
 * ```ts
 * import { type InterceptorFunc, interceptors } from '@x/async';
 *
 * const twice: InterceptorFunc<string, string> = (inner) => async (name, signal) => {
 *   try {
 *     return await inner.action(name, signal);
 *   } catch {
 *     return inner.action(name, signal);
 *   }
 * };
 * let calls = 0;
 * const greet = interceptors(twice)?.((name) => (++calls < 2 ? Promise.reject(new Error('busy')) : `Hello, ${name}`));
 * console.log(await greet?.action('Ada', new AbortController().signal));
 * // Output:
 * // Hello, Ada
 * ```
 *
 * Source: blend/go-sdk async InterceptorFunc
 */
export type InterceptorFunc<T = unknown, R = unknown> = (action: Actioner<T, R>) => Actioner<T, R> | WorkAction<T, R>;

/**
 * Wraps an actioner in another one, which measures, retries or logs around it.
 *
 * @example
 * ```ts
 * import { type Actioner, Batch, type Interceptor, type WorkAction } from '@x/async';
 *
 * class Calls implements Interceptor<string, number> {
 *   count = 0;
 *   intercept(inner: Actioner<string, number>): WorkAction<string, number> {
 *     return (item, signal) => (this.count++, inner.action(item, signal));
 *   }
 * }
 * const calls = new Calls();
 * await new Batch(['a', 'b'], calls.intercept({ action: (item) => item.length })).process();
 * console.log(calls.count);
 * // Output:
 * // 2
 * ```
 *
 * Source: blend/go-sdk async Interceptor, InterceptorFunc
 */
export interface Interceptor<T = unknown, R = unknown> {
  /** Wraps an actioner: returns another actioner, or a function. */
  intercept(action: Actioner<T, R>): Actioner<T, R> | WorkAction<T, R>;
}

/**
 * Represents the result of `interceptors`: an interceptor that can also be called as a function, and takes plain functions.
 *
 * @example
 * ```ts
 * import { type InterceptorFunc, type Interceptors, interceptors } from '@x/async';
 *
 * const say = (word: string): InterceptorFunc => (inner) => (args, signal) => {
 *   console.log(word);
 *   return inner.action(args, signal);
 * };
 * const usual: Interceptors | undefined = interceptors(say('inner'), say('outer'));
 * const all = interceptors(usual, say('outermost')); // what is an interceptor can be one of a chain
 * await all?.(() => console.log('work')).action(undefined, new AbortController().signal);
 * // Output:
 * // outermost
 * // outer
 * // inner
 * // work
 * ```
 *
 * Source: blend/go-sdk async Interceptors, what it returns
 */
export interface Interceptors<T = unknown, R = unknown> {
  (action: Actioner<T, R> | WorkAction<T, R>): Actioner<T, R>;
  /** Does the same as a call of the function itself. */
  intercept(action: Actioner<T, R> | WorkAction<T, R>): Actioner<T, R>;
}

/**
 * Combines several interceptors into one. The first is applied first, so the last is the outermost: its code runs first when
 * the action is called. Null and undefined are skipped; without any interceptor the result is undefined.
 *
 * @example
 * ```ts
 * import { interceptors, Queue } from '@x/async';
 *
 * const logged = interceptors<string, number>((inner) => async (name, signal) => {
 *   const result = await inner.action(name, signal);
 *   console.log(name, result);
 *   return result;
 * });
 * const action = (name: string) => name.length;
 * const queue = new Queue(logged?.(action) ?? action);
 * await queue.start();
 * await queue.submit('Ada');
 * await queue.stop();
 * // Output:
 * // Ada 3
 * ```
 * @throws TypeError when one of them is neither an interceptor nor a function.
 *
 * Source: blend/go-sdk async Interceptors
 */
export function interceptors<T = unknown, R = unknown>(
  ...chain: (Interceptor<T, R> | InterceptorFunc<T, R> | null | undefined)[]
): Interceptors<T, R> | undefined {
  const steps: InterceptorFunc<T, R>[] = [];
  for (const [index, each] of chain.entries()) {
    if (each === null || each === undefined) continue;
    if (typeof each !== 'function') checkFunction(`interceptors[${index}].intercept`, each.intercept);
    steps.push(typeof each === 'function' ? each : (action) => each.intercept(action));
  }
  if (steps.length === 0) return undefined;
  const intercept: Interceptors<T, R>['intercept'] = (action) =>
    steps.reduce((inner, step) => actionerOf(step(inner)), actionerOf(action));
  return Object.assign(intercept, { intercept });
}

/** The actioner itself, or one made of a plain function. */
function actionerOf<T, R>(action: Actioner<T, R> | WorkAction<T, R>): Actioner<T, R> {
  const call = actionOf(action);
  return typeof action === 'function' ? { action: call } : action;
}
