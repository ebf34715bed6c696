import { createHash } from 'node:crypto';
import type { Closure, Closures } from './closure.js';
import { compare } from './model.js';
import type { Source } from './source.js';

/** What gets one result: a file, or the files that all need each other. */
export class Unit {
  /** In order. */
  readonly files: readonly string[];

  constructor(files: readonly string[]) {
    this.files = [...files].sort(compare);
  }

  get name(): string {
    const [first = '', ...others] = this.files;
    return others.length === 0 ? first : `${first} and ${others.length} more of its cycles`;
  }
}

/** What is known of a unit once all that it imports is. */
export interface Evaluated {
  readonly closure: Closure;
  readonly depth: number;
  readonly hash: string;
}

/** Makes the result of a unit from the results of the files outside that it imports. */
export function evaluate(
  unit: Unit,
  sources: readonly Source[],
  imports: ReadonlyMap<string, Evaluated>,
  closures: Closures,
): Evaluated {
  const results = [...new Set(imports.values())];
  const weight = sources.reduce((sum, { size }) => sum + size, 0);
  return {
    closure: closures.add(
      weight,
      results.map(({ closure }) => closure),
    ),
    depth: results.reduce((deepest, { depth }) => Math.max(deepest, depth + 1), 0),
    hash: hashOf(unit, sources, imports),
  };
}

/**
 * Says the contents of the unit, what each import of it leads to, and, through the hashes of these, all that they reach. Names of files count only
 * between the files of a cycle, and relative to each other: the same tree elsewhere has the same hashes.
 */
function hashOf(unit: Unit, sources: readonly Source[], imports: ReadonlyMap<string, Evaluated>): string {
  const shared = commonFolder(unit.files).length;
  const label = (file: string): string => (unit.files.length === 1 ? '.' : file.slice(shared).replaceAll('\\', '/'));
  const lines = [...sources]
    .sort((a, b) => compare(a.file, b.file))
    .map(({ file, digest, links }) => [
      label(file),
      digest,
      links
        .map((link) => [link.kind, link.specifier, imports.get(link.file)?.hash ?? label(link.file)])
        .sort((a, b) => compare(a.join('\0'), b.join('\0'))),
    ]);
  return createHash('sha256').update(JSON.stringify(lines)).digest('hex');
}

/** The path of the folder that all files are in, with its last separator. */
export function commonFolder(files: readonly string[]): string {
  const [first = '', ...others] = files;
  let shared = first.length;
  for (const other of others) {
    let at = 0;
    while (at < shared && first[at] === other[at]) at++;
    shared = at;
  }
  return first.slice(0, Math.max(first.lastIndexOf('/', shared - 1), first.lastIndexOf('\\', shared - 1)) + 1);
}
