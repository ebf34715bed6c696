// What the programs of this folder share: a Chromium of the system's, and what to say when there is none.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

/** Opens the browser, or ends the program with status 2 when the system has none. @returns {Promise<import('playwright-core').Browser>} */
export function open() {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) =>
    folders.map((folder) => join(folder, name)),
  );
  const executablePath = process.env['CHROMIUM'] ?? found.find((path) => existsSync(path));
  if (executablePath === undefined) {
    console.error(
      'There is no Chromium here: install one (Debian: apt-get install chromium), or name its file in CHROMIUM.',
    );
    process.exit(2);
  }
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
