// Budgets: what a user's bundle grows by, minified and brotli-compressed, without `@x/abort`, which the packages share.
// A name is that of a package, or of one export of it. `pnpm size` makes the bundles (scripts/size.mjs) and compares.
import { existsSync } from 'node:fs';

export const budgets = {
  // Designed for 1.6 kB: docs/decisions/0006-abort-size.md
  abort: '2.2 kB',
  run: '1.5 kB',
  proc: '2.2 kB',
  process: '2.2 kB',
  // Designed for 5.5 and 2.6 kB: docs/decisions/async-size.md
  async: '7.2 kB',
  'async/Queue': '4.1 kB',
  workgraph: '2.4 kB',
};

export default Object.entries(budgets)
  .map(([name, limit]) => ({ name, path: `.sizes/${name.replace('/', '.')}.js`, limit }))
  .filter(({ path }) => existsSync(path));
