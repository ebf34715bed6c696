import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { setImmediate } from './event-loop.js';

/**
 * Says where a trace goes: to a path, to a file that is open for writing (its descriptor), or to a stream.
 *
 * @example
 * ```ts
 * import { createWriteStream } from 'node:fs';
 * import { pipeline } from 'node:stream';
 * import { createGzip } from 'node:zlib';
 * import { trace, type TraceDestination } from '@x/proc/node';
 *
 * const gzip = createGzip();
 * // Perfetto opens it as it is. Not by `pipe`: that leaves gzip waiting when the file fails, and `stop` with it.
 * pipeline(gzip, createWriteStream('trace.json.gz'), (error) => error && console.error(error));
 * const destination: TraceDestination = gzip;
 * const tracing = trace.start(destination);
 * // ... the work
 * await tracing.stop();
 * gzip.end(); // a stream is yours to end
 * ```
 *
 * Source: runtime/trace Start, its io.Writer
 */
export type TraceDestination = string | URL | number | Writable;

/** Takes text that makes up the trace; `close` takes the last. `release` lets go of the destination, whatever has been written. */
export interface Sink {
  write(text: string): void;
  close(text: string): Promise<void>;
  release(): void;
}

/** A regular file, which is whole JSON after each write: the closing bracket is written over by the next. */
class FileSink implements Sink {
  readonly #fd: number;
  readonly #owned: boolean;
  /** The descriptor was opened for appending: where to write is not ours to say. */
  readonly #appends: boolean = false;
  #position = 0;

  constructor(fd: number, owned: boolean) {
    this.#fd = fd;
    this.#owned = owned;
    if (owned) return;
    // What an open file holds is not ours to add to: half of it would be somebody else's, and the whole no JSON.
    writeSync(fd, '[', 0);
    ftruncateSync(fd);
    for (let twice = 0; twice < 2; twice++) writeSync(fd, '[', 0);
    this.#appends = fstatSync(fd).size > 1;
  }

  write(text: string): void {
    this.#put(`${text}\n]`);
    // All of it is ASCII: as many bytes as characters.
    this.#position += text.length;
  }

  /** Writes all of it, or leaves the file as it was. */
  #put(text: string): void {
    try {
      this.#overwrite(text);
    } catch (error) {
      this.#restore();
      throw error;
    }
  }

  #overwrite(text: string): void {
    if (this.#appends) ftruncateSync(this.#fd, this.#position);
    // As bytes: where text is to go in the file, Deno takes no heed of.
    const bytes = Buffer.from(text, 'latin1');
    for (let done = 0; done < bytes.length;) {
      done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#position + done);
    }
  }

  #restore(): void {
    if (this.#position === 0) return;
    try {
      // In this order: a full disk has room for what is written over something.
      this.#overwrite('\n]');
      ftruncateSync(this.#fd, this.#position + 2);
    } catch {
      // What went wrong first is what is told.
    }
  }

  close(text: string): Promise<void> {
    try {
      this.#put(text);
    } finally {
      this.release();
    }
    return Promise.resolve();
  }

  release(): void {
    if (this.#owned) closeSync(this.#fd);
  }
}

/** How long a pipe that is full is left alone, in milliseconds: nobody tells when one that is open for writing only is so no more. */
const FULL = 10;

/** A pipe, a terminal or the like. What it does not take at once, where it is one that does not block, is written before what comes next. */
class PipeSink implements Sink {
  readonly #fd: number;
  readonly #owned: boolean;
  /** What is being written; apart from what comes after it, which is to be made bytes of only once, however often it is tried. */
  #bytes: Buffer = Buffer.alloc(0);
  #next = '';

  constructor(fd: number, owned: boolean) {
    this.#fd = fd;
    this.#owned = owned;
  }

  write(text: string): void {
    this.#put(text);
  }

  /** Whether all of it has been taken. */
  #put(text: string): boolean {
    this.#next += text;
    try {
      for (;;) {
        while (this.#bytes.length > 0) this.#bytes = this.#bytes.subarray(writeSync(this.#fd, this.#bytes));
        if (this.#next === '') return true;
        this.#bytes = Buffer.from(this.#next, 'latin1');
        this.#next = '';
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false;
      throw error;
    }
  }

  async close(text: string): Promise<void> {
    try {
      for (let taken = this.#put(text); !taken; taken = this.#put('')) {
        await new Promise((resolve) => setTimeout(resolve, FULL));
      }
    } finally {
      this.release();
    }
  }

  release(): void {
    if (this.#owned) closeSync(this.#fd);
  }
}

/** Hands everything to a stream, which is the caller's: it is not ended. */
class StreamSink implements Sink {
  readonly #stream: Writable;
  #failure: { error: unknown } | undefined;
  #settle = (_error?: unknown): void => {};
  readonly #fail = (error: unknown): void => {
    this.#failure ??= { error };
    this.#settle();
  };
  /** A stream that is destroyed need not call back for what it has in hand, but does for what it is told then. */
  readonly #ask = (): void => this.#end('');
  readonly #leave = (): void => void this.#stream.off('error', this.#fail);

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', this.#fail);
  }

  write(text: string): void {
    try {
      this.#stream.write(text);
    } catch (error) {
      // To a stream of Node's that write goes on for ever: it calls back no more.
      this.#failure ??= { error };
      throw error;
    }
  }

  /** Writes the last, which settles it. */
  #end(text: string): void {
    try {
      this.#stream.write(text, this.#settle);
    } catch (error) {
      this.#fail(error);
    }
  }

  close(text: string): Promise<void> {
    const stream = this.#stream;
    return new Promise<void>((resolve, reject) => {
      this.#settle = (error) => {
        // An 'error' event follows the callback.
        setImmediate(() => {
          this.release();
          const failure = this.#failure ?? (error ? { error: stream.errored ?? error } : undefined);
          if (failure) reject(failure.error);
          else resolve();
        });
      };
      stream.on('close', this.#ask);
      this.#end(text);
      // One that has thrown, or has failed and was not destroyed, calls back no more.
      if (this.#failure) this.#settle();
    });
  }

  release(): void {
    const stream = this.#stream;
    stream.off('close', this.#ask);
    // The 'error' of a stream that is destroyed comes when it has closed what is below it.
    if (stream.destroyed && !stream.closed) stream.once('close', this.#leave);
    else this.#leave();
  }
}

/** Opens a destination. */
export function sinkOf(destination: TraceDestination): Sink {
  if (typeof destination === 'string' || typeof destination === 'number' || destination instanceof URL) {
    const owned = typeof destination !== 'number';
    const fd = owned ? openSync(destination, 'w') : destination;
    return fstatSync(fd).isFile() ? new FileSink(fd, owned) : new PipeSink(fd, owned);
  }
  if (typeof (destination as Writable | null | undefined)?.write === 'function') return new StreamSink(destination);
  const got: unknown = destination;
  throw new TypeError(
    `destination must be a path, a file descriptor or a stream, got ${typeof got === 'object' && got !== null ? 'an object' : String(got)}`,
  );
}
