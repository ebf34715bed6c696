/** Whether a value has to be waited for. */
export function isThenable<R>(value: R | PromiseLike<R>): value is PromiseLike<R> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    typeof (value as PromiseLike<R>).then === 'function'
  );
}
