import type { RequestId } from './request-id.js';
import { idOf, REQUEST, type RequestState } from './state.js';

/** How `newRequest` makes one. */
export type New<Handle> = new (request: RequestState) => Handle;

/** What a resolver and its promise have in common: the request. */
export abstract class RequestHandle {
  readonly #request: RequestState;

  /** Both are made by `newRequest`. */
  protected constructor(request: object) {
    this.#request = request as RequestState;
  }

  /** Is the id of the request: the same for a resolver, its promise, and the errors about them. */
  get requestId(): RequestId {
    return idOf(this.#request);
  }

  /** @internal */
  get [REQUEST](): object {
    return this.#request;
  }
}
