import { aborted } from '@x/abort';
import type { ListenOptions, Server, Socket } from 'node:net';
import { begin, type Actor } from './actor.js';
import { check, textOf } from './arguments.js';
import { combined } from './errors.js';
import { oneRun } from './one-run.js';
import { Serving } from './serving.js';

/**
 * Configures `serverActor`: how its server comes down, and its name.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { Group } from '@x/run';
 * import { serverActor } from '@x/run/node';
 *
 * // Shorter than the grace period: connections are cut before the group gives up. What only answers probes has nothing to wait for.
 * export const group = new Group({ gracePeriod: 10_000 })
 *   .add(serverActor(createServer(), { port: 8080 }, { name: 'api', drain: 8_000 }))
 *   .add(serverActor(createServer(), { port: 9090 }, { name: 'probes', drain: 0 }));
 * ```
 *
 * Source: net/http Server.Shutdown, whose context has the limit
 */
export interface ServerActorOptions {
  /** How long open connections may take after the interrupt, in milliseconds. Then all of them are cut. Default: no limit. */
  drain?: number | undefined;
  /** The name of the actor. Default: `'server'`. */
  name?: string | undefined;
}

/**
 * Returns an actor that listens with a server of `net`, `http`, `https` or `http2` until it is interrupted.
 *
 * It is ready when the server listens. Its interrupt accepts the clients that have already connected (for a second at most, a little longer in a worker of
 * `node:cluster`), stops listening, and closes idle connections. Requests in flight are answered to the last byte, those on streams of HTTP/2 too; then their
 * connections are closed.
 *
 * The last HTTP/1 answer of a connection says that the connection closes, unless its headers have already been sent. With five connections or more it does
 * so only after the listener has closed: otherwise the client would reconnect too early, and be reset. A client whose last answer is less than 50 ms old may
 * send one more request.
 * Upgraded connections and connections of `net` stay open until one of their ends closes them. Connections still open after `drain` are cut.
 *
 * The actor returns when the server has closed, even if other code closed it, and at the latest 50 ms after the cut.
 * An actor belongs to one place in one group at a time. If it runs in a second place meanwhile, it fails there and leaves the first run alone.
 *
 * If a run starts while the run before still drains, as after `GraceExceededError`, it takes over the connections that are still open, and cuts them with
 * its own. If the server still listens, the new run fails.
 *
 * On error: fails with the error of the server, such as `EADDRINUSE`, and stops the server. If the server fails again before it has closed, the actor's
 * interrupt fails with that error. With `until: 'all'` an actor that has failed is not interrupted, so that later error is not reported.
 *
 * @param listenOptions what `server.listen` takes: options, a port, a path, a file descriptor, or an object that has a handle
 * @example
 * ```ts
 * import { Group } from '@x/run';
 * import { serverActor } from '@x/run/node';
 * import { createServer } from 'node:http';
 *
 * const server = createServer((request, response) => response.end('hello'));
 * const group = new Group().add(serverActor(server, { port: 0 }, { drain: 5_000 }));
 * server.once('listening', () => console.log('listening'));
 * await group.run(AbortSignal.timeout(50)).catch((error) => console.log(error.name));
 * // Output:
 * // listening
 * // TimeoutError
 * ```
 * @throws TypeError when `server` is not a server, an option has the wrong type, or `listenOptions` does not say where to listen; RangeError when the port is not
 * a valid port, or `drain` is negative or `NaN`.
 *
 * Source: oklog/run README, net.Listener
 */
export function serverActor(
  server: Server,
  listenOptions: ListenOptions | number | string | { fd: number } | { handle: object } | Server | Socket,
  options: ServerActorOptions = {},
): Actor {
  check({ options }, { options: 'object' });
  const { drain = Infinity, name = 'server' } = options;
  check({ name, drain }, { name: 'string', drain: 'number >= 0' });
  const whose = options.name === undefined ? '' : `${name}: `;
  if (typeof (server as Partial<Server> | null)?.listen !== 'function') {
    throw new TypeError(`${whose}server must be a server, got ${textOf(server)}`);
  }
  checkListenOptions(whose, listenOptions);
  /** Of the latest run. */
  let latest: Serving | undefined;
  /** What an interrupt stops. */
  let serving: Serving | undefined;
  /** Of its interrupt. */
  let ended: Promise<void> | undefined;
  let interrupted = false;
  const execute = async (ready: () => void): Promise<void> => {
    interrupted = false;
    serving = ended = undefined;
    const begun = new Serving(server);
    // The run before may still drain. If it even listens, it is this one that fails.
    if (!server.listening) {
      latest?.leave();
      latest = begun;
    }
    if (!(await begun.listen(listenOptions))) return;
    // It may have come while it looked up its host.
    const wasInterrupted = interrupted;
    if (wasInterrupted) await begun.stop(drain);
    else {
      serving = begun;
      ready();
    }
    await aborted(begun.gone.signal);
    const { errors } = begun;
    if (errors.length === 0) return;
    // Also in a group where who has failed is not interrupted.
    void begun.stop(drain);
    // Of one that was interrupted before it listened nobody else tells.
    throw wasInterrupted ? combined(errors) : errors[0];
  };
  const end = async (begun: Serving): Promise<void> => {
    await begun.stop(drain);
    // The first is what execute fails with.
    const others = begun.errors.slice(1);
    if (others.length > 0) throw combined(others);
  };
  const interrupt = (): Promise<void> | undefined => {
    interrupted = true;
    return serving && (ended ??= end(serving));
  };
  return { name, execute, interrupt, [begin]: oneRun(name, 'serverActor') };
}

/** What `server.listen` would throw, sooner: but for what only the system can tell. */
function checkListenOptions(whose: string, value: unknown): void {
  let [name, port] = [`${whose}listenOptions`, value];
  // Text that is no number is a path to Node.
  if (typeof value === 'string' && !(Number(value) >= 0)) return;
  if (typeof value !== 'number' && typeof value !== 'string') {
    check({ [name]: value }, { [name]: 'object' });
    const { port: given, fd, handle, _handle } = value as Record<string, unknown>;
    if (!['port', 'path', 'fd', 'handle', '_handle'].some((key) => key in (value as object))) {
      throw new TypeError(`${name} must have a port, a path, a handle or an fd, got ${textOf(value)}`);
    }
    // What comes before a port to `listen`; none is any.
    if (handle || _handle || typeof fd === 'number' || given === undefined || given === null) return;
    [name, port] = [`${name}.port`, given];
  }
  if (typeof port !== 'number' && typeof port !== 'string') {
    throw new TypeError(`${name} must be a port from 0 to 65535, got ${textOf(port)}`);
  }
  const number = typeof port === 'string' && port.trim() === '' ? NaN : Number(port);
  if (!Number.isInteger(number) || number < 0 || number > 65_535) {
    throw new RangeError(`${name} must be a port from 0 to 65535, got ${port}`);
  }
}
