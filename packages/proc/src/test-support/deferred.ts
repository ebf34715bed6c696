/** A promise that is settled by hand. */
export interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

export function deferred(): Deferred {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Lets everything run that waits for nothing but microtasks. */
export async function microtasks(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

/** What a process throws; fails when it throws nothing. */
export async function thrownBy(process: void | PromiseLike<void>): Promise<unknown> {
  try {
    await process;
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown.');
}

/** A process that ends with its signal's reason. */
export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

/** A signal of its own for each test. */
export const live = (): AbortSignal => new AbortController().signal;

export const failWith = (error: unknown) => (): Promise<void> => Promise.reject(error);
