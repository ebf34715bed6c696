// What @x/abort calls, while it calls back.
import { describe, expect } from '@jest/globals';
import { abortable, anySignal, link, onAbort, shield } from '@x/abort';
import { osSignal } from '@x/abort/node';
import { Reentrancy, STOP } from '../test-support/reentrancy.js';
import { controls, waitsOn } from '../test-support/surroundings.js';

describe('@x/abort', () => {
  new Reentrancy('abort')
    .row('abort onAbort callback', (hit, stop) => {
      const own = link(stop.signal);
      const child = link(own.signal);
      let others = 0;
      const following = onAbort(own.signal, () => hit());
      onAbort(own.signal, () => others++);
      return {
        times: 1,
        around: {
          ...controls(own),
          ...controls(child, 'child.'),
          'stop following': () => following[Symbol.dispose](),
          ...waitsOn(own.signal),
          stop: () => stop.abort(STOP),
        },
        start: () => own.abort(STOP),
        holds: () => expect([others, own.aborted, own.reason, child.reason]).toEqual([1, true, STOP, STOP]),
      };
    })
    .row('abort shield work', (hit, stop) => {
      const work = (signal: AbortSignal): unknown => hit('done', signal);
      return {
        times: 1,
        around: { shield: () => shield(() => 1), stop: () => stop.abort(STOP), ...waitsOn(stop.signal) },
        start: () => shield(work, { timeout: 0 }),
        // Its time is up.
        abort: () => {},
      };
    })
    .row('abort abortable promise: PromiseLike', (hit, stop) => {
      const own = link(stop.signal);
      const promise = { then: (resolve: (value: unknown) => void) => resolve(hit()) } as PromiseLike<unknown>;
      return {
        times: 1,
        around: { ...controls(own), ...waitsOn(own.signal), stop: () => stop.abort(STOP) },
        start: () => abortable(promise, own.signal),
      };
    })
    .row('abort anySignal signals: Iterable', (hit, stop) => {
      const own = link(stop.signal);
      function* signals(): Generator<AbortSignal> {
        hit();
        yield own.signal;
      }
      let any: AbortSignal | undefined;
      return {
        times: 1,
        around: { ...controls(own), ...waitsOn(own.signal), stop: () => stop.abort(STOP) },
        start: () => (any = anySignal(signals())).aborted,
        end: () => own.abort(STOP),
        holds: () => expect(any?.aborted ?? true).toBe(true),
      };
    })
    .row('abort/node OsSignalOptions.onSignal', (hit, stop) => {
      const own = osSignal(['SIGUSR2'], { signal: stop.signal, onSignal: () => hit() });
      let others = 0;
      const other = osSignal('SIGUSR2', { onSignal: () => others++ });
      return {
        around: {
          ...controls(own),
          ...waitsOn(own.signal),
          another: () => osSignal('SIGUSR2')[Symbol.dispose](),
          'the signal again': () => process.emit('SIGUSR2'),
          stop: () => stop.abort(STOP),
        },
        start: () => process.emit('SIGUSR2'),
        end: () => [own, other].forEach((each) => each.unlink()),
        holds: () => {
          expect(others).toBeGreaterThan(0);
          expect([own.aborted, process.listenerCount('SIGUSR2')]).toEqual([true, 0]);
        },
      };
    })
    .complete();
});
