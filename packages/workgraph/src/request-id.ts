let unnamed = 0;

/** How the library makes one. */
export type NewRequestId = new (
  label?: unknown,
  naming?: (label: never) => string | undefined,
  site?: string,
) => RequestId;

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
  #number: number | undefined;
  readonly #site: string | undefined;

  /** Made by the library: each request has one. */
  private constructor(label?: unknown, naming?: (label: never) => string | undefined, site?: string) {
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
        const name = naming(this.#label as never);
        this.#label = name === undefined ? name : String(name);
      } catch {
        this.#label = 'an unknown key';
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
    return this.name ?? `request ${(this.#number ??= ++unnamed)}`;
  }
}
