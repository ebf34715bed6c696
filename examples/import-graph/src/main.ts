#!/usr/bin/env node
// Ctrl-C has its status from the first moment on, also while the program is being loaded.
const early = (): void => process.exit(130);
process.on('SIGINT', early);

const [
  { abortable },
  { main },
  { runProgram, unwritten },
  { workingFolder },
  { endWith },
  { constants },
  { setImmediate },
] = await Promise.all([
  import('@x/abort'),
  import('@x/proc/node'),
  import('./cli.js'),
  import('./working-folder.js'),
  import('./starter.js'),
  import('node:os'),
  import('node:timers/promises'),
]);

/** Aborts when what the program says cannot be written. */
const unheard = new AbortController();
for (const [name, stream] of [
  ['stdout', process.stdout],
  ['stderr', process.stderr],
] as const) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever reads our output may go first (`| head`): nobody is left to tell.
    if (error.code === 'EPIPE') process.exit();
    if (unheard.signal.aborted) return;
    unheard.abort(error);
    process.exitCode = 2;
    if (name === 'stdout') process.stderr.write(`import-graph: ${unwritten(name, error)}\n`);
  });
}

const interrupted = await main(
  async (signal) => {
    process.off('SIGINT', early);
    endWith();
    const { stdout, stderr } = process;
    const around = {
      ...{ stdout, stderr, folder: workingFolder(), signal: AbortSignal.any([signal, unheard.signal]) },
      foretell: (status: number): void => void (process.exitCode = Math.max(Number(process.exitCode ?? 0), status)),
    };
    try {
      const status = await runProgram(process.argv.slice(2), around);
      process.exitCode = unheard.signal.aborted ? 2 : status;
      // A pipe may take its time to be emptied, and Ctrl-C means then what it meant before.
      await abortable(new Promise((resolve) => stdout.write('', resolve)), around.signal);
      // What came while nothing could be heard is heard as soon as the event loop has looked for it. The turn that is under way may be past that.
      for (let turns = 0; turns < 2; turns++) await setImmediate();
    } catch (error) {
      if (error !== unheard.signal.reason || !unheard.signal.aborted) throw error;
    }
  },
  // Work ends when it sees the signal. Should a piece of it take too long, the program does not: nothing is lost with it.
  { signals: ['SIGINT', 'SIGTERM', 'SIGHUP'], gracePeriod: 400, onTimeout: leave },
);
if (interrupted !== undefined) leave(interrupted);

function leave(signal: NodeJS.Signals): never {
  process.exit(128 + constants.signals[signal]);
}
