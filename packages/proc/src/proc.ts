import type { LinkedController } from '@x/abort';
import { dispose } from './dispose.js';
import { inherit } from './tracing.js';

/**
 * Describes a process: a function of a signal.
 *
 * A process runs until the returned promise has settled. When the signal aborts it should end soon, by returning or by throwing
 * the signal's reason. You need not import this package to write one: any function of this shape is a process.
 *
 * @example
 * ```ts
 * import type { Proc } from '@x/proc';
 *
 * const poll: Proc = async (signal) => {
 *   while (!signal.aborted) await fetch('https://example.com', { signal });
 * };
 * export default poll;
 * ```
 *
 * Source: go-proc Impl
 */
export type Proc = (signal: AbortSignal) => void | PromiseLike<void>;

/** How many processes are starting each other on the stack. The one after 64 waits for a microtask. */
let depth = 0;

/** Starts a process: at once, unless it is inside very many that are just being started. So no nesting overflows the stack. */
export function call(proc: Proc, signal: AbortSignal): unknown {
  try {
    return depth++ < 64 ? proc(signal) : Promise.resolve().then(() => call(proc, signal));
  } finally {
    depth--;
  }
}

/** Runs a process under a controller made for it, which aborts when the process has ended. */
export async function under(own: LinkedController, signal: AbortSignal, proc: Proc): Promise<void> {
  try {
    await call(proc, inherit(own.signal, signal));
  } finally {
    own[dispose]();
  }
}
