// The suite as a program, for Node and what runs its programs: once with the packages imported, once with them required. Prints JSON.
import { createRequire } from 'node:module';
import { Host } from './harness.mjs';
import { nodeChecks } from './node.mjs';
import { mainChecks, runAll } from './suite.mjs';

const require = createRequire(import.meta.url);
const names = [
  'abort',
  'abort/node',
  'async',
  'proc',
  'proc/node',
  'process',
  'process/node',
  'process/periodic',
  'process/ratelimit',
  'run',
  'run/node',
  'workgraph',
  'workgraph/context',
  'workgraph/inspect',
];
/** @type {Record<string, unknown>} */
const imported = {};
for (const name of names) imported[name] = await import(`@x/${name}`);

const host = new Host();
const results = [];
for (const load of [
  (/** @type {string} */ entry) => imported[entry],
  (/** @type {string} */ entry) => require(`@x/${entry}`),
])
  results.push(await runAll([...mainChecks(load), ...nodeChecks(load)], host));
console.log(JSON.stringify(results.flat()));
process.exit(0);
