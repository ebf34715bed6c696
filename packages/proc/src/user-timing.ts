/// <reference lib="esnext.disposable" preserve="true" />
import { subscribe } from './tracing.js';

/**
 * Shows every task, region and log as a measure of the platform's `performance`: tracks of their own in the Performance panel of the
 * browser's developer tools, and entries for a `PerformanceObserver`. Until the result is disposed.
 *
 * A track has the name of the outermost task. The platform keeps the entries: `performance.clearMeasures()` and
 * `performance.clearMarks()` empty it.
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
  /** Of what runs: the name of its track. */
  const tracks = new Map<number | undefined, string>();
  const detail = (track: string | undefined, dataType: string, color?: string): object => ({
    devtools: { track, dataType, color },
  });
  return subscribe({
    start: ({ id, parentId, type }) => void tracks.set(id, tracks.get(parentId) ?? type),
    end({ id, type, startTime, endTime = startTime, outcome }) {
      performance.measure(type, {
        start: startTime,
        end: endTime,
        detail: detail(tracks.get(id), 'track-entry', outcome === 'failed' ? 'error' : 'primary'),
      });
      tracks.delete(id);
    },
    log: ({ category, message, parentId, time }) =>
      void performance.mark(`${category}: ${message}`, {
        startTime: time,
        detail: detail(tracks.get(parentId), 'marker'),
      }),
  });
}
