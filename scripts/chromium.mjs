// The system's Chromium, for all that looks at something in a browser: where it is, how it is started, and what to say when there is none.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export const noChromium =
  'There is no Chromium here. Install it (Debian: apt-get install chromium), or let CHROMIUM name it.';

/** For a start that asks nothing of anybody, neither the network nor a display. */
export const chromiumFlags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Where Chromium is. @returns {string | undefined} */
export function findChromium() {
  const named = process.env['CHROMIUM'];
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const places = named ? [named] : names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return places.find(isProgram);
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
