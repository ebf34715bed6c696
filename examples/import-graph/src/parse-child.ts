import { fork } from 'node:child_process';
import { onAbort } from '@x/abort';
import { deadly, type Parsed } from './parse.js';

/**
 * Parses a file in a process of its own. The tree of a file of several megabytes takes a second to be handed over, in which nothing else happens, and a thread in
 * the middle of that cannot be stopped; a process can. Resolves with nothing if no process can be had, with `deadly` if it was ended by what it parsed; rejects with the signal's reason when it aborts.
 */
export function parseInChild(path: string, signal: AbortSignal): Promise<Parsed | undefined> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    // From the sources it is TypeScript, which this process has been taught to run: the child inherits how.
    const entry = import.meta.url.endsWith('.ts')
      ? new URL('./parse-process.ts', import.meta.url)
      : new URL('./parse-process.js', import.meta.url);
    const child = fork(entry, [path], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    const following = onAbort(signal, (reason) => {
      child.kill('SIGKILL');
      reject(reason);
    });
    const end = (parsed?: Parsed): void => {
      following[Symbol.dispose]();
      resolve(parsed);
    };
    child.once('message', (parsed) => end(parsed as Parsed));
    child.once('error', () => end());
    // Not when it exits: what it has said may come after that. A signal has ended it, or on Windows what is no status of a program: to do the same here would end
    // this process, too.
    child.once('close', (code) => end(code === null || code > 255 ? deadly : undefined));
  });
}
