import { anySignal, isAbort } from '@x/abort';
import { check, checkSignal } from './arguments.js';
import { TaskError } from './errors.js';
import { call, type Proc } from './proc.js';
import { adopt, listening, state, TASK, type Around, type Owned, type Span } from './tracing.js';

/**
 * Returns a process that is known as a task of a type: in traces, in what `main` says when it has to end the program, and in its error.
 *
 * While somebody is subscribed the process gets a signal of its own, which aborts when the one it was given does: tasks, regions and
 * logs under it are this task's. While nobody is, it is handed the signal as it is, and costs next to nothing.
 *
 * On abort: the process is waited for.
 *
 * On error: throws a `TaskError` with what the process threw as its `cause`; what it threw because the signal aborted is thrown as it is.
 *
 * @example
 * ```ts
 * import { task } from '@x/proc';
 *
 * const load = task('load', async () => {
 *   throw new Error('no such file');
 * });
 * await Promise.resolve(load(new AbortController().signal)).catch((error) => console.log(error.message));
 * // Output:
 * // load: no such file
 * ```
 * @throws TypeError when `type` is no string or `proc` no function.
 *
 * Source: go-proc Task
 */
export function task(type: string, proc: Proc): Proc {
  return named('task', type, proc);
}

/**
 * Returns a process that appears in traces as a region: a stretch of the task that it is run in.
 *
 * The process gets the signal as it is, so that what is begun in it belongs to the task.
 *
 * On error: throws what the process threw, as it is.
 *
 * @example
 * ```ts
 * import { sequence, task, traceRegion } from '@x/proc';
 *
 * export const build = task(
 *   'build',
 *   sequence(
 *     traceRegion('compile', () => {}),
 *     traceRegion('link', () => {}),
 *   ),
 * );
 * ```
 * @throws TypeError when `type` is no string or `proc` no function.
 *
 * Source: go-proc TraceRegion
 */
export function traceRegion(type: string, proc: Proc): Proc {
  return named('region', type, proc);
}

function named(kind: Span['kind'], type: string, proc: Proc): Proc {
  check('type', type, 'string');
  check(`${type}: proc`, proc, 'function');
  return async (signal) => {
    checkSignal(signal);
    const subscribers = listening();
    let own = signal;
    let span: Span | undefined;
    try {
      let run = (): unknown => call(proc, own);
      if (subscribers.length) {
        // How and when it ends is told later.
        span = { kind, id: ++state.ids, parentId: (signal as Owned)[TASK], type, startTime: performance.now() } as Span;
        // Not a linked controller, which would have to be unlinked in the end: what the process has left behind has to hear of an abort as it
        // would if nobody were subscribed. This one follows its parent as long as anybody has it, and is held by nobody.
        if (kind === 'task') own = state.own?.(signal, span.id) ?? adopt(anySignal([signal]), span.id);
        for (const tell of subscribers) {
          const around = tell('start', span);
          if (typeof around === 'function') run = (around as Around).bind(undefined, run);
        }
      }
      await run();
      if (span) span.outcome = 'done';
    } catch (error) {
      const aborted = isAbort(error, signal);
      if (span) {
        span.outcome = aborted ? 'aborted' : 'failed';
        span.error = error;
      }
      throw kind === 'region' || aborted ? error : new TaskError(type, error);
    } finally {
      if (span) {
        span.endTime = performance.now();
        for (const tell of subscribers) tell('end', span);
      }
    }
  };
}
