// The suite as a page has it: one bundle of the main entries.
import * as abort from '@x/abort';
import * as async from '@x/async';
import * as proc from '@x/proc';
import * as process from '@x/process';
import * as periodic from '@x/process/periodic';
import * as ratelimit from '@x/process/ratelimit';
import * as run from '@x/run';
import * as workgraph from '@x/workgraph';
import * as inspect from '@x/workgraph/inspect';
import { mainChecks, runAll } from './suite.mjs';

/** @type {Record<string, unknown>} */
const entries = {
  abort,
  async,
  proc,
  process,
  'process/periodic': periodic,
  'process/ratelimit': ratelimit,
  run,
  workgraph,
  'workgraph/inspect': inspect,
};

/** @type {any} */ (globalThis).conformance = () => runAll(mainChecks((entry) => entries[entry]));
