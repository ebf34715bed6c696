/// <reference lib="esnext.disposable" preserve="true" />
import { context, SpanStatusCode, trace, type Exception, type Span as OtelSpan, type Tracer } from '@opentelemetry/api';
import { check } from './arguments.js';
import { dispose } from './dispose.js';
import { messageOf } from './errors.js';
import { subscribe, type Span } from './tracing.js';

/**
 * Configures `otel`.
 *
 * @example
 * ```ts
 * import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
 * import { task } from '@x/proc';
 * import { otel } from '@x/proc/otel';
 *
 * // In a test: without a global provider, and with nothing sent.
 * const exporter = new InMemorySpanExporter();
 * const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
 * const spans = otel({ tracer: provider.getTracer('test') });
 * await task('work', () => {})(new AbortController().signal);
 * spans[Symbol.dispose]();
 * console.log(exporter.getFinishedSpans().map(({ name }) => name));
 * // Output:
 * // [ 'work' ]
 * ```
 *
 * Source: none in go-proc; OpenTelemetry
 */
export interface OtelOptions {
  /** The tracer that makes the spans. Default: the one named `@x/proc` of the global provider. */
  tracer?: Tracer | undefined;
}

/**
 * Makes an OpenTelemetry span of every task and region, until you dispose the result. Disposing ends the spans that are still open.
 *
 * If the active span was begun by other instrumentation, it is the parent. Otherwise the parent is the span of the task to which the signal belongs, or of
 * the active region in that task. Without a context manager it is always the task's span. If a context manager is registered, spans that other
 * instrumentation begins inside a task become children of the task. Logs become events of their task's span. When a task fails, the value that it threw is
 * recorded as an exception and the span's status is an error. A task that throws its signal's reason has not failed.
 *
 * @example
 * ```ts
 * import { task } from '@x/proc';
 * import { otel } from '@x/proc/otel';
 *
 * const spans = otel();
 * await task('work', () => {})(new AbortController().signal);
 * spans[Symbol.dispose]();
 * ```
 * @throws TypeError when `options` is not an object or `tracer` is not a tracer.
 *
 * Source: none in go-proc; OpenTelemetry
 */
export function otel(options: OtelOptions = {}): Disposable {
  check('options', options, 'object');
  const { tracer = trace.getTracer('@x/proc') } = options;
  check('tracer', tracer, 'a tracer of OpenTelemetry', typeof (tracer as Tracer | null)?.startSpan === 'function');
  /** What runs, by the ids of its tasks and regions. */
  const running = new Map<number | undefined, OtelSpan>();
  /** Which of ours a span is. */
  const ours = new WeakMap<OtelSpan, Span>();

  const subscription = subscribe({
    start(info) {
      const active = context.active();
      const current = trace.getSpan(active);
      const parent = running.get(info.parentId);
      const known = current && ours.get(current);
      // Somebody else's span is nearer than the task's; so is a region of the task. But another task's that happens to be active is not.
      const nearest =
        current && (!known || known.parentId === info.parentId) && known?.kind !== 'task' ? current : parent;
      const from = nearest ? trace.setSpan(active, nearest) : trace.deleteSpan(active);
      const span = tracer.startSpan(info.type, { attributes: { 'proc.kind': info.kind } }, from);
      running.set(info.id, span);
      ours.set(span, info);
      return (run) => context.with(trace.setSpan(from, span), run);
    },
    end({ id, outcome, error }) {
      const span = running.get(id);
      running.delete(id);
      if (outcome === 'failed') {
        span?.recordException(exception(error));
        span?.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
      } else if (outcome === 'aborted') span?.setAttribute('proc.aborted', true);
      span?.end();
    },
    log({ parentId, category, message }) {
      running.get(parentId)?.addEvent(category, { message });
    },
  });
  return {
    [dispose]() {
      subscription[dispose]();
      // Nobody will tell when these end, and a span that does not end is not exported.
      for (const span of running.values()) span.end();
      running.clear();
    },
  };
}

/** Whatever was thrown. */
function exception(error: unknown): Exception {
  return typeof error === 'object' && error !== null && 'message' in error ? (error as Error) : messageOf(error);
}
