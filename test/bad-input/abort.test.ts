import { describe } from '@jest/globals';
import * as main from '@x/abort';
import * as node from '@x/abort/node';
import { kinds, optional, or, Table } from '../test-support/bad-input.js';

const { signal, time, anything } = kinds;
const fn = kinds.function;
const parent = or(signal, undefined, null);
const never = main.never;

/** A signal that has to have kept no listener: an abort calls nobody. */
const live = (): AbortController => new AbortController();

describe('@x/abort, handed over wrongly', () => {
  new Table('abort')
    .throws('new LinkedController', 'parents', parent, (value) => new main.LinkedController(value))
    .throws('new LinkedController', 'parents', parent, (value) => new main.LinkedController(live().signal, value))
    .takesAnything('LinkedController.abort', 'LinkedController.unlink', 'LinkedController.$told')
    .throws('link', 'parents', parent, (value) => main.link(value))
    .throws('withTimeout', 'ms', time, (value) => main.withTimeout(value))
    .throws('withTimeout', 'parents', parent, (value) => main.withTimeout(1, value))
    .throws(
      'withDeadline',
      'at',
      {
        ...kinds.number,
        takes: (value) => (typeof value === 'number' && value === value) || (value instanceof Date && +value >= 0),
      },
      (value) => main.withDeadline(value),
      { says: /\bat\b/ },
    )
    .throws('withDeadline', 'parents', parent, (value) => main.withDeadline(0, value))
    .throws('withGrace', 'ms', time, (value) => main.withGrace(value, never))
    .throws('withGrace', 'parent', signal, (value) => main.withGrace(1, value))
    .rejects('shield', 'work', fn, (value) => main.shield(value))
    .options('rejects', 'shield', 'ShieldOptions', { timeout: time }, (value) => main.shield(() => {}, value))
    .throws('anySignal', 'signals', { ...kinds.nothing, takes: isListOfSignals }, (value) => main.anySignal(value))
    .throws('anySignal', 'signals', parent, (value) => main.anySignal([never, value]))
    .throws('onAbort', 'signal', signal, (value) => main.onAbort(value, () => {}))
    .throws('onAbort', 'callback', fn, (value, controller: AbortController) => main.onAbort(controller.signal, value), {
      subject: live,
      works: (controller) => controller.abort(),
    })
    .rejects('aborted', 'signal', signal, (value) => main.aborted(value))
    .rejects('abortable', 'promise', { ...kinds.nothing, takes: (value) => value instanceof Promise }, (value) =>
      main.abortable(value, never),
    )
    .rejects('abortable', 'signal', signal, (value) => main.abortable(Promise.resolve(), value))
    .rejects('sleep', 'ms', time, (value) => main.sleep(value))
    .options('rejects', 'sleep', 'SleepOptions', { signal: optional(signal), unref: anything }, (value) =>
      main.sleep(1e9, value),
    )
    .free('isAbort error')
    .throws('isAbort', 'signal', optional(signal), (value) => main.isAbort(new Error(), value))
    .throws('throwIfAborted', 'signal', parent, (value) => main.throwIfAborted(value))
    .throws('osSignal', 'signals', kinds.nothing, (value) => node.osSignal(value))
    .throws('osSignal', 'signals', kinds.nothing, (value) => node.osSignal(['SIGINT', value]))
    .options(
      'throws',
      'osSignal',
      'OsSignalOptions',
      { signal: parent, onSignal: fn },
      (value) => node.osSignal('SIGUSR2', value),
      {
        says: /signal|onSignal|options|parents/,
        works: () => {
          if (process.listenerCount('SIGUSR2') > 0) throw new Error('a handler was left');
        },
      },
    )
    .takesAnything('new SignalError')
    .complete(main, node);
});

function isListOfSignals(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : value instanceof Map || value === '';
}
