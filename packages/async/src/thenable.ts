/** Whether a value has to be waited for. */
export function isThenable<R>(value: R | PromiseLike<R>): value is PromiseLike<R> {
  return typeof (value as Partial<PromiseLike<R>> | null | undefined)?.then === 'function';
}
