#!/usr/bin/env node
// Ctrl-C has its status from the first moment on, also while the program is being loaded.
const early = (): void => process.exit(130);
process.on('SIGINT', early);

const [{ abortable }, { main }, { runProgram }, { workingFolder }, { constants }] = await Promise.all([
  import('@x/abort'),
  import('@x/proc/node'),
  import('./cli.js'),
  import('./working-folder.js'),
  import('node:os'),
]);

// Whoever reads our output may go first (`| head`): nobody is left to tell.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

const interrupted = await main(
  async (signal) => {
    process.off('SIGINT', early);
    const { stdout, stderr } = process;
    process.exitCode = await runProgram(process.argv.slice(2), { stdout, stderr, folder: workingFolder(), signal });
    // A pipe may take its time to be emptied, and Ctrl-C means then what it meant before.
    await abortable(new Promise((resolve) => stdout.write('', resolve)), signal);
  },
  // Work ends when it sees the signal. Should a piece of it take too long, the program does not: nothing is lost with it.
  { signals: ['SIGINT', 'SIGTERM', 'SIGHUP'], gracePeriod: 400, onTimeout: leave },
);
if (interrupted !== undefined) leave(interrupted);

function leave(signal: NodeJS.Signals): never {
  process.exit(128 + constants.signals[signal]);
}
