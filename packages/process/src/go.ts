import { background } from './background.js';
import { BOTH } from './flags.js';
import { connect, launch } from './lifecycle.js';
import { Process, type ProcessFunc, type TeardownFunc } from './process.js';

/**
 * Returns a new child of a process: `new Process({ parent })`.
 *
 * @example
 * ```ts
 * import { Process, withParent } from '@x/process';
 *
 * const server = new Process();
 * const connection = withParent(server);
 * await server.close();
 * console.log(connection.state);
 * // Output:
 * // closed
 * ```
 * @throws `ProcessClosedError` when the parent has closed; TypeError when it is not a process.
 *
 * Source: goprocess WithParent
 */
export function withParent(parent: Process): Process {
  const process = new Process();
  connect(parent, process, BOTH);
  return process;
}

/**
 * Returns a new process with a teardown: `new Process({ teardown, name })`.
 *
 * @example
 * ```ts
 * import { withTeardown } from '@x/process';
 *
 * const file = withTeardown(() => console.log('closed the file'), 'file');
 * await file.close();
 * // Output:
 * // closed the file
 * ```
 * @throws TypeError when `fn` is not a function.
 *
 * Source: goprocess WithTeardown
 */
export function withTeardown(fn: TeardownFunc, name?: string): Process {
  const process = new Process({ name });
  process.setTeardown(fn);
  return process;
}

/**
 * Runs a function as a process of its own, and returns that process. The function starts in a microtask. The process closes when the function has
 * returned and its children have closed by themselves. If it is told to close earlier, it waits for the function.
 *
 * On error: if the function throws, its process closes with that error.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { go } from '@x/process';
 *
 * const heart = go(async (proc) => {
 *   for (;;) {
 *     console.log('beat');
 *     await sleep(1000, { signal: proc.closing });
 *   }
 * });
 * await Promise.resolve();
 * await heart.close();
 * // Output:
 * // beat
 * ```
 * @throws TypeError when `fn` is not a function.
 *
 * Source: goprocess Go
 */
export function go(fn: ProcessFunc, name?: string): Process {
  return background().go(fn, name);
}

/**
 * Does the same as `go`, under its other name.
 *
 * @example
 * ```ts
 * import { spawn } from '@x/process';
 *
 * const job = spawn(() => console.log('runs'), 'job');
 * console.log(job.name, job.state);
 * await job.closed;
 * // Output:
 * // job running
 * // runs
 * ```
 * @throws TypeError when `fn` is not a function.
 *
 * Source: goprocess Spawn
 */
export const spawn: typeof go = go;

/**
 * Runs a function with a new child of a process, and returns the child. The function starts in a microtask. The child stays open after the function has
 * returned, until it is closed: use it for a function that only starts things.
 *
 * On error: if the function throws, the child closes with that error.
 *
 * @example
 * ```ts
 * import { goChild, Process } from '@x/process';
 *
 * const server = new Process();
 * const cache = goChild(server, () => console.log('filled'), 'cache');
 * await Promise.resolve();
 * console.log(cache.state);
 * await server.close();
 * console.log(cache.state);
 * // Output:
 * // filled
 * // running
 * // closed
 * ```
 * @throws `ProcessClosedError` when the parent has closed; TypeError when `parent` is not a process or `fn` not a function. The function does not run then.
 *
 * Source: goprocess GoChild
 */
export function goChild(parent: Process, fn: ProcessFunc, name?: string): Process {
  return launch(new Process({ name }), fn, 0, parent);
}

/**
 * Does the same as `goChild`, under its other name.
 *
 * @example
 * ```ts
 * import { Process, spawnChild } from '@x/process';
 *
 * const server = new Process();
 * spawnChild(server, (cache) => cache.setTeardown(() => console.log('flushed')), 'cache');
 * await server.close();
 * // Output:
 * // flushed
 * ```
 * @throws `ProcessClosedError` when the parent has closed; TypeError when `parent` is not a process or `fn` not a function. The function does not run then.
 *
 * Source: goprocess SpawnChild
 */
export const spawnChild: typeof goChild = goChild;
