export { background } from './background.js';
export { describe } from './describe.js';
export { CloseTimeoutError, CycleError, ProcessClosedError } from './errors.js';
export { go, goChild, spawn, spawnChild, withParent, withTeardown } from './go.js';
export { type CloseOptions, Process, type ProcessFunc, type ProcessOptions, type TeardownFunc } from './process.js';
export {
  closeAfterSignal,
  untilClosed,
  waitForSignal,
  whileRunning,
  withSignal,
  withSignalAndTeardown,
} from './signals.js';
