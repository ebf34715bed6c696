// Lets Node run the TypeScript of this repository straight from the sources, the packages' included: nothing has to be built first.
// `node --import ./scripts/sources.mjs examples/import-graph/src/main.ts [arguments]`
import { register } from 'node:module';

try {
  process.cwd();
} catch {
  // Node would wait forever for the thread of the hooks, which cannot start.
  process.stderr.write('The folder that this was started from is gone.\n');
  process.exit(2);
}
register('./sources-hooks.mjs', import.meta.url);
process.setSourceMapsEnabled(true);
