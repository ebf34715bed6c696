import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const packages = fileURLToPath(new URL('../../../', import.meta.url));

/** A folder with programs in it that are made of the sources of this package. */
export interface Programs {
  readonly folder: string;
  /** Makes a program, and returns its file. What `define` names is replaced by the code beside it. */
  make(name: string, code: string, define?: Record<string, string>): Promise<string>;
  remove(): void;
}

export function programs(): Programs {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'proc-'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "scripts": { "start": "node program.mjs" } }');
  return {
    folder,
    async make(name, code, define = {}) {
      const outfile = join(folder, `${name}.mjs`);
      await build({
        stdin: { contents: code, resolveDir: folder },
        outfile,
        bundle: true,
        format: 'esm',
        platform: 'node',
        target: 'node20',
        tsconfigRaw: {},
        define,
        alias: Object.fromEntries(
          ['abort/node', 'abort', 'proc/node', 'proc'].map((entry) => {
            const [name, file = 'index'] = entry.split('/');
            return [`@x/${entry}`, join(packages, `${name}/src/${file}.ts`)];
          }),
        ),
      });
      return outfile;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A program that runs. */
export class Program {
  readonly child: ChildProcess;
  /** Resolves with how it ended. */
  readonly exit: Promise<{ status: number | null; signal: NodeJS.Signals | null }>;
  stdout = '';
  stderr = '';
  #waiting: (() => void)[] = [];

  constructor(
    command: string,
    args: readonly string[],
    options: { detached?: boolean; cwd?: string; stdio?: StdioOptions } = {},
  ) {
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      for (const each of this.#waiting) each();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    // A program that hangs must not make the test hang.
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
    this.exit = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (status, signal) => {
        clearTimeout(timer);
        resolve({ status, signal });
      });
    });
  }

  /** Resolves when the program has printed this. */
  async printed(text: string): Promise<void> {
    let check = (): void => {};
    const seen = new Promise<void>((resolve) => {
      check = () => this.stdout.includes(text) && resolve();
      this.#waiting.push(check);
    });
    check();
    const ended = this.exit.then((exit) => {
      if (!this.stdout.includes(text)) {
        throw new Error(`${text} was not printed: ${JSON.stringify(exit)} ${this.stdout} ${this.stderr}`);
      }
    });
    await Promise.race([seen, ended]);
    this.#waiting = this.#waiting.filter((each) => each !== check);
  }
}
