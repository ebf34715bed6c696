// What a person does with the page of the real program.
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { colourAt, drawn, inBrowser, placeBeside, placeOf } from './chromium.mjs';
import { makeTree, startProgram } from './program-run.mjs';

const scenario = inBrowser();
const files = {
  'src/main.ts': "import './app/shell.js';\nimport './app/router.js';\n",
  'src/app/shell.ts': "import { store } from '../data/store.js';\nexport const shell = store;\n",
  'src/app/router.ts': "export const router = () => import('../data/store.js');\n",
  'src/data/store.ts': "import { load } from './load.js';\nexport const store = load;\n",
  'src/data/load.ts': `export const load = 1;\n// ${'x'.repeat(4000)}\n`,
  'src/loop/one.ts': "import './two.js';\n",
  'src/loop/two.ts': "import './one.js';\nimport './nowhere.js';\n",
};

/**
 * @typedef {{ tree: Awaited<ReturnType<typeof makeTree>>, program: Awaited<ReturnType<typeof startProgram>>, own: import('./chromium.mjs').Own }} Around
 * @param {(page: import('playwright-core').Page, around: Around) => Promise<void>} act
 * @param {Record<string, string>} more files
 * @param {string[]} expected errors
 */
const onTree = (act, more = {}, expected = []) =>
  /** @type {Parameters<typeof scenario>[1]} */ (
    async (visit, own) => {
      const tree = own(await makeTree({ ...files, ...more }));
      const program = own(await startProgram(tree.folder));
      const page = await visit(program.url, { expected });
      await drawn(page);
      await act(page, { tree, program, own });
    }
  );

/** @param {import('playwright-core').Page} page @param {string} section */
const lines = (page, section) => page.locator(`[data-section=${section}] .name`).allTextContents();

scenario(
  'the summary says what there is',
  onTree(async (page) => {
    strictEqual(await page.title(), `${await page.locator('#root').textContent()} – import-graph`);
    deepStrictEqual(await page.locator('.totals td').allTextContents(), ['7', '7', '4.33 kB', '1', '1', '0']);
    strictEqual(await page.locator('#heaviest .name').first().textContent(), 'load.ts');
    deepStrictEqual(await page.locator('#cycles .name').allTextContents(), ['one.ts → two.ts']);
    ok((await page.locator('#unresolved button').textContent())?.includes('./nowhere.js'));
  }),
);

scenario(
  'typing finds, the arrows choose, Enter goes there',
  onTree(async (page) => {
    await page.keyboard.press('/');
    await page.keyboard.type('s');
    await page.locator('#matches [role=option]').first().waitFor();
    await page.keyboard.type('rc o');
    deepStrictEqual(await page.locator('#matches .name').allTextContents(), [
      'one.ts',
      'two.ts',
      'load.ts',
      'router.ts',
      'store.ts',
    ]);
    strictEqual(await page.locator('#drawing').getAttribute('data-emphasised'), '5');
    await page.keyboard.press('ArrowDown');
    const active = await page.locator('#search').getAttribute('aria-activedescendant');
    strictEqual(await page.locator(`[id="${active}"]`).getAttribute('title'), 'src/loop/two.ts');
    await page.keyboard.press('Enter');
    strictEqual(await page.locator('#inspector-title').getAttribute('title'), 'src/loop/two.ts');
    strictEqual(await page.locator('#matches').isVisible(), false);
  }),
);

scenario(
  'a click on a module shows it, its importers, its imports and the way from an entry; each leads on',
  onTree(async (page) => {
    const { x, y } = await placeOf(page, 'src/data/store.ts');
    await page.mouse.click(x, y);
    strictEqual(await page.locator('#inspector-title').getAttribute('title'), 'src/data/store.ts');
    deepStrictEqual(await lines(page, 'importers'), ['router.ts', 'shell.ts']);
    deepStrictEqual(await lines(page, 'imports'), ['load.ts']);
    const way = await lines(page, 'way');
    deepStrictEqual([way.length, way[0], way[2]], [3, 'main.ts', 'store.ts']);
    strictEqual(await page.locator('[data-section=importers] .tag').textContent(), 'dynamic');
    ok(/^[0-9a-f]{64}$/.test((await page.locator('.facts dd').last().getAttribute('title')) ?? ''));

    await page.locator('[data-section=importers] button', { hasText: 'shell.ts' }).click();
    strictEqual(await page.locator('#inspector-title').getAttribute('title'), 'src/app/shell.ts');
    await page.goBack();
    await page.locator('#inspector-title[title="src/data/store.ts"]').waitFor();

    // A click beside all modules clears the selection.
    const beside = await placeBeside(page, Object.keys(files));
    await page.mouse.click(beside.x, beside.y);
    await page.locator('#inspector').waitFor({ state: 'hidden' });
  }),
);

