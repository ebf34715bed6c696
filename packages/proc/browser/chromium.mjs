// What the programs of this folder share: a Chromium of the system's, opened.
import { chromium } from 'playwright-core';
import { chromiumFlags, findChromium, noChromium } from '../../../scripts/chromium.mjs';

/** Opens the browser, or ends the program with status 2 when the system has none. @returns {Promise<import('playwright-core').Browser>} */
export function open() {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    console.error(noChromium);
    process.exit(2);
  }
  return chromium.launch({ executablePath, args: chromiumFlags });
}
