import { describe } from '@jest/globals';
import { createServer } from 'node:net';
import * as main from '@x/proc';
import * as node from '@x/proc/node';
import * as otel from '@x/proc/otel';
import { between, kinds, optional, Table } from '../test-support/bad-input.js';

const { signal, time, string, nothing } = kinds;
const fn = kinds.function;
const never = new AbortController().signal;
const noop = (): void => {};

const table = new Table('proc')
  .throws('concurrent', 'procs', fn, (value) => main.concurrent(noop, value))
  .throws('concurrentGroup', 'procs', fn, (value) => main.concurrentGroup(noop, value))
  .throws('sequence', 'procs', fn, (value) => main.sequence(noop, value))
  .throws('scoped', 'fn', fn, (value) => main.scoped(value))
  .rejects('scoped', 'proc', fn, (value) => main.scoped((scope) => scope.spawn(value))(never))
  .throws('shield', 'proc', fn, (value) => main.shield(value))
  .throws('task', 'type', string, (value) => main.task(value, noop))
  .throws('task', 'proc', fn, (value) => main.task('x', value))
  .throws('traceRegion', 'type', string, (value) => main.traceRegion(value, noop))
  .throws('traceRegion', 'proc', fn, (value) => main.traceRegion('x', value))
  .throws('withTimeout', 'ms', time, (value) => main.withTimeout(value, noop))
  .throws('withTimeout', 'proc', fn, (value) => main.withTimeout(1, value))
  .throws('supervise', 'proc', fn, (value) => main.supervise(value))
  .options(
    'throws',
    'supervise',
    'SuperviseOptions',
    { retries: time, backoff: kinds.options, jitter: between(0, 1), isFatal: fn },
    (value) => main.supervise(noop, value),
  )
  .property('supervise', 'Backoff', 'initial', optional(time), (value) =>
    main.supervise(noop, { backoff: { initial: value } }),
  )
  .property('supervise', 'Backoff', 'factor', optional(between(1, 1e9)), (value) =>
    main.supervise(noop, { backoff: { factor: value } }),
  )
  .property('supervise', 'Backoff', 'max', optional(time), (value) => main.supervise(noop, { backoff: { max: value } }))
  .throws('log', 'signal', signal, (value) => main.log(value, 'c', 'm'))
  .throws('log', 'category', string, (value) => main.log(never, value, 'm'))
  .throws('log', 'message', string, (value) => main.log(never, 'c', value))
  .throws('subscribe', 'tracer', kinds.options, (value) => main.subscribe(value))
  .takesAnything('userTiming', 'new TaskError', 'new MultiError')
  .rejects('main', 'proc', fn, (value) => node.main(value))
  .options(
    'rejects',
    'main',
    'MainOptions',
    {
      signals: { ...nothing, takes: Array.isArray },
      gracePeriod: time,
      forceOnSecond: kinds.boolean,
      onSignal: fn,
      onRepeat: fn,
      onTimeout: fn,
    },
    (value) => node.main(noop, value),
    {
      says: /options|signals|gracePeriod|forceOnSecond|onSignal|onRepeat|onTimeout/,
      works: () => {
        if (process.listenerCount('SIGINT') + process.listenerCount('SIGTERM') > 0)
          throw new Error('a handler was left');
      },
    },
  )
  .rejects('main', 'signals', nothing, (value) => node.main(noop, { signals: [value] }))
  .throws('serve', 'server', nothing, (value) => node.serve(value, 0))
  .throws(
    'serve',
    'listenOptions',
    { ...kinds.port, takes: (value) => value === undefined || typeof value === 'string' || kinds.port.takes(value) },
    (value) => node.serve(createServer(), value),
  )
  .options('throws', 'serve', 'ServeOptions', { gracePeriod: time, onDraining: fn, drainDelay: time }, (value) =>
    node.serve(createServer(), 0, value),
  )
  .throws('requestSignal', 'request', nothing, (value) => node.requestSignal(value))
  .throws(
    'trace.start',
    'destination',
    { ...nothing, takes: (value) => typeof value === 'string' || typeof value === 'number' },
    (value) => node.trace.start(value),
  );

const procs: [string, main.Proc][] = [
  ['concurrent', main.concurrent(noop)],
  ['concurrentGroup', main.concurrentGroup(noop)],
  ['sequence', main.sequence(noop)],
  ['sequence', main.sequence()],
  ['scoped', main.scoped(noop)],
  ['shield', main.shield(noop)],
  ['task', main.task('x', noop)],
  ['traceRegion', main.traceRegion('x', noop)],
  ['withTimeout', main.withTimeout(1e9, noop)],
  ['supervise', main.supervise(noop)],
  ['serve', node.serve(createServer(), 0)],
];
for (const [name, proc] of procs) table.rejects(name, 'signal', signal, (value) => proc(value));

table.options('throws', 'otel', 'OtelOptions', { tracer: nothing }, (value) => otel.otel(value));

describe('@x/proc, handed over wrongly', () => {
  table.complete(main, node, otel);
});
