// Opens traces of `trace.start` in a viewer: speedscope, in Chromium: `pnpm --filter @x/proc run browser`. One is of a program that ended, one of
// a program that was killed by SIGKILL. Asserts what the viewer shows of each. With a folder as the argument it leaves pictures there.
// Ends with 2 when there is no Chromium.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { open } from './chromium.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
if (!existsSync(new URL('../dist/node.js', import.meta.url))) {
  console.error('Build first: pnpm build');
  process.exit(2);
}
const [pictures] = process.argv.slice(2);
const viewer = join(dirname(fileURLToPath(import.meta.resolve('speedscope/package.json'))), 'dist/release/index.html');

const program = `
  import { concurrent, log, sequence, task, traceRegion } from '@x/proc';
  import { trace } from '@x/proc/node';
  import { sleep } from '@x/abort';
  const [file, end] = process.argv.slice(1);
  const wait = (ms) => (signal) => sleep(ms, { signal });
  const tracing = trace.start(file);
  await task('whole', sequence(
    traceRegion('compile', wait(20)),
    concurrent(task('left', wait(30)), task('right', sequence(wait(10), task('inner', wait(10))))),
    async (signal) => {
      log(signal, 'about', end);
      if (end === 'kill') process.kill(process.pid, 'SIGKILL');
    },
    task('last', wait(10)),
  ))(new AbortController().signal);
  await tracing.stop();`;

/** What the viewer has to show, lane by lane: what lies in what. @type {Record<string, Record<string, string[]>>} */
const expected = {
  end: { 'lane 1': ['whole', '  compile', '  left', '  last'], 'lane 2': ['right', '  inner'] },
  kill: { 'lane 1': ['whole', '  compile', '  left'], 'lane 2': ['right', '  inner'] },
};

/** A file that the viewer exports. @typedef {{ shared: { frames: { name: string }[] }, profiles: { name: string, events: { type: 'O' | 'C', frame: number }[] }[] }} Exported */

/** Says what lies in what, in what the viewer has made of a trace. @param {Exported} exported */
function lanesOf({ shared, profiles }) {
  return Object.fromEntries(
    profiles.map(({ name, events }) => {
      let depth = 0;
      const lines = events.flatMap(({ type, frame }) => {
        if (type === 'C') depth--;
        // The viewer puts the arguments of an event behind its name.
        else return [`${'  '.repeat(depth++)}${shared.frames[frame]?.name.replace(/ \{.*/, '')}`];
        return [];
      });
      return [/lane \d+/.exec(name)?.[0] ?? name, lines];
    }),
  );
}

const folder = mkdtempSync(join(tmpdir(), 'trace-viewer-'));
const browser = await open();
try {
  for (const [end, lanes] of Object.entries(expected)) {
    const file = join(folder, `${end}.json`);
    const { signal, status, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', program, file, end],
      { cwd: here, encoding: 'utf8', timeout: 20_000 },
    );
    assert.deepEqual([signal, status, stderr], end === 'kill' ? ['SIGKILL', null, ''] : [null, 0, '']);

    const page = await browser.newPage({ viewport: { width: 1000, height: 500 } });
    /** @type {string[]} */
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('dialog', (dialog) => void (errors.push(dialog.message()), dialog.dismiss()));
    await page.goto(pathToFileURL(viewer).href);
    await page.setInputFiles('input[type=file]', file);
    await page.getByText('lane').first().waitFor({ timeout: 15_000 });
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('Export').click()]);
    assert.deepEqual(lanesOf(JSON.parse(readFileSync(await download.path(), 'utf8'))), lanes);
    assert.deepEqual(errors, []);
    console.log(`speedscope shows the trace of a program that was to ${end} as it should be.`);
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${end}.png`) });
    await page.close();
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
