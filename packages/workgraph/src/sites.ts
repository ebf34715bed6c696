let capturing = false;

/**
 * Makes errors say where each of their requests was made, for requests that are made from now on. It is off by default, because reading the stack costs
 * more than everything else about a request.
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
 *
 * Source: none in go-workgraph; "created by" in the stack traces of Go
 */
export function captureSites(on = true): void {
  capturing = on;
}

// Where they are, as packed; by name in a bundle, and in the sources. Runtimes differ in what they call a method; folders may be called so, too.
const ours =
  /@x.workgraph\b.*dist|\b(site|idAtOnce|Run|OnceMap|Once|newRequest|onceFunc|outsideWork|AsyncLocalStorage)\b[^/\\:]*[(@]/;

/** The first frame of the stack that is not ours, such as `at main (file:///app.js:3:9)`. */
export function site(): string | undefined {
  if (!capturing) return undefined;
  const frames = String(new Error().stack).split('\n');
  return frames.find((frame) => /at |@/.test(frame) && !ours.test(frame))?.trim();
}