scenario(
  'cycles are red, and one that is clicked in the list is shown',
  onTree(async (page) => {
    const [red, green, blue] = await colourAt(page, await placeOf(page, 'src/loop/one.ts'));
    ok(red > 180 && green < 100 && blue < 100, `it is rgb(${red}, ${green}, ${blue})`);
    const [other, ...rest] = await colourAt(page, await placeOf(page, 'src/data/load.ts'));
    ok(other < Math.max(...rest), `it is rgb(${other}, ${rest.join(', ')})`);
    await page.locator('#cycles button').click();
    deepStrictEqual(await lines(page, 'cycle'), ['one.ts', 'two.ts']);
    strictEqual(await page.locator('#drawing').getAttribute('data-emphasised'), '2');
  }),
);

scenario(
  'files that change arrive: what stays keeps its place and its selection, what changed is shown, and how much was computed is said',
  onTree(async (page, { tree }) => {
    await page.keyboard.press('/');
    await page.keyboard.type('store');
    await page.keyboard.press('Enter');
    await page.locator('#inspector-title[title="src/data/store.ts"]').waitFor();
    await page.keyboard.press('0');
    const places = () => Promise.all(Object.keys(files).map((path) => placeOf(page, path)));
    const before = await places();

    await tree.write('src/data/extra.ts', 'export {};\n');
    await tree.write('src/data/load.ts', "import './extra.js';\n");
    await page.locator('[data-section=imports] .name', { hasText: 'load.ts' }).waitFor();
    await page.locator('.totals td', { hasText: /^8$/ }).first().waitFor();
    ok(/^\d+ recomputed$/.test((await page.locator('#live').textContent()) ?? ''));
    ok(Number(await page.locator('#drawing').getAttribute('data-flashed')) > 0);
    await drawn(page);
    strictEqual(await page.locator('#inspector-title').getAttribute('title'), 'src/data/store.ts');
    const afterwards = await places();
    before.forEach(({ x, y }, at) => {
      const moved = Math.hypot(x - (afterwards[at]?.x ?? NaN), y - (afterwards[at]?.y ?? NaN));
      ok(moved < 1, `${Object.keys(files)[at]} has moved by ${moved}`);
    });

    await tree.remove('src/data/store.ts');
    await page.locator('#inspector').waitFor({ state: 'hidden' });
    await page.locator('.totals td', { hasText: /^7$/ }).first().waitFor();
  }),
);

const hostile = '<img src=x onerror=alert(1)>';
scenario(
  'a file may be called anything: its name is text everywhere',
  onTree(
    async (page) => {
      await page.keyboard.press('/');
      await page.keyboard.type('<img');
      await page.locator('#matches mark', { hasText: '<img' }).first().waitFor();
      await page.keyboard.press('Enter');
      strictEqual(await page.locator('#inspector-title .name').textContent(), `${hostile}.ts`);
      await page.locator('[data-section=imports] button').click();
      strictEqual(await page.locator('#inspector-title .name').textContent(), `"'&amp;\u202Ets.{{x}}.ts`);
      await page.goBack();
      await page.locator('#inspector-title .name', { hasText: hostile }).waitFor();
      strictEqual(await page.locator('img, script:not([src])').count(), 0);
    },
    {
      [`src/${hostile}.ts`]: `import "./\\"'&amp;\u202Ets.{{x}}.js";\n`,
      [`src/"'&amp;\u202Ets.{{x}}.ts`]: 'export {};\n',
    },
  ),
);

scenario(
  'Ctrl-C while the page is open ends the program with status 130; the page says so, and goes on when it is back',
  onTree(
    async (page, { program, tree, own }) => {
      strictEqual(await program.interrupt(), 130);
      await page.locator('#connection[data-state=lost]').waitFor();
      ok((await page.locator('#live').textContent())?.includes('gone away'));
      await tree.write('src/new.ts', 'export {};\n');
      own(await startProgram(tree.folder, program.port));
      await page.locator('#connection[data-state=live]').waitFor();
      await page.locator('.totals td', { hasText: /^8$/ }).first().waitFor();
    },
    {},
    // The browser says itself that nobody is there.
    ['ERR_CONNECTION_REFUSED', 'ERR_INCOMPLETE_CHUNKED_ENCODING'],
  ),
);
