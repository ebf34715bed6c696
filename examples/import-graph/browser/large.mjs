// Thousands of modules.
import { ok, strictEqual } from 'node:assert/strict';
import { drawn, inBrowser, placeOf } from './chromium.mjs';
import { serveFixture } from './fixture-server.mjs';
import { largeGraph } from './made-graphs.mjs';

const scenario = inBrowser();

scenario(
  'ten thousand modules are drawn, searched and followed while they are still being laid out',
  async (visit, own) => {
    const server = own(await serveFixture());
    const graph = largeGraph(10_000, 3);
    const page = await visit(server.url);
    await page.evaluate(() => {
      /** @type {number[]} */
      const durations = [];
      Reflect.set(globalThis, 'longTasks', durations);
      new PerformanceObserver((list) => durations.push(...list.getEntries().map(({ duration }) => duration))).observe({
        type: 'longtask',
      });
    });
    server.graph(graph);
    await page.locator('html[data-version="1"]').waitFor();
    strictEqual(await page.locator('#total-modules').textContent(), '10,000');
    // It is used at once: nobody waits for the last step of a layout.
    await page.keyboard.press('/');
    await page.keyboard.type('module-05000');
    await page.keyboard.press('Enter');
    const path = graph.modules.find((each) => each.path.includes('module-05000'))?.path ?? '';
    await page.locator(`#inspector-title[title="${path}"]`).waitFor();
    ok((await page.locator('[data-section=way] li').count()) > 0);
    await page.keyboard.press('Escape');
    await drawn(page);
    ok(Number.isFinite((await placeOf(page, path)).x));
    // Long lists are not made whole: that is what would take long.
    ok((await page.locator('button').count()) < 600);
    const tasks = await page.evaluate(() => /** @type {number[]} */ (Reflect.get(globalThis, 'longTasks')));
    const longest = Math.max(0, ...tasks);
    console.log(
      `${tasks.length} tasks longer than 50 ms, the longest ${Math.round(longest)} ms, drawing by the processor included`,
    );
  },
);

scenario('what changes while the first layout is under way does not leave it half done', async (visit, own) => {
  const server = own(await serveFixture());
  const graph = largeGraph(1500, 3);
  server.graph(graph);
  const page = await visit(server.url);
  await page.locator('#drawing[data-layout]').waitFor();
  const [first, ...rest] = graph.modules;
  if (first === undefined) throw new Error('It is empty.');
  server.graph(
    { ...graph, version: 2, modules: [{ ...first, path: 'new.ts' }, first, ...rest] },
    { recomputed: 1, changed: ['new.ts'] },
  );
  await page.locator('html[data-version="2"]').waitFor();
  await drawn(page);
  ok(Number.isFinite((await placeOf(page, 'new.ts')).x));
  server.graph({ ...graph, version: 3 }, { recomputed: 1 });
  await page.locator('html[data-version="3"]').waitFor();
  strictEqual(await page.locator('#total-modules').textContent(), '1,500');
});

const withoutDrawing = inBrowser(['--disable-3d-apis']);

withoutDrawing('where there is no WebGL it says so, and the lists and the search work', async (visit, own) => {
  const server = own(await serveFixture());
  server.graph(largeGraph(200, 3));
  const page = await visit(server.url);
  await page.locator('#note', { hasText: 'WebGL' }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('module-00100');
  await page.keyboard.press('Enter');
  ok((await page.locator('#inspector-title').getAttribute('title'))?.includes('module-00100'));
});
