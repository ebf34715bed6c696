export { osSignal, type OsSignalOptions } from './os-signal.js';
export { SignalError } from './signal-error.js';
