import { Errors } from './error-collection.js';

/**
 * Configures a batch.
 *
 * @example
 * ```ts
 * import { Batch, type BatchOptions } from '@x/async';
 *
 * const options: BatchOptions<string> = {
 *   parallelism: 1,
 *   onError: (_, text) => console.log('left out:', text), // without it the first failure would end the stream
 * };
 * const numbers = new Batch(['1', 'one', '2'], (text) => BigInt(text), options);
 * for await (const number of numbers.results()) console.log(number);
 * // Output:
 * // 1n
 * // left out: one
 * // 2n
 * ```
 *
 * Source: blend/go-sdk async BatchOption
 */
export interface BatchOptions<T> {
  /** How many actions may run at the same time, 1 or more. Default: the number of available cores. */
  parallelism?: number | undefined;
  /** Is called with the error and the item when an item fails. Default: none. */
  onError?: ((error: unknown, item: T) => void) | undefined;
  /** Whether the first failure stops the batch. Default: false. */
  stopOnError?: boolean | undefined;
  /** The batch's name in error messages. Default: none. */
  name?: string | undefined;
}

/**
 * Configures how `results` streams the results of a batch.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { Batch, type ResultsOptions } from '@x/async';
 *
 * const inOrder: ResultsOptions = { ordered: true }; // otherwise b comes first, which is ready before a
 * const pages = new Batch(['a', 'b'], async (page, signal) => {
 *   await sleep(page === 'a' ? 20 : 1, { signal });
 *   return page;
 * });
 * for await (const page of pages.results(inOrder)) console.log(page);
 * // Output:
 * // a
 * // b
 * ```
 *
 * Source: none in blend/go-sdk, whose batch has no results; `preserveOrder` of p-map
 */
export interface ResultsOptions {
  /**
   * Whether results come in the order of the source, instead of as soon as each is ready. When such a stream is stopped, it
   * ends at the first item that has no result. Default: false.
   */
  ordered?: boolean | undefined;
  /** Stops the batch when it aborts; the stream throws the reason. Default: none. */
  signal?: AbortSignal | undefined;
}

/**
 * Reports how many items of a batch are done, failed and skipped, and their errors.
 *
 * @example
 * ```ts
 * import { Batch, type BatchResult } from '@x/async';
 *
 * const tell = ({ done, failed, skipped }: BatchResult) => console.log(`${done} sent, ${failed} not, ${skipped} not tried`);
 * const send = (user: string) => {
 *   if (user === '') throw new Error('nobody');
 * };
 * const batch = new Batch(['Ada', '', 'Grace'], send, { parallelism: 1, stopOnError: true });
 * await batch.process().catch((error: Error) => console.log(error.message));
 * tell(batch.progress); // also of a batch that was stopped
 * // Output:
 * // nobody
 * // 1 sent, 1 not, 1 not tried
 * ```
 *
 * Source: none in blend/go-sdk, whose Batch.Process tells nothing; Batch.Errors for `errors`
 */
export interface BatchResult {
  /** The number of items whose action succeeded. */
  done: number;
  /** The number of items whose action failed. */
  failed: number;
  /**
   * The number of items that were not started because the batch stopped. For an array, typed array, set, map or string this
   * includes items that had not been read; for any other source it does not.
   */
  skipped: number;
  /**
   * The errors of the items, even if `onError` has been called with them, and an error of the source after the batch had
   * stopped for another reason.
   */
  errors: Errors;
}

/** Before anything has become of any item. */
export function nothing(skipped = 0): BatchResult {
  return { done: 0, failed: 0, skipped, errors: new Errors() };
}
