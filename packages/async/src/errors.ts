/** A class of errors with a `name`, a `code`, and an `instanceof` that holds across copies of this package. */
export interface ErrorClass<E, A extends unknown[] = []> {
  new (message: string, ...rest: A): E;
  readonly prototype: E;
}

function define<E, A extends unknown[] = []>(name: string, code: string): ErrorClass<E, A> {
  const brand = Symbol.for('@x/async/' + name);
  class Named extends Error {
    static override readonly name = name;
    readonly code = code;
    declare readonly items?: unknown[];

    constructor(message: string, items?: unknown[]) {
      super(message);
      if (items) this.items = items;
    }

    // A subclass of the user's knows its own only.
    static override [Symbol.hasInstance](value: unknown): boolean {
      return this === Named
        ? !!(value as Partial<Record<symbol, boolean>> | null | undefined)?.[brand]
        : super[Symbol.hasInstance](value);
    }
  }
  Object.assign(Named.prototype, { name, [brand]: true });
  return Named as unknown as ErrorClass<E, A>;
}

/**
 * The type of `CannotStartError`.
 *
 * @example
 * ```ts
 * import { type CannotStartError, Interval } from '@x/async';
 *
 * // For where the class is not at hand.
 * const isStarted = (error: Error): error is CannotStartError => 'code' in error && error.code === 'ERR_CANNOT_START';
 * const interval = new Interval(() => {});
 * await interval.start();
 * await interval.start().catch((error: Error) => console.log(isStarted(error)));
 * await interval.stop();
 * // Output:
 * // true
 * ```
 *
 * Source: blend/go-sdk async ErrCannotStart
 */
export interface CannotStartError extends Error {
  /** Identifies the error: the same in every version and in every copy of the package. */
  readonly code: 'ERR_CANNOT_START';
}

/**
 * Reports an attempt to start something that is already started: `ERR_CANNOT_START`.
 *
 * @example
 * ```ts
 * import { CannotStartError, Queue } from '@x/async';
 *
 * const queue = new Queue((page: string) => console.log(page), { name: 'printer' });
 * await queue.start();
 * await queue.start().catch((error) => console.log(error instanceof CannotStartError, error.message));
 * await queue.stop();
 * // Output:
 * // true Queue "printer" cannot start: it is started
 * ```
 *
 * Source: blend/go-sdk async ErrCannotStart
 */
export const CannotStartError: ErrorClass<CannotStartError> = /* @__PURE__ */ define(
  'CannotStartError',
  'ERR_CANNOT_START',
);

/**
 * The type of `CannotStopError`.
 *
 * @example
 * ```ts
 * import { type CannotStopError, Worker } from '@x/async';
 *
 * const tell = ({ code, message }: CannotStopError) => console.log(`${code}: ${message}`);
 * const worker = new Worker((page: string) => console.log(page), { name: 'printer' });
 * await worker.stop().catch(tell);
 * // Output:
 * // ERR_CANNOT_STOP: Worker "printer" cannot stop: it is not started
 * ```
 *
 * Source: blend/go-sdk async ErrCannotStop
 */
export interface CannotStopError extends Error {
  /** Identifies the error: the same in every version and in every copy of the package. */
  readonly code: 'ERR_CANNOT_STOP';
}

/**
 * Reports an attempt to stop something that is already stopped, or that would wait for itself: `ERR_CANNOT_STOP`.
 *
 * @example
 * ```ts
 * import { CannotStopError, Interval } from '@x/async';
 *
 * const interval = new Interval(() => {}, 500);
 * await interval.stop().catch((error) => console.log(error instanceof CannotStopError, error.code));
 * // Output:
 * // true ERR_CANNOT_STOP
 * ```
 *
 * Source: blend/go-sdk async ErrCannotStop
 */
export const CannotStopError: ErrorClass<CannotStopError> = /* @__PURE__ */ define(
  'CannotStopError',
  'ERR_CANNOT_STOP',
);

