import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

jest.setTimeout(20_000);

const folder = mkdtempSync(join(tmpdir(), 'process-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = join(folder, 'program.mjs');
beforeAll(async () => {
  const packages = fileURLToPath(new URL('../../', import.meta.url));
  await build({
    stdin: {
      contents: `
        import { Process } from '@x/process';
        import { withSignals } from '@x/process/node';

        const [mode] = process.argv.slice(2);
        const root = withSignals('SIGINT', 'SIGTERM');
        const alive = setInterval(() => {}, 1000);
        for (const name of ['database', 'server']) {
          new Process({
            name,
            parent: root,
            teardown: () => new Promise((resolve) => setTimeout(() => resolve(console.log(name, 'closed')), 100)),
          });
        }
        root.setTeardown(() => console.log('closed by', root.closing.reason.signal ?? 'hand'));
        if (mode === 'by hand') await root.close();
        else console.log('ready');
        await root.closed;
        clearInterval(alive);
        process.exitCode = root.closing.reason.exitCode;
        // The handlers are gone: the next one ends the program.
        if (mode === 'by hand' || mode === 'again') process.kill(process.pid, 'SIGTERM');
        setTimeout(() => {}, mode === undefined ? 0 : 10_000);
      `,
      resolveDir: folder,
    },
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    tsconfigRaw: {},
    alias: Object.fromEntries(
      ['abort/node', 'abort', 'process/node', 'process'].map((entry) => {
        const [name = '', file = 'index'] = entry.split('/');
        return [`@x/${entry}`, join(packages, name, 'src', `${file}.ts`)];
      }),
    ),
  });
});

/** Runs the program, and sends it signals when it is ready. */
async function run(
  mode: string[],
  ...signals: NodeJS.Signals[]
): Promise<[out: string, status: unknown, signal: unknown]> {
  const child = spawn(process.execPath, [program, ...mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
    if (String(chunk).startsWith('ready')) for (const signal of signals) child.kill(signal);
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  return [out, status, signal];
}

test.each([
  ['SIGINT' as const, 130],
  ['SIGTERM' as const, 143],
])('%s to a program closes its tree, children first; more of them do not cut it short', async (signal, status) => {
  const [out, code] = await run([], signal, signal, 'SIGTERM');
  expect(out.split('\n').slice(1, 3).sort()).toEqual(['database closed', 'server closed']);
  expect(out).toMatch(/^ready\n[^]*closed by SIG(INT|TERM)\n$/);
  expect([130, 143]).toContain(code);
  if (signal === 'SIGTERM') expect(code).toBe(status);
});

test.each([['by hand'], ['again']])(
  'when the tree has closed (%s) the handlers are gone, and a signal ends the program',
  async (mode) => {
    const [out, status, signal] = await run([mode], 'SIGINT');
    expect(out).toContain(mode === 'again' ? 'closed by SIGINT' : 'closed by hand');
    expect([status, signal]).toEqual([null, 'SIGTERM']);
  },
);
