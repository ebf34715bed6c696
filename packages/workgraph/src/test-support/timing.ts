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

/** The real ones, also under fake timers. */
const { setTimeout, clearTimeout } = globalThis;

/** Fails rather than hangs. Timers of no length that were set meanwhile have their turn first: those of one length ring in the order in which they were set. */
export async function within<T>(promise: PromiseLike<T>, turns = 50): Promise<T> {
  const hung = Symbol();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  const timeout = (async () => {
    for (let i = 0; i < turns && !over; i++) await turn();
    for (let i = 0; i < 2 && !over; i++) await new Promise<void>((resolve) => (timer = setTimeout(resolve)));
    return hung;
  })();
  try {
    const result = await Promise.race([promise, timeout]);
    if (result === hung) throw new Error('It hangs.');
    return result as T;
  } finally {
    over = true;
    clearTimeout(timer);
  }
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
