import { aborted, type LinkedController } from '@x/abort';
import { osSignal, type OsSignalOptions } from '@x/abort/node';
import { MessageChannel } from 'node:worker_threads';
import { begin, type Actor } from './actor.js';
import { check } from './arguments.js';
import { oneRun } from './one-run.js';

/**
 * Configures `signalActor`: how it follows operating-system signals, and its name.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { Group } from '@x/run';
 * import { signalActor } from '@x/run/node';
 *
 * const onSignal = (name: string) => console.log(`${name}: stopping, please wait`);
 * const group = new Group().add(signalActor(['SIGINT', 'SIGTERM'], { onSignal }));
 * group.go((signal) => sleep(60_000, { signal }));
 * setImmediate(() => process.kill(process.pid, 'SIGTERM'));
 * await group.run().catch(({ exitCode }) => console.log('exit with', exitCode));
 * // Output:
 * // SIGTERM: stopping, please wait
 * // exit with 143
 * ```
 *
 * Source: oklog/run SignalHandler, whose context is the option `signal`; os/signal Notify
 */
export interface SignalActorOptions extends OsSignalOptions {
  /** The name of the actor. Default: `'signals'`. */
  name?: string | undefined;
}

/**
 * Returns an actor that fails with a `SignalError` when one of the operating-system signals arrives, and returns when it is interrupted.
 *
 * It catches the signals from the moment when the group's `run()` is called, before any actor starts, until the run is over. So an impatient
 * second signal does not kill the clean-up; `onSignal` is called for it. The actor is ready at once. With `startup: 'sequential'` add it first: it reacts only
 * from its turn on. While it waits for a signal it keeps the program alive, even if nothing else does.
 *
 * An actor belongs to one place in one group at a time. If it runs in a second place meanwhile, it fails there and leaves the first run alone. Make one for
 * each place.
 *
 * On abort: an abort of the option `signal` ends the actor with that reason.
 *
 * @param signals the name of a signal, such as `'SIGINT'`, or a list of names
 * @example
 * ```ts
 * import { Group } from '@x/run';
 * import { signalActor } from '@x/run/node';
 *
 * const group = new Group().add(signalActor(['SIGINT', 'SIGTERM']));
 * setImmediate(() => process.kill(process.pid, 'SIGTERM'));
 * await group.run().catch((error) => console.log(String(error)));
 * // Output:
 * // SignalError: received SIGTERM
 * ```
 * @throws TypeError or RangeError at the call, as `osSignal` does.
 *
 * Source: oklog/run SignalHandler
 */
export function signalActor(
  signals: NodeJS.Signals | readonly NodeJS.Signals[],
  options: SignalActorOptions = {},
): Actor {
  check({ options }, { options: 'object' });
  const { name = 'signals' } = options;
  check({ name }, { name: 'string' });
  // Says at the call what is wrong, and leaves no handler.
  osSignal(signals, options).unlink();
  let scope: LinkedController | undefined;
  let stop: (() => void) | undefined;
  /** In a group, which says when its run is over. Who calls it by other ways, such as a wrapper, does not. */
  let running = false;
  const letGo = (): void => {
    if (running) return;
    scope?.unlink();
    scope = stop = undefined;
  };
  const prepare = (): LinkedController => (scope ??= osSignal(signals, options));
  return {
    name,
    prepare,
    execute: (ready?: () => void) => {
      const { signal } = prepare();
      if (!signal.aborted) ready?.();
      // Neither a handler of a signal nor a promise keeps a program alive; this does, and is no timer that somebody has replaced.
      const { port1 } = new MessageChannel();
      port1.ref();
      return new Promise<void>((resolve, reject) => {
        stop = resolve;
        void aborted(signal).then(reject);
      }).finally(() => {
        port1.close();
        letGo();
      });
    },
    interrupt() {
      stop?.();
      letGo();
    },
    [begin]: oneRun(name, 'signalActor', (now) => {
      running = now;
      letGo();
    }),
  };
}
