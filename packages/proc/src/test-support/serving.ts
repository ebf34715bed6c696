import { once } from 'node:events';
import { serve, type Server, type ServeOptions } from '@x/proc/node';
import { acceptedBy, portOf, type CleanUps } from '../../../../test/test-support/connections.js';

export interface Serving {
  port: number;
  stop: AbortController;
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
  return { port: portOf(server), stop, over, ended: () => ended };
}
