import { never } from '@x/abort';
import { lstatSync, readdirSync, statSync, watch, type BigIntStats, type Dirent, type FSWatcher } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { Module } from './analysis.js';
import type { Change } from './change.js';
import { isPlace } from './lookup-rules.js';
import { isSource } from './parse.js';
import { PathAliases } from './path-aliases.js';
import { pause } from './pause.js';
import { kindOf } from './regular-file.js';
import type { Scope } from './scope.js';
import { packageName } from './unbuilt.js';
import { deadLinks, isBelow, isFolderNow, isPackage, nearestFolder, realName } from './watched-paths.js';

/** What says where imports lead and what belongs to the tree, also from the folders above it. */
const rules = ['package.json', 'tsconfig.json', 'jsconfig.json', '.gitignore', '.git', 'node_modules'];

/** What the system says when it has nothing left to watch with. */
const exhausted = new Set(['ENOSPC', 'EMFILE', 'ENFILE', 'ENOMEM']);

/** A folder that is watched, and which one it was when that began. */
interface Watched {
  readonly handle: FSWatcher;
  readonly identity: string;
}

/**
 * Tells of what changes where modules are, or may come to be.
 *
 * A folder is watched with all that is below it, but for what is in `node_modules` and in folders whose name begins with a dot; of a `node_modules` it is watched
 * what is installed, and of that nothing inside. Modules that lie elsewhere, as all do that a file leads to, are watched by their folders, and
 * so are the folders in which what an import asks for is missing, or may come to be in the place of what it found. Of the folders above all these it is watched what leads to
 * them, what has rules, and what is installed; and wherever it lies, what a tsconfig extends.
 *
 * 1. Each folder has a handle of its own, which tells of what is in it by name. A handle stays with its folder wherever that is moved, so it is kept
 *    which folder it was: when another has its place, that one is watched.
 * 2. A folder is watched first and listed then, and when all that is to be watched is, it is told that something may have changed. So whatever happens
 *    to a folder that has just come is seen: by the listing, by whoever looks because he was told, or by the handle.
 * 3. What cannot be watched because it cannot be read, or is not there, is left: the folder that it is in tells when that changes.
 */
export class TreeWatcher {
  readonly #scope: Scope;
  readonly #tell: (change: Change) => void;
  readonly #fail: (error: unknown) => void;
  readonly #ignored: ReadonlySet<string>;
  /** The path as it was asked for, which may lead through links, and that of the scope. */
  readonly #asked: readonly string[];
  readonly #watched = new Map<string, Watched>();
  /** Where what is not there may be found once it is. */
  readonly #aliases = new PathAliases();
  /** The tsconfigs, and what they extend, whatever that is called. */
  #configs: ReadonlySet<string> = new Set();
  /** Of folders outside the tree in which everything matters. */
  #whole: ReadonlySet<string> = new Set();
  /** Of folders above, the names that matter. */
  #above: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  readonly #pending: string[] = [];
  #isBeginning = false;
  /** Whether a folder may be another than the one that is watched. */
  #isDoubtful = false;
  #isClosed = false;
  /** Resolves when all is watched that was to be. */
  ready: Promise<void>;

  /**
   * @param asked the path as it was asked for
   * @param ignored files that change because of this program
   */
  constructor(
    scope: Scope,
    tell: (change: Change) => void,
    fail: (error: unknown) => void,
    { asked = scope.path, ignored = new Set() }: { asked?: string; ignored?: ReadonlySet<string> } = {},
  ) {
    this.#scope = scope;
    this.#tell = tell;
    this.#fail = fail;
    this.#ignored = ignored;
    this.#asked = [asked, scope.path];
    if (scope.kind === 'folder') this.#pending.push(scope.path);
    this.#want(new Set(), new Set(), new Set());
    this.ready = this.#begin();
  }

