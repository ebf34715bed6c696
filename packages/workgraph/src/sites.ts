let capturing = false;

/**
 * Makes errors say where each of their requests was made, for requests that are made from now on. Off at first: to look at the stack
 * costs more than all the rest of a request.
 *
 * @example
 * ```ts
 * import { captureSites, newRequest, Worker } from '@x/workgraph';
 *
 * captureSites();
 * const worker = new Worker();
 * const { promise } = newRequest(worker, { name: 'self' });
 * await promise.await(worker).catch((error: Error) => console.log(error.message.includes('self was made at')));
 * // Output:
 * // true
 * ```
 */
export function captureSites(on = true): void {
  capturing = on;
}
export function site(): string | undefined {
  return capturing ? new Error().stack : undefined;
}
