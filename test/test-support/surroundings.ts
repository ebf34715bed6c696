// What can be done around a signal, whoever it belongs to.
import { abortable, aborted, anySignal, isAbort, link, type LinkedController, onAbort, shield, sleep, throwIfAborted, withDeadline, withGrace, withTimeout } from '@x/abort'; // prettier-ignore
import { methods, STOP, type Calls } from './reentrancy.js';

/** Everything that `@x/abort` does with a signal: what waits ends when it aborts. */
export function waitsOn(signal: AbortSignal): Calls {
  return {
    abortable: () => abortable(new Promise(() => {}), signal),
    aborted: () => aborted(signal),
    anySignal: () => anySignal([signal, new AbortController().signal]).aborted,
    isAbort: () => isAbort(signal.reason, signal),
    link: () => link(signal)[Symbol.dispose](),
    onAbort: () => onAbort(signal, () => {}),
    'onAbort, disposed': () => onAbort(signal, () => {})[Symbol.dispose](),
    shield: () => shield(() => sleep(Infinity, { signal })),
    sleep: () => sleep(Infinity, { signal }),
    throwIfAborted: () => throwIfAborted(signal),
    withDeadline: () => withDeadline(Infinity, signal).signal.aborted,
    withGrace: () => withGrace(0, signal).aborted,
    withTimeout: () => withTimeout(0, signal).signal.aborted,
  };
}

/** All that a controller can do. */
export function controls(controller: LinkedController, prefix = ''): Calls {
  // Of a follower of signals, and of signals of the operating system.
  const internal = { $told: false, $follow: false, $leave: false, receive: false } as const;
  return methods(controller, { ...internal, abort: () => [STOP] }, prefix);
}
