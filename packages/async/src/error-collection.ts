/** The message of what was thrown, whatever it is, without running code of the user's. */
function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error === 'function' ? 'a function' : String(error);
  try {
    const { message } = error as Error;
    return typeof message === 'string' ? message : 'an object';
  } catch {
    return 'an object';
  }
}

/**
 * Collects what was thrown, in the order in which it came. Adding never blocks, reading takes nothing away, and any value
 * is kept as it is, `undefined` included.
 *
 * @example
 * ```ts
 * import { Errors } from '@x/async';
 *
 * const errors = new Errors();
 * errors.add(new Error('no such file'));
 * errors.add(new Error('no space left'));
 * console.log(errors.size, errors.all()?.message);
 * // Output:
 * // 2 no such file; no space left
 * ```
 *
 * Source: blend/go-sdk async Errors
 */
export class Errors implements Iterable<unknown> {
  readonly #errors: unknown[] = [];

  /** Adds an error. */
  add(error: unknown): void {
    this.#errors.push(error);
  }

  /** How many there are. */
  get size(): number {
    return this.#errors.length;
  }

  /** The first that came, undefined when there is none. */
  first(): unknown {
    return this.#errors[0];
  }

  /** All of them as one error, whose message says theirs; undefined when there is none. */
  all(): AggregateError | undefined {
    const errors = [...this.#errors];
    return errors.length === 0 ? undefined : new AggregateError(errors, errors.map(messageOf).join('; '));
  }

  /** Goes through the errors in the order in which they were added; takes none away. */
  [Symbol.iterator](): IterableIterator<unknown> {
    return this.#errors[Symbol.iterator]();
  }
}
