// What does a package add to a program's start and to a browser's bundle?
import { build, type Plugin } from 'esbuild';
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompressSync } from 'node:zlib';
import { Question, mode, rowsOf, size, type Samples } from '../harness/question.js';
import type { Role } from '../harness/record.js';

const bench = new Question('import-size', 'What does a package add to the start of a program and to a bundle?');
const here = dirname(fileURLToPath(import.meta.url));
const packages = process.env['BENCH_PACKAGES'] ?? join(here, '../../packages');

/** Finds ours in the sources. */
const sources: Plugin = {
  name: 'sources',
  setup: (build) => {
    build.onResolve({ filter: /^@x\// }, ({ path }) => {
      const [, own, entry = 'index'] = /^@x\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
      return { path: join(packages, own ?? '', 'src', `${entry}.ts`), sideEffects: false };
    });
  },
};

/** The smallest program that does a job, by each of them; ours with all of it that comes from `@x/abort`. */
const jobs: Record<string, { title: string; ours: Record<string, string>; peers: Record<string, string> }> = {
  queue: {
    title: 'a queue with results',
    ours: {
      Queue: `import { Queue } from '@x/async'; const queue = new Queue(work); queue.start(); queue.submit(1).then(print)`,
    },
    peers: {
      fastq: `import fastq from 'fastq'; fastq.promise(work, 4).push(1).then(print)`,
      'p-limit': `import pLimit from 'p-limit'; pLimit(4)(work, 1).then(print)`,
      'p-queue': `import PQueue from 'p-queue'; new PQueue({ concurrency: 4 }).add(() => work(1)).then(print)`,
      'async.queue': `import queue from 'async/queue.js'; queue(work, 4).push(1).then(print)`,
    },
  },
  batch: {
    title: 'a batch over an array',
    ours: { Batch: `import { Batch } from '@x/async'; new Batch([1], work).process().then(print)` },
    peers: {
      'p-map': `import pMap from 'p-map'; pMap([1], work, { concurrency: 4 }).then(print)`,
      'async.mapLimit': `import mapLimit from 'async/mapLimit.js'; mapLimit([1], 4, work).then(print)`,
      'promise-pool': `import { PromisePool } from '@supercharge/promise-pool'; PromisePool.for([1]).process(work).then(print)`,
      'Effect.forEach': `import { Effect } from 'effect'; Effect.runPromise(Effect.forEach([1], (x) => Effect.promise(() => work(x)), { concurrency: 4 })).then(print)`,
    },
  },
  signals: {
    title: 'deriving a signal',
    ours: { link: `import { link } from '@x/abort'; print(link(signal).signal)` },
    peers: { 'any-signal': `import { anySignal } from 'any-signal'; print(anySignal([signal]))` },
  },
  group: {
    title: 'the first to return ends the rest',
    ours: { Group: `import { Group } from '@x/run'; new Group().go(work).go(work).run().then(print)` },
    peers: {
      'Effect.raceAllFirst': `import { Effect } from 'effect'; Effect.runPromise(Effect.raceAllFirst([Effect.promise(work), Effect.promise(work)])).then(print)`,
      Effection: `import { run, race, call } from 'effection'; run(() => race([call(work), call(work)])).then(print)`,
    },
  },
  nursery: {
    title: 'children that end before their parent',
    ours: { scoped: `import { scoped } from '@x/proc'; scoped((scope) => { scope.spawn(work) })(signal)` },
    peers: {
      'Effect FiberSet': `import { Effect, FiberSet } from 'effect'; Effect.runPromise(Effect.scoped(Effect.gen(function* () { const set = yield* FiberSet.make(); yield* FiberSet.run(set, Effect.promise(work)); yield* FiberSet.awaitEmpty(set) }))).then(print)`,
      Effection: `import { run, spawn, call } from 'effection'; run(function* () { yield* spawn(() => call(work)) }).then(print)`,
    },
  },
  tree: {
    title: 'a tree of teardowns',
    ours: {
      Process: `import { Process } from '@x/process'; const root = new Process(); new Process({ parent: root, teardown: work }); root.close().then(print)`,
    },
    peers: {
      'Effect Scope': `import { Effect, Exit, Scope } from 'effect'; const root = Scope.makeUnsafe(); Effect.runSync(Scope.addFinalizer(Scope.forkUnsafe(root), Effect.promise(work))); Effect.runPromise(Scope.close(root, Exit.void)).then(print)`,
      Effection: `import { run, spawn, ensure, suspend } from 'effection'; run(function* () { yield* spawn(function* () { yield* ensure(work); yield* suspend() }) }).then(print)`,
    },
  },
  memo: {
    title: 'a memo of dependent results',
    ours: {
      OnceMap: `import { OnceMap, Worker } from '@x/workgraph'; new OnceMap(work).get(1, new Worker()).then(print)`,
    },
    peers: {
      DataLoader: `import DataLoader from 'dataloader'; new DataLoader((keys) => Promise.all(keys.map(work))).load(1).then(print)`,
      'p-graph': `import { PGraph } from 'p-graph'; new PGraph({ a: { run: work } }, []).run().then(print)`,
      'Effect Cache': `import { Cache, Effect } from 'effect'; Effect.runPromise(Effect.flatMap(Cache.make({ capacity: 9, lookup: (key) => Effect.promise(() => work(key)) }), (cache) => Cache.get(cache, 1))).then(print)`,
    },
  },
  trace: {
    title: 'tasks, recorded',
    ours: {
      task: `import { subscribe, task } from '@x/proc'; subscribe({ taskStart: print, taskEnd: print }); task('work', work)(signal)`,
    },
    peers: {
      OpenTelemetry: `import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'; const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new InMemorySpanExporter())] }); provider.getTracer('a').startActiveSpan('work', async (span) => { await work(); span.end() })`,
    },
  },
};
const prelude = `const work = async (x) => x, print = console.log, { signal } = new AbortController();\n`;

