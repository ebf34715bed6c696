let unnamed = 0;

/** How the library makes one. */
export type NewRequestId = new (
  label?: unknown,
  naming?: (label: never) => string | undefined,
  site?: string,
) => RequestId;

/**
 * Tells one request from all others. Compare it by identity: a resolver, its promise and the errors about their request have the same id. It keeps
 * neither the request nor its result in memory.
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

  /** Is the name of the request, or the name that its map gives to the key. */
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

  /** Returns the name. A request without a name gets a number of its own. */
  toString(): string {
    return this.name ?? `request ${(this.#number ??= ++unnamed)}`;
  }
}
