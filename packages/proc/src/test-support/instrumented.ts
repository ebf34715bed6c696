// A program of its own: instrumentation patches modules as they are loaded, which a test runner's module system gets in the way of.
// It makes an HTTP request to itself within tasks, and prints the spans that came of it.
import type * as Http from 'node:http';
import { createRequire } from 'node:module';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { concurrent, sequence, task, TaskError, traceRegion } from '@x/proc';
import { serve } from '@x/proc/node';
import { otel } from '@x/proc/otel';

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
trace.setGlobalTracerProvider(provider);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const instrumentation = new HttpInstrumentation();
instrumentation.setTracerProvider(provider);
instrumentation.enable();
// Loaded from here on, and by `require`, it is the instrumented one.
const http = createRequire(import.meta.url)('node:http') as typeof Http;
const spans = otel();

const server = http.createServer((_request, response) => response.end('hello'));
const stop = new AbortController();
const listening = new Promise<number>((resolve) => {
  server.once('listening', () => resolve((server.address() as { port: number }).port));
});
const served = Promise.resolve(serve(server, { port: 0, host: '127.0.0.1' })(stop.signal));
const port = await listening;

const get = (path: string) => (): Promise<void> =>
  new Promise((resolve, reject) => {
    http
      .get({ port, host: '127.0.0.1', path, agent: false }, (response) => response.resume().on('end', resolve))
      .on('error', reject);
  });
const wait = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const failing = task('failing', async (signal) => {
  await get('/failing')();
  signal.throwIfAborted();
  throw new Error('broken');
});
await task(
  'root',
  sequence(
    wait,
    concurrent(task('left', sequence(wait, get('/left'))), task('right', sequence(get('/right'), wait, get('/again')))),
    traceRegion('region', get('/region')),
    (signal) =>
      Promise.resolve(failing(signal)).catch((error: unknown) => {
        if (!(error instanceof TaskError)) throw error;
      }),
  ),
)(stop.signal);
stop.abort();
await served;
spans[Symbol.dispose]();

const finished = exporter.getFinishedSpans();
/** With the path of a request, and the side of it that the span is of. */
function nameOf({ name, kind, attributes }: ReadableSpan): string {
  const address =
    attributes['url.full'] ?? attributes['http.url'] ?? attributes['url.path'] ?? attributes['http.target'];
  const side = ['', ' (server)', ' (client)'][kind] ?? '';
  return typeof address === 'string' ? `${name} ${new URL(address, 'http://localhost').pathname}${side}` : name;
}
console.log(
  JSON.stringify(
    finished.map((span) => {
      const parent = finished.find((each) => each.spanContext().spanId === span.parentSpanContext?.spanId);
      return {
        name: nameOf(span),
        parent: parent ? nameOf(parent) : null,
        trace: span.spanContext().traceId,
        status: span.status.code,
        events: span.events.map(({ name }) => name),
      };
    }),
  ),
);
