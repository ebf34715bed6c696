/** What was thrown, which may be undefined: a list of it. */
export type Failure = readonly [error: unknown];

/**
 * Calls a function of the user's and tells how it ends: now, unless it returns a promise, of whatever make, or is to be told in turn. Then what ends at
 * once comes behind promises that had settled before.
 */
export function call(fn: () => unknown, ended: (failure?: Failure) => void, inTurn?: boolean): void {
  let value: unknown;
  try {
    value = fn();
    if (!inTurn && !(value as Partial<PromiseLike<unknown>> | undefined)?.then) return ended();
    value = Promise.resolve(value);
  } catch (error) {
    if (!inTurn) return ended([error]);
    value = Promise.reject(error);
  }
  (value as Promise<unknown>).then(
    () => ended(),
    (error: unknown) => ended([error]),
  );
}
