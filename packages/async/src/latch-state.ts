/** Where the life of a latch, a worker, an interval or a queue stands. */
export type LatchState = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

export const latchStopped = 0;
export const latchStarting = 1;
export const latchResuming = 2;
export const latchStarted = 3;
export const latchActive = 4;
export const latchPausing = 5;
export const latchPaused = 6;
export const latchStopping = 7;

const names = ['stopped', 'starting', 'resuming', 'started', 'active', 'pausing', 'paused', 'stopping'];

/** The word for a state in messages. */
export function stateName(state: LatchState): string {
  return names[state] as string;
}
