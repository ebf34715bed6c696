// What is thrown on purpose, and where it arrives: each that has to be told to somebody is told once.
import type { Chance } from './chance.js';

/** What is thrown on purpose. */
export class Fault extends Error {
  arrived = 0;
  constructor(where: string) {
    super(`on purpose, in ${where}`);
  }
}

/** What is wrong with what the packages did. */
class Broken extends Error {}

export function assert(right: unknown, message: string): asserts right {
  if (!right) throw new Broken(message);
}

/** After so many turns of microtasks or of the loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    if (turn % 3 === 2) await new Promise((resolve) => setImmediate(resolve));
    else await Promise.resolve();
  }
}

/** What the platform was told and nobody expected. */
export const unexpected: unknown[] = [];
export const reported = { count: 0 };

process.on('uncaughtException', report);
process.on('unhandledRejection', report);
function report(error: unknown): void {
  reported.count++;
  const members = error instanceof AggregateError ? error.errors : [error];
  for (const each of members as unknown[]) {
    const fault = (each as { cause?: unknown } | undefined)?.cause ?? each;
    if (fault instanceof Fault) fault.arrived++;
    else unexpected.push(each);
  }
}

/**
 * What a function of the user's does, after some time: returns, throws, rejects, gives a promise that is none. `aborted` is what it does when the signal aborts.
 * Gives the fault that it will fail with, or undefined.
 */
export function behave(
  chance: Chance,
  where: string,
  faulty = 4,
): { fault: Fault | undefined; run: (signal?: AbortSignal) => unknown } {
  const fault = chance.once(faulty) ? new Fault(where) : undefined;
  const kind = chance.below(8);
  const wait = chance.below(6);
  const end = (): unknown => {
    if (fault) throw fault;
    return 'well';
  };
  return {
    fault,
    run: (signal) => {
      switch (kind) {
        case 0:
        case 1:
          return end();
        case 2:
          return turns(wait).then(end);
        case 3:
          return new Promise<void>((resolve) => setTimeout(resolve, wait % 3)).then(end);
        case 4: // calls back twice, and throws after that
          return {
            then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
              if (fault) reject(fault);
              else resolve('well');
              resolve('again');
              throw new Error('after that');
            },
          };
        case 5: // throws in its then
          return {
            then(resolve: (value: unknown) => void) {
              end();
              resolve('well');
            },
          };
        case 6: // a getter
          return Object.defineProperty({}, 'then', {
            get() {
              end();
              return undefined;
            },
          });
        default: // never settles, but for the abort
          return new Promise((resolve, reject) => {
            const settle = (): void => {
              if (fault) reject(fault);
              else resolve('well');
            };
            if (!signal) return settle();
            if (signal.aborted) return settle();
            const stop = (): void => (clearTimeout(timer), settle());
            const timer = setTimeout(() => {
              signal.removeEventListener('abort', stop);
              settle();
            }, 1 + wait);
            signal.addEventListener('abort', stop, { once: true });
          });
      }
    },
  };
}
