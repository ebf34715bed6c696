import { onAbort } from '@x/abort';
import { dispose } from './dispose.js';

/** Those who wait for the same thing. Of one who gives up, because a signal aborts, nothing stays. */
export class Waiters {
  readonly #tells = new Set<() => void>();

  /** Resolves the next time that they are told. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const tell = (): void => {
        following?.[dispose]();
        resolve();
      };
      this.#tells.add(tell);
      const following =
        signal &&
        onAbort(signal, (reason) => {
          this.#tells.delete(tell);
          reject(reason);
        });
    });
  }

  /** Tells all of them. */
  tell(): void {
    for (const tell of this.#tells) tell();
    this.#tells.clear();
  }
}
