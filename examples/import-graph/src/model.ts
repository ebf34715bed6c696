/** How a module asks for another: at load (`static`, `export … from`), in types alone, when it is called for, or as CommonJS. */
export type ImportKind = 'static' | 'export' | 'type' | 'dynamic' | 'require';

/** An import as it stands in a source: nothing has been looked up yet. `at` is its offset in the text. */
export interface ImportStatement {
  readonly specifier: string;
  readonly kind: ImportKind;
  readonly at: number;
  /** Of one that imports types alone, and says so of each name by itself: what kind it is where it stays when types are removed. */
  readonly kept?: ImportKind | undefined;
}

/** A place in a file, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What went wrong at a place: a file that does not parse, a folder that cannot be read. */
export interface Fault extends Partial<Position> {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly message: string;
}

/** An import that leads nowhere. */
export interface Unresolved extends Position {
  readonly path: string;
  readonly kind: ImportKind;
  readonly specifier: string;
  readonly message: string;
}

/** An import that leads to another module of the graph. */
export interface ModuleImport {
  readonly path: string;
  readonly kind: ImportKind;
  readonly specifier: string;
}

export interface ModuleResult {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Bytes of the file and of everything that it reaches, each file once. */
  readonly totalSize: number;
  /** Imports on the longest way down; what imports nothing has 0, the files of a cycle count as one. */
  readonly depth: number;
  /** SHA-256 of the contents of the file and of everything that it reaches. */
  readonly hash: string;
  readonly imports: readonly ModuleImport[];
}

/** The whole result, in an order that does not depend on timing: by path, then by what distinguishes two entries of a path. */
export interface GraphResult {
  readonly modules: readonly ModuleResult[];
  /** Each in the order of its imports, the first by name first: `["a", "b"]` is a imports b imports a. */
  readonly cycles: readonly (readonly string[])[];
  readonly unresolved: readonly Unresolved[];
  readonly errors: readonly Fault[];
}

/** The order of everything that is listed: by code unit, the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
