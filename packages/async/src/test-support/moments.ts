import { runInThisContext } from 'node:vm';

/** A promise and its two functions. */
export interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((settle, fail) => {
    resolve = settle;
    reject = fail;
  });
  return { promise, resolve, reject };
}

const { setImmediate: nextTurn } = globalThis;

/** Resolves when all microtasks, and what they led to, have been done: real time, also under fake timers. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => void nextTurn(resolve));
}

// Within a test `process` is a copy, and events of the real one do not come to it: jest's own listeners are put aside.
const real = runInThisContext('process') as NodeJS.Process;

/** Collects the unhandled rejections while the work goes on. */
export async function unhandled(work: () => unknown): Promise<unknown[]> {
  const seen: unknown[] = [];
  const before = real.listeners('unhandledRejection');
  real.removeAllListeners('unhandledRejection');
  real.on('unhandledRejection', (reason) => void seen.push(reason));
  try {
    await work();
    await quiet();
  } finally {
    real.removeAllListeners('unhandledRejection');
    for (const listener of before) real.on('unhandledRejection', listener);
  }
  return seen;
}

/** How many listeners of ours, and others, are on a signal. */
export function listenersOn(signal: AbortSignal): number {
  const { getEventListeners } = process.getBuiltinModule('node:events');
  return getEventListeners(signal, 'abort').length;
}
