import { log, task, TaskError } from '@x/proc';

/** A piece of the work under a signal: as a task that a trace shows, or just so. @param subject what it is done to */
export type Step = <T>(
  type: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => T | PromiseLike<T>,
  subject?: string,
) => T | PromiseLike<T>;

/** Runs a piece of work as a task of a type, and gives what it returns. What it throws is thrown as it is: the tasks are no part of what went wrong in a file. */
export async function asTask<T>(
  type: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => T | PromiseLike<T>,
  subject?: string,
): Promise<T> {
  const outcome: { value?: T } = {};
  try {
    await task(type, async (own) => {
      if (subject !== undefined) log(own, 'subject', subject);
      outcome.value = await work(own);
    })(signal);
  } catch (error) {
    throw error instanceof TaskError ? error.cause : error;
  }
  return outcome.value as T;
}

/** Runs a piece of work where nobody looks on. There may be four for each of ten thousand files: a promise for each would be felt. */
export const untold: Step = (_, signal, work) => work(signal);
