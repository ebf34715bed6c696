import { expect, test } from '@jest/globals';
import * as entry from './index.js';

test('the package exports this and nothing else', () => {
  expect(Object.keys(entry).sort()).toEqual([
    'Batch',
    'CannotCancelError',
    'CannotStartError',
    'CannotStopError',
    'DiscardedError',
    'Errors',
    'Future',
    'Interval',
    'Latch',
    'LatchTransitionError',
    'Queue',
    'SignalGroup',
    'Worker',
    'defaultInterval',
    'defaultQueueMaxWork',
    'defaultShutdownGracePeriod',
    'interceptors',
    'latchActive',
    'latchPaused',
    'latchPausing',
    'latchResuming',
    'latchStarted',
    'latchStarting',
    'latchStopped',
    'latchStopping',
    'noopActioner',
    'recover',
    'recoverGroup',
    'start',
  ]);
});

test('the numbers are those of upstream', () => {
  const {
    latchStopped,
    latchStarting,
    latchResuming,
    latchStarted,
    latchActive,
    latchPausing,
    latchPaused,
    latchStopping,
  } = entry;
  expect([
    latchStopped,
    latchStarting,
    latchResuming,
    latchStarted,
    latchActive,
    latchPausing,
    latchPaused,
    latchStopping,
  ]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect([entry.defaultQueueMaxWork, entry.defaultInterval, entry.defaultShutdownGracePeriod]).toEqual([
    1024, 500, 10_000,
  ]);
});
