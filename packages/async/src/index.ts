export { type Actioner, type Checker, type CheckerLike, noopActioner, type Work, type WorkAction } from './actioner.js';
export { Batch } from './batch.js';
export type { BatchOptions, BatchResult, ResultsOptions } from './batch-options.js';
export { Errors } from './error-collection.js';
export {
  CannotCancelError,
  CannotStartError,
  CannotStopError,
  DiscardedError,
  LatchTransitionError,
} from './errors.js';
export { Future, start } from './future.js';
export { type Interceptor, type InterceptorFunc, interceptors, type Interceptors } from './interceptor.js';
export { defaultInterval, Interval, type IntervalOptions } from './interval.js';
export { Latch, type WaitOptions } from './latch.js';
export { latchActive, latchPaused, latchPausing, latchResuming, latchStarted, latchStarting } from './latch-state.js';
export { type LatchState, latchStopped, latchStopping } from './latch-state.js';
export { Queue } from './queue.js';
export { defaultQueueMaxWork, defaultShutdownGracePeriod } from './queue-options.js';
export type { EnqueueOptions, QueueOptions } from './queue-options.js';
export { type ErrorSink, recover, recoverGroup } from './recover.js';
export { SignalGroup } from './signal-group.js';
export { Worker, type WorkerFinalizer, type WorkerOptions } from './worker.js';
