let unnamed = 0;

/**
 * Tells one request from all others. Compares by identity: a resolver, its promise and the errors about their request have the same
 * one. Holds neither the request nor its result.
 *
 * @example
 * ```ts
 * import { newRequest, Worker } from '@x/workgraph';
 *
 * const { resolver, promise } = newRequest<number>(new Worker(), { name: 'answer' });
 * console.log(`${promise.requestId}`, promise.requestId === resolver.requestId);
 * // Output:
 * // answer true
 * ```
 *
 * Source: go-workgraph RequestID
 */
export class RequestId {
  #label: unknown;
  #naming: ((label: never) => string | undefined) | undefined;
  #number = 0;
  readonly #site: string | undefined;

  /** @internal Made by the library: each request has one. */
  constructor(label?: unknown, naming?: (label: never) => string | undefined, site?: string) {
    this.#label = label;
    this.#naming = naming;
    this.#site = site;
  }

  /** The name that the request was given, or that its map gives its key. */
  get name(): string | undefined {
    if (this.#naming !== undefined) {
      const naming = this.#naming;
      this.#naming = undefined;
      try {
        this.#label = naming(this.#label as never);
      } catch {
        this.#label = 'a key whose name cannot be told';
      }
    }
    return this.#label as string | undefined;
  }

  /** @internal Where the request was made, if that was captured. */
  get site(): string | undefined {
    return this.#site;
  }

  /** The name, or a number of its own for a request without one. */
  toString(): string {
    return this.name ?? `request ${(this.#number ||= ++unnamed)}`;
  }
}

/** What stands for "no request yet": of a `Once` that has not run, of a key that nobody has asked for. */
export const noRequest: RequestId = new RequestId('no request');
