/**
 * The message of what was thrown, whatever it is. Where it is empty: those of its members, if it has any that have not been
 * gone through, or else its name.
 */
function messageOf(error: unknown, seen: Set<unknown>): string {
  if (typeof error !== 'object' || error === null) return typeof error === 'function' ? 'a function' : String(error);
  try {
    const { name, message, errors } = error as AggregateError;
    const deeper = message === '' && Array.isArray(errors) && !seen.has(error);
    const texts: unknown[] = [message, deeper && messagesOf(errors, seen.add(error)), name];
    return (texts.find((text) => typeof text === 'string' && text) as string | undefined) ?? 'an object';
  } catch {
    return 'an object';
  }
}

function messagesOf(errors: unknown[], seen: Set<unknown> = new Set()): string {
  return errors.map((error) => messageOf(error, seen)).join('; ');
}

/**
 * Collects thrown values, in the order in which they were added. Adding never blocks, and reading removes nothing. Any value
 * is kept as it is, even `undefined`.
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

  /** The number of errors. */
  get size(): number {
    return this.#errors.length;
  }

  /** Returns the first error, or undefined when there is none. */
  first(): unknown {
    return this.#errors[0];
  }

  /**
   * Returns all errors as one `AggregateError`, or undefined when there is none. Its message contains the message of each
   * error, or, if that is empty, the messages of its members or its name.
   */
  all(): AggregateError | undefined {
    const errors = [...this.#errors];
    return errors.length === 0 ? undefined : new AggregateError(errors, messagesOf(errors));
  }

  /** Iterates over the errors in the order in which they were added; removes none. */
  [Symbol.iterator](): IterableIterator<unknown> {
    return this.#errors[Symbol.iterator]();
  }
}
