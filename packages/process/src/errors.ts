import type { Process } from './process.js';

/** How a process is called in messages. */
export function label(name: string | undefined): string {
  return name === undefined ? 'a process' : `process "${name}"`;
}

/** Says what was thrown, whatever it is, without failing over it. */
export function messageOf(error: unknown): string {
  try {
    return String((error as Partial<Error> | null | undefined)?.message || error);
  } catch {
    return 'an object';
  }
}

/**
 * Reports that a process has closed: `go`, `addChild` and `waitFor` throw it, since a closed process can neither close nor wait for anything again.
 *
 * Check `state` first, or add to a process that lives longer. `instanceof` and `code` work across two copies of this package.
 *
 * @example
 * ```ts
 * import { Process, ProcessClosedError } from '@x/process';
 *
 * const server = new Process({ name: 'server' });
 * await server.close();
 * try {
 *   server.go(() => {});
 * } catch (error) {
 *   console.log(error instanceof ProcessClosedError, error instanceof Error && error.message);
 * }
 * // Output:
 * // true process "server" has closed: add to one that runs
 * ```
 *
 * Source: goprocess, the panics of Process.WaitFor and Process.AddChild
 */
export class ProcessClosedError extends Error {
  /** The same in every version and in every copy of the package. */
  readonly code = 'ERR_PROCESS_CLOSED';

  constructor(name?: string) {
    super(`${label(name)} has closed: add to one that runs`);
  }
}

/**
 * Reports a circle of waits: the call that would close the circle throws it, and leaves the graph as it was.
 *
 * `processes` lists the processes on the circle: each waits for the next, the last for the first. `instanceof` and `code` work across two copies of this
 * package.
 *
 * @example
 * ```ts
 * import { CycleError, Process } from '@x/process';
 *
 * const a = new Process({ name: 'a' });
 * const b = new Process({ name: 'b' });
 * a.waitFor(b);
 * try {
 *   b.waitFor(a);
 * } catch (error) {
 *   if (error instanceof CycleError) console.log(error.processes.map((process) => process.name));
 * }
 * // Output:
 * // [ 'b', 'a' ]
 * ```
 *
 * Source: goprocess Process.WaitFor ("a waiting cycle is deadlock")
 */
export class CycleError extends Error {
  /** The same in every version and in every copy of the package. */
  readonly code = 'ERR_PROCESS_CYCLE';
  /** The processes on the circle: each waits for the next, the last for the first. */
  readonly processes: readonly Process[];

  constructor(processes: readonly Process[]) {
    const names = [...processes, processes[0]].map((process) => label(process?.name));
    super(`a cycle: ${names.join(' waits for ')}`);
    this.processes = processes;
  }
}

/**
 * Reports that a process has not closed in time: `close({ timeout })` rejects with it. The process goes on closing.
 *
 * `tree` is the text of `describe` at that moment. `instanceof` and `code` work across two copies of this package.
 *
 * @example
 * ```ts
 * import { CloseTimeoutError, Process } from '@x/process';
 *
 * const server = new Process({ name: 'server' });
 * server.go(() => new Promise(() => {}), 'stuck');
 * await server.close({ timeout: 10 }).catch((error: unknown) => {
 *   if (error instanceof CloseTimeoutError) console.log(error.tree.includes('stuck'));
 * });
 * // Output:
 * // true
 * ```
 *
 * Source: none in goprocess, whose Close may wait for ever; net/http Server.Shutdown, whose context ends the wait
 */
export class CloseTimeoutError extends Error {
  /** The same in every version and in every copy of the package. */
  readonly code = 'ERR_CLOSE_TIMEOUT';
  /** The processes that it was waiting for, as the text of `describe`. */
  readonly tree: string;

  constructor(name: string | undefined, timeout: number, tree: string) {
    super(`${label(name)} has not closed within ${timeout} ms:\n${tree}`);
    this.tree = tree;
  }
}

/** Gives a class of errors its name, and an `instanceof` that recognises the instances of all copies of this package. */
function brand(type: new (...args: never) => Error, name: string): void {
  const key = Symbol.for('@x/process/' + name);
  Object.assign(type.prototype as object, { name, [key]: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: typeof type, value: Partial<Record<symbol, boolean>> | null | undefined): boolean {
      // A subclass, which inherits this, asks for its own instances, as any class does.
      return this === type ? !!value?.[key] : (this.prototype as object).isPrototypeOf(value as object);
    },
  });
}

brand(ProcessClosedError, 'ProcessClosedError');
brand(CycleError, 'CycleError');
brand(CloseTimeoutError, 'CloseTimeoutError');
