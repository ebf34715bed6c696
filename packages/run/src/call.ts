/** What was thrown, which may be undefined: a list of it. */
export type Failure = readonly [error: unknown];

/** Calls a function of the user's and tells how it ends: now, unless it returns a promise, of whatever make. */
export function call(fn: () => unknown, ended: (failure?: Failure) => void): void {
  try {
    const value = fn() as PromiseLike<unknown> | undefined;
    if (value?.then)
      Promise.resolve(value).then(
        () => ended(),
        (error: unknown) => ended([error]),
      );
    else ended();
  } catch (error) {
    ended([error]);
  }
}
