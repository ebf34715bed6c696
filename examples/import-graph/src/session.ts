import { abortable, aborted, isAbort, onAbort, sleep } from '@x/abort';
import { Interval } from '@x/async';
import { serve } from '@x/proc/node';
import { task, TaskError } from '@x/proc';
import { Process } from '@x/process';
import { Group } from '@x/run';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { relative, resolve, sep } from 'node:path';
import { Analysis, type Module, type Updated } from './analysis.js';
import { Bursts } from './bursts.js';
import type { Change } from './change.js';
import { deliver, mistakesOf, type Surroundings } from './deliver.js';
import { graphServer } from './graph-server.js';
import { LiveGraph, type Update } from './live-graph.js';
import { InputError, usualPort, type Options } from './options.js';
import { bundlePage } from './page-files.js';
import { pause } from './pause.js';
import { drawProgress } from './progress.js';
import { reportOf, type Report } from './result.js';
import { scopeOf, type Scope } from './scope.js';
import { reasonOf } from './source.js';
import { realName } from './watched-paths.js';
import { TreeWatcher } from './watcher.js';

/** How often those who look at the page are told how far the work is, in milliseconds. */
const progressInterval = 100;
const heartbeat = 15_000;
/** How long a request that is being answered may keep the program from ending. */
const drain = 100;
/** How often it is looked whether what was removed is there again. */
const patience = 250;

/**
 * Serves the graph, or follows the changes of its tree, or both, until the signal aborts or a part fails: then all parts come down, and in this order:
 *
 *     event streams ─▶ server ─▶ watcher ─▶ computation
 *
 * Each is a child of the next, so that nobody is told of, or asks for, what is there no longer. A group of the same parts knows when: the first of them to end, or the
 * signal, ends all.
 */
export async function runSession(options: Options, file: string, around: Surroundings): Promise<number> {
  const session = new Session(options, file, around);
  const computation = part('computation', undefined, around, (signal) => session.compute(signal));
  const parts = [computation];
  if (options.watch) parts.push(part('watcher', parts.at(-1), around, (signal) => session.watch(signal)));
  if (options.serve !== undefined) {
    const { port } = options.serve;
    const server = part('server', parts.at(-1), around, (signal) => session.serve(port, signal));
    parts.push(
      server,
      part('event streams', server, around, (signal) => session.tell(signal)),
    );
  }
  const group = new Group();
  for (const each of parts) {
    group.add({ name: each.name ?? '', execute: () => each.closed, interrupt: () => computation.close() });
  }
  try {
    await group.run(around.signal);
  } catch (error) {
    throw error instanceof TaskError ? error.cause : error;
  }
  return 0;
}

/** Something that works until its turn to come down: when all that depends on it has come down. */
function part(
  name: string,
  parent: Process | undefined,
  around: Surroundings,
  work: (signal: AbortSignal) => Promise<void>,
): Process {
  const turn = new AbortController();
  const working = Promise.resolve(task(name, work)(turn.signal));
  const process = new Process({
    name,
    parent,
    teardown: async () => {
      turn.abort();
      await working.catch((error: unknown) => {
        if (!isAbort(error, turn.signal) && !isAbort(error, around.signal)) throw error;
      });
    },
  });
  const close = (): void => void process.close().catch(() => undefined); // It is `closed` that tells.
  working.then(close, close);
  return process;
}

class Session {
  readonly #options: Options;
  readonly #file: string;
  readonly #around: Surroundings;
  readonly #live = new LiveGraph();
  readonly #changes = new Bursts();
  #scope: Scope;
  #analysis: Analysis | undefined;
  #watcher: TreeWatcher | undefined;
  #openWatcher: () => void = () => undefined;
  #modules: ReadonlyMap<string, Module> = new Map();
  #isDone = false;
  /** Whether the path has been found to be gone. */
  #isLost = false;
  #mistakes: ReadonlySet<string> = new Set();
  /** Resolves when the server listens; at once if there is none. */
  readonly #listening: Promise<void>;
  /** Resolves when there is a result. */
  readonly #computed: Promise<void>;
  #resolveComputed: () => void = () => undefined;
  #resolveListening: () => void = () => undefined;