  /** Watches where the modules are, and where those may come to be that are missing, or are looked for before others. */
  follow(modules: ReadonlyMap<string, Module>): void {
    const folders = new Set<string>();
    const configs = new Set<string>();
    const scopes = new Set<string>();
    const hidden = new Set<string>();
    const addNearest = (path: string): void => {
      const folder = nearestFolder(path);
      if (!this.#isInTree(folder)) folders.add(folder);
      // Of a folder of the tree that comes it is not told if its name begins with a dot.
      else if (/(?:^|[\\/])\./.test(relative(folder, path))) hidden.add(path);
    };
    const searched = new Set<string>();
    const search = (path: string): void => {
      // What is beside is looked for where this is, unless it may be hidden.
      const place = basename(path).startsWith('.') ? path : `${dirname(path)}${sep}`;
      if (searched.has(place)) return;
      searched.add(place);
      addNearest(path);
      // If the last folder on the way is a link: where that is, and what is in it.
      addNearest(join(realName(dirname(path)), basename(path)));
    };
    const missed = new Set<string>();
    const searchMissing = (path: string): void => {
      search(path);
      if (kindOf(path) === 'folder') search(join(path, 'index'));
      if (missed.has(dirname(path))) return;
      missed.add(dirname(path));
      // It may be a link already, by whatever extension.
      for (const link of deadLinks(dirname(path))) addNearest(realName(link));
    };
    const packages = new Set<string>();
    const searchPackage = (folder: string, name: string): void => {
      for (let at = folder; ; at = dirname(at)) {
        const place = join(at, 'node_modules', name);
        if (packages.has(place)) return;
        packages.add(place);
        // A link may lead where it is going to be.
        if (kindOf(place) === 'folder' || realName(place) !== place) search(join(place, 'package.json'));
        if (dirname(at) === at) return;
      }
    };
    for (const { source } of modules.values()) {
      const folder = dirname(source.file);
      if (!this.#isInTree(source.file)) folders.add(folder);
      if (source.targets.length > 0) for (const config of this.#aliases.filesFor(source.file)) configs.add(config);
      for (const { specifier, target } of source.targets) {
        // `./` and `..` are folders, whatever stands beside these.
        const name = /(?:^|\/)\.{0,2}$/.test(specifier) ? `${specifier}/index` : specifier;
        const isMissing = 'nowhere' in target;
        const isAsked = isMissing || specifier.startsWith('/');
        const aliases = isAsked ? this.#aliases.of(source.file, specifier) : [];
        // Where `paths` know a name that begins with a slash, it is no place, which mostly would be in the root of all.
        if (isPlace(specifier) && aliases.length === 0) (isMissing ? searchMissing : search)(resolve(folder, name));
        else if (isMissing) {
          if (!isPlace(specifier)) searchPackage(folder, packageName(specifier));
          for (const path of aliases) searchMissing(path);
        }
        const [scope] = /^@[^/]+(?=\/)/.exec(specifier) ?? [];
        if (scope !== undefined) scopes.add(scope);
      }
    }
    this.#configs = configs;
    this.#want(folders, scopes, hidden);
    if (this.#isDoubtful) this.#verify();
    this.ready = this.#begin();
  }

  close(): void {
    this.#isClosed = true;
    this.#pending.length = 0;
    for (const { handle } of this.#watched.values()) handle.close();
    this.#watched.clear();
  }

  #isInTree(path: string): boolean {
    return this.#scope.kind === 'folder' && isBelow(this.#scope.path, path);
  }

  /**
   * Makes the folders outside the tree those that are watched, with what is above them and the tree.
   *
   * @param scopes of the packages that are imported
   * @param hidden what may come in folders that begin with a dot, and are not there yet
   */
  #want(folders: ReadonlySet<string>, scopes: ReadonlySet<string>, hidden: ReadonlySet<string>): void {
    const above = new Map<string, Set<string>>();
    const climb = (path: string): void => {
      for (let at = path; at !== dirname(at); at = dirname(at)) {
        const names = above.get(dirname(at));
        names?.add(basename(at));
        if (names !== undefined) return;
        above.set(dirname(at), new Set([basename(at), ...rules]));
      }
    };
    for (const path of [...this.#asked, ...folders, ...hidden, ...this.#configs]) climb(path);
    const whole = new Set<string>();
    for (const folder of [...folders, ...above.keys()]) {
      const packages = join(folder, 'node_modules');
      for (const path of [packages, ...Array.from(scopes, (scope) => join(packages, scope))]) {
        if (!this.#isInTree(path)) whole.add(path);
      }
    }
    // Those of modules are watched first.
    for (const folder of folders) whole.add(folder);
    this.#whole = whole;
    this.#above = above;
    for (const path of this.#watched.keys()) if (!this.#isWanted(path)) this.#leave(path);
    for (const path of [...above.keys(), ...whole]) if (!this.#watched.has(path)) this.#pending.push(path);
  }

  #isWanted(path: string): boolean {
    return this.#isInTree(path) || this.#whole.has(path) || this.#above.has(path);
  }

  /** Watches anew what is another folder by now. */
  #verify(): void {
    this.#isDoubtful = false;
    for (const [path, { identity }] of this.#watched) {
      if (this.#identityOf(path) === identity) continue;
      this.#leave(path);
      this.#pending.push(path);
    }
  }

  #leave(path: string): void {
    this.#watched.get(path)?.handle.close();
    this.#watched.delete(path);
  }

  /** Begins to watch all that is to be, and tells that something may have changed if there was any. */
  async #begin(): Promise<void> {
    if (this.#isBeginning) return this.ready;
    this.#isBeginning = true;
    const breathe = pause(never);
    let begun: string | undefined;
    for (let path = this.#pending.pop(); path !== undefined; path = this.#pending.pop()) {
      if (this.#watch(path)) {
        begun = path;
        if (this.#isInTree(path)) this.#list(path);
      }
      await breathe();
    }
    this.#isBeginning = false;
    if (begun !== undefined && !this.#isClosed) this.#say({ path: begun, kind: 'entry' });
  }

  #list(folder: string): void {
    let entries: Dirent[];
    try {
      entries = readdirSync(folder, { withFileTypes: true });
    } catch {
      return; // Whoever reads the tree says so.
    }
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && this.#isInTree(path) && !isPackage(path)) this.#pending.push(path);
    }
  }

  /** Watches a folder, unless it is being watched. */
  #watch(path: string): boolean {
    if (this.#isClosed || this.#watched.has(path)) return false;
    for (;;) {
      const identity = this.#identityOf(path);
      if (identity === undefined) return false;
      let handle: FSWatcher;
      try {
        handle = watch(path, (event, name) => this.#hear(path, event, name));
      } catch (error) {
        if (exhausted.has((error as NodeJS.ErrnoException).code ?? '')) this.#fail(error);
        return false;
      }
      // By now it is this one that is watched, or another that has come since.
      if (this.#identityOf(path) !== identity) {
        handle.close();
        continue;
      }
      handle.on('error', () => {
        // What has been removed cannot be watched on, on some systems.
        this.#leave(path);
        this.#isDoubtful = true;
        this.#say({ path, kind: 'entry' });
      });
      this.#watched.set(path, { handle, identity });
      return true;
    }
  }

  #hear(folder: string, event: string, name: string | null): void {
    if (this.#isClosed) return;
    // What happens to the folder itself is told by its own name.
    if (name === null || name === basename(folder)) {
      this.#isDoubtful = true;
      this.#say({ path: folder, kind: 'entry' });
    }
    if (name === null) return;
    const path = join(folder, name);
    const inTree = this.#isInTree(path);
    // By now it may be a folder that is not watched, though it was a file.
    const wasInTree = (name === '.gitignore' || isSource(name)) && this.#isInTree(folder);
    const isWhole = inTree || wasInTree || this.#whole.has(folder);
    if (!isWhole && this.#above.get(folder)?.has(name) !== true) return;
    if (this.#ignored.has(path)) return;
    const isFolder = isFolderNow(path);
    if (isFolder || this.#watched.has(path)) {
      this.#isDoubtful = true;
      if (isFolder && inTree && !isPackage(path)) {
        if (this.#watched.get(path)?.identity !== this.#identityOf(path)) this.#leave(path);
        this.#pending.push(path);
        void this.#begin();
      }
    }
    const isContents = event === 'change' && !isFolder && !this.#configs.has(path);
    this.#say({ path, kind: isContents ? 'contents' : 'entry' });
  }

  #say(change: Change): void {
    if (change.kind === 'entry' || change.path.endsWith('.json')) this.#aliases.forget();
    this.#tell(change);
  }

  /** Which folder a path is; nothing if it is none. In the tree links are not followed. */
  #identityOf(path: string): string | undefined {
    let stats: BigIntStats | undefined;
    try {
      const look = this.#isInTree(path) ? lstatSync : statSync;
      stats = look(path, { bigint: true, throwIfNoEntry: false });
    } catch {
      return undefined;
    }
    // Its number alone may be that of one that was removed before.
    return stats?.isDirectory() === true ? [stats.dev, stats.ino, stats.birthtimeNs].join() : undefined;
  }
}
