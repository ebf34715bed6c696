import { realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Analysis, type Scope } from './analysis.js';
import type { Fault } from './model.js';
import { help, InputError, parseOptions, type Options } from './options.js';
import { isSource } from './parse.js';
import { pause } from './pause.js';
import { drawProgress, type Terminal } from './progress.js';
import { reportOf, toJson } from './result.js';
import { reasonOf } from './source.js';
import { printable, summaryOf } from './summary.js';
import { toDot } from './dot.js';

/** What the program has around it. */
export interface Surroundings {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: Terminal;
  /** What relative paths are relative to. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Where this program's own repository is, from the sources as from the build. */
const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs the program, and gives its status. Rejects with the signal's reason when it aborts. */
export async function main(args: readonly string[], around: Surroundings): Promise<number> {
  const complain = (sentence: string): void => void around.stderr.write(`import-graph: ${printable(sentence)}\n`);
  try {
    return await run(parseOptions(args), around, complain);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    complain(error.message);
    return 2;
  }
}

async function run(options: Options, around: Surroundings, complain: (sentence: string) => void): Promise<number> {
  const { stdout, stderr, folder, signal } = around;
  if (options.help) {
    stdout.write(help);
    return 0;
  }
  const scope = scopeOf(options.path === undefined ? repository : resolve(folder, options.path), options.path);
  const analysis = new Analysis(scope, { concurrency: options.concurrency, signal });
  const progress = drawProgress(analysis, stderr);
  let report;
  try {
    const modules = await analysis.run();
    report = await reportOf(scope, modules, analysis.faults, pause(signal));
  } finally {
    progress[Symbol.dispose]();
  }
  let failed = report.errors.length > 0;
  if (options.dot !== undefined) {
    try {
      writeFileSync(resolve(folder, options.dot), toDot(report));
    } catch (error) {
      complain(`${options.dot} cannot be written (${reasonOf(error)})`);
      failed = true;
    }
  }
  stdout.write(options.json ? toJson(report) : summaryOf(report));
  for (const error of report.errors) complain(`${placeOf(error, report.root)}: ${error.message}`);
  if (failed) return 2;
  return options.failOnCycle && report.cycles.length > 0 ? 1 : 0;
}

function placeOf({ path, line, column }: Fault, root: string): string {
  if (path === '.') return root;
  return line === undefined ? path : `${path}:${line}:${column}`;
}

/** What a path means. @param typed for messages */
function scopeOf(path: string, typed = path): Scope {
  let real: string;
  let isFolder: boolean;
  try {
    real = realpathSync(path);
    const stats = statSync(real);
    isFolder = stats.isDirectory();
    if (!isFolder && !stats.isFile()) throw new InputError(`${typed} is neither a file nor a folder`);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new InputError(`there is no ${typed}`, { cause: error });
    throw new InputError(`${typed} cannot be read (${reasonOf(error)})`, { cause: error });
  }
  if (isFolder) return { path: real, kind: 'folder', boundary: real };
  if (!isSource(real)) throw new InputError(`${typed} is neither JavaScript nor TypeScript`);
  return { path: real, kind: 'file', boundary: packageFolder(real) };
}

/** How far imports of a file are followed: its package if it is an installed one, else everywhere but into `node_modules`. */
function packageFolder(file: string): string {
  const marker = `${sep}node_modules${sep}`;
  const at = file.lastIndexOf(marker);
  if (at === -1) return resolve(dirname(file), sep);
  const [scope = '', name = ''] = file.slice(at + marker.length).split(sep);
  return join(file.slice(0, at + marker.length), scope.startsWith('@') ? join(scope, name) : scope);
}
