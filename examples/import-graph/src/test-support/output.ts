import type { ChildProcess } from 'node:child_process';

/** What a program has said so far. */
export class Output {
  #text = '';
  readonly #waiting = new Set<() => void>();

  constructor(stream: ChildProcess['stdout']) {
    stream?.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString();
      for (const look of this.#waiting) look();
    });
  }

  get text(): string {
    return this.#text;
  }

  /** Waits until it says something, and takes all up to there. */
  async next(pattern: RegExp): Promise<RegExpExecArray> {
    const found = await new Promise<RegExpExecArray>((resolve, reject) => {
      const tooLate = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`${String(pattern)} was not said, but: ${this.#text}`));
      }, 15_000);
      const look = (): void => {
        const match = pattern.exec(this.#text);
        if (match === null) return;
        clearTimeout(tooLate);
        this.#waiting.delete(look);
        resolve(match);
      };
      this.#waiting.add(look);
      look();
    });
    this.#text = this.#text.slice(found.index + found[0].length);
    return found;
  }
}
