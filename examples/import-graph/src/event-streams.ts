import type { ServerResponse } from 'node:http';

/**
 * Server-sent events to any number of listeners.
 *
 * 1. A listener that does not read as fast as we write is sent nothing more until it has caught up, and is then told the latest event of each kind:
 *    so much is kept for it, and no more.
 * 2. Once closed, all streams have been ended, and one that is opened ends at once.
 */
export class EventStreams {
  readonly #streams = new Set<Stream>();
  #closed = false;

  /** How many listen. */
  get size(): number {
    return this.#streams.size;
  }

  /** Makes a response a stream of events, until its reader goes away. The headers that are set are sent with it. */
  open(response: ServerResponse, first: readonly (readonly [event: string, data: string])[]): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' });
    if (this.#closed) {
      response.end();
      return;
    }
    const stream = new Stream(response);
    this.#streams.add(stream);
    response.on('close', () => this.#streams.delete(stream));
    // A failure is followed by `close`, and there is nobody left to be told.
    response.on('error', () => undefined);
    stream.beat();
    for (const [event, data] of first) stream.send(event, data);
  }

  /** Tells all who listen. */
  send(event: string, data: string): void {
    for (const stream of this.#streams) stream.send(event, data);
  }

  /** Shows that there is still somebody here, also to what stands between. */
  beat(): void {
    for (const stream of this.#streams) stream.beat();
  }

  /** Ends all streams. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#streams) stream.end();
  }
}

class Stream {
  readonly #response: ServerResponse;
  /** What has to wait for the reader: the latest of each kind. */
  readonly #waiting = new Map<string, string>();
  #behind = false;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on('drain', () => {
      this.#behind = false;
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const [event, data] of waiting) this.send(event, data);
    });
  }

  send(event: string, data: string): void {
    if (!this.#behind) {
      this.#write(`event: ${event}\ndata: ${data}\n\n`);
      return;
    }
    // As the last of those that wait, so that the order is that in which they came.
    this.#waiting.delete(event);
    this.#waiting.set(event, data);
  }

  beat(): void {
    if (!this.#behind) this.#write(': here\n\n');
  }

  end(): void {
    this.#response.end();
  }

  #write(text: string): void {
    this.#behind = !this.#response.write(text);
  }
}
