import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { watch, type ChokidarOptions, type FSWatcher } from 'chokidar';
import type { Module } from './analysis.js';
import type { Change } from './change.js';
import type { Scope } from './scope.js';

/** What says where imports lead and what belongs to the tree, also from the folders above it. */
const rules = ['package.json', 'tsconfig.json', 'jsconfig.json', '.gitignore'];

const common: ChokidarOptions = { followSymlinks: false, ignorePermissionErrors: true, atomic: false };

/**
 * Tells of what changes where modules are, or may come to be.
 *
 * A folder is watched with all that is below it, but for what is in `node_modules` and in folders whose name begins with a dot; of a `node_modules` it is watched
 * what is installed, and of that nothing inside. Modules that lie elsewhere, as all do that a file leads to, are watched by their folders, and
 * so are the folders in which what an import asks for is missing.
 */
export class TreeWatcher {
  readonly #scope: Scope;
  readonly #tell: (change: Change) => void;
  readonly #tree: FSWatcher | undefined;
  /** Of folders, what is in them and no deeper. */
  readonly #folders: FSWatcher;
  readonly #followed = new Set<string>();
  #isLost = false;
  /** Resolves when the tree is being watched, rejects if that cannot be done. */
  readonly ready: Promise<void>;

  /** @param ignored files that change because of this program */
  constructor(
    scope: Scope,
    tell: (change: Change) => void,
    fail: (error: unknown) => void,
    ignored: ReadonlySet<string> = new Set(),
  ) {
    this.#scope = scope;
    this.#tell = tell;
    if (scope.kind === 'folder') {
      const isIgnored = (path: string): boolean => ignored.has(path) || !isBelow(scope.path, path);
      this.#tree = watch(scope.path, { ...common, ignoreInitial: true, ignored: isIgnored });
    }
    // What is there when a folder begins to be watched is told, too: it may have come since it was looked at.
    this.#folders = watch([], { ...common, depth: 0, ignored: (path) => ignored.has(path) });
    for (const watcher of [this.#tree, this.#folders]) {
      watcher?.on('all', (event, path) => {
        if (event === 'unlinkDir' && path === scope.path) this.#isLost = true;
        this.#tell({ path, kind: event === 'change' ? 'contents' : 'entry' });
      });
      watcher?.on('error', fail);
    }
    this.ready = new Promise((resolve) => {
      if (this.#tree === undefined) resolve();
      else this.#tree.on('ready', resolve);
    });
    this.#follow(rulesAbove(scope.path));
  }

  /** Whether the folder was removed: if it is there, it is another one, which is not watched. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Watches where the modules are, and where those may come to be that are missing. */
  follow(modules: ReadonlyMap<string, Module>): void {
    const folders = new Set<string>();
    for (const { source } of modules.values()) {
      const folder = dirname(source.file);
      if (!this.#isWatched(source.file)) folders.add(folder);
      for (const { specifier } of source.unresolved) {
        if (!/^\.{0,2}\//.test(specifier)) continue;
        const missing = nearestFolder(resolve(folder, specifier));
        if (!this.#isWatched(missing)) folders.add(missing);
      }
    }
    this.#follow(folders);
  }

  async close(): Promise<void> {
    await Promise.all([this.#tree?.close(), this.#folders.close()]);
  }

  #isWatched(path: string): boolean {
    return this.#tree !== undefined && isBelow(this.#scope.path, path);
  }

  #follow(paths: Iterable<string>): void {
    for (const path of paths) {
      if (this.#followed.has(path)) continue;
      this.#followed.add(path);
      this.#folders.add(path);
    }
  }
}

/** Whether a path is one that is watched with the folder. */
function isBelow(root: string, path: string): boolean {
  if (path === root) return true;
  const start = root.endsWith(sep) ? root : root + sep;
  if (!path.startsWith(start)) return false;
  const names = path.slice(start.length).split(sep);
  const packages = names.indexOf('node_modules');
  const own = packages === -1 ? names : names.slice(0, packages);
  // A file may begin with a dot, and one in such a folder is not watched.
  const last = own.at(-1) ?? '';
  if (own.slice(0, -1).some((name) => name.startsWith('.'))) return false;
  if (packages === -1) return !last.startsWith('.') || isFile(path);
  if (last.startsWith('.')) return false;
  const [scope = '', , ...deeper] = names.slice(packages + 1);
  return deeper.length === 0 && (names.length - packages <= 2 || scope.startsWith('@'));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true;
}

function nearestFolder(path: string): string {
  for (let at = dirname(path); ; at = dirname(at)) if (existsSync(at) || at === dirname(at)) return at;
}

function rulesAbove(path: string): string[] {
  const found: string[] = [];
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    for (const name of rules) if (existsSync(join(dirname(at), name))) found.push(join(dirname(at), name));
  }
  return found;
}