async function brotli(code: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: prelude + code, resolveDir: join(here, '..'), loader: 'js' },
    bundle: true,
    minify: true,
    treeShaking: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    // As a bundle for a browser; what only Node has stays outside.
    platform: 'browser',
    external: ['node:*'],
    tsconfigRaw: {},
    logLevel: 'silent',
    plugins: [sources],
  });
  return brotliCompressSync(outputFiles[0]?.contents ?? new Uint8Array()).length;
}

const empty = await brotli('work(signal).then(print)');
for (const [name, { title, ours, peers }] of Object.entries(jobs)) {
  const samples: Samples[] = [];
  for (const [role, programs] of [
    ['ours', ours],
    ['peer', peers],
  ] as [Role, Record<string, string>][])
    for (const [one, code] of Object.entries(programs))
      samples.push({ name: one, role, times: [(await brotli(code)) - empty] });
  bench.add(
    { id: `size.${name}`, title: `bytes that ${title} adds, minified + brotli`, unit: 'bytes', rows: rowsOf(samples) },
    Object.keys(ours).flatMap((own) => Object.keys(peers).map((of) => ({ ours: own, of, atMost: 1 }))),
  );
}

/** Built as they are published: one file an entry, `@x/abort` beside it. */
const built = join(here, 'import');
mkdirSync(built, { recursive: true });
const family = ['abort', 'run', 'proc', 'process', 'async', 'workgraph'];
await build({
  entryPoints: Object.fromEntries(family.map((name) => [name, join(packages, name, 'src/index.ts')])),
  outdir: built,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: false,
  format: 'esm',
  target: 'es2022',
  tsconfigRaw: {},
  logLevel: 'silent',
  plugins: [
    {
      name: 'abort beside',
      setup: (build) => build.onResolve({ filter: /^@x\/abort$/ }, () => ({ path: './abort.mjs', external: true })),
    },
  ],
});

const imported: Record<string, { role: Role; specifier: string }> = {
  ...Object.fromEntries(
    family.map((name) => [
      `@x/${name}`,
      { role: 'ours' as const, specifier: pathToFileURL(join(built, `${name}.mjs`)).href },
    ]),
  ),
  ...Object.fromEntries(
    [
      'fastq',
      'p-limit',
      'p-queue',
      'p-map',
      'async',
      '@supercharge/promise-pool',
      'any-signal',
      'dataloader',
      'p-graph',
      'effect',
      'effection',
      '@opentelemetry/sdk-trace-base',
    ].map((name) => [name, { role: 'peer' as const, specifier: name }]),
  ),
};

const run = promisify(execFile);
/** Milliseconds of an import in a new process. */
async function importTime(specifier: string): Promise<number> {
  const code = `const begin = performance.now(); await import(${JSON.stringify(specifier)}); console.log(performance.now() - begin)`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: join(here, '..') });
  return Number(stdout);
}

const entries = Object.entries(imported).filter(([, { role }]) => mode !== 'tiny' || role === 'ours');
const samples: Samples[] = entries.map(([name, { role }]) => ({ name, role, times: [] }));
const rounds = size(15, 1, 1);
for (let round = -1; round < rounds; round++) {
  for (let place = 0; place < entries.length; place++) {
    const index = (place + Math.max(0, round)) % entries.length;
    const time = await importTime(entries[index]?.[1].specifier ?? '');
    if (round >= 0) samples[index]?.times.push(time);
  }
}
bench.add({
  id: 'import.time',
  title: 'milliseconds of an import in a new process',
  unit: 'ms',
  rows: rowsOf(samples).map((row) => ({ ...row, ratios: {} })),
});

bench.end();
