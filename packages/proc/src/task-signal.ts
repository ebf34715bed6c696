import { onAbort } from '@x/abort';
import { dispose } from './dispose.js';

// The signal of a task's own: aborts when its parent does. A task must not change what a process may do by being watched, so what a
// process has left behind hears of the parent's abort after the task has ended, too; and a parent must not hold every task there ever was.
//
// Invariants
// 1. `users` counts the task while it runs, and who listens. While there are any, the signal follows its parent.
// 2. Who begins to listen later makes it follow again.

/** Makes the signal of a task, which aborts when that of its parent does; and a function to be called when the task has ended. */
export function taskSignal(parent: AbortSignal): [signal: AbortSignal, end: () => void] {
  const controller = new AbortController();
  const { signal } = controller;
  let users = 0;
  let link: Disposable | undefined;

  const count = (by: number): void => {
    users += by;
    if (users > 0) link ??= onAbort(parent, (reason) => controller.abort(reason));
    else link = link?.[dispose]() as undefined;
  };
  // On the signal itself: it is the platform's own, so that all its functions take it.
  const counting = (method: 'addEventListener' | 'removeEventListener', by: number): void => {
    const native = signal[method] as (...args: unknown[]) => void;
    signal[method] = (...args: unknown[]) => {
      native.apply(signal, args);
      count(by);
    };
  };
  counting('addEventListener', 1);
  counting('removeEventListener', -1);
  count(1);
  return [signal, () => count(-1)];
}
