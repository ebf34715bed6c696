#!/usr/bin/env node
// Ctrl-C has its status from the first moment on, also while the program is being loaded.
const early = (): void => process.exit(130);
process.on('SIGINT', early);

const [{ abortable, onAbort }, { osSignal, SignalError }, { main }, { workingFolder }] = await Promise.all([
  import('@x/abort'),
  import('@x/abort/node'),
  import('./cli.js'),
  import('./working-folder.js'),
]);
const interrupted = osSignal(['SIGINT', 'SIGTERM', 'SIGHUP']);
process.off('SIGINT', early);

// Whoever reads our output may go first (`| head`): nobody is left to tell.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

const { signal } = interrupted;
const statusOf = (reason: unknown): number => (reason instanceof SignalError ? reason.exitCode : 1);
// Work ends when it sees the signal. Should a piece of it take too long, the program does not.
onAbort(signal, (reason) => setTimeout(() => process.exit(statusOf(reason)), 500).unref());

try {
  const { stdout, stderr } = process;
  process.exitCode = await main(process.argv.slice(2), { stdout, stderr, folder: workingFolder(), signal });
  // A pipe may take its time to be emptied, and Ctrl-C means then what it meant before.
  await abortable(new Promise((resolve) => stdout.write('', resolve)), signal);
  interrupted[Symbol.dispose]();
} catch (error) {
  if (!signal.aborted || error !== signal.reason) throw error;
  process.exit(statusOf(error));
}
