// Looks at the page as a person would, in a real browser: `node [--test-name-pattern WORDS] browser/run.mjs`. Apart from the other tests, since it needs
// Chromium: the one that is installed, or the one that CHROMIUM names. SCREENSHOTS
// names a folder for pictures of what was seen at the end of each. Status 0: all is well; 1: something is not; 2: there is no Chromium.
import { findChromium, noChromium } from '../../../scripts/chromium.mjs';

if (findChromium() === undefined) {
  console.error(noChromium);
  process.exitCode = 2;
} else {
  await import('./program.mjs');
  await import('./page.mjs');
  await import('./large.mjs');
}
