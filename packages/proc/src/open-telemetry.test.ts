import { fileURLToPath } from 'node:url';
import { context, SpanStatusCode, trace, type Span as OtelSpan } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { concurrent, log, sequence, task, traceRegion, type Proc } from '@x/proc';
import { otel } from '@x/proc/otel';
import { failWith, live, microtasks, thrownBy, untilAborted } from './test-support/deferred.js';
import { Program } from './test-support/program.js';
import { uncaught } from '../../../test/test-support/uncaught.js';

const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as never);
const exporter = new InMemorySpanExporter();
const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('test');
const spanOf = (name: string): ReadableSpan =>
  exporter.getFinishedSpans().find((span) => span.name === name) as ReadableSpan;
const parentOf = (name: string): string | undefined =>
  exporter.getFinishedSpans().find((span) => span.spanContext().spanId === spanOf(name).parentSpanContext?.spanId)
    ?.name;
/** What other instrumentation does, such as that of an HTTP client. */
const instrumented = (name: string, work: () => Promise<void>): Promise<void> =>
  tracer.startActiveSpan(name, async (span: OtelSpan) => {
    await work();
    span.end();
  });

let spans: Disposable;
beforeEach(() => void (spans = otel({ tracer })));
afterEach(() => {
  spans[dispose]();
  exporter.reset();
});

test('tasks and regions become spans; parents are right across await, without a context manager, too', async () => {
  await task('root', async (signal) => {
    await microtasks();
    await concurrent(
      task(
        'a',
        task('a1', () => microtasks()),
      ),
      task(
        'b',
        traceRegion('b1', () => microtasks()),
      ),
    )(signal);
    await microtasks();
    await task('c', () => {})(signal);
  })(live());
  expect(['a', 'a1', 'b', 'b1', 'c', 'root'].map(parentOf)).toEqual(['root', 'a', 'root', 'b', 'root', undefined]);
  expect(new Set(exporter.getFinishedSpans().map((span) => span.spanContext().traceId)).size).toBe(1);
  expect(spanOf('b1').attributes).toEqual({ 'proc.kind': 'region' });
});

test('errors are recorded, whatever was thrown', async () => {
  await thrownBy(task('x', failWith(new Error('broken')))(live()));
  await thrownBy(task('y', failWith(undefined))(live()));
  expect(spanOf('x').status).toEqual({ code: SpanStatusCode.ERROR, message: 'broken' });
  expect(spanOf('x').events).toMatchObject([
    {
      name: 'exception',
      attributes: {
        'exception.type': 'Error',
        'exception.message': 'broken',
        'exception.stacktrace': expect.stringContaining('open-telemetry.test'),
      },
    },
  ]);
  expect(spanOf('y').status.code).toBe(SpanStatusCode.ERROR);
  expect(spanOf('y').events).toMatchObject([{ name: 'exception', attributes: { 'exception.message': 'undefined' } }]);
});

test.each([
  ['null', null, 'null'],
  ['text', 'text', 'text'],
  ['a number', 0, '0'],
  ['an object without a message', { code: 'E' }, '[object Object]'],
  ['what has no text', Object.create(null) as object, 'an object'],
])('%s that was thrown is an exception with a message', async (_what, error, message) => {
  const failing: Proc = () => {
    throw error;
  };
  expect(await uncaught(async () => void (await thrownBy(task('x', failing)(live()))))).toEqual([]);
  expect(spanOf('x').status).toEqual({ code: SpanStatusCode.ERROR, message });
  expect(spanOf('x').events.map(({ name, attributes }) => [name, attributes])).toEqual([
    ['exception', { 'exception.message': message }],
  ]);
});

test('what was aborted is no error', async () => {
  const controller = new AbortController();
  const running = thrownBy(task('wait', untilAborted)(controller.signal));
  controller.abort('stop');
  await running;
  expect(spanOf('wait').status.code).toBe(SpanStatusCode.UNSET);
  expect(spanOf('wait').attributes).toMatchObject({ 'proc.aborted': true });
});

test('logs become events of the span of their task', async () => {
  expect(await uncaught(() => log(live(), 'nobody', 'hears'))).toEqual([]);
  await task('x', (signal) => log(signal, 'status', '200'))(live());
  expect(spanOf('x').events).toMatchObject([{ name: 'status', attributes: { message: '200' } }]);
});

test('a task that began before anybody was told is nothing to a later one', async () => {
  spans[dispose]();
  const holder = otel({ tracer: trace.getTracer('no-op') });
  await task('outer', async (signal) => {
    spans = otel({ tracer });
    await task('inner', () => {})(signal);
  })(live());
  holder[dispose]();
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['inner']);
});

test('a tracer that fails to make a span is reported once for it, and disturbs neither the task nor another tracer', async () => {
  const failing = otel({
    tracer: {
      startSpan() {
        throw 'no span';
      },
      startActiveSpan: tracer.startActiveSpan.bind(tracer),
    },
  });
  const outcomes: unknown[] = [];
  const reported = await uncaught(async () => {
    await task('done', (signal) => log(signal, 'status', '200'))(live());
    outcomes.push(
      await thrownBy(
        task('failed', () => {
          throw 'broken';
        })(live()),
      ),
      await thrownBy(task('aborted', (signal) => signal.throwIfAborted())(AbortSignal.abort('stop'))),
    );
  });
  failing[dispose]();
  expect(reported).toEqual(['no span', 'no span', 'no span']);
  expect(outcomes).toMatchObject([{ cause: 'broken' }, 'stop']);
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['done', 'failed', 'aborted']);
});

