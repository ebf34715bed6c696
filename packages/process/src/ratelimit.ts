/// <reference lib="esnext.disposable" preserve="true" />
import { onAbort } from '@x/abort';
import { check, checkFunction, checkName, checkNumber, checkOptions, checkProcess } from './arguments.js';
import { dispose } from './dispose.js';
import { ProcessClosedError } from './errors.js';
import { watch } from './outcome.js';
import { Process, type ProcessFunc } from './process.js';

/**
 * How to wait for a place.
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
  /** Gives up waiting for a place: it rejects with the signal's reason. A function that has started is not affected. Default: none. */
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
 * A process that runs a limited number of functions at once. Only `limitedGo` and `tryGo` keep to the limit; `go` starts at once, as ever.
 *
 * A place is free again when the child and all its children have closed. Who waits gets a place in the order in which it came. In errors and by
 * `describe` it is called `rate limiter`, or what the third argument says.
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
 * @throws TypeError when `parent` is no process, `limit` no number or `name` no string; RangeError when `limit` is below 1 or no whole number; `ProcessClosedError`
 * when the parent has closed.
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
   * @param parent waits for it; `background()` where nobody is to
   * @param limit how many functions run at once, 1 or more
   * @param name what errors and `describe` call it. Default: `'rate limiter'`
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
   * Waits for a free place, then runs the function as `go` does, and resolves with the child as soon as it has been started.
   *
   * On abort: gives up when the signal aborts before there is a place, or when the limiter closes, with that reason; the function does not run.
   *
   * @throws (as a rejection) the signal's or the limiter's reason; `ProcessClosedError` when the limiter has closed; TypeError when an argument is not
   * what it must be.
   *
   * Source: goprocess/ratelimit RateLimiter.LimitedGo
   */
  limitedGo(fn: ProcessFunc, options?: LimitedGoOptions): Promise<Process> {
    return new Promise((resolve, reject) => {
      checkOptions(options, this);
      const { name, signal } = options ?? {};
      checkArguments(fn, name);
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
   * Runs the function as `go` does if there is a free place, and returns the child; undefined if there is none, or the limiter is closing.
   *
   * @throws `ProcessClosedError` when the limiter has closed; TypeError when `fn` is no function.
   */
  tryGo(fn: ProcessFunc, name?: string): Process | undefined {
    checkArguments(fn, name);
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

function checkArguments(fn: unknown, name: string | undefined): void {
  checkName(name);
  checkFunction(fn, { name });
}
