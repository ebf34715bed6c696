import { expect, test } from '@jest/globals';
import * as main from './index.js';
import * as node from './node.js';
import * as periodic from './periodic.js';
import * as ratelimit from './ratelimit.js';

test('the entries export these names and no others', () => {
  expect(Object.keys(main).sort()).toEqual([
    'CloseTimeoutError',
    'CycleError',
    'Process',
    'ProcessClosedError',
    'background',
    'closeAfterSignal',
    'describe',
    'go',
    'goChild',
    'spawn',
    'spawnChild',
    'untilClosed',
    'waitForSignal',
    'whileRunning',
    'withParent',
    'withSignal',
    'withSignalAndTeardown',
    'withTeardown',
  ]);
  expect(Object.keys(node)).toEqual(['withSignals']);
  expect(Object.keys(periodic).sort()).toEqual([
    'every',
    'everyGo',
    'onSignal',
    'onSignalGo',
    'tick',
    'tickGo',
    'ticker',
    'tickerGo',
  ]);
  expect(Object.keys(ratelimit)).toEqual(['RateLimiter']);
  expect(main.spawn).toBe(main.go);
  expect(main.spawnChild).toBe(main.goChild);
});
