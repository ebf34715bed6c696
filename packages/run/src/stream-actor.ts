import { isAbort, link, type LinkedController } from '@x/abort';
import type { Readable } from 'node:stream';
import { begin, type Actor } from './actor.js';
import { check, textOf } from './arguments.js';
import { oneRun } from './one-run.js';

/**
 * Configures `streamActor`: its name.
 *
 * @example
 * ```ts
 * import { Readable } from 'node:stream';
 * import { sleep } from '@x/abort';
 * import { Group } from '@x/run';
 * import { streamActor } from '@x/run/node';
 *
 * const group = new Group({ gracePeriod: 20 });
 * group.add(streamActor(Readable.from(['a']), () => new Promise(() => {}), { name: 'orders' }));
 * group.go(() => sleep(20));
 * await group.run().catch((error) => console.log(error.actors));
 * // Output:
 * // [ 'orders' ]
 * ```
 *
 * Source: none in oklog/run; the names of kolide/launcher rungroup
 */
export interface StreamActorOptions {
  /** The name of the actor. Default: `'stream'`. */
  name?: string | undefined;
}

/**
 * Returns an actor that passes each chunk of a stream to a function, one after another, and returns when the stream has ended.
 *
 * It is ready at once. Its interrupt destroys the stream and aborts the signal that the function received; the actor returns when the function has
 * returned too. If the function fails, the stream is destroyed.
 * An actor belongs to one place in one group at a time. If it runs in a second place meanwhile, it fails there and leaves the first run alone.
 *
 * On error: fails with the error of the stream, or with the error that the function throws.
 *
 * @example
 * ```ts
 * import { Group } from '@x/run';
 * import { streamActor } from '@x/run/node';
 * import { Readable } from 'node:stream';
 *
 * const group = new Group().add(streamActor(Readable.from(['a', 'b']), (chunk) => console.log(chunk)));
 * await group.run();
 * // Output:
 * // a
 * // b
 * ```
 * @throws TypeError when `readable` is not a readable stream or `fn` is not a function.
 *
 * Source: oklog/run README, io.ReadCloser
 */
export function streamActor<T = unknown>(
  readable: Readable,
  fn: (chunk: T, signal: AbortSignal) => unknown,
  options: StreamActorOptions = {},
): Actor {
  const { destroy, [Symbol.asyncIterator]: read } = (readable ?? {}) as Partial<Readable>;
  if (typeof destroy !== 'function' || typeof read !== 'function') {
    throw new TypeError(`readable must be a stream to read, got ${textOf(readable)}`);
  }
  check({ options }, { options: 'object' });
  const { name = 'stream' } = options;
  check({ name, fn }, { name: 'string', fn: 'function' });
  let controller: LinkedController | undefined;
  return {
    name,
    async execute(ready?: () => void) {
      const { signal } = (controller = link());
      ready?.();
      // What the function fails with is never what the interrupt has done to the stream, however it looks.
      let isOurs = false;
      try {
        for await (const chunk of readable) {
          isOurs = true;
          await fn(chunk as T, signal);
          isOurs = false;
        }
      } catch (error) {
        // That it was destroyed is what the interrupt is for. A stream that is made of others says so as an abort of no signal.
        const { code, cause } = Object(error) as NodeJS.ErrnoException;
        const isDestroyed = code === 'ERR_STREAM_PREMATURE_CLOSE' || (code === 'ABORT_ERR' && cause === undefined);
        if (!signal.aborted || !((isDestroyed && !isOurs) || isAbort(error, signal))) throw error;
      }
    },
    interrupt(reason) {
      controller?.abort(reason);
      readable.destroy();
    },
    [begin]: oneRun(name, 'streamActor'),
  };
}
