import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../../..', import.meta.url));

/** How the program is started: straight from its sources. */
export const command: readonly string[] = [
  process.execPath,
  '--import',
  `${repository}scripts/sources.mjs`,
  `${repository}examples/import-graph/src/main.ts`,
];

/** What a shell is told to run. */
export const shellLine = (argv: readonly string[]): string =>
  argv.map((argument) => `'${argument.replaceAll("'", "'\\''")}'`).join(' ');

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the program, or what else is given, in a process of its own, which does not outlive the test. Bounded: not even where it cannot see a signal. */
export function start(
  args: readonly string[],
  {
    cwd = repository,
    env = {},
    argv = command,
    bounded = false,
  }: { cwd?: string; env?: NodeJS.ProcessEnv; argv?: readonly string[]; bounded?: boolean } = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const [file = '', ...before] = argv;
  const { INIT_CWD: _, npm_lifecycle_event: __, NODE_OPTIONS: ___, ...clean } = process.env;
  const child = spawn(file, [...before, ...args], {
    cwd,
    env: { ...clean, ...env },
    stdio: 'pipe',
    timeout: 30_000,
    detached: bounded,
  });
  if (bounded) {
    // It leads a group of its own: the shell, and all that the shell has started.
    const timer = setTimeout(() => process.kill(-(child.pid as number), 'SIGKILL'), 20_000);
    child.once('exit', () => clearTimeout(timer));
  }
  const collect = async (stream: NodeJS.ReadableStream): Promise<string> => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  };
  const ended = Promise.all([once(child, 'exit'), collect(child.stdout), collect(child.stderr)]).then(
    ([[status, signal], stdout, stderr]) => ({
      status: status as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout,
      stderr,
    }),
  );
  return { child, ended };
}
