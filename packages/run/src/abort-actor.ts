import { isAbort, link, sleep, type LinkedController } from '@x/abort';
import type { Actor } from './actor.js';

/**
 * Returns an actor that fails with the signal's reason when the signal aborts, and returns when it is interrupted. Without a signal it only
 * waits for its interrupt.
 *
 * Like the parameter of `run(signal)`, except that a group can have several. It is ready at once, and keeps no listener after it has returned.
 * Make one for each group. If two groups share one, the end of one group ends the actor in the other, without an error.
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
 * @throws TypeError when `signal` is given but is not a signal.
 *
 * Source: oklog/run ContextHandler
 */
export function abortActor(signal?: AbortSignal): Actor {
  isAbort(0, signal); // says at the call what is no signal
  let scope: LinkedController | undefined;
  return {
    execute(ready?: () => void) {
      // Added twice it is still one scope, which one interrupt ends. A controller has a signal, as the options of `sleep` do.
      scope ??= link(signal);
      if (!scope.aborted) ready?.();
      return sleep(Infinity, scope).catch((reason: unknown) => {
        if (reason !== link) throw reason;
      });
    },
    interrupt() {
      // A reason that nobody else has.
      scope?.abort(link);
      scope = undefined;
    },
  };
}
