import { Errors } from './error-collection.js';

/**
 * How a batch works.
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
  /** How many actions run at the same time, 1 or more. Default: as many as there are cores. */
  parallelism?: number | undefined;
  /** Is told what an item failed with, as it happens. Default: none. */
  onError?: ((error: unknown, item: T) => void) | undefined;
  /** Whether the first failure stops the batch. Default: false. */
  stopOnError?: boolean | undefined;
  /** What messages call the batch. Default: none. */
  name?: string | undefined;
}

/**
 * How to stream the results of a batch.
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
   * Whether they come in the order of the source, not as they are ready. When the stream is stopped nothing comes behind the first item that has no result.
   * Default: false.
   */
  ordered?: boolean | undefined;
  /** Stops the batch when it aborts: the stream throws the reason. Default: none. */
  signal?: AbortSignal | undefined;
}

/**
 * What has become of the items of a batch.
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
  /** How many went well. */
  done: number;
  /** How many failed. */
  failed: number;
  /**
   * How many were not started because the batch stopped. Arrays, typed arrays, sets, maps and strings tell how many there
   * are; of anything else those count that had been read.
   */
  skipped: number;
  /**
   * What they failed with, whether `onError` has been told or not, and what the source failed with after the batch had
   * stopped for another reason.
   */
  errors: Errors;
}

/** Before anything has become of any item. */
export function nothing(skipped = 0): BatchResult {
  return { done: 0, failed: 0, skipped, errors: new Errors() };
}
