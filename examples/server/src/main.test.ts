import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../', import.meta.url));

test('the server counts, stops gracefully on Ctrl-C, and leaves a trace', async () => {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'server-'));
  const file = join(folder, 'trace.json');
  const child = spawn(process.execPath, ['--import', './scripts/sources.mjs', 'examples/server/src/main.ts'], {
    cwd: root,
    env: { ...process.env, PORT: '0', TRACE: file, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  try {
    let output = '';
    const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
    const port = await new Promise<string>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const found = /port (\d+)/.exec(output)?.[1];
        if (found !== undefined) resolve(found);
      });
      void exit.then((status) => reject(new Error(`It ended with ${status}: ${output}`)));
    });
    const read = async (path: string): Promise<string> => (await fetch(`http://localhost:${port}${path}`)).text();
    expect(await read('/')).toBe('<p>This server has been accessed only once.</p>');
    expect(await read('/')).toBe('<p>This server has been accessed twice.</p>');
    expect(await read('/elsewhere')).toBe('Not found');
    expect(await read('/')).toBe('<p>This server has been accessed 3 times.</p>');
    child.kill('SIGINT');
    expect(await exit).toBe(0);
    expect(output).toMatch(/SIGINT: stopping\nStopped by SIGINT\n$/);
    const events = JSON.parse(readFileSync(file, 'utf8')) as { ph: string; name: string; args: object }[];
    expect(events.filter(({ ph }) => ph === 'B').map(({ name }) => name)).toEqual([
      'web',
      ...Array<string>(4).fill('request'),
    ]);
    expect(events.filter(({ name }) => name === 'newCount').map(({ args }) => args)).toEqual(
      ['1', '2', '3'].map((message) => ({ message })),
    );
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}, 30_000);
