import { never } from '@x/abort';
import type { ServerResponse } from 'node:http';
import { basename } from 'node:path';
import { EventStreams } from './event-streams.js';
import { jsonOf } from './json.js';
import { writeInPieces } from './pieces.js';
import type { Counts } from './progress.js';
import type { Report } from './result.js';

/** How far the work is, in the words of `GET /events`. */
export interface Phase {
  readonly phase: 'reading' | 'evaluating' | 'done';
  readonly done: number;
  readonly known: number;
}

/** What an update has done. */
export interface Update {
  /** How many modules were evaluated anew. */
  readonly recomputed: number;
  /** The modules that were added, removed, or have other contents or imports, as paths relative to the root. */
  readonly changed: readonly string[];
}

/** What visitors of the server see: the latest result, and how far the next one is. Every change is told to those who listen. */
export class LiveGraph {
  readonly streams = new EventStreams();
  #phase: Phase = { phase: 'reading', done: 0, known: 0 };
  #version = 0;
  #body: Buffer | undefined;
  #event: string | undefined;
  #failure: string | undefined;

  /** The latest result as JSON, if there is one. */
  get body(): Buffer | undefined {
    return this.#body;
  }

  /** Says how far the work is. What has been said already is not said again. */
  progress({ found, read, evaluated }: Counts, finished: boolean): void {
    const reading = read < found || found === 0;
    const phase: Phase = finished
      ? { phase: 'done', done: found, known: found }
      : { phase: reading ? 'reading' : 'evaluating', done: reading ? read : evaluated, known: found };
    const { phase: name, done, known } = this.#phase;
    if (name === phase.phase && done === phase.done && known === phase.known) return;
    this.#phase = phase;
    this.streams.send('progress', JSON.stringify(phase));
  }

  /** Makes a report the latest result, once it is written down. Rejects with the signal's reason when that aborts. One at a time. */
  async publish(report: Report, { recomputed, changed }: Update, signal: AbortSignal = never): Promise<void> {
    const { root, modules, cycles, unresolved, errors, entries } = report;
    const version = this.#version + 1;
    const name = basename(root) || root;
    const body: Buffer[] = [];
    const texts = jsonOf({ version, root: name, modules, cycles, unresolved, errors, entries });
    await writeInPieces(texts, (piece) => void body.push(Buffer.from(piece)), signal);
    this.#version = version;
    this.#body = Buffer.concat(body);
    this.#event = JSON.stringify({ version, modules: modules.length, recomputed, changed });
    this.#failure = undefined;
    this.streams.send('graph', this.#event);
  }

  /** Says why there is no new result. */
  fail(message: string): void {
    this.#failure = JSON.stringify({ message });
    this.streams.send('failed', this.#failure);
  }

  /** Makes a response a stream of what happens from now on, after what there is now. */
  follow(response: ServerResponse): void {
    const first: [string, string][] = [['progress', JSON.stringify(this.#phase)]];
    if (this.#event !== undefined) first.push(['graph', this.#event]);
    if (this.#failure !== undefined) first.push(['failed', this.#failure]);
    this.streams.open(response, first);
  }
}
