// Runs a TypeScript program of this repository straight from the sources, the packages' included: nothing has to be built first.
// `node scripts/program.mjs examples/import-graph/src/main.ts [arguments]`
import { rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from './workspace.mjs';

const [, , file = '', ...args] = process.argv;
const entry = resolve(file);
// Beside the program, so that what it has installed is found; a name of its own, so that two runs do not meet.
const outfile = join(dirname(entry), `.${basename(entry, '.ts')}-${process.pid}.mjs`);
await build({
  entryPoints: [entry],
  outfile,
  tsconfig: join(root, 'tsconfig.base.json'),
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  logLevel: 'error',
});
process.setSourceMapsEnabled(true);
process.argv = [process.argv0, outfile, ...args];
process.on('exit', () => rmSync(outfile, { force: true }));
await import(pathToFileURL(outfile).href);
