import { Errors } from './error-collection.js';

/** How a batch works. Source: blend/go-sdk async BatchOption */
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

/** How to stream the results of a batch. */
export interface ResultsOptions {
  /** Whether they come in the order of the source, not as they are ready. Default: false. */
  ordered?: boolean | undefined;
  /** Stops the batch when it aborts: the stream throws the reason. Default: none. */
  signal?: AbortSignal | undefined;
}

/** What has become of the items of a batch. */
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
