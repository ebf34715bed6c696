// The checks of the main entries, with the packages loaded in whatever way.
import { abort } from './abort.mjs';
import { async } from './async.mjs';
import { Host, runChecks } from './harness.mjs';
import { proc } from './proc.mjs';
import { process as processChecks } from './process.mjs';
import { run } from './run.mjs';
import { workgraph } from './workgraph.mjs';

/** @typedef {(entry: string) => any} Load Gives what an entry exports: `abort`, `abort/node`. */

/** @param {Load} load @returns {[string, import('./harness.mjs').Checks][]} */
export const mainChecks = (load) => [
  ['abort', abort(load('abort'))],
  ['run', run(load('run'))],
  ['proc', proc(load('proc'))],
  ['process', processChecks(load('process'), load('process/periodic'), load('process/ratelimit'))],
  ['async', async(load('async'))],
  ['workgraph', workgraph(load('workgraph'), load('workgraph/inspect'))],
];

/** @param {[string, import('./harness.mjs').Checks][]} all @param {Host} [host] */
export async function runAll(all, host = new Host()) {
  const results = [];
  for (const [name, checks] of all) results.push(...(await runChecks(name, checks, host)));
  return results;
}
