// The ways in which somebody comes to listen to a signal for its abort, and stops.

type Way = [name: string, (signal: AbortSignal) => void];

const listener = (): void => {};
const once = { once: true };
const capture = { capture: true };

/** Listens for the abort with the one listener that these ways have. */
export const hear = (signal: AbortSignal, options?: typeof once | typeof capture): void =>
  signal.addEventListener('abort', listener, options);
const leave = (signal: AbortSignal, options?: typeof capture): void =>
  signal.removeEventListener('abort', listener, options);

/** After each of these somebody listens. */
export const listening: Way[] = [
  ['a handler', (signal) => (signal.onabort = listener)],
  ['a listener that another has left', (signal) => (hear(signal), signal.removeEventListener('abort', () => {}))],
  ['a listener of that name only', (signal) => (hear(signal), signal.removeEventListener('close', listener))],
  ['a listener whose twin has left', (signal) => (hear(signal), hear(signal, capture), leave(signal, capture))],
  ['a handler that is a listener, too', (signal) => ((signal.onabort = listener), hear(signal), leave(signal))],
  [
    'a listener that came by the prototype',
    (signal) => EventTarget.prototype.addEventListener.call(signal, 'abort', listener),
  ],
  ['a listener for one event', (signal) => hear(signal, once)],
];

/** After each of these nobody does. */
export const left: Way[] = [
  ['a handler that was taken off', (signal) => ((signal.onabort = listener), (signal.onabort = null))],
  ['a listener that was added twice', (signal) => (hear(signal), hear(signal), leave(signal))],
  [
    'a listener of each phase',
    (signal) => (hear(signal), hear(signal, capture), leave(signal), leave(signal, capture)),
  ],
  ['a listener for something else', (signal) => signal.addEventListener('close', listener)],
  ['a listener that has been called', (signal) => (hear(signal, once), signal.dispatchEvent(new Event('abort')))],
];
