import { link, onAbort } from '@x/abort';
import type { Actor } from './actor.js';

/** The reason of a wait that an interrupt has ended. */
const INTERRUPTED = {};

/**
 * Returns an actor that fails with the signal's reason when the signal aborts, and returns when it is interrupted; without a signal it only
 * waits for its interrupt.
 *
 * Like the parameter of `run(signal)`, except that a group can have several. It keeps no listener once it has returned.
 *
 * @example
 * ```ts
 * import { abortActor, Group } from '@x/run';
 *
 * const controller = new AbortController();
 * const group = new Group().add(abortActor(controller.signal));
 * queueMicrotask(() => controller.abort('enough'));
 * await group.run().catch((error) => console.log('ended:', error));
 * // Output:
 * // ended: enough
 * ```
 * @throws TypeError when `signal` is given and no signal.
 *
 * Source: oklog/run ContextHandler
 */
export function abortActor(signal?: AbortSignal): Actor {
  link(signal).unlink(); // says at the call what is no signal
  let scope: ReturnType<typeof link> | undefined;
  return {
    // Added twice it is still one scope, which one interrupt ends.
    execute: () =>
      new Promise<void>((resolve, reject) => {
        scope ??= link(signal);
        onAbort(scope.signal, (reason) => (reason === INTERRUPTED ? resolve() : reject(reason)));
      }),
    interrupt() {
      scope?.abort(INTERRUPTED);
      scope = undefined;
    },
  };
}
