import { abortable } from '@x/abort';
import { Queue } from '@x/async';
import { OnceMap, SelfDependencyError, Worker } from '@x/workgraph';
import { isDeepStrictEqual } from 'node:util';
import { affects, type Change } from './change.js';
import { components } from './components.js';
import { evaluate, Unit, type Evaluated } from './evaluate.js';
import { Closures } from './closure.js';
import { parseInChild } from './parse-child.js';
import type { Parsed } from './parse.js';
import { pause } from './pause.js';
import { ImportResolver } from './resolve.js';
import type { Scope } from './scope.js';
import { readSource, stampOf, type Source } from './source.js';
import { asTask, untold, type Step } from './step.js';
import { walk } from './walk.js';

export interface AnalysisOptions {
  /** How many files are read and parsed at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Whether every step for every file is a task: somebody wants to see them. Default: no */
  readonly traced?: boolean | undefined;
  /** Whether there will be updates. Default: no */
  readonly watched?: boolean | undefined;
}

/** What is known of a file when all is done. */
export interface Module {
  readonly source: Source;
  readonly result: Evaluated;
}

/** What an update has done, files being absolute paths. */
export interface Updated {
  readonly modules: ReadonlyMap<string, Module>;
  /** How many files were evaluated anew. */
  readonly recomputed: number;
  /** The files that came, went, or have other contents or imports. */
  readonly changed: readonly string[];
  /** How many files of the graph were written to, whatever came of it. */
  readonly reread: number;
  /** Whether anything is not as it was, be it only what could not be read. */
  readonly isNew: boolean;
}

/**
 * The graph of a tree, made by requests that need each other.
 *
 * 1. Every file is a request of `#sources`, which needs no other, and has one unit at any time. Every unit is a request of
 *    `#results`, which needs the results of the units that its files import. At first a unit is one file.
 * 2. A file is counted in `#unread` from the moment it is found until the files that it imports are counted: at zero
 *    every file is known, and `#allRead` resolves.
 * 3. A cycle fails the requests on it with a `SelfDependencyError`, and who waits for one of them is told. Who is told waits until all is read;
 *    then the files that need each other become one unit, once, and it asks again, for that. Now no cycle is left.
 * 4. The request of a unit whose files have become part of another gives no result: who waited for it asks for the other.
 * 5. So everything is evaluated once, and asked for at most twice: which cycles were met, and when, makes no difference to the result.
 * 6. When it has run, each unit is all files that reach each other, and a request is kept for each file and each unit. An update resets the requests
 *    of the files that may have changed, reads these and what they lead to, makes the units anew that are not the same files any more, and resets
 *    the requests of those and of all that import them, at any distance. What it asks for then is what was reset.
 */
export class Analysis {
  readonly #scope: Scope;
  readonly #signal: AbortSignal;
  readonly #watched: boolean;
  readonly #step: Step;
  readonly #resolver: ImportResolver;
  readonly #reading: Queue<string, Source>;
  readonly #children: Queue<string, Parsed | undefined>;
  readonly #closures = new Closures();
  readonly #breathe: () => void | Promise<void>;
  readonly #sources: OnceMap<string, Source>;
  readonly #results: OnceMap<Unit, Evaluated | undefined>;
  readonly #read = new Map<string, Source>();
  readonly #units = new Map<string, Unit>();
  readonly #evaluated = new Map<Unit, Evaluated>();
  readonly #allRead: Promise<void>;
  #resolveAllRead: () => void = () => undefined;
  // The walk of the folder counts as one, too.
  #unread = 1;
  #contracted = false;
  #roots: ReadonlySet<string> = new Set();
  #faults: { path: string; message: string }[] = [];
  #done = 0;

