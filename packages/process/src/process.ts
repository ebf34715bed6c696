/// <reference lib="esnext.disposable" preserve="true" />
import { link, never, sleep } from '@x/abort';
import { check, checkFunction, checkName, checkNumber, checkOptions, PROCESS } from './arguments.js';
import { type Closing, reasonOf, turnNow } from './closing.js';
import { describe } from './describe.js';
import { asyncDispose } from './dispose.js';
import { CloseTimeoutError, label } from './errors.js';
import { AFTER, BACKGROUND, BOTH, CLOSED, HAS_TEARDOWN, REVERSE, TELLS, WAITS } from './flags.js';
import { close, connect, hang, launch } from './lifecycle.js';
import { type Link, NONE } from './link.js';
import { closedOf, goneOf, type Rest, restOf } from './outcome.js';

/**
 * Runs as a process: receives that process, and should end when its `closing` aborts. May be async.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { go, type ProcessFunc } from '@x/process';
 *
 * const serve: ProcessFunc = async (proc) => {
 *   proc.go(() => console.log(`${proc.name} answers`));
 *   await sleep(Infinity, { signal: proc.closing }); // throws the reason of closing, which is no failure
 * };
 * const server = go(serve, 'server');
 * await server.close();
 * // Output:
 * // server answers
 * ```
 *
 * Source: goprocess ProcessFunc
 */
export type ProcessFunc = (proc: Process) => unknown;

/**
 * Cleans up after a process: is called once, when everything that the process waits for has closed. May be async.
 *
 * @example
 * ```ts
 * import { type TeardownFunc, withTeardown } from '@x/process';
 *
 * const flush: TeardownFunc = async () => {
 *   throw new Error('disk full');
 * };
 * await withTeardown(flush).close().catch((error: Error) => console.log(error.message));
 * // Output:
 * // disk full
 * ```
 *
 * Source: goprocess TeardownFunc
 */
export type TeardownFunc = () => unknown;

/**
 * Configures a process: its name, its parent, its teardown, and how its children close.
 *
 * @example
 * ```ts
 * import { Process, type ProcessOptions } from '@x/process';
 *
 * const oneByOne: ProcessOptions = { name: 'app', children: 'reverse' };
 * const app = new Process(oneByOne);
 * for (const name of ['database', 'http']) new Process({ name, parent: app, teardown: () => console.log(name) });
 * await app.close();
 * // Output:
 * // http
 * // database
 * ```
 *
 * Source: goprocess WithParent, WithTeardown; for `children: 'reverse'` Go's defer
 */
export interface ProcessOptions {
  /** The name in errors and in the text of `describe`. Default: no name. */
  name?: string | undefined;
  /** The parent from the beginning, as by `parent.addChild(process)`. Default: none. */
  parent?: Process | undefined;
  /** The function that is called once, after everything waited for has closed. Default: none. */
  teardown?: TeardownFunc | undefined;
  /** Whether the children are told to close all at once, or one at a time, the last added first. Default: 'together'. */
  children?: 'together' | 'reverse' | undefined;
}

/**
 * Configures `close`.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { type CloseOptions, Process } from '@x/process';
 *
 * const impatient: CloseOptions = { timeout: 10 };
 * const server = new Process();
 * server.go(() => sleep(50), 'upload');
 * await server.close(impatient).catch(() => console.log(server.state));
 * await server.close(); // however long it takes
 * console.log(server.state);
 * // Output:
 * // closing
 * // closed
 * ```
 *
 * Source: none in goprocess, whose Close may wait for ever; net/http Server.Shutdown, whose context ends the wait
 */
export interface CloseOptions {
  /** How many milliseconds to wait. After that the wait rejects, and the process goes on closing. Default: no limit. */
  timeout?: number | undefined;
}

/**
 * Is a node in a tree that shuts down in order. It closes after its children, when you close it or when its parent closes.
 *
 * The order is always the same: `closing` aborts; the children are told to close; everything waited for has closed; the teardown runs, exactly once;
 * `closed` settles. A process may have several parents. A child that is added while it closes is closed at once and waited for.
 *
 * On error: `closed` rejects with the value that the function or the teardown threw. If both threw, it rejects with an `AggregateError`, the function's
 * error first. The parent closes normally. If nobody handles the rejection, the platform reports it as an unhandled rejection.
 *
 * You may extend this class. Names that begin with `$` are reserved for the package.
 *
 * @example
 * ```ts
 * import { Process } from '@x/process';
 *
 * const server = new Process({ teardown: () => console.log('server closed') });
 * new Process({ parent: server, teardown: () => console.log('database closed') });
 * await server.close();
 * // Output:
 * // database closed
 * // server closed
 * ```
 * @throws TypeError or RangeError when an option is not what it must be; `ProcessClosedError` when the parent has closed.
 *
 * Source: goprocess Process
 */
