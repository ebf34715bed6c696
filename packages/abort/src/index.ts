export { abortable } from './abortable.js';
export { anySignal } from './any-signal.js';
export { isAbort, throwIfAborted } from './is-abort.js';
export { link, LinkedController, type Parent } from './linked-controller.js';
export { never } from './never.js';
export { aborted, onAbort } from './on-abort.js';
export { shield, type ShieldOptions, type Work } from './shield.js';
export { sleep, type SleepOptions } from './sleep.js';
export { withDeadline, withGrace, withTimeout } from './timeout.js';