  constructor(scope: Scope, { concurrency, signal, traced = false, watched = false }: AnalysisOptions) {
    this.#scope = scope;
    this.#signal = signal;
    this.#watched = watched;
    this.#step = traced ? asTask : untold;
    this.#resolver = new ImportResolver(scope.boundary);
    this.#breathe = pause(signal);
    const unbounded = { maxWork: Infinity, context: 'queue', shutdownGracePeriod: 0 } as const;
    this.#reading = new Queue((file) => this.#readFile(file), {
      ...unbounded,
      name: 'reading',
      parallelism: concurrency,
    });
    // Each needs a lot of memory.
    const few = Math.min(2, concurrency);
    this.#children = new Queue((file) => parseInChild(file, signal), {
      ...unbounded,
      name: 'children',
      parallelism: few,
    });
    this.#allRead = new Promise((resolve) => (this.#resolveAllRead = resolve));
    this.#sources = new OnceMap((file) => this.#load(file), { name: (file) => `read ${file}`, signal });
    this.#results = new OnceMap((unit, worker) => this.#evaluate(unit, worker), { name: (unit) => unit.name, signal });
  }

  /** How many files have been found so far. */
  get found(): number {
    return this.#units.size;
  }

  /** How many files have been read and parsed so far. */
  get read(): number {
    return this.#read.size;
  }

  /** How many files have their result. */
  get evaluated(): number {
    return this.#done;
  }

  /** What could not be read, with absolute paths. */
  get faults(): readonly { path: string; message: string }[] {
    return this.#faults;
  }

  /** Does it all. Rejects with the signal's reason when it aborts, and for no other reason that lies in the files. */
  async run(): Promise<ReadonlyMap<string, Module>> {
    await Promise.all([this.#reading.start(), this.#children.start()]);
    return this.#asOne((worker, signal) => this.#run(worker, signal));
  }

  /**
   * Brings what has been run up to date with the tree, given what may have changed in it. The result is that of a new run.
   * One at a time. Rejects as `run` does.
   */
  update(changes: Iterable<Change>): Promise<Updated> {
    return this.#asOne((worker, signal) => this.#update(changes, worker, signal));
  }

  /** Ends what is under way, and frees what it holds. */
  async close(): Promise<void> {
    for (const queue of [this.#reading, this.#children]) await queue.close().catch(() => undefined);
  }

  async #asOne<T>(work: (worker: Worker, signal: AbortSignal) => Promise<T>): Promise<T> {
    const worker = new Worker({ name: 'import-graph', signal: this.#signal });
    try {
      return await abortable(work(worker, this.#signal), this.#signal);
    } finally {
      worker[Symbol.dispose]();
    }
  }

  async #run(worker: Worker, signal: AbortSignal): Promise<Map<string, Module>> {
    const results: Promise<unknown>[] = [];
    await this.#step('discovery', signal, (own) =>
      this.#walk(own, (file) => {
        if (!this.#find(file)) return;
        const result = this.#need(file, worker);
        result.catch(() => undefined); // It is awaited below, and may fail before.
        results.push(result);
      }),
    );
    this.#finishReading();
    await Promise.all(results);
    return this.#modules(worker);
  }

  /** Finds where to begin, and tells of each at once. */
  async #walk(signal: AbortSignal, tell: (file: string) => void): Promise<void> {
    const roots = new Set<string>();
    const faults: { path: string; message: string }[] = [];
    this.#roots = roots;
    this.#faults = faults;
    if (this.#scope.kind === 'file') {
      roots.add(this.#scope.path);
      tell(this.#scope.path);
      return;
    }
    const breathe = pause(signal);
    for (const { file, fault } of walk(this.#scope.path)) {
      if (fault !== undefined) faults.push(fault);
      if (file !== undefined) {
        roots.add(file);
        tell(file);
      }
      await breathe();
    }
  }

  async #modules(worker: Worker): Promise<Map<string, Module>> {
    const modules = [...this.#read.values()].map(async (source): Promise<[string, Module]> => {
      return [source.file, { source, result: await this.#need(source.file, worker) }];
    });
    return new Map(await Promise.all(modules));
  }

  /** Counts a file that has not been found before. */
  #find(file: string): boolean {
    if (this.#units.has(file)) return false;
    this.#units.set(file, new Unit([file]));
    this.#unread++;
    return true;
  }

  #finishReading(): void {
    if (--this.#unread === 0) this.#resolveAllRead();
  }

  async #load(file: string): Promise<Source> {
    const source = await this.#reading.submit(file);
    this.#read.set(file, source);
    for (const link of source.links) this.#find(link.file);
    this.#finishReading();
    return source;
  }

  #readFile(file: string): Source | PromiseLike<Source> {
    this.#signal.throwIfAborted();
    // Short files are read and parsed without a wait: the event loop has to be given its turn.
    const rest = this.#breathe();
    return rest === undefined ? this.#readNow(file) : rest.then(() => this.#readNow(file));
  }

  #readNow(file: string): Source | PromiseLike<Source> {
    const elsewhere = (path: string): Promise<Parsed | undefined> => this.#children.submit(path);
    const options = { elsewhere, stamped: this.#watched, step: this.#step };
    return this.#step('read', this.#signal, (signal) => readSource(file, this.#resolver, { ...options, signal }), file);
  }

  /** The result of a unit; none if by now its files are part of another. */
  async #evaluate(unit: Unit, worker: Worker): Promise<Evaluated | undefined> {
    const sources = await Promise.all(unit.files.map((file) => this.#sources.get(file, worker)));
    if (!this.#isCurrent(unit)) return undefined;
    const imported = new Set(sources.flatMap(({ links }) => links.map(({ file }) => file)));
    const outside = [...imported].filter((file) => this.#unitOf(file) !== unit);
    const results = await Promise.all(outside.map((file) => this.#need(file, worker)));
    // Once all is read, one result leads to the next without a wait.
    await this.#breathe();
    if (!this.#isCurrent(unit)) return undefined;
    const imports = new Map(outside.map((file, at) => [file, results[at] as Evaluated]));
    const make = (): Evaluated => evaluate(unit, sources, imports, this.#closures);
    const result = await this.#step('evaluate', this.#signal, make, unit.name);
    this.#evaluated.set(unit, result);
    this.#done += unit.files.length;
    return result;
  }

  /** The result of a file, whatever cycles it is on. */
  async #need(file: string, worker: Worker): Promise<Evaluated> {
    for (;;) {
      const unit = this.#unitOf(file);
      try {
        const result = await this.#results.get(unit, worker);
        if (result !== undefined) return result;
      } catch (error) {
        if (!(error instanceof SelfDependencyError)) throw error;
        await worker.track(this.#allRead, 'every file to be read');
        this.#contract();
        // No cycle is left between units: to ask again for the same would never end.
        if (this.#unitOf(file) === unit) throw error;
      }
    }
  }

  #isCurrent(unit: Unit): boolean {
    return this.#units.get(unit.files[0] as string) === unit;
  }

  #unitOf(file: string): Unit {
    return this.#units.get(file) as Unit;
  }

  /** Makes one unit of the files that need each other. */
  #contract(): void {
    if (this.#contracted) return;
    this.#contracted = true;
    for (const files of this.#components()) this.#unite(files);
  }

  #components(): string[][] {
    return components(this.#units.keys(), (file) => this.#read.get(file)?.links.map((link) => link.file) ?? []);
  }

  #unite(files: readonly string[]): void {
    const unit = new Unit(files);
    for (const file of files) this.#units.set(file, unit);
  }

  async #update(changes: Iterable<Change>, worker: Worker, signal: AbortSignal): Promise<Updated> {
    const dirty = new Set<string>();
    let everywhere = false;
    let reread = 0;
    for (const change of changes) {
      const source = this.#read.get(change.path);
      if (source !== undefined) {
        dirty.add(change.path);
        if (change.kind === 'contents' || stampOf(source.file) !== source.stamp) reread++;
      }
      everywhere ||= affects(change, source !== undefined) === 'resolving';
    }
    const faults = this.#faults;
    if (everywhere) {
      this.#resolver.forget();
      await this.#step('discovery', signal, (own) => this.#walk(own, () => undefined));
      const breathe = pause(signal);
      for (const source of this.#read.values()) {
        if (!dirty.has(source.file) && this.#isStale(source)) dirty.add(source.file);
        await breathe();
      }
    }

    const before = new Map<string, Source>();
    for (const file of dirty) {
      before.set(file, this.#read.get(file) as Source);
      this.#read.delete(file);
      this.#sources.reset(file);
    }
    await this.#reach([...this.#roots, ...dirty], worker);
    const units = new Set(this.#units.values());
    for (const file of this.#unreached()) {
      before.set(file, before.get(file) ?? (this.#read.get(file) as Source));
      this.#read.delete(file);
      this.#sources.reset(file);
      this.#units.delete(file);
    }
    const changed = new Set<string>();
    for (const [file, source] of before) if (!isSame(source, this.#read.get(file))) changed.add(file);
    for (const file of this.#read.keys()) if (!this.#evaluated.has(this.#unitOf(file))) changed.add(file);

    const stale = this.#staleUnits(changed);
    let recomputed = 0;
    for (const unit of stale) recomputed += unit.files.length;
    const current = new Set(this.#units.values());
    for (const unit of units) if (stale.has(unit) || !current.has(unit)) this.#forget(unit);
    this.#done = this.#read.size - recomputed;
    const modules = await this.#modules(worker);
    const isNew = changed.size > 0 || recomputed > 0 || !isDeepStrictEqual(faults, this.#faults);
    return { modules, recomputed, changed: [...changed], reread, isNew };
  }

  /** Whether a file is not as it was read any more, or what it imports would be found elsewhere. */
  #isStale({ file, stamp, targets, config, keepsEmptied }: Source): boolean {
    if (stampOf(file) !== stamp) return true;
    if (keepsEmptied !== undefined && this.#resolver.keepsEmptied(file) !== keepsEmptied) return true;
    if (targets.length > 0 && !isDeepStrictEqual(this.#resolver.faultFor(file), config)) return true;
    return targets.some(
      ({ specifier, kind, target }) => !isDeepStrictEqual(this.#resolver.resolve(file, specifier, kind), target),
    );
  }

  /** Reads what has not been read of some files and of all that they lead to. */
  async #reach(files: Iterable<string>, worker: Worker): Promise<void> {
    const asked = new Set<string>();
    const reach = async (file: string): Promise<void> => {
      if (asked.has(file) || this.#read.has(file)) return;
      asked.add(file);
      this.#find(file);
      const { links } = await this.#sources.get(file, worker);
      await Promise.all(links.map((link) => reach(link.file)));
    };
    await Promise.all(Array.from(files, reach));
  }

  /** The files that have been read, and that nothing leads to any more. */
  #unreached(): string[] {
    const reached = new Set<string>();
    const rest = [...this.#roots];
    for (let file = rest.pop(); file !== undefined; file = rest.pop()) {
      if (reached.has(file)) continue;
      reached.add(file);
      for (const link of this.#read.get(file)?.links ?? []) rest.push(link.file);
    }
    return [...this.#read.keys()].filter((file) => !reached.has(file));
  }

  /** Makes the units right for the imports that there are now, and gives those that have to be evaluated: what has changed, and all that imports it. */
  #staleUnits(changed: ReadonlySet<string>): Set<Unit> {
    this.#contracted = true;
    const inCycles = new Set<string>();
    for (const files of this.#components()) {
      for (const file of files) inCycles.add(file);
      const unit = this.#unitOf(files[0] as string);
      if (unit.files.length !== files.length || files.some((file) => this.#unitOf(file) !== unit)) this.#unite(files);
    }
    for (const file of this.#read.keys()) {
      if (!inCycles.has(file) && this.#unitOf(file).files.length > 1) this.#unite([file]);
    }

    const importers = new Map<Unit, Unit[]>();
    for (const { file, links } of this.#read.values()) {
      const importer = this.#unitOf(file);
      for (const link of links) {
        const unit = this.#unitOf(link.file);
        const known = importers.get(unit);
        if (known === undefined) importers.set(unit, [importer]);
        else known.push(importer);
      }
    }
    const stale = new Set<Unit>();
    const rest = [...this.#units.values()].filter((unit) => !this.#evaluated.has(unit));
    for (const file of changed) if (this.#units.has(file)) rest.push(this.#unitOf(file));
    for (let unit = rest.pop(); unit !== undefined; unit = rest.pop()) {
      if (stale.has(unit)) continue;
      stale.add(unit);
      for (const importer of importers.get(unit) ?? []) rest.push(importer);
    }
    return stale;
  }

  #forget(unit: Unit): void {
    this.#results.reset(unit);
    const result = this.#evaluated.get(unit);
    if (result !== undefined) this.#closures.remove(result.closure);
    this.#evaluated.delete(unit);
  }
}

/** Whether two readings of a file say the same. */
function isSame(a: Source, b: Source | undefined): boolean {
  return b !== undefined && isDeepStrictEqual({ ...a, stamp: '' }, { ...b, stamp: '' });
}
