// What the types say: compiled, never run.
import { createServer, Socket } from 'node:net';
import type { Actor } from './index.js';
import { serverActor } from './node.js';

const server = createServer();
for (const where of [0, '/some.sock', { port: 0 }, { fd: 3 }, { path: '/some.sock' }, createServer(), new Socket()])
  serverActor(server, where);
// @ts-expect-error -- misspelt
serverActor(server, { prot: 8080 });

export const actor: Actor = { execute: () => {}, interrupt: () => {}, prepare: undefined, name: undefined };
