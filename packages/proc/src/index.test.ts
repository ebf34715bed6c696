import { expect, test } from '@jest/globals';
import * as main from '@x/proc';
import * as node from '@x/proc/node';
import * as otel from '@x/proc/otel';

test('the main entry exports this, and nothing else', () => {
  expect(Object.keys(main).sort()).toEqual([
    'MultiError',
    'TaskError',
    'concurrent',
    'concurrentGroup',
    'log',
    'scoped',
    'sequence',
    'shield',
    'subscribe',
    'supervise',
    'task',
    'traceRegion',
    'userTiming',
    'withTimeout',
  ]);
});

test('the entry for Node exports this, and nothing else', () => {
  expect(Object.keys(node).sort()).toEqual(['main', 'requestSignal', 'serve', 'trace']);
});

test('the entry for OpenTelemetry exports this, and nothing else', () => {
  expect(Object.keys(otel)).toEqual(['otel']);
});
