// Lets Node run the TypeScript of this repository straight from the sources, the packages' included: nothing has to be built first.
// `node --import ./scripts/sources.mjs examples/import-graph/src/main.ts [arguments]`
import { register } from 'node:module';

register('./sources-hooks.mjs', import.meta.url);
process.setSourceMapsEnabled(true);
