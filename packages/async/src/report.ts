/** Tells an error to whoever wants to know, and otherwise to the platform. What the callback throws is the platform's, too. */
export function report<A extends unknown[]>(
  onError: ((error: unknown, ...rest: A) => void) | undefined,
  error: unknown,
  ...rest: A
): void {
  try {
    if (onError === undefined) throw error;
    onError(error, ...rest);
  } catch (unhandled) {
    void Promise.reject(unhandled);
  }
}
