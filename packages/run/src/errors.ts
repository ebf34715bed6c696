import { textOf } from './arguments.js';

const BRAND: unique symbol = Symbol.for('@x/run/GraceExceededError');

/**
 * Reports that actors are still up after the grace period: `run()` rejects with it. It has their names, and the first outcome as its `cause`.
 *
 * `instanceof` and `code` recognise it across two copies of this package.
 *
 * @example
 * ```ts
 * import { GraceExceededError, Group } from '@x/run';
 *
 * const group = new Group({ gracePeriod: 10 });
 * group.add(() => new Promise(() => {}), () => {}, 'deaf');
 * group.go(() => {}, 'done');
 * try {
 *   await group.run();
 * } catch (error) {
 *   if (error instanceof GraceExceededError) console.log(error.actors);
 * }
 * // Output:
 * // [ 'deaf' ]
 * ```
 *
 * Source: kolide/launcher rungroup
 */
export class GraceExceededError extends Error {
  /** Recognises the instances of every copy of the package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // A subclass asks for its own instances, as any class does.
    return this === GraceExceededError ? BRAND in Object(value) : super[Symbol.hasInstance](value);
  }

  /** The name of its class. */
  override readonly name: string = 'GraceExceededError';
  /** Identifies the error: the same in every version and in every copy of the package. */
  readonly code = 'ERR_GRACE_EXCEEDED';
  /** The names of the actors that were still up, in the order of `add`. */
  declare readonly actors: string[];
  /** The error that brought the group down; undefined when the first actor returned. */
  declare readonly cause: unknown;

  constructor(actors: string[], cause?: unknown) {
    super(`still up after gracePeriod: ${actors.join(', ')}; mend interrupt or raise it`, { cause });
    this.actors = actors;
  }

  /** @internal */
  [BRAND](): void {}
}

/** The one error as it is (undefined if there is none), or an `AggregateError` of several; its message says theirs, because `toString` hides them. */
export function combined(errors: readonly unknown[]): unknown {
  return errors.length > 1 ? new AggregateError(errors, errors.map(textOf).join('; ')) : errors[0];
}
