// What `npm start` runs: pnpm, which sets the repository up if that is still to be done, and then the program. That is not run by pnpm: npm, pnpm and their shells hand
// no signal on, or end by it without a word to what they have started.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

const { npm_execpath: npm = '', npm_lifecycle_event: script } = process.env;
// Nobody is told when this process is killed: the program looks by itself whether it is there.
process.env['IMPORT_GRAPH_STARTER'] = String(process.pid);
// npm itself rather than `npx`, which on Windows is a script that only a shell can run.
const [command, ...first] = /npm-cli\.c?js$/.test(npm) ? [process.execPath, npm, 'exec'] : ['npx'];
// Before it runs anything pnpm installs what is missing; so it is given nothing to run. What it says is no part of what the program says.
const setUp = [...first, '--yes', '--', 'pnpm@12.21.0', 'exec', 'node', '--eval', '0'];
let child = spawn(command, setUp, { stdio: ['inherit', 2, 2] });
let isSetUp = false;
child.on('error', fail);
child.on('exit', (status, signal) => {
  if (status !== 0) return end(status, signal);
  isSetUp = true;
  const program = ['--import', './scripts/sources.mjs', 'examples/import-graph/src/main.ts', ...process.argv.slice(2)];
  child = spawn(process.execPath, program, { stdio: 'inherit' });
  child.on('error', fail);
  child.on('exit', end);
});

// In a terminal both get Ctrl-C. It is the program that says what comes of it, once it is there.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => {
    child.kill(isSetUp ? signal : 'SIGTERM');
    if (!isSetUp) process.exit(128 + constants.signals[signal]);
  });

/** @param {number | null} status @param {NodeJS.Signals | null} signal */
function end(status, signal) {
  process.exitCode = status ?? 128 + constants.signals[signal ?? 'SIGKILL'];
}

/** @param {Error} error */
function fail(error) {
  console.error(error.message);
  process.exitCode = 1;
}

// So does this one, of npm and of the shell between the two, which are ended by a signal without a word. Who started it by other means may go.
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
