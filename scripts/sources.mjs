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
// Deprecated since Node 26 (DEP0205), and said so on stderr, which is the program's. What replaces it is not in every Node 20, and only takes hooks that wait for nothing.
const { noDeprecation = false } = process;
process.noDeprecation = true;
register('./sources-hooks.mjs', import.meta.url);
process.noDeprecation = noDeprecation;
process.setSourceMapsEnabled(true);
