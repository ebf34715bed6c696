// What `npm start` runs: pnpm, which sets the repository up if that is still to be done, and starts the program. pnpm tells the program only where npm was;
// the program has to know where the person is.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

const { INIT_CWD: folder, npm_execpath: npm = '', npm_lifecycle_event: script } = process.env;
if (folder !== undefined) process.env['IMPORT_GRAPH_CWD'] = folder;
// npm, pnpm and their shells end by SIGTERM or SIGHUP without a word to what they have started: it looks by itself whether this process is there.
process.env['IMPORT_GRAPH_STARTER'] = String(process.pid);
// npm itself rather than `npx`, which on Windows is a script that only a shell can run.
const [command, ...first] = /npm-cli\.c?js$/.test(npm) ? [process.execPath, npm, 'exec'] : ['npx'];
// Not a script of `package.json`: pnpm would have a word of its own before what the program says, and after it.
const program = ['node', '--import', './scripts/sources.mjs', 'examples/import-graph/src/main.ts'];
const args = [...first, '--yes', '--', 'pnpm@12.21.0', 'exec', ...program, ...process.argv.slice(2)];
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

// So does this one, of npm and of the shell between the two. Who started it by other means may go.
if (script === 'start') {
  const { ppid } = process;
  const runner = parentOf(ppid);
  setInterval(() => {
    if (process.ppid === ppid && (runner === undefined || parentOf(ppid) === runner)) return;
    child.kill('SIGTERM');
    process.exit(128 + constants.signals.SIGTERM);
  }, 200).unref();
}

/** The parent of another process, where the system says so in a file. @param {number} pid */
function parentOf(pid) {
  try {
    // The name of the program, in brackets, may hold anything.
    return /^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
