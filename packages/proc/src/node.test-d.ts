// What the types say: compiled, never run.
import { createServer, Socket } from 'node:net';
import { subscribe } from './index.js';
import { serve } from './node.js';

const server = createServer();
for (const where of [0, '/some.sock', { port: 0 }, { fd: 3 }, { path: '/some.sock' }, createServer(), new Socket()])
  serve(server, where);
serve(server, undefined, { gracePeriod: 1_000 });
// @ts-expect-error -- misspelt
serve(server, { prot: 8080 });
// @ts-expect-error -- the options in the wrong place
serve(server, { gracePeriod: 1_000 });

subscribe({ start: undefined, end: undefined, log: undefined });
