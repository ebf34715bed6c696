// A browser for a whole file of tests, and pages that notice what a person would not: errors on the console, and what the content security policy forbade.
import { deepStrictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { chromiumFlags, findChromium } from '../../../scripts/chromium.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {NonNullable<Parameters<import('playwright-core').Browser['newContext']>[0]>} ContextOptions */

/** How long anything may take before it hangs: generous, since the drawing is made by the processor where there is nothing better. */
export const patience = 60_000;

/**
 * Makes a browser for the tests of a file, and returns what makes one of them: it is given what opens pages, each as a new visitor.
 * @param {string[]} more flags of this browser
 */
export function inBrowser(more = []) {
  /** @type {import('playwright-core').Browser | undefined} */
  let browser;
  before(async () => {
    browser = await chromium.launch({
      executablePath: findChromium() ?? '',
      args: [...chromiumFlags, ...more],
      timeout: patience,
    });
  });
  after(() => browser?.close());

  /** @param {string} name @param {(visit: Visit, own: Own) => Promise<void>} act */
  return (name, act) => {
    void test(name, { timeout: 3 * patience }, async () => {
      /** @type {import('playwright-core').BrowserContext[]} */
      const contexts = [];
      /** @type {string[]} */
      const complaints = [];
      /** @type {(() => Promise<unknown>)[]} */
      const ends = [];
      /** @type {Visit} */
      const visit = async (url, { expected = [], ...options } = {}) => {
        if (browser === undefined) throw new Error('The browser did not start.');
        const context = await browser.newContext({
          viewport: { width: 1280, height: 800 },
          reducedMotion: 'reduce',
          ...options,
        });
        contexts.push(context);
        context.setDefaultTimeout(patience);
        const page = await context.newPage();
        page.on('pageerror', (error) => complaints.push(String(error)));
        page.on('dialog', (dialog) => complaints.push(`a dialog: ${dialog.message()}`));
        page.on('console', (message) => {
          const text = message.text();
          if (message.type() === 'error' && !expected.some((part) => text.includes(part))) complaints.push(text);
        });
        await page.addInitScript(() => {
          document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
            console.error(`forbidden by ${violatedDirective}: ${blockedURI}`),
          );
        });
        await page.goto(url);
        return page;
      };
      try {
        await act(visit, (thing) => {
          ends.unshift(() => Promise.resolve(thing[Symbol.asyncDispose]()));
          return thing;
        });
      } finally {
        await keepSights(name, contexts);
        // Nobody looks any more when the server goes.
        await Promise.all(contexts.map((context) => context.close()));
        for (const end of ends) await end();
      }
      deepStrictEqual(complaints, []);
    });
  };
}

/** Leaves what the pages of a test showed at its end in the folder that SCREENSHOTS names, for a person to look at. @param {string} name @param {import('playwright-core').BrowserContext[]} contexts */
async function keepSights(name, contexts) {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  const pages = contexts.flatMap((context) => context.pages());
  for (const [number, page] of pages.entries()) {
    const path = join(folder, `${name.replaceAll(/[^a-z]+/gi, '-')}-${number}.png`);
    await page.screenshot({ path }).catch(() => undefined);
  }
}

/** What is taken down when the test is over, the last first. @typedef {<T extends AsyncDisposable>(thing: T) => T} Own */
/** @typedef {(url: string, options?: ContextOptions & { expected?: string[] }) => Promise<Page>} Visit */

/** Waits until the drawing has come to rest. @param {Page} page */
export async function drawn(page) {
  await page.locator('#drawing[data-layout=finished]').waitFor();
}

/** Where a module is drawn, in the page. @param {Page} page @param {string} path */
export async function placeOf(page, path) {
  return page.evaluate(async (of) => {
    // What has been asked for is drawn with the next frame, and the place is that of the last.
    for (let frames = 0; frames < 4; frames++) await new Promise(requestAnimationFrame);
    /** @type {{ whereIs(path: string): { x: number, y: number } | undefined }} */
    const { whereIs } = Reflect.get(globalThis, 'importGraph');
    const { x, y } = whereIs(of) ?? { x: NaN, y: NaN };
    const { left, top } = /** @type {Element} */ (document.querySelector('#drawing')).getBoundingClientRect();
    return { x: left + x, y: top + y };
  }, path);
}

/** The place of the drawing that is farthest from these modules. @param {Page} page @param {readonly string[]} paths */
export async function placeBeside(page, paths) {
  /** @type {{ x: number, y: number }[]} */
  const places = [];
  for (const path of paths) places.push(await placeOf(page, path));
  return page.evaluate((modules) => {
    const { left, top, right, bottom } = /** @type {Element} */ (
      document.querySelector('#drawing')
    ).getBoundingClientRect();
    let farthest = { x: NaN, y: NaN, distance: -1 };
    for (let x = left + 8; x < right; x += 16) {
      for (let y = top + 8; y < bottom; y += 16) {
        // Panels lie upon it.
        if (!document.elementFromPoint(x, y)?.closest('#drawing')) continue;
        const distance = Math.min(...modules.map((module) => Math.hypot(module.x - x, module.y - y)));
        if (distance > farthest.distance) farthest = { x, y, distance };
      }
    }
    return farthest;
  }, places);
}

/** The colour of a place on the screen. @param {Page} page @param {{ x: number, y: number }} place @returns {Promise<[red: number, green: number, blue: number]>} */
export async function colourAt(page, { x, y }) {
  const png = await page.screenshot({ clip: { x: Math.round(x), y: Math.round(y), width: 1, height: 1 } });
  // Chunks of length, name, data and checksum, after eight bytes.
  const parts = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  // Of one pixel nothing is left out, whatever the filter: there is nothing beside it.
  const data = inflateSync(Buffer.concat(parts));
  return [data[1] ?? 0, data[2] ?? 0, data[3] ?? 0];
}