export class Process implements AsyncDisposable {
  /** The name in errors and in the text of `describe`. */
  readonly name: string | undefined;
  // Public to the files beside this one, and to other copies of this package: with private fields a process could have no parent from another copy.
  // `$`, so that no subclass has a field of the same name by accident, of which it would not be told: they are not in the declarations.
  // In the order in which closing looks at them.
  /** @internal */ $flags = 0;
  /** What it has to wait for before its next step. @internal */
  $waits = 0;
  /** The closing that has reached it. @internal */
  $by: Closing | undefined;
  /** Its links to others, with gaps. @internal */
  $links: (Link | undefined)[] = NONE;
  /** How many there are. @internal */
  $held = 0;
  /** @internal */ $rest: Rest | undefined;
  /** @internal */ $parent: Process | undefined;
  /** @internal */ $index = 0;
  /** Until it runs. @internal */
  $teardown: TeardownFunc | undefined;
  /** @internal */ $nextIn: Link | undefined;
  /** When it was made, or told to close. @internal */
  $since: number = turnNow();

  /**
   * Makes a process that runs until it is told to close.
   *
   * @param options the name, the parent, the teardown, and the order in which the children close. Default: none of these, and all children together
   */
  constructor(options?: ProcessOptions) {
    if (options === undefined) return;
    checkOptions(options);
    const { name, parent, teardown, children } = options;
    checkName(name);
    this.name = name;
    const reverse = children === 'reverse';
    check(
      reverse || children === undefined || children === 'together',
      'children must be together or reverse',
      children,
      this,
      RangeError,
    );
    if (reverse) this.$flags = REVERSE;
    if (teardown !== undefined) {
      check(typeof teardown === 'function', 'teardown must be of type function', teardown, this);
      this.$flags |= HAS_TEARDOWN;
      this.$teardown = teardown;
    }
    if (parent !== undefined) connect(parent, this, BOTH);
  }

  /** Says whether the process runs, is closing or has closed. */
  get state(): 'running' | 'closing' | 'closed' {
    if (this.$flags & CLOSED) return 'closed';
    return this.$by ? 'closing' : 'running';
  }

  /**
   * Is a signal that aborts when closing begins: pass it to `fetch`, `sleep` or anything else that takes one. It is made on the first read, and stays the same.
   *
   * Its reason is an `AbortError`, or the reason of the signal that closed the process. A function that ends by throwing this reason counts as stopped, not
   * failed: its process closes without an error.
   */
  get closing(): AbortSignal {
    if (this.$flags & BACKGROUND) return never;
    const rest = restOf(this);
    if (!rest.controller) {
      rest.controller = link();
      if (this.$by) rest.controller.abort(reasonOf(this.$by));
    }
    return rest.controller.signal;
  }

  /** Is a promise that settles when the teardown is over, and rejects with the close error. It is the same each time. Reading it does not close the process. */
  get closed(): Promise<void> {
    return closedOf(this);
  }

  /**
   * Makes this process close after another one, which it does not close. Does nothing if the other process has closed already.
   *
   * @throws `CycleError` when the other process already waits for this one; `ProcessClosedError` when this process has closed; TypeError when `q` is not a
   * process, or is the background, which never closes.
   *
   * Source: goprocess Process.WaitFor
   */
  waitFor(q: Process): void {
    connect(this, q, WAITS);
  }

  /**
   * Makes another process close when this one does, without waiting for it. If this process is closing or has closed, the other is closed at once.
   *
   * @throws TypeError when `q` is not a process, or is the background.
   *
   * Source: goprocess Process.AddChildNoWait
   */
  addChildNoWait(q: Process): void {
    connect(this, q, TELLS);
  }

  /**
   * Makes another process a child: it is told to close when this one closes, and is waited for. If this process is closing, the child is told at once.
   *
   * @throws `CycleError` when the other process already waits for this one; `ProcessClosedError` when this process has closed; TypeError when `q` is not a
   * process, or is the background. In each case the other process is left as it was.
   *
   * Source: goprocess Process.AddChild
   */
  addChild(q: Process): void {
    connect(this, q, BOTH);
  }

