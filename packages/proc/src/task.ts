import { anySignal, isAbort } from '@x/abort';
import { check, checkSignal } from './arguments.js';
import { TaskError } from './errors.js';
import { call, type Proc } from './proc.js';
import { adopt, listening, state, TASK, type Around, type Owned, type Span } from './tracing.js';

/**
 * Returns a process that runs as a task with a name, its type. The type appears in traces, in the message of `main` when it has to end the program, and in
 * the task's error.
 *
 * While somebody is subscribed, the inner process gets its own signal, which aborts when the outer one does. Tasks, regions and
 * logs under that signal belong to this task. While nobody is subscribed, it gets the signal as it is, and the task costs next to nothing.
 *
 * On abort: waits for the process.
 *
 * On error: throws a `TaskError` whose `cause` is the value that the process threw. A value thrown because the signal aborted is thrown as it is.
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
 * @throws TypeError when `type` is not a string or `proc` is not a function.
 *
 * Source: go-proc Task
 */
export function task(type: string, proc: Proc): Proc {
  return named('task', type, proc);
}

/**
 * Returns a process that appears in traces as a region: a part of the task in which it runs.
 *
 * The inner process gets the signal as it is, so tasks and logs in it belong to the task around the region.
 *
 * On error: throws the error of the process, as it is.
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
 * @throws TypeError when `type` is not a string or `proc` is not a function.
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
          const inner = run;
          if (typeof around === 'function') run = () => (around as Around)(inner);
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
