// What the page does whatever the program says: states that cannot be had from a tree, or are over too fast to be looked at.
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { colourAt, drawn, inBrowser } from './chromium.mjs';
import { serveFixture } from './fixture-server.mjs';
import { graphOf } from './made-graphs.mjs';

const scenario = inBrowser();
const graph = graphOf(
  {
    'src/a.ts': ['src/b.ts', 'src/c.ts'],
    'src/b.ts': ['src/c.ts'],
    'src/c.ts': ['src/b.ts'],
    'lib/d.ts': ['src/a.ts'],
  },
  { cycles: [['src/b.ts', 'src/c.ts']] },
);

/** @param {(server: Awaited<ReturnType<typeof serveFixture>>, visit: import('./chromium.mjs').Visit) => Promise<void>} act */
const onFixture = (act) =>
  /** @type {Parameters<typeof scenario>[1]} */ (async (visit, own) => act(own(await serveFixture()), visit));

scenario(
  'how far it is is seen while it is computed, and gone when it is done',
  onFixture(async (server, visit) => {
    server.progress('reading', 0, 0);
    const page = await visit(server.url);
    await page.locator('#progress-text', { hasText: 'Looking for modules' }).waitFor();
    server.progress('reading', 1200, 4000);
    await page.locator('#progress-text', { hasText: 'Reading 1,200 of 4,000 modules' }).waitFor();
    strictEqual(await page.locator('[role=progressbar]').getAttribute('aria-valuenow'), '15');
    server.progress('evaluating', 2000, 4000);
    await page.locator('[role=progressbar][aria-valuenow="75"]').waitFor();
    ok(await page.locator('#progress.first').isVisible());
    server.graph(graph);
    await drawn(page);
    ok(await page.locator('#progress').isHidden());
    // With something to look at it stays out of the way.
    server.progress('evaluating', 1, 4);
    await page.locator('#progress:not(.first)').waitFor();
  }),
);

scenario(
  'without a mouse: everything can be reached, lists are walked by the arrows, Escape leads back',
  onFixture(async (server, visit) => {
    server.graph(graph);
    const page = await visit(server.url);
    await drawn(page);
    const focused = () =>
      page.evaluate(() => document.activeElement?.id || document.activeElement?.getAttribute('data-key') || '');
    /** @type {string[]} */
    const stops = [];
    for (let press = 0; press < 11; press++) {
      await page.keyboard.press('Tab');
      stops.push(await focused());
    }
    deepStrictEqual(stops.slice(0, 1), ['search']);
    deepStrictEqual(stops.slice(2), [
      'help-button',
      'theme',
      'src/b.ts\nsrc/c.ts',
      'lib/d.ts',
      'drawing',
      'zoom-in',
      'zoom-out',
      'zoom-fit',
      '',
    ]);
    ok(
      await page.evaluate(
        () => document.querySelector(':focus-visible') !== null || document.activeElement === document.body,
      ),
    );

    await page.keyboard.press('/');
    strictEqual(await focused(), 'search');
    await page.keyboard.type('a.ts');
    await page.keyboard.press('Enter');
    strictEqual(await focused(), 'inspector-title');
    await page.keyboard.press('Tab');
    strictEqual(await focused(), 'inspector-close');
    await page.keyboard.press('Tab');
    strictEqual(await focused(), 'lib/d.ts');
    await page.keyboard.press('ArrowDown');
    strictEqual(await focused(), 'src/a.ts');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    strictEqual(await focused(), 'src/b.ts');
    await page.keyboard.press('End');
    strictEqual(await focused(), 'src/c.ts');
    await page.keyboard.press('Enter');
    strictEqual(await page.locator('#inspector-title').getAttribute('title'), 'src/c.ts');
    await page.keyboard.press('Escape');
    ok(await page.locator('#inspector').isHidden());
    strictEqual(await focused(), 'drawing');

    // The keys of the drawing, and those that work everywhere.
    for (const key of ['ArrowLeft', 'ArrowUp', '+', '-', '0']) await page.keyboard.press(key);
    await page.keyboard.press('s');
    ok(await page.locator('input[value=total]').isChecked());
    await page.keyboard.press('?');
    ok(await page.locator('#help').isVisible());
    await page.keyboard.press('Escape');
    ok(await page.locator('#help').isHidden());
    // What composes letters is left its keys.
    await page.keyboard.press('/');
    await page.keyboard.type('b');
    for (const key of ['Enter', 'Escape']) {
      await page.locator('#search').dispatchEvent('keydown', { key, isComposing: true, bubbles: true });
    }
    strictEqual(await page.locator('#search').inputValue(), 'b');
    // Escape first empties the search, then clears the selection.
    await page.keyboard.press('/');
    await page.keyboard.type('b');
    await page.keyboard.press('Escape');
    strictEqual(await page.locator('#search').inputValue(), '');
  }),
);

