// What `npm start` runs: pnpm, which sets the repository up if that is still to be done, and starts the program. pnpm tells the program only where npm was;
// the program has to know where the person is.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const { INIT_CWD: folder, npm_execpath: npm = '' } = process.env;
if (folder !== undefined) process.env['IMPORT_GRAPH_CWD'] = folder;
// npm itself rather than `npx`, which on Windows is a script that only a shell can run.
const [command, ...first] = /npm-cli\.c?js$/.test(npm) ? [process.execPath, npm, 'exec'] : ['npx'];
const args = [...first, '--yes', '--', 'pnpm@12.21.0', 'run', 'import-graph', ...process.argv.slice(2)];
const child = spawn(command, args, { stdio: 'inherit' });
// In a terminal both get Ctrl-C. It is the program that says what comes of it.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
child.on('exit', (status, signal) => {
  process.exitCode = status ?? 128 + constants.signals[signal ?? 'SIGKILL'];
});
