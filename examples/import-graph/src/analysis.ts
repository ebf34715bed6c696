import { abortable } from '@x/abort';
import { OnceMap, SelfDependencyError, Worker } from '@x/workgraph';
import { components } from './components.js';
import { evaluate, Unit, type Evaluated } from './evaluate.js';
import { Closures } from './closure.js';
import { Limit } from './limit.js';
import { parseInChild } from './parse-child.js';
import type { Elsewhere } from './parse.js';
import { pause } from './pause.js';
import { ImportResolver } from './resolve.js';
import { readSource, type Source } from './source.js';
import { walk } from './walk.js';

export interface AnalysisOptions {
  /** How many files are read and parsed at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/** What of a path is to be analysed: a folder with all that is in it, or a file with all that it imports. */
export interface Scope {
  readonly path: string;
  readonly kind: 'folder' | 'file';
  /** What lies outside this folder is not followed. */
  readonly boundary: string;
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
 */
export class Analysis {
  readonly #scope: Scope;
  readonly #signal: AbortSignal;
  readonly #resolver: ImportResolver;
  readonly #limit: Limit;
  readonly #elsewhere: Elsewhere;
  readonly #closures = new Closures();
  readonly #sources: OnceMap<string, Source>;
  readonly #results: OnceMap<Unit, Evaluated | undefined>;
  readonly #read = new Map<string, Source>();
  readonly #units = new Map<string, Unit>();
  readonly #allRead: Promise<void>;
  #resolveAllRead: () => void = () => undefined;
  // The walk of the folder counts as one, too.
  #unread = 1;
  #contracted = false;
  /** What could not be read, with absolute paths. */
  readonly faults: { path: string; message: string }[] = [];
  /** How many files have their result. */
  evaluated = 0;

  constructor(scope: Scope, { concurrency, signal }: AnalysisOptions) {
    this.#scope = scope;
    this.#signal = signal;
    this.#resolver = new ImportResolver(scope.boundary);
    this.#limit = new Limit(concurrency);
    // Each needs a lot of memory.
    const children = new Limit(Math.min(2, concurrency));
    this.#elsewhere = (path) => children.run(() => parseInChild(path, signal));
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

  /** Does it all. Rejects with the signal's reason when it aborts, and for no other reason that lies in the files. */
  async run(): Promise<ReadonlyMap<string, { source: Source; unit: Unit; result: Evaluated }>> {
    const worker = new Worker({ name: 'import-graph', signal: this.#signal });
    try {
      return await abortable(this.#run(worker), this.#signal);
    } finally {
      worker[Symbol.dispose]();
    }
  }

  async #run(worker: Worker): Promise<Map<string, { source: Source; unit: Unit; result: Evaluated }>> {
    const roots: Promise<unknown>[] = [];
    for await (const file of this.#roots()) {
      if (!this.#find(file)) continue;
      const result = this.#need(file, worker);
      result.catch(() => undefined); // It is awaited below, and may fail before.
      roots.push(result);
    }
    this.#finishReading();
    await Promise.all(roots);
    const all = [...this.#read.values()].map(async (source) => ({
      source,
      result: await this.#need(source.file, worker),
    }));
    const modules = await Promise.all(all);
    return new Map(
      modules.map(({ source, result }) => [source.file, { source, unit: this.#unitOf(source.file), result }]),
    );
  }

  async *#roots(): AsyncGenerator<string> {
    if (this.#scope.kind === 'file') {
      yield this.#scope.path;
      return;
    }
    const breathe = pause(this.#signal);
    for (const { file, fault } of walk(this.#scope.path)) {
      if (fault !== undefined) this.faults.push(fault);
      if (file !== undefined) yield file;
      await breathe();
    }
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

  #load(file: string): Promise<Source> {
    return this.#limit.run(async () => {
      this.#signal.throwIfAborted();
      const source = await readSource(file, this.#resolver, this.#elsewhere);
      this.#read.set(file, source);
      for (const link of source.links) this.#find(link.file);
      this.#finishReading();
      return source;
    });
  }

  /** The result of a unit; none if by now its files are part of another. */
  async #evaluate(unit: Unit, worker: Worker): Promise<Evaluated | undefined> {
    const sources = await Promise.all(unit.files.map((file) => this.#sources.get(file, worker)));
    if (!this.#isCurrent(unit)) return undefined;
    const imported = new Set(sources.flatMap(({ links }) => links.map(({ file }) => file)));
    const outside = [...imported].filter((file) => this.#unitOf(file) !== unit);
    const results = await Promise.all(outside.map((file) => this.#need(file, worker)));
    if (!this.#isCurrent(unit)) return undefined;
    const imports = new Map(outside.map((file, at) => [file, results[at] as Evaluated]));
    this.evaluated += unit.files.length;
    return evaluate(unit, sources, imports, this.#closures);
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
    const next = (file: string): string[] => this.#read.get(file)?.links.map((link) => link.file) ?? [];
    for (const files of components(this.#units.keys(), next)) {
      const unit = new Unit(files);
      for (const file of files) this.#units.set(file, unit);
    }
  }
}
