import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Program, programs } from './test-support/program.js';

const made = programs();
afterAll(() => made.remove());

/** Stops a server that has no connections, in a worker if it is told so, and prints for how long it waits. */
const CODE = `
import cluster from 'node:cluster';
import { createServer } from 'node:net';
import { serve } from '@x/proc/node';

if (process.argv[2] === 'worker' && cluster.isPrimary) cluster.fork();
else {
  const { setTimeout } = globalThis;
  const waits = [];
  const stop = new AbortController();
  const server = createServer().on('listening', () => {
    globalThis.setTimeout = (callback, ms) => (waits.push(ms), setTimeout(callback, ms));
    stop.abort();
  });
  await serve(server, { port: 0, host: '127.0.0.1' })(stop.signal);
  process.stdout.write('waited: ' + waits.join() + '\\n', () => process.exit());
}
`;

let file = '';
beforeAll(async () => {
  file = await made.make('worker', CODE);
});

test.each([
  ['in a worker of node:cluster waits for the connections that the primary may still send', 'worker', '50'],
  ['elsewhere does not', 'alone', ''],
])('a server that stops %s', async (_what, where, waited) => {
  const program = new Program(process.execPath, [file, where]);
  expect(await program.exit).toEqual({ status: 0, signal: null });
  expect([program.stdout, program.stderr]).toEqual([`waited: ${waited}\n`, '']);
});
