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

  /** The same for a resolver and its promise, and in the errors about their request. */
  get requestId(): RequestId {
    return idOf(this.#request);
  }

  /** @internal */
  get [REQUEST](): object {
    return this.#request;
  }
}
