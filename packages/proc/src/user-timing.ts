/// <reference lib="esnext.disposable" preserve="true" />
import { subscribe } from './tracing.js';

/**
 * Shows every task, region and log as a measure of the platform's `performance`: tracks of their own in the Performance panel of the
 * browser's developer tools, and entries for a `PerformanceObserver`. Until the result is disposed.
 *
 * Tasks are on one track, regions on another. The platform keeps the entries: `performance.clearMeasures()` and
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
  const detail = (track: string, dataType: string, color?: string): object => ({
    devtools: { track, dataType, color },
  });
  return subscribe({
    end: ({ kind, type, startTime, endTime = startTime, outcome }) =>
      void performance.measure(type, {
        start: startTime,
        end: endTime,
        detail: detail(kind, 'track-entry', outcome === 'failed' ? 'error' : undefined),
      }),
    log: ({ kind, category, message, time }) =>
      void performance.mark(`${category}: ${message}`, { startTime: time, detail: detail(kind, 'marker') }),
  });
}
