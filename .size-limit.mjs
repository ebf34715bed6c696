// Budgets: what a user's bundle grows by, minified and brotli-compressed, without `@x/abort`, which the packages share.
// A name is that of a package, or of one export of it. `pnpm size` makes the bundles (scripts/size.mjs) and compares.
import { existsSync } from 'node:fs';

// Most are above what was designed, and may only grow for a reason: docs/decisions/0007-sizes.md
export const budgets = {
  abort: '2.34 kB',
  run: '1.74 kB',
  proc: '2.2 kB',
  process: '3.82 kB',
  async: '9.58 kB',
  'async/Queue': '5.73 kB',
  workgraph: '4.88 kB',
};

export default Object.entries(budgets)
  .map(([name, limit]) => ({ name, path: `.sizes/${name.replace('/', '.')}.js`, limit }))
  .filter(({ path }) => existsSync(path));
