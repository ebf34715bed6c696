import { once } from 'node:events';
import type { Socket } from 'node:net';
import { serve, type Server, type ServeOptions } from '@x/proc/node';
import {
  acceptedBy,
  answering,
  portOf,
  stopped,
  turnsUntil,
  type Answering,
  type CleanUps,
  type Client,
} from '../../../../test/test-support/connections.js';

export interface Serving {
  port: number;
  stop: AbortController;
  /** Stops it, and waits until the server no longer listens. */
  halt: () => Promise<void>;
  over: Promise<void>;
  ended: () => boolean;
}

/** Serves until the test stops it, and in any case until the test ends. */
export async function serving(cleanUps: CleanUps, server: Server, options?: ServeOptions): Promise<Serving> {
  const accepted = acceptedBy(server);
  const stop = new AbortController();
  let ended = false;
  const listening = once(server, 'listening');
  const over = Promise.resolve(serve(server, { port: 0, host: '127.0.0.1' }, options)(stop.signal)).finally(() => {
    ended = true;
  });
  over.catch(() => {});
  cleanUps.add(() => {
    stop.abort();
    for (const socket of accepted) socket.destroy();
    server.close();
  });
  await listening;
  const halt = (): Promise<void> => (stop.abort(), stopped(server));
  return { port: portOf(server), stop, halt, over, ended: () => ended };
}

/** A client of a server, and what the server has accepted it as. */
export async function connected(
  cleanUps: CleanUps,
  server: Server,
  port: number,
): Promise<{ client: Client; socket: Socket }> {
  const connection = once(server, 'connection') as Promise<[Socket]>;
  const client = await cleanUps.client(port);
  const [socket] = await connection;
  return { client, socket };
}

/** Serves with a server whose responses are ended by the test, and that has a client. */
export async function servingClient(
  cleanUps: CleanUps,
  options?: ServeOptions,
): Promise<Serving & Answering & { client: Client; socket: Socket }> {
  const made = answering();
  const served = await serving(cleanUps, made.server, options);
  return { ...made, ...served, ...(await connected(cleanUps, made.server, served.port)) };
}

/** Has a client ask, and waits for the response, which the test ends. */
export async function asked<R>(client: Client, responses: R[], ...what: Parameters<Client['ask']>): Promise<R> {
  const before = responses.length;
  client.ask(...what);
  await turnsUntil(() => responses.length > before);
  return responses[before] as R;
}
