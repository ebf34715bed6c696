import { abortable, isAbort } from '@x/abort';
import { resolve } from 'node:path';
import { toDot } from './dot.js';
import type { Fault } from './model.js';
import type { Options } from './options.js';
import { writeOutput } from './output-file.js';
import { writeInPieces } from './pieces.js';
import type { Terminal } from './progress.js';
import { toJson, type Report } from './result.js';
import { reasonOf } from './source.js';
import { summaryOf } from './summary.js';

/** Takes what is written. A stream that has enough for now says `false`, and `drain` later. */
export interface Sink {
  write(text: string): unknown;
  once?(event: 'drain', listener: () => void): unknown;
}

/** What the program has around it. */
export interface Surroundings {
  readonly stdout: Sink;
  readonly stderr: Terminal;
  /** What relative paths are relative to. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Says a sentence on stderr. */
  readonly complain: (sentence: string) => void;
  /** Is told which status it will be at least, as soon as that is known: who reads the output may go before it has been written. */
  readonly foretell?: (status: number) => void;
}

/**
 * Hands a report over in the ways that were asked for, and says what is wrong in it. False if anything is. Rejects with the signal's reason when it aborts.
 *
 * @param known what has been said already
 */
export async function deliver(
  report: Report,
  { dot, json, watch }: Pick<Options, 'dot' | 'json' | 'watch'>,
  { stdout, folder, signal, complain, foretell }: Surroundings,
  known: ReadonlySet<string> = new Set(),
): Promise<boolean> {
  let isWhole = report.errors.length === 0;
  if (dot !== undefined) {
    try {
      await writeOutput(resolve(folder, dot), toDot(report), signal);
    } catch (error) {
      if (isAbort(error, signal)) throw error;
      foretell?.(2);
      complain(unwritten(dot, error));
      isWhole = false;
    }
  }
  const texts = json ? toJson(report, watch ? 0 : 2) : [summaryOf(report)];
  await writeInPieces(texts, (piece) => taken(stdout, piece, signal), signal);
  for (const sentence of mistakesOf(report)) if (!known.has(sentence)) complain(sentence);
  return isWhole;
}

/** Writes, and waits until there is room for more. */
async function taken(sink: Sink, piece: string, signal: AbortSignal): Promise<void> {
  if (sink.write(piece) !== false) return;
  await abortable(new Promise<void>((resolve) => sink.once?.('drain', resolve)), signal);
}

/** The sentence for what cannot be written. */
export function unwritten(name: string, error: unknown): string {
  // The file itself need not be there.
  const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return `${name} cannot be written (${isMissing ? 'its folder is not there' : reasonOf(error)})`;
}

/** What could not be read or parsed, a sentence each. */
export function mistakesOf(report: Report): string[] {
  return report.errors.map((error) => `${placeOf(error, report.root)}: ${error.message}`);
}

function placeOf({ path, line, column }: Fault, root: string): string {
  if (path === '.') return root;
  return line === undefined ? path : `${path}:${line}:${column}`;
}
