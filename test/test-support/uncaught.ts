import { runInThisContext } from 'node:vm';

// Under jest `process` is a copy; what is uncaught is told to the real one.
const real = runInThisContext('process') as NodeJS.Process;
const { setImmediate: nextTurn } = globalThis;

/** Runs something and returns what was reported to the platform meanwhile, in place of what would have ended the program. */
export async function uncaught(run: () => unknown): Promise<unknown[]> {
  const errors: unknown[] = [];
  const caught = (error: unknown): void => void errors.push(error);
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => real.listeners(event as 'uncaughtException'));
  for (const event of events) {
    real.removeAllListeners(event);
    real.on(event, caught);
  }
  try {
    await run();
    for (let round = 0; round < 3; round++) await new Promise((resolve) => nextTurn(resolve));
  } finally {
    events.forEach((event, index) => {
      real.removeAllListeners(event);
      for (const listener of before[index]!) real.on(event, listener);
    });
  }
  return errors;
}
