import type { GraphPayload } from './model/view.js';

/** How far the work is. */
export interface Progress {
  readonly phase: 'reading' | 'evaluating' | 'done';
  readonly done: number;
  readonly known: number;
}

/** That there is a new result. */
export interface Update {
  readonly version: number;
  readonly recomputed: number;
  readonly changed: readonly string[];
}

export interface Listener {
  /** The server is there, or has gone away and is being looked for. */
  connection(state: 'live' | 'lost'): void;
  progress(progress: Progress): void;
  /** There is a result, which is still to be fetched: what failed before is over. */
  computed(): void;
  /** Called for one result after the other; what came in between is left out. */
  graph(payload: GraphPayload, update: Update): Promise<void>;
  failed(message: string): void;
}

/** How long until a server that has gone away is looked for again: at first, and at most. */
const [soon, latest] = [500, 5000];

/**
 * Listens to the server for as long as the page lives.
 *
 * The graph is asked for only once there is news of one: asked for before, it would be an error. While one is being fetched or shown, only the latest news
 * waits. After the connection was lost the server may be another one, whose versions begin anew: its first news is always followed.
 */
export class Connection {
  readonly #listener: Listener;
  #wait = soon;
  #shown: number | undefined;
  #next: Update | undefined;
  #busy = false;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  open(): void {
    const source = new EventSource('/events');
    source.addEventListener('open', () => {
      this.#wait = soon;
      this.#shown = undefined;
      this.#listener.connection('live');
    });
    source.addEventListener('progress', ({ data }: MessageEvent<string>) =>
      this.#listener.progress(JSON.parse(data) as Progress),
    );
    source.addEventListener('failed', ({ data }: MessageEvent<string>) =>
      this.#listener.failed((JSON.parse(data) as { message: string }).message),
    );
    source.addEventListener('graph', ({ data }: MessageEvent<string>) => {
      // Now, and not once it is shown: what fails in between has failed after it.
      this.#listener.computed();
      this.#next = JSON.parse(data) as Update;
      void this.#follow();
    });
    // The browser's own way to come back is slow, and gives up where the port is taken by something else.
    source.addEventListener('error', () => {
      source.close();
      this.#listener.connection('lost');
      setTimeout(() => this.open(), this.#wait);
      this.#wait = Math.min(latest, 2 * this.#wait);
    });
  }

  async #follow(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let update = this.#next; update !== undefined; update = this.#next) {
      this.#next = undefined;
      if (update.version === this.#shown) continue;
      try {
        const response = await fetch('/graph.json');
        if (!response.ok) throw new Error(`the server answered ${response.status}`);
        const payload = (await response.json()) as GraphPayload;
        // It may be newer than the news; then its own is still to come, and there is nothing to be done for it.
        this.#shown = payload.version;
        await this.#listener.graph(payload, update);
      } catch (error) {
        // What has gone away is said by the other connection, and looked for by it.
        console.warn('The graph could not be shown:', error);
      }
    }
    this.#busy = false;
  }
}
