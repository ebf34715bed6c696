// What does a task cost that nobody looks at, and what when it is recorded?
/* eslint-disable @typescript-eslint/require-await -- actions that do nothing are what is measured */
import { never } from '@x/abort';
import { task } from '@x/proc';
import { trace } from '@x/proc/node';
import { trace as telemetry, type Tracer } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Writable } from 'node:stream';
import { Question, rowsOf, size, steps, type Contender, type Samples } from '../harness/question.js';

const bench = new Question('task', 'What does a task cost that nobody looks at, and what when it is recorded?');
const n = size(100_000, 10_000, 200);

let ran = 0;
const work = async (): Promise<void> => {
  ran += 1;
};
const working = task('work', work);

const calling = (call: () => unknown): (() => Promise<number>) => {
  return async () => {
    ran = 0;
    for (let i = 0; i < n; i++) await call();
    return ran;
  };
};
const spanning = (tracer: Tracer): (() => Promise<number>) =>
  calling(() =>
    tracer.startActiveSpan('work', async (span) => {
      try {
        await work();
      } finally {
        span.end();
      }
    }),
  );

const samples = await bench.compare({
  id: 'task.unseen',
  title: `${n.toLocaleString('en')} tasks that do nothing, one after another, nobody looking`,
  ours: { task: calling(() => working(never)) },
  peers: { 'OpenTelemetry, no provider': spanning(telemetry.getTracer('bench')) },
  floor: { 'the bare function': calling(() => work()) },
  expect: n,
});
const timesOf = (name: string): readonly (number | undefined)[] =>
  samples.find((one) => one.name === name)?.times ?? [];
const bare = timesOf('the bare function');
/** Nanoseconds a call beyond what the bare function takes in the same round. */
const more = ({ name, role, times }: Samples): Samples => ({
  name,
  role,
  times: times.map((time, round) => {
    const floor = bare[round];
    return time === undefined || floor === undefined ? undefined : ((time - floor) / n) * 1e6;
  }),
});
bench.add(
  {
    id: 'task.unseen.more',
    title: 'nanoseconds a task takes more than the bare function',
    unit: 'ns',
    rows: rowsOf(samples.filter(({ role }) => role !== 'floor').map(more)).map((row) => ({ ...row, ratios: {} })),
  },
  [{ ours: 'task', atMost: 500 }],
);

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = provider.getTracer('bench');

/** Counts what is written, and forgets it. */
const recorded = (): Contender =>
  steps({
    prepare: () => {
      let events = 0;
      const destination = new Writable({
        decodeStrings: false,
        write: (chunk: string | Buffer, _encoding, done) => {
          events += String(chunk).split('"work"').length - 1;
          done();
        },
      });
      return { recording: trace.start(destination), events: () => events };
    },
    run: calling(() => working(never)),
    finish: async (count, { recording, events }) => {
      await recording[Symbol.asyncDispose]();
      return events() >= n ? count : `${events()} events`;
    },
  });

await bench.compare({
  id: 'task.recorded',
  title: `${n.toLocaleString('en')} tasks that do nothing, recorded`,
  ours: { 'task, trace.start': recorded() },
  peers: {
    'OpenTelemetry, in memory': steps({
      prepare: () => exporter.reset(),
      run: spanning(tracer),
      finish: (count) => {
        const spans = exporter.getFinishedSpans().length;
        exporter.reset();
        return spans === n ? count : `${spans} spans`;
      },
    }),
  },
  expect: n,
  targets: [{ ours: 'task, trace.start', of: 'OpenTelemetry, in memory', atMost: 0.5 }],
});

bench.end();