test('a span that is open when nobody is to be told any more is ended', async () => {
  await task('open', () => spans[dispose]())(live());
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['open']);
});

test('by default the spans are made by the tracer of the global provider that is named as the package', async () => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  spans[dispose]();
  try {
    const global = otel();
    await task('x', () => {})(live());
    global[dispose]();
  } finally {
    trace.disable();
  }
  expect(exporter.getFinishedSpans().map((span) => [span.name, span.instrumentationScope.name])).toEqual([
    ['x', '@x/proc'],
  ]);
});

test('rejects what are no options, and no tracer', () => {
  expect(() => otel(1 as never)).toThrow('options must be object, got 1');
  for (const [bad, got] of [
    [1, '1'],
    [null, 'null'],
    [{}, 'object'],
    [{ startSpan: 1 }, 'object'],
  ] as const)
    expect(() => otel({ tracer: bad as never })).toThrow(`tracer must be a tracer of OpenTelemetry, got ${got}`);
});

describe('with a context manager', () => {
  const manager = new AsyncLocalStorageContextManager();
  beforeEach(() => void context.setGlobalContextManager(manager.enable()));
  afterEach(() => {
    context.disable();
    manager.disable();
  });

  test('spans that other instrumentation begins inside a task become its children', async () => {
    const request: Proc = () => instrumented('GET /', () => microtasks());
    await task('job', async (signal) => {
      await microtasks();
      await concurrent(
        task('first', request),
        task(
          'second',
          sequence(() => microtasks(), request),
        ),
      )(signal);
    })(live());
    const parents = exporter
      .getFinishedSpans()
      .filter(({ name }) => name === 'GET /')
      .map((span) => span.parentSpanContext?.spanId);
    expect(parents.sort()).toEqual(
      [spanOf('first').spanContext().spanId, spanOf('second').spanContext().spanId].sort(),
    );
  });

  test("a task inside somebody else's span becomes its child", async () => {
    await instrumented('incoming', async () => {
      await task('outer', (signal) => instrumented('query', async () => task('inner', () => {})(signal)))(live());
    });
    expect(['outer', 'query', 'inner'].map(parentOf)).toEqual(['incoming', 'outer', 'query']);
  });

  test('a task under the signal of another task than the one that is active belongs to the signal', async () => {
    await task('a', (outer) => task('b', () => task('c', () => {})(outer))(outer))(live());
    await task('d', () => task('e', () => {})(live()))(live());
    expect([parentOf('b'), parentOf('c'), parentOf('e')]).toEqual(['a', 'a', undefined]);
  });

  test("a region of another task's is not the parent, though it is active", async () => {
    const other =
      (outer: AbortSignal): Proc =>
      () =>
        task('c', () => {})(outer);
    await task('a', (outer) => task('b', traceRegion('region', other(outer)))(outer))(live());
    expect(['b', 'region', 'c'].map(parentOf)).toEqual(['a', 'b', 'a']);
  });

  test('a task in a region is its child, whose task it belongs to', async () => {
    await task(
      'a',
      traceRegion(
        'region',
        task('b', () => microtasks()),
      ),
    )(live());
    expect([parentOf('region'), parentOf('b')]).toEqual(['a', 'region']);
  });
});

test('the spans of instrumented HTTP requests become children of the tasks that make them', async () => {
  interface Finished {
    name: string;
    parent: string | null;
    trace: string;
    status: number;
    events: string[];
  }
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const program = new Program(
    process.execPath,
    // What registers OpenTelemetry's hooks is deprecated on Node 26.
    [
      '--disable-warning=DEP0205',
      '--import',
      './scripts/sources.mjs',
      'packages/proc/src/test-support/instrumented.ts',
    ],
    { cwd: root },
  );
  expect([await program.exit, program.stderr]).toEqual([{ status: 0, signal: null }, '']);
  const spans = JSON.parse(program.stdout) as Finished[];
  const ours = spans.filter(({ name }) => !name.endsWith('(server)'));
  expect(ours.map(({ name, parent }) => `${name} in ${parent}`).sort()).toEqual([
    'GET /again (client) in right',
    'GET /failing (client) in failing',
    'GET /left (client) in left',
    'GET /region (client) in region',
    'GET /right (client) in right',
    'failing in root',
    'left in root',
    'region in root',
    'right in root',
    'root in null',
  ]);
  expect(new Set(ours.map(({ trace }) => trace)).size).toBe(1);
  // The instrumented server has served them.
  expect(spans.filter(({ name }) => name.endsWith('(server)'))).toHaveLength(5);
  expect(ours.filter(({ status }) => status === Number(SpanStatusCode.ERROR))).toMatchObject([
    { name: 'failing', events: ['exception'] },
  ]);
}, 30_000);
