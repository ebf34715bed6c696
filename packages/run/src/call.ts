/** What was thrown, if anything: a list, because it may be undefined. */
export type Failure = [] | [error: unknown];

/** Calls a function of the user's and tells how it ends: now, unless it returns a promise, of whatever make. */
export function call(fn: () => unknown, ended: (...failure: Failure) => void): void {
  try {
    const value = fn() as PromiseLike<unknown> | undefined;
    if (value?.then) Promise.resolve(value).then(() => ended(), ended);
    else ended();
  } catch (error) {
    ended(error);
  }
}
