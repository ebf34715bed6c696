/// <reference lib="esnext.disposable" preserve="true" />
import { onAbort } from '@x/abort';
import { check, checkFunction, checkName, checkNumber, checkOptions, checkProcess } from './arguments.js';
import { dispose } from './dispose.js';
import { ProcessClosedError } from './errors.js';
import { watch } from './outcome.js';
import { Process, type ProcessFunc } from './process.js';

/**
 * Configures `limitedGo`: a signal that ends the wait for a place, and the name of the child.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { background } from '@x/process';
 * import { type LimitedGoOptions, RateLimiter } from '@x/process/ratelimit';
 *
 * const limiter = new RateLimiter(background(), 1);
 * await limiter.limitedGo(() => sleep(50)); // has the only place
 * const soon: LimitedGoOptions = { name: 'late', signal: AbortSignal.timeout(10) };
 * await limiter.limitedGo(() => {}, soon).catch((error: Error) => console.log(error.name));
 * await limiter.close();
 * // Output:
 * // TimeoutError
 * ```
 *
 * Source: none in goprocess/ratelimit, whose LimitedGo may wait for ever; golang.org/x/sync semaphore Weighted.Acquire, with a context
 */
export interface LimitedGoOptions {
  /** Ends the wait for a place: `limitedGo` rejects with the signal's reason. A function that has started is not affected. Default: none. */
  signal?: AbortSignal | undefined;
  /** The name of the child. Default: none. */
  name?: string | undefined;
}

interface Waiter {
  place(): void;
  giveUp(reason: unknown): void;
  before: Waiter | undefined;
  after: Waiter | undefined;
}

/**
 * Runs a limited number of functions at once, as a process. Only `limitedGo` and `tryGo` keep to the limit; `go` starts at once, as always.
 *
 * A place is free again when the child and all its children have closed. Waiting calls get their places in the order in which they came. In errors and
 * in the text of `describe` the limiter is called `rate limiter`, unless the third argument gives it another name.
 *
 * @example
 * ```ts
 * import { background } from '@x/process';
 * import { RateLimiter } from '@x/process/ratelimit';
 *
 * const limiter = new RateLimiter(background(), 2);
 * for (const name of ['a', 'b', 'c']) {
 *   await limiter.limitedGo(async () => console.log(name)); // waits before 'c'
 * }
 * await limiter.closeAfterChildren();
 * // Output:
 * // a
 * // b
 * // c
 * ```
 * @throws TypeError when `parent` is not a process, `limit` not a number or `name` not a string; RangeError when `limit` is below 1 or not a whole number;
 * `ProcessClosedError` when the parent has closed.
 *
 * Source: goprocess/ratelimit RateLimiter, NewRateLimiter
 */
export class RateLimiter extends Process {
  #free: number;
  /**
   * Those who wait are a chain in the order in which they came, each of whom leaves in constant time: the first of a Set is found by passing over the places
   * of those who have left.
   */
  #first: Waiter | undefined;
  #last: Waiter | undefined;
  #listens = false;

  /**
   * Makes a rate limiter that closes with its parent.
   *
   * @param parent the process that closes the limiter and waits for it; `background()` if there is none
   * @param limit how many functions run at once, 1 or more
   * @param name the name in errors and in the text of `describe`. Default: `'rate limiter'`
   */
  constructor(parent: Process, limit: number, name = 'rate limiter') {
    checkName(name);
    checkProcess('parent', parent, { name });
    checkNumber('limit', limit, 1, { name });
    check(limit === Infinity || Number.isInteger(limit), 'limit must be a whole number', limit, { name }, RangeError);
    super({ parent, name });
    this.#free = limit;
  }

  /**
   * Waits for a free place, then runs the function as `go` does. Resolves with the child as soon as it has been started.
   *
   * On abort: if the signal aborts or the limiter closes before there is a place, rejects with the reason of that signal or of the limiter's `closing`. The
   * function does not run.
   *
   * @throws (as a rejection) the signal's or the limiter's reason; `ProcessClosedError` when the limiter has closed; TypeError when an argument has the wrong
   * type.
   *
   * Source: goprocess/ratelimit RateLimiter.LimitedGo
   */
  limitedGo(fn: ProcessFunc, options?: LimitedGoOptions): Promise<Process> {
    return new Promise((resolve, reject) => {
      checkOptions(options, this);
      const { name, signal } = options ?? {};
      checkArguments(fn, name, this);
      if (this.state === 'closed') throw new ProcessClosedError(this.name);
      // Not in the list yet: a signal that has aborted calls back at once.
      let given: Disposable | undefined;
      let over = false;
      const waiter: Waiter = {
        place: () => {
          given?.[dispose]();
          try {
            resolve(this.#start(fn, name));
          } catch (error) {
            // A subclass may have a `go` of its own.
            reject(error);
          }
        },
        giveUp: (reason) => {
          over = true;
          given?.[dispose]();
          this.#leave(waiter);
          reject(reason);
        },
        before: undefined,
        after: undefined,
      };
      if (signal !== undefined) given = onAbort(signal, (reason) => waiter.giveUp(reason));
      if (over) return;
      if (this.state !== 'running') return waiter.giveUp(this.closing.reason);
      if (this.#free > 0) return waiter.place();
      // A reaction, so that it runs in the `AsyncLocalStorage` context of who waits, and not of who made room.
      let enter!: (child: Process) => void;
      const entered = new Promise<Process>((resolve) => (enter = resolve)).then(fn);
      fn = (child) => (enter(child), entered);
      waiter.before = this.#last;
      if (this.#last) this.#last.after = waiter;
      else this.#first = waiter;
      this.#last = waiter;
      this.#listen();
    });
  }

  /** On its own, so that what listens holds nothing of the first who waits. */
  #listen(): void {
    if (this.#listens) return;
    this.#listens = true;
    onAbort(this.closing, (reason) => {
      while (this.#first) this.#first.giveUp(reason);
    });
  }

  /** Does nothing for one who is not in the chain. */
  #leave(waiter: Waiter): void {
    const { before, after } = waiter;
    if (before) before.after = after;
    else if (this.#first === waiter) this.#first = after;
    if (after) after.before = before;
    else if (this.#last === waiter) this.#last = before;
    waiter.before = waiter.after = undefined;
  }

  /**
   * Runs the function as `go` does if there is a free place, and returns the child. Returns `undefined` if there is no place, or if the limiter is closing.
   *
   * @throws `ProcessClosedError` when the limiter has closed; TypeError when `fn` is not a function.
   */
  tryGo(fn: ProcessFunc, name?: string): Process | undefined {
    checkArguments(fn, name, this);
    if (this.state === 'closed') throw new ProcessClosedError(this.name);
    return this.#free > 0 && this.state === 'running' ? this.#start(fn, name) : undefined;
  }

  #start(fn: ProcessFunc, name: string | undefined): Process {
    const child = this.go(fn, name);
    this.#free--;
    watch(child, () => {
      this.#free++;
      for (let waiter; this.#free > 0 && (waiter = this.#first);) {
        this.#leave(waiter);
        waiter.place();
      }
    });
    return child;
  }
}

function checkArguments(fn: unknown, name: string | undefined, limiter: RateLimiter): void {
  checkName(name);
  checkFunction(fn, name ? { name } : limiter);
}
