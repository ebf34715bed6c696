/**
 * Something whose health can be asked for: it throws, or rejects, when it is not well. Where one is accepted a plain
 * function is, too (`CheckerLike`).
 *
 * Source: blend/go-sdk async Checker
 */
export interface Checker {
  /** Throws, or rejects, when something is not as it should be. */
  check(signal: AbortSignal): void | PromiseLike<void>;
}

/** A checker, or the function that one is made of. */
export type CheckerLike = Checker | Checker['check'];