/**
 * The type of `CannotCancelError`.
 *
 * @example
 * ```ts
 * import { type CannotCancelError, start } from '@x/async';
 *
 * const future = start(() => 42);
 * const outcomes = await Promise.allSettled([future.cancel(), future.cancel()]);
 * for (const outcome of outcomes)
 *   console.log(outcome.status === 'fulfilled' ? 'cancelled' : (outcome.reason as CannotCancelError).code);
 * // Output:
 * // cancelled
 * // ERR_CANNOT_CANCEL
 * ```
 *
 * Source: blend/go-sdk async ErrCannotCancel
 */
export interface CannotCancelError extends Error {
  /** Identifies the error: the same in every version and in every copy of the package. */
  readonly code: 'ERR_CANNOT_CANCEL';
}

/**
 * Reports an attempt to cancel a future for the second time: `ERR_CANNOT_CANCEL`.
 *
 * @example
 * ```ts
 * import { CannotCancelError, start } from '@x/async';
 *
 * const future = start(() => 42);
 * await future.cancel();
 * await future.cancel().catch((error) => console.log(error instanceof CannotCancelError, error.code));
 * // Output:
 * // true ERR_CANNOT_CANCEL
 * ```
 *
 * Source: blend/go-sdk async ErrCannotCancel
 */
export const CannotCancelError: ErrorClass<CannotCancelError> = /* @__PURE__ */ define(
  'CannotCancelError',
  'ERR_CANNOT_CANCEL',
);

/**
 * The type of `DiscardedError`.
 *
 * @example
 * ```ts
 * import { type DiscardedError, Queue } from '@x/async';
 *
 * const queue = new Queue((page: string) => console.log(page));
 * const printed = queue.submit('a page');
 * await queue.close();
 * await printed.catch(({ items }: DiscardedError<string>) => console.log('next time:', items));
 * // Output:
 * // next time: [ 'a page' ]
 * ```
 *
 * Source: none upstream, which drops the items
 */
export interface DiscardedError<T = unknown> extends Error {
  /** Identifies the error: the same in every version and in every copy of the package. */
  readonly code: 'ERR_DISCARDED';
  /** The items that were not run. */
  readonly items: T[];
}

/**
 * Reports items that were not run, because the queue or worker that held them has ended: `ERR_DISCARDED`.
 *
 * @example
 * ```ts
 * import { DiscardedError, Queue } from '@x/async';
 *
 * const queue = new Queue((page: string) => console.log(page));
 * const printed = queue.submit('a page');
 * const left = await queue.close();
 * await printed.catch((error) => console.log(error instanceof DiscardedError, error.items, left));
 * // Output:
 * // true [ 'a page' ] [ 'a page' ]
 * ```
 *
 * Source: none upstream, which drops the items
 */
export const DiscardedError: ErrorClass<DiscardedError, [items: unknown[]]> = /* @__PURE__ */ define(
  'DiscardedError',
  'ERR_DISCARDED',
);

/**
 * The type of `LatchTransitionError`.
 *
 * @example
 * ```ts
 * import { Latch, type LatchTransitionError } from '@x/async';
 *
 * const latch = new Latch();
 * try {
 *   latch.started();
 * } catch (error) {
 *   const { code, message } = error as LatchTransitionError;
 *   console.log(`${code}: ${message}`);
 * }
 * // Output:
 * // ERR_LATCH_TRANSITION: Latch cannot go from stopped to started
 * ```
 *
 * Source: none upstream, which deadlocks
 */
export interface LatchTransitionError extends Error {
  /** Identifies the error: the same in every version and in every copy of the package. */
  readonly code: 'ERR_LATCH_TRANSITION';
}

/**
 * Reports that a latch, or a queue, was asked for a transition that its state does not allow: `ERR_LATCH_TRANSITION`.
 *
 * @example
 * ```ts
 * import { Latch } from '@x/async';
 *
 * try {
 *   new Latch().stopping();
 * } catch (error) {
 *   console.log((error as Error).message);
 * }
 * // Output:
 * // Latch cannot go from stopped to stopping
 * ```
 *
 * Source: none upstream, which deadlocks
 */
export const LatchTransitionError: ErrorClass<LatchTransitionError> = /* @__PURE__ */ define(
  'LatchTransitionError',
  'ERR_LATCH_TRANSITION',
);
