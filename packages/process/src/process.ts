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
 * A function with a life of its own: gets its process, whose `closing` it should respect. May be async.
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
 * What is called once, when everything that a process waits for has closed. May be async.
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
 * What a process is made of.
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
  /** How it is called in errors and by `describe`. Default: no name. */
  name?: string | undefined;
  /** Whose child it is from the beginning: `parent.addChild(process)`. Default: nobody's. */
  parent?: Process | undefined;
  /** Is called once, after everything waited for has closed. Default: none. */
  teardown?: TeardownFunc | undefined;
  /** Whether its children are told to close at once, or one at a time, the last that was added first. Default: 'together'. */
  children?: 'together' | 'reverse' | undefined;
}

/**
 * How to close.
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
  /** After how many milliseconds to give up waiting; the process goes on closing. Default: never. */
  timeout?: number | undefined;
}

/**
 * A node in a tree of things that have to be shut down in order: it closes when it is told to, or when its parent does, after its children.
 *
 * The order is always the same: `closing` aborts; the children are told to close; everything that is waited for has closed; the teardown
 * runs, exactly once; `closed` settles. A process may have several parents, and anything may be added to it while it closes: that is closed at
 * once and waited for.
 *
 * On error: what its function or its teardown throws is what `closed` rejects with; both, an `AggregateError`, the function's first. The parent
 * closes normally. If nobody looks at the outcome, the platform reports it as an unhandled rejection.
 *
 * To be extended freely; only names that begin with `$` are not for subclasses.
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
  /** How it is called in errors and by `describe`. */
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
   * @param options its name, its parent, its teardown, and in which order its children close. Default: none of these, and all together
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

  /** Where in its life it is. */
  get state(): 'running' | 'closing' | 'closed' {
    if (this.$flags & CLOSED) return 'closed';
    return this.$by ? 'closing' : 'running';
  }

  /**
   * Aborts when closing begins: hand it to `fetch`, `sleep`, anything. The same signal each time; made when it is first read.
   *
   * Its reason is an `AbortError`, or that of the signal that closes the process. A function that ends by throwing it has done as it was
   * told: its process closes without an error.
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

  /** Settles when the teardown is over; rejects with the close error. The same promise each time; does not cause the closing. */
  get closed(): Promise<void> {
    return closedOf(this);
  }

  /**
   * Makes this process close after another. Does not close that one, and does nothing if it has closed already.
   *
   * @throws `CycleError` when the other waits for this one already; `ProcessClosedError` when this process has closed; TypeError for what is no
   * process, and for the background, which never closes.
   *
   * Source: goprocess Process.WaitFor
   */
  waitFor(q: Process): void {
    connect(this, q, WAITS);
  }

  /**
   * Makes another close when this one does, without waiting for it. If this process is closing, or has closed, the other is closed at once.
   *
   * @throws TypeError for what is no process, and for the background.
   *
   * Source: goprocess Process.AddChildNoWait
   */
  addChildNoWait(q: Process): void {
    connect(this, q, TELLS);
  }

  /**
   * Makes another a child: it is told to close when this one closes, and is waited for. If this process is closing, that happens at once.
   *
   * @throws `CycleError` when the other waits for this one already; `ProcessClosedError` when this process has closed; TypeError for what is no
   * process, and for the background. The other is left alone then.
   *
   * Source: goprocess Process.AddChild
   */
  addChild(q: Process): void {
    connect(this, q, BOTH);
  }

  /**
   * Runs a function as a child of this process, beginning in a microtask, and returns the child, which closes when the function
   * has returned and the child's own children have closed by themselves.
   *
   * On a process that is closing the function runs all the same, with a process that is closing already, and is waited for.
   *
   * On error: a function that throws closes its process with that error, and tells the children of it to close. To throw the reason of its own
   * `closing` is no error.
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
   * @throws `ProcessClosedError` when this process has closed, and runs nothing; TypeError when `fn` is no function.
   *
   * Source: goprocess Process.Go
   */
  go(fn: ProcessFunc, name?: string): Process {
    return launch(new Process(name === undefined ? name : { name }), fn, AFTER, this);
  }

  /**
   * Sets what runs once everything that is waited for has closed. Once: also not if the options had a teardown.
   *
   * On a process that has closed it runs the function at once: what that throws is thrown, what it rejects with is an unhandled rejection.
   *
   * @throws TypeError when there is a teardown, when `fn` is no function, and for the background, which would never run it.
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
   * Begins to close now, and resolves when it has closed: without options with the promise of `closed`, the same for every caller. Closing twice is closing once.
   *
   * Inside the process's own function or teardown it begins the closing as anywhere; to await it there is to wait for oneself, and never ends.
   *
   * On error: rejects with what the function or the teardown has thrown.
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
   * @throws (as a rejection) the close error; `CloseTimeoutError` when it has not closed within `timeout`; TypeError or RangeError when `timeout` is
   * no time, and for the background.
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
   * Waits until everything that is waited for has closed by itself, then closes: the children are not told to. Resolves when it has closed.
   *
   * Children that are added meanwhile are waited for, too. `close` still closes at once.
   *
   * @throws (as a rejection) the close error; TypeError for the background.
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
   * Waits until the process has closed, and resolves with the close error, or undefined. Does not cause the closing. Who asks has looked: no
   * unhandled rejection is reported.
   *
   * A thenable that has been thrown is waited for, as wherever a promise resolves with one; `closed` rejects with it as it is.
   *
   * @throws (as a rejection) TypeError for the background.
   *
   * Source: goprocess Process.Err
   */
  err(): Promise<unknown> {
    if (this.$flags & BACKGROUND) return Promise.reject(hang());
    return this.closed.catch((error: unknown) => error);
  }

  /** Closes it: `await using`. */
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
