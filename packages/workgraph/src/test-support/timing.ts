/** Lets everything happen that only waits for microtasks, and one turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Collects garbage until the condition holds, finalizers included. */
export async function collectUntil(condition: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 40 && !condition(); attempt++) {
    // What a WeakRef was asked for lives on until the end of the job.
    await turn();
    (globalThis as { gc?: () => void }).gc?.();
    await turn();
  }
  return condition();
}

/** Fails rather than hangs. */
export async function within<T>(promise: PromiseLike<T>, turns = 50): Promise<T> {
  const hung = Symbol();
  const timeout = (async () => {
    for (let i = 0; i < turns; i++) await turn();
    return hung;
  })();
  const result = await Promise.race([promise, timeout]);
  if (result === hung) throw new Error('It hangs.');
  return result as T;
}

export const failure = (promise: PromiseLike<unknown>): Promise<unknown> =>
  within(
    promise.then(
      (value) => {
        throw new Error(`It resolved with ${String(value)}.`);
      },
      (error: unknown) => error,
    ),
  );