scenario(
  'dark or light is as the system has it, until it is chosen; then it is remembered',
  onFixture(async (server, visit) => {
    server.graph(graph);
    const page = await visit(server.url, { colorScheme: 'dark' });
    await drawn(page);
    const brightness = async () => {
      const { x, y } = await page.locator('#drawing').evaluate((host) => host.getBoundingClientRect().toJSON());
      return Math.max(...(await colourAt(page, { x: x + 300, y: y + 6 })));
    };
    ok((await brightness()) < 60);
    await page.emulateMedia({ colorScheme: 'light' });
    ok((await brightness()) > 200);
    await page.locator('#theme').click();
    strictEqual(await page.locator('#theme').getAttribute('aria-pressed'), 'true');
    ok((await brightness()) < 60);
    await page.reload();
    await drawn(page);
    ok((await brightness()) < 60);
  }),
);

scenario(
  'own or total size is what is listed as heaviest, and what the areas show',
  onFixture(async (server, visit) => {
    server.graph(graphOf({ 'a.ts': [], 'b.ts': [] }, { sizes: { 'a.ts': 10, 'b.ts': 9000 } }));
    const page = await visit(server.url);
    await drawn(page);
    deepStrictEqual(await page.locator('#heaviest .beside').allTextContents(), ['9.00 kB', '10 B']);
    await page.locator('label', { hasText: 'Total size' }).click();
    deepStrictEqual(await page.locator('#heaviest .beside').allTextContents(), ['5.00 kB', '5.00 kB']);
  }),
);

scenario(
  'an empty graph, one with errors and a failure are said in words',
  onFixture(async (server, visit) => {
    server.graph(graphOf({}));
    const page = await visit(server.url);
    await page.locator('#note', { hasText: 'There is no JavaScript or TypeScript here.' }).waitFor();
    server.fail('the folder is gone');
    await page.locator('[role=alert]', { hasText: 'the folder is gone' }).waitFor();
    // Who comes now is told of the last result first, and is still to fetch that.
    await page.reload();
    await page.locator('#note', { hasText: 'There is no JavaScript or TypeScript here.' }).waitFor();
    ok(await page.locator('[role=alert]', { hasText: 'the folder is gone' }).isVisible());
    const fault = { path: 'src/a.ts', line: 3, column: 7, message: 'it does not parse: Unexpected token' };
    server.graph({ ...graph, version: 2, errors: [fault, { path: 'gone', message: 'it cannot be read' }] });
    await page.locator('#errors button', { hasText: 'src/a.ts:3:7' }).click();
    ok(await page.locator('[role=alert]').isHidden());
    strictEqual(await page.locator('.faults li').textContent(), fault.message);
    await drawn(page);
    // All of it goes away, and comes back.
    server.graph({ ...graphOf({}), version: 3 });
    await page.locator('#note:not([hidden])').waitFor();
    ok(await page.locator('#inspector').isHidden());
    server.graph({ ...graph, version: 4 }, { recomputed: 4, changed: ['src/a.ts'] });
    await page.locator('#live', { hasText: '4 recomputed' }).waitFor();
    await page.locator('#drawing[data-flashed="1"]').waitFor();
  }),
);

scenario(
  'the address names the selection: who follows it sees the same',
  onFixture(async (server, visit) => {
    server.graph(graph);
    const page = await visit(`${server.url}#${encodeURIComponent('src/b.ts')}`);
    await page.locator('#inspector-title[title="src/b.ts"]').waitFor();
    const other = await visit(`${server.url}#%E0%A4%A`);
    await drawn(other);
    ok(await other.locator('#inspector').isHidden());
  }),
);