  /**
   * Runs a function as a child of this process, and returns the child. The function starts in a microtask. The child closes when the function has returned
   * and the child's own children have closed by themselves.
   *
   * If this process is closing, the function still runs and is waited for, with a child that is closing already.
   *
   * On error: if the function throws, the child closes with that error and tells its own children to close. A function that throws the reason of its
   * `closing` has not failed.
   *
   * @example
   * ```ts
   * import { Process } from '@x/process';
   *
   * const root = new Process();
   * root.go((proc) => console.log(proc.name, 'runs'), 'first');
   * root.go((proc) => console.log(proc.name, 'runs'), 'second');
   * await root.closeAfterChildren();
   * // Output:
   * // first runs
   * // second runs
   * ```
   * @throws `ProcessClosedError` when this process has closed; TypeError when `fn` is not a function. The function does not run then.
   *
   * Source: goprocess Process.Go
   */
  go(fn: ProcessFunc, name?: string): Process {
    return launch(new Process(name === undefined ? name : { name }), fn, AFTER, this);
  }

  /**
   * Sets the teardown: the function that runs when everything waited for has closed. A process takes only one, the teardown of its options included.
   *
   * If the process has closed, the function runs at once. If it throws then, this call throws; if it rejects, that is an unhandled rejection.
   *
   * @throws TypeError when there is a teardown already, when `fn` is not a function, and on the background, which would never run it.
   *
   * Source: goprocess Process.SetTeardown
   */
  setTeardown(fn: TeardownFunc): void {
    checkFunction(fn, this);
    if (this.$flags & BACKGROUND) throw hang();
    if (this.$flags & HAS_TEARDOWN) throw new TypeError(`${label(this.name)} has a teardown already`);
    this.$flags |= HAS_TEARDOWN;
    if (this.$flags & CLOSED) void Promise.resolve(fn());
    else this.$teardown = fn;
  }

  /**
   * Begins to close now, and resolves when the process has closed. Without options it returns the promise of `closed`, the same for every caller. A second call
   * changes nothing.
   *
   * You may call it inside the process's own function or teardown, but do not await it there: the process would wait for itself forever.
   *
   * On error: rejects with the value that the function or the teardown threw; if both threw, with an `AggregateError`.
   *
   * @example
   * ```ts
   * import { CloseTimeoutError, Process } from '@x/process';
   *
   * const server = new Process({ name: 'server' });
   * try {
   *   await server.close({ timeout: 10_000 });
   * } catch (error) {
   *   if (!(error instanceof CloseTimeoutError)) throw error;
   *   console.error(error.tree); // who is to blame
   * }
   * ```
   * @throws (as a rejection) the close error; `CloseTimeoutError` when the process has not closed within `timeout`; TypeError or RangeError when `timeout`
   * is not a valid time; TypeError on the background.
   *
   * Source: goprocess Process.Close
   */
  close(options?: CloseOptions): Promise<void> {
    if (this.$flags & BACKGROUND) return Promise.reject(hang());
    if (options === undefined) {
      close(this);
      return this.closed;
    }
    return new Promise((resolve, reject) => {
      checkOptions(options, this);
      const { timeout = Infinity } = options;
      checkNumber('timeout', timeout, 0, this);
      close(this);
      // Looks at the outcome only if that comes in time: a later failure is not lost.
      sleep(timeout, { signal: goneOf(this) }).then(
        () => reject(new CloseTimeoutError(this.name, timeout, describe(this))),
        () => this.closed.then(resolve, reject),
      );
    });
  }

  /**
   * Closes when everything waited for has closed by itself: it does not tell the children to close. Resolves when the process has closed.
   *
   * It also waits for children that are added meanwhile. `close` still closes at once.
   *
   * @throws (as a rejection) the close error; TypeError on the background.
   *
   * Source: goprocess Process.CloseAfterChildren
   */
  closeAfterChildren(): Promise<void> {
    if (this.$flags & BACKGROUND) return Promise.reject(hang());
    this.$flags |= AFTER;
    if (this.$waits === 0) close(this);
    return this.closed;
  }

  /**
   * Waits until the process has closed, and resolves with the close error or `undefined`. Does not close the process. After this call the error counts as
   * handled: there is no unhandled rejection.
   *
   * If the thrown value is a thenable, it is waited for, as always when a promise resolves with one. `closed` rejects with the thenable itself.
   *
   * @throws (as a rejection) TypeError on the background.
   *
   * Source: goprocess Process.Err
   */
  err(): Promise<unknown> {
    if (this.$flags & BACKGROUND) return Promise.reject(hang());
    return this.closed.catch((error: unknown) => error);
  }

  /** Closes the process, for `await using`. */
  [asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  get $child(): Process {
    return this;
  }

  /** @internal */
  get [PROCESS](): true {
    return true;
  }
}
