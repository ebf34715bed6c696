import { Group, type GroupOptions } from '@x/run';
import { serverActor, type ServerActorOptions } from '@x/run/node';
import { once } from 'node:events';
import type * as net from 'node:net';
import {
  acceptedBy,
  answering,
  portOf,
  turnsUntil,
  type Answering,
  type CleanUps,
  type Client,
} from '../../../../test/test-support/connections.js';

export interface Served {
  group: Group;
  port: number;
  /** What the server has accepted. */
  sockets: net.Socket[];
  stop: () => void;
  /** What the group has ended with. */
  down: Promise<unknown>;
  isDown: () => boolean;
}

/** Runs a server in a group until the test stops it, and in any case until the test ends. */
export async function served(
  cleanUps: CleanUps,
  server: net.Server,
  options: ServerActorOptions = {},
  groupOptions: GroupOptions = {},
): Promise<Served> {
  const sockets = acceptedBy(server);
  const controller = new AbortController();
  let isDown = false;
  const group = new Group(groupOptions).add(serverActor(server, { port: 0, host: '127.0.0.1' }, options));
  const down = group.run(controller.signal).then(() => 'returned', (error: unknown) => error); // prettier-ignore
  void down.then(() => (isDown = true));
  cleanUps.add(() => {
    controller.abort();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, 'listening');
  return { group, port: portOf(server), sockets, stop: () => controller.abort('stop'), down, isDown: () => isDown };
}

/** Runs a server whose responses are ended by the test, and that has accepted a client. */
export async function servedClient(
  cleanUps: CleanUps,
  options?: ServerActorOptions,
  groupOptions?: GroupOptions,
): Promise<Served & Answering & { client: Client; socket: net.Socket }> {
  const made = answering();
  const run = await served(cleanUps, made.server, options, groupOptions);
  const client = await cleanUps.client(run.port);
  await turnsUntil(() => run.sockets.length === 1);
  return { ...made, ...run, client, socket: run.sockets[0] as net.Socket };
}

/** Has a client ask, and waits for the response, which the test ends. */
export async function asked<R>(client: Client, responses: R[], ...what: Parameters<Client['ask']>): Promise<R> {
  const before = responses.length;
  client.ask(...what);
  await turnsUntil(() => responses.length > before);
  return responses[before] as R;
}