  constructor(options: Options, file: string, around: Surroundings) {
    this.#options = options;
    this.#file = file;
    this.#around = around;
    this.#scope = scopeOf(file, options.path);
    this.#listening = new Promise((resolve) => (this.#resolveListening = resolve));
    this.#computed = new Promise((resolve) => (this.#resolveComputed = resolve));
    if (options.serve === undefined) this.#resolveListening();
  }

  async compute(signal: AbortSignal): Promise<void> {
    await abortable(this.#listening, signal);
    try {
      await this.#computeAnew(signal);
      this.#resolveComputed();
      if (!this.#options.watch) await aborted(signal);
      else for (;;) await this.#follow(await this.#changes.next(signal), signal);
    } finally {
      await this.#analysis?.close();
    }
  }

  /** Serves on the port, or on the usual one, or on any. */
  async serve(asked: number | undefined, signal: AbortSignal): Promise<void> {
    const page = bundlePage();
    page.catch((error: unknown) => {
      const complain = (): void => this.#around.complain(`the page cannot be made (${reasonOf(error)})`);
      // Ctrl-C in a terminal ends what makes it, too, and that may be seen before the signal is.
      return sleep(100, { signal }).then(complain, () => undefined);
    });
    const server = graphServer(this.#live, page).on('listening', () => this.#welcome(server));
    const on = async (port: number): Promise<void> => {
      await serve(server, { host: '127.0.0.1', port }, { gracePeriod: drain })(signal);
    };
    try {
      await on(asked ?? usualPort).catch((error: unknown) => {
        if (asked !== undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
        return on(0);
      });
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE') throw new InputError(`port ${asked} is in use`, { cause: error });
      if (syscall !== 'listen') throw error;
      throw new InputError(`port ${asked ?? usualPort} cannot be served on (${reasonOf(error)})`, { cause: error });
    }
  }

  /** Says where the page is: on stdout, unless that is for a program. */
  #welcome(server: Server): void {
    const { stdout, stderr } = this.#around;
    const { port } = server.address() as AddressInfo;
    (this.#options.json ? stderr : stdout).write(`http://127.0.0.1:${port}/\n`);
    this.#resolveListening();
  }

  /** Keeps those informed who look at the page. */
  async tell(signal: AbortSignal): Promise<void> {
    const { streams } = this.#live;
    const progress = new Interval(() => this.#progress(), progressInterval);
    const beats = new Interval(() => streams.beat(), heartbeat);
    try {
      await Promise.all([progress.run(signal), beats.run(signal)]);
    } finally {
      streams.close();
    }
  }

  #progress(): void {
    if (this.#analysis !== undefined) this.#live.progress(this.#analysis, this.#isDone);
  }

  /** Watches the tree. What has happened in it before it is watched is looked for once that is so. */
  async watch(signal: AbortSignal): Promise<void> {
    const { folder } = this.#around;
    const { dot, trace } = this.#options;
    const made = [dot, trace].filter((name) => name !== undefined).map((name) => resolve(folder, name));
    try {
      await new Promise<never>((_, reject) => {
        onAbort(signal, reject);
        const fail = (error: unknown): void => {
          reject(new InputError(`the tree cannot be watched (${reasonOf(error)})`, { cause: error }));
        };
        this.#openWatcher = () => {
          const paths = { asked: this.#file, ignored: new Set(made.map(realName)) };
          const watcher = new TreeWatcher(this.#scope, (change) => this.#changes.add(change), fail, paths);
          void watcher.ready.then(() => this.#changes.add(anything));
          watcher.follow(this.#modules);
          this.#watcher = watcher;
        };
        // Not before the first result is there, which it would hold up: to begin to watch a large tree takes a while.
        void this.#computed.then(() => this.#openWatcher());
      });
    } finally {
      this.#openWatcher = () => undefined;
      this.#watcher?.close();
    }
  }

  async #computeAnew(signal: AbortSignal): Promise<void> {
    await this.#analysis?.close();
    const { concurrency, trace, watch } = this.#options;
    const options = { concurrency, signal, traced: trace !== undefined, watched: watch };
    const analysis = new Analysis(this.#scope, options);
    this.#analysis = analysis;
    this.#isDone = false;
    const bar = drawProgress(analysis, this.#around.stderr);
    let report: Report;
    try {
      this.#modules = await analysis.run();
      this.#watcher?.follow(this.#modules);
      report = await reportOf(this.#scope, this.#modules, analysis.faults, pause(signal));
    } finally {
      bar[Symbol.dispose]();
    }
    await this.#publish(report, { recomputed: report.modules.length, changed: [] });
    await this.#deliver(report, signal);
  }

  /** Brings the result up to date. */
  async #follow(changes: readonly Change[], signal: AbortSignal): Promise<void> {
    const scope = await this.#currentScope(signal);
    const isSame = scope.path === this.#scope.path && scope.kind === this.#scope.kind;
    this.#scope = scope;
    if (!isSame) {
      this.#watcher?.close();
      this.#openWatcher();
    }
    const wasLost = this.#isLost;
    this.#isLost = false;
    if (!isSame) return this.#computeAnew(signal);

    const analysis = this.#analysis as Analysis;
    this.#isDone = false;
    const updated = await analysis.update(changes);
    this.#modules = updated.modules;
    // A folder in which something is missing may have come, or one be another than it was.
    this.#watcher?.follow(this.#modules);
    if (!updated.isNew && !wasLost) {
      this.#isDone = true;
      if (updated.reread > 0) this.#say(updated, []);
      return;
    }
    const report = await reportOf(scope, updated.modules, analysis.faults, pause(signal));
    const changed = updated.changed.map((path) => relative(report.root, path).replaceAll(sep, '/')).sort();
    await this.#publish(report, { recomputed: updated.recomputed, changed });
    this.#say(updated, changed);
    // On the page it is seen; what a program reads has to be told.
    const { stdout } = this.#around;
    const isSeen = this.#options.serve !== undefined && !this.#options.json;
    await this.#deliver(report, signal, isSeen ? { write: () => true } : stdout);
  }

  /** What the path means now; once it means something, if it has been removed. */
  async #currentScope(signal: AbortSignal): Promise<Scope> {
    for (;;) {
      try {
        return scopeOf(this.#file, this.#options.path);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        if (!this.#isLost) {
          this.#around.complain(`${error.message}: waiting for it`);
          this.#live.fail(error.message);
        }
        this.#isLost = true;
        await sleep(patience, { signal });
      }
    }
  }

  async #publish(report: Report, update: Update): Promise<void> {
    // It may be told to end, though its turn has not come.
    const { signal } = this.#around;
    signal.throwIfAborted();
    await this.#live.publish(report, update, signal);
    this.#isDone = true;
    this.#progress();
  }

  #say({ recomputed, modules }: Updated, changed: readonly string[]): void {
    const shown = changed.slice(0, 3).join(', ') + (changed.length > 3 ? ', …' : '');
    const names = changed.length === 0 ? '' : ` (${shown})`;
    this.#around.complain(`${recomputed} of ${modules.size} modules recomputed, ${changed.length} changed${names}`);
  }

  async #deliver(
    report: Report,
    signal: AbortSignal,
    stdout: Surroundings['stdout'] = this.#around.stdout,
  ): Promise<void> {
    await deliver(report, this.#options, { ...this.#around, stdout, signal }, this.#mistakes);
    this.#mistakes = new Set(mistakesOf(report));
  }
}

/** Something, somewhere, may have changed. */
const anything: Change = { path: '', kind: 'entry' };
