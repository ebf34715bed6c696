import { abortable, sleep } from '@x/abort';
import type { Change } from './change.js';

/** How long nothing must have come for a burst to be over, in milliseconds: longer than the steps in which an editor saves. */
const quiet = 60;
/** After so long a burst is taken as it is. */
const longest = 1000;

/** Collects changes, each path once, so that those which come together are handled together. */
export class Bursts {
  #changes = new Map<string, Change>();
  #count = 0;
  #arrived: () => void = () => undefined;

  add(change: Change): void {
    this.#count++;
    // That something came or went says more than that it was written to.
    if (this.#changes.get(change.path)?.kind !== 'entry') this.#changes.set(change.path, change);
    this.#arrived();
  }

  /** Waits for changes, and then until no more come. Rejects with the reason of the signal when it aborts. */
  async next(signal: AbortSignal): Promise<Change[]> {
    if (this.#changes.size === 0) await abortable(new Promise<void>((resolve) => (this.#arrived = resolve)), signal);
    const end = performance.now() + longest;
    let seen: number;
    do {
      seen = this.#count;
      await sleep(quiet, { signal });
    } while (seen !== this.#count && performance.now() < end);
    const changes = [...this.#changes.values()];
    this.#changes = new Map();
    return changes;
  }
}
