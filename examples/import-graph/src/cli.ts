import { abortable, isAbort } from '@x/abort';
import { trace } from '@x/proc/node';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Analysis } from './analysis.js';
import { deliver, unwritten, type Surroundings } from './deliver.js';
import { help, InputError, parseOptions, type Options } from './options.js';
import { openPipe } from './output-file.js';
import { pause } from './pause.js';
import { drawProgress } from './progress.js';
import { reportOf } from './result.js';
import { scopeOf } from './scope.js';
import { asTask } from './step.js';
import { printable } from './summary.js';

// For who has nothing else of the program at hand.
export { unwritten };

/** Where this program's own repository is, from the sources as from the build. */
const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs the program, and gives its status. Rejects with the signal's reason when it aborts. */
export async function runProgram(args: readonly string[], around: Omit<Surroundings, 'complain'>): Promise<number> {
  const complain = (sentence: string): void => void around.stderr.write(`import-graph: ${printable(sentence)}\n`);
  try {
    return await run(parseOptions(args), { ...around, complain });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    complain(error.message);
    return 2;
  }
}

async function run(options: Options, around: Surroundings): Promise<number> {
  if (options.help) {
    around.stdout.write(help);
    return 0;
  }
  const { path, trace: traceFile } = options;
  const file = path === undefined ? repository : resolve(around.folder, path);
  const work = (signal: AbortSignal): Promise<number> => start(options, file, { ...around, signal });
  // What is wrong with the arguments is said before anything is written.
  scopeOf(file, path);
  const { dot } = options;
  if (
    dot !== undefined &&
    traceFile !== undefined &&
    isSameFile(resolve(around.folder, dot), resolve(around.folder, traceFile))
  ) {
    throw new InputError(`--dot and --trace are the same file, ${dot}`);
  }
  return traceFile === undefined ? work(around.signal) : traced(traceFile, work, around);
}

/** Whether two names are of one file, also through a link. */
function isSameFile(one: string, other: string): boolean {
  if (one === other) return true;
  try {
    const [a, b] = [statSync(one), statSync(other)];
    // What is no file, `/dev/null` or a pipe, takes both.
    return a.isFile() && a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}

/** The parts that only some runs need are loaded by those alone. */
async function start(options: Options, file: string, around: Surroundings): Promise<number> {
  if (options.serve === undefined && !options.watch) return runOnce(options, file, around);
  // While a part is being loaded nothing else would see the signal.
  const { runSession } = await abortable(import('./session.js'), around.signal);
  return runSession(options, file, around);
}

async function traced(
  name: string,
  work: (signal: AbortSignal) => Promise<number>,
  { folder, signal, complain, foretell }: Surroundings,
): Promise<number> {
  const file = resolve(folder, name);
  let pipe: Writable | undefined;
  let writer;
  try {
    pipe = await openPipe(file, signal);
    writer = trace.start(pipe ?? file);
  } catch (error) {
    if (isAbort(error, signal)) throw error;
    foretell?.(2);
    complain(unwritten(name, error));
    await work(signal);
    return 2;
  }
  let status: number;
  try {
    status = await asTask('import-graph', signal, work);
  } catch (error) {
    await writer.stop().catch(() => undefined);
    pipe?.destroy();
    throw error;
  }
  try {
    await writer.stop();
    return status;
  } catch (error) {
    complain(unwritten(name, error));
    return 2;
  } finally {
    pipe?.destroy();
  }
}

async function runOnce(options: Options, file: string, around: Surroundings): Promise<number> {
  const { signal, stderr } = around;
  const scope = scopeOf(file, options.path);
  const analysis = new Analysis(scope, {
    concurrency: options.concurrency,
    signal,
    traced: options.trace !== undefined,
  });
  const progress = drawProgress(analysis, stderr);
  let report;
  try {
    report = await reportOf(scope, await analysis.run(), analysis.faults, pause(signal));
  } finally {
    progress[Symbol.dispose]();
    await analysis.close();
  }
  const status = report.errors.length > 0 ? 2 : options.failOnCycle && report.cycles.length > 0 ? 1 : 0;
  around.foretell?.(status);
  return (await deliver(report, options, around)) ? status : 2;
}
