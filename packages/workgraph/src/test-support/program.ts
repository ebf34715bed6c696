import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

export interface How {
  /** Default: an ES module. */
  format?: 'esm' | 'cjs';
  /** For Node. */
  flags?: string[];
  /** For the program. */
  args?: string[];
  /** In milliseconds. Default: 20,000. */
  timeout?: number;
}

/** Runs a program of its own that imports from the sources of this package. */
export async function run(code: string, how: How = {}): Promise<Ended> {
  const { format = 'esm', flags = [], args = [], timeout = 20_000 } = how;
  const folder = await mkdtemp(join(tmpdir(), 'workgraph-'));
  try {
    const { outputFiles } = await build({
      stdin: {
        contents: code.replace(/@x\/workgraph(\/(\w+))?/g, (_, __, entry: string | undefined) =>
          join(here, '..', `${entry ?? 'index'}.ts`),
        ),
        loader: 'ts',
        resolveDir: here,
      },
      bundle: true,
      write: false,
      platform: 'node',
      format,
      target: 'es2022',
      logLevel: 'silent',
      alias: { '@x/abort': join(here, '../../../abort/src/index.ts') },
    });
    const file = join(folder, format === 'esm' ? 'program.mjs' : 'program.cjs');
    await writeFile(file, outputFiles[0]?.text ?? '');
    return await new Promise((resolve) =>
      execFile(process.execPath, [...flags, file, ...args], { timeout }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr }),
      ),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
