/** Where the life of a latch, a worker, an interval or a queue stands. */
export type LatchState = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** Has stopped, or has never started. Source: go-sdk/async LatchStopped */
export const latchStopped = 0;
/** Has been told to start. Source: go-sdk/async LatchStarting */
export const latchStarting = 1;
/** Has been told to go on after a pause. Source: go-sdk/async LatchResuming */
export const latchResuming = 2;
/** Has started. Source: go-sdk/async LatchStarted */
export const latchStarted = 3;
/** Is at work. Source: go-sdk/async LatchActive */
export const latchActive = 4;
/** Has been told to pause. Source: go-sdk/async LatchPausing */
export const latchPausing = 5;
/** Pauses. Source: go-sdk/async LatchPaused */
export const latchPaused = 6;
/** Has been told to stop. Source: go-sdk/async LatchStopping */
export const latchStopping = 7;

const names = ['stopped', 'starting', 'resuming', 'started', 'active', 'pausing', 'paused', 'stopping'];

/** The word for a state in messages. */
export function stateName(state: LatchState): string {
  return names[state] as string;
}
