import { dirname, relative, resolve, sep } from 'node:path';
import type { Analysis } from './analysis.js';
import { findCycles } from './cycles.js';
import { commonFolder } from './evaluate.js';
import { jsonOf } from './json.js';
import { compare, type Fault, type GraphResult, type ModuleResult, type Unresolved } from './model.js';
import type { ConfigFault } from './resolve.js';
import type { Scope } from './scope.js';

/** The result, and what only a summary or the page tells: how often a module imports what is not followed, by package. */
export interface Report extends GraphResult {
  readonly root: string;
  readonly outside: ReadonlyMap<string, number>;
  /** The file that was asked for, or all that nothing else imports. */
  readonly entries: readonly string[];
}

type Modules = Awaited<ReturnType<Analysis['run']>>;

/** Puts what the analysis found in its final order, with paths as a reader sees them. */
export async function reportOf(
  scope: Scope,
  modules: Modules,
  faults: readonly { path: string; message: string }[],
  breathe: () => void | Promise<void>,
): Promise<Report> {
  const files = [...modules.keys()].sort(compare);
  // For a file: the folder that holds all that it led to.
  const root = scope.kind === 'file' ? commonFolder(files) : scope.path.endsWith(sep) ? scope.path : scope.path + sep;
  const names = new Map(files.map((file) => [file, file.slice(root.length).replaceAll(sep, '/')]));
  const nameOf = (file: string): string => names.get(file) ?? (file.slice(root.length).replaceAll(sep, '/') || '.');

  const shorten = relativeTo(root);
  const results: ModuleResult[] = [];
  const unresolved: Unresolved[] = [];
  const errors: Fault[] = faults.map(({ path, message }) => ({ path: nameOf(path), message }));
  const outside = new Map<string, number>();
  const imported = new Map<string, string[]>();
  const configs = new Map<string, ConfigFault>();
  for (const [file, { source, result }] of modules) {
    const path = nameOf(file);
    const imports = source.links.map((link) => ({
      path: nameOf(link.file),
      kind: link.kind,
      specifier: link.specifier,
    }));
    imports.sort((a, b) => compare(a.path, b.path) || compare(a.kind, b.kind) || compare(a.specifier, b.specifier));
    results.push({
      path,
      size: source.size,
      totalSize: result.closure.total,
      depth: result.depth,
      hash: result.hash,
      imports: imports.filter((one, at) => at === 0 || !same(one, imports[at - 1])),
    });
    imported.set(
      path,
      imports.map((each) => each.path),
    );
    for (const each of source.unresolved) unresolved.push({ path, ...each, message: shorten(each.message) });
    if (source.fault !== undefined) errors.push({ path, ...source.fault });
    // Once, however many files it says it for.
    if (source.config !== undefined) configs.set(source.config.path, source.config);
    for (const name of source.outside) outside.set(name, (outside.get(name) ?? 0) + 1);
    await breathe();
  }
  results.sort((a, b) => compare(a.path, b.path));
  for (const fault of configs.values()) {
    // It may lie above the root.
    errors.push({ ...fault, path: relative(root, fault.path).replaceAll(sep, '/') });
  }
  return {
    root,
    outside,
    entries: scope.kind === 'file' ? [nameOf(scope.path)] : entriesOf(results),
    modules: results,
    cycles: await findCycles(imported, breathe),
    unresolved: unresolved.sort((a, b) => compare(a.path, b.path) || a.line - b.line || a.column - b.column),
    errors: errors.sort((a, b) => compare(a.path, b.path)),
  };
}

function entriesOf(modules: readonly ModuleResult[]): string[] {
  const imported = new Set(
    modules.flatMap(({ path, imports }) =>
      imports.filter((target) => target.path !== path).map((target) => target.path),
    ),
  );
  return modules.map(({ path }) => path).filter((path) => !imported.has(path));
}

function same(a: ModuleResult['imports'][number], b: ModuleResult['imports'][number] | undefined): boolean {
  return a.path === b?.path && a.kind === b.kind && a.specifier === b.specifier;
}

/** Writes the paths in what the resolver says relative to a folder: the result is the same wherever the tree lies. What an import asks for stands in quotes, and is left. */
function relativeTo(root: string): (message: string) => string {
  const steps: (readonly [RegExp, string])[] = [];
  let up = '';
  for (let folder = resolve(root); ; folder = dirname(folder)) {
    const isLast = dirname(folder) === folder;
    const name = (isLast && folder.endsWith(sep) ? folder.slice(0, -1) : folder).replaceAll(/[^\w/]/g, '\\$&');
    const before = '(?<=[ (]|package config ")';
    steps.push([new RegExp(`${before}${name}[/\\\\](?=[^ )"])`, 'g'), up]);
    if (!isLast) steps.push([new RegExp(`${before}${name}(?=[ )"]|$)`, 'g'), up.slice(0, -1) || '.']);
    if (isLast) break;
    up += '../';
  }
  return (message) => {
    // Most say what was asked for, and nothing else.
    if (!message.includes('package')) return message;
    return steps.reduce((text, [path, instead]) => text.replaceAll(path, instead), message);
  };
}

/** The result as programs read it, in short texts. @param indent nothing for a single line */
export function* toJson({ modules, cycles, unresolved, errors }: GraphResult, indent = 0): Generator<string> {
  yield* jsonOf({ modules, cycles, unresolved, errors }, indent);
  yield '\n';
}
