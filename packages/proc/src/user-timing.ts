/// <reference lib="esnext.disposable" preserve="true" />
import { subscribe } from './tracing.js';

/**
 * Records every task and region as a measure of the platform's `performance`, and every log as a mark, until you dispose the result. They appear as tracks of
 * their own in the Performance panel of the browser's developer tools, and as entries for a `PerformanceObserver`.
 *
 * Tasks are on one track, regions on another. The `id` and `parentId` in an entry's `detail` tell to which task it belongs. The platform keeps the
 * entries until you call `performance.clearMeasures()` and `performance.clearMarks()`.
 *
 * @example
 * ```ts
 * import { task, userTiming } from '@x/proc';
 *
 * const timing = userTiming();
 * await task('render', () => {})(new AbortController().signal);
 * timing[Symbol.dispose]();
 * console.log(performance.getEntriesByType('measure').map(({ name }) => name));
 * // Output:
 * // [ 'render' ]
 * ```
 *
 * Source: none in go-proc; User Timing, and the extensibility API of Chrome's DevTools
 */
export function userTiming(): Disposable {
  return subscribe({
    end({ kind, id, parentId, type, startTime: start, endTime: end, outcome }) {
      performance.measure(type, {
        start,
        end,
        detail: {
          id,
          parentId,
          devtools: { track: kind, dataType: 'track-entry', color: outcome === 'failed' ? 'error' : undefined },
        },
      });
    },
    log({ kind, id, parentId, category, message, time: startTime }) {
      performance.mark(`${category}: ${message}`, {
        startTime,
        detail: { id, parentId, devtools: { track: kind, dataType: 'marker' } },
      });
    },
  });
}
