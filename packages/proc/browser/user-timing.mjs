// Looks at `userTiming()` in Chromium: `pnpm --filter @x/proc run browser`. Bundles the built package as its user would, opens a page with it, and
// asserts what measures and marks there are, whose they are, and that each lies within its parent. Ends with 2 when there is no Chromium.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { open } from './chromium.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
if (!existsSync(new URL('../dist/index.js', import.meta.url))) {
  console.error('Build first: pnpm build');
  process.exit(2);
}

const program = `
  import { concurrent, log, sequence, task, traceRegion, userTiming } from '@x/proc';
  import { sleep } from '@x/abort';
  const wait = (signal) => sleep(5, { signal });
  window.run = async () => {
    const timing = userTiming();
    const controller = new AbortController();
    await task('render', sequence(
      traceRegion('layout', wait),
      concurrent(task('left', wait), task('right', async (signal) => { await wait(signal); log(signal, 'nodes', '12'); })),
      (signal) => task('broken', () => { throw new Error('on purpose'); })(signal).catch(() => {}),
      async (signal) => {
        // The platform's own ways of looking at a task's signal.
        await task('cancelled', async (own) => {
          const any = AbortSignal.any([own]);
          setTimeout(() => controller.abort('stop'), 5);
          await new Promise((resolve) => any.addEventListener('abort', resolve));
          own.throwIfAborted();
        })(signal).catch(() => {});
      },
    ))(controller.signal);
    timing[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
    await task('unseen', () => {})(new AbortController().signal);
    return ['measure', 'mark'].flatMap((type) => performance.getEntriesByType(type))
      .map(({ name, entryType, startTime, duration, detail }) => ({ name, entryType, startTime, duration, detail }));
  };`;
const { outputFiles } = await build({
  stdin: { contents: program, resolveDir: here },
  bundle: true,
  minify: true,
  format: 'iife',
  platform: 'browser',
  write: false,
});

const browser = await open();
try {
  const page = await browser.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.setContent('<!doctype html><title>user timing</title>');
  await page.addScriptTag({ content: /** @type {{ text: string }} */ (outputFiles[0]).text });
  /** @type {{ name: string, entryType: string, startTime: number, duration: number, detail: { id: number, parentId?: number, devtools: object } }[]} */
  const entries = await page.evaluate('run()');
  assert.deepEqual(errors, []);

  const nameOf = (/** @type {number | undefined} */ id) => entries.find(({ detail }) => detail.id === id)?.name;
  assert.deepEqual(entries.map(({ name, entryType, detail }) => [entryType, name, nameOf(detail.parentId)]).sort(), [
    ['mark', 'nodes: 12', 'right'],
    ['measure', 'broken', 'render'],
    ['measure', 'cancelled', 'render'],
    ['measure', 'layout', 'render'],
    ['measure', 'left', 'render'],
    ['measure', 'render', undefined],
    ['measure', 'right', 'render'],
  ]);
  for (const { name, startTime, duration, detail } of entries) {
    const parent = entries.find((each) => each.detail.id === detail.parentId);
    if (!parent) continue;
    assert.ok(
      startTime >= parent.startTime && startTime + duration <= parent.startTime + parent.duration + 0.1,
      `${name} is not within ${parent.name}`,
    );
  }
  const devtoolsOf = (/** @type {string} */ name) => entries.find((each) => each.name === name)?.detail.devtools;
  assert.deepEqual(devtoolsOf('layout'), { track: 'region', dataType: 'track-entry', color: undefined });
  assert.deepEqual(devtoolsOf('broken'), { track: 'task', dataType: 'track-entry', color: 'error' });
  assert.deepEqual(devtoolsOf('cancelled'), { track: 'task', dataType: 'track-entry', color: undefined });
  console.log(`userTiming() in Chromium ${browser.version()}: ${entries.length} entries as they should be.`);
} finally {
  await browser.close();
}
