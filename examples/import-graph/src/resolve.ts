import { realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { ResolverFactory, type ResolveResult, type TsconfigOptions } from 'oxc-resolver';
import {
  common,
  conditionsOf,
  isPlace,
  isRelative,
  isTypeScript,
  javascript,
  lastResort,
  types,
  typescript,
} from './lookup-rules.js';
import { PathAliases } from './path-aliases.js';
import { PlainLookup } from './plain-lookup.js';
import { kindOf, noFile } from './regular-file.js';
import { SpecialManifests } from './special-manifests.js';
import { namesParts, packageName, typesOfPart, unbuilt, unrestricted } from './unbuilt.js';
import type { ImportKind, Position } from './model.js';
import { isDeclaration } from './parse.js';

/** Where an import leads: to a module of the tree, out of it, or nowhere. */
export type Target = { readonly in: string } | { readonly out: string } | { readonly nowhere: string };

type Tsconfig = 'auto' | TsconfigOptions;

/** A mistake in what says where imports lead. */
export interface ConfigFault extends Partial<Position> {
  /** A real path. */
  readonly path: string;
  readonly message: string;
}

/** Looks imports up as Node, TypeScript and bundlers do. Files are known by their real paths: a link to a workspace is the workspace. */
export class ImportResolver {
  readonly #boundary: string;
  /** By the tsconfig that is named to them, if one is. */
  readonly #bases = new Map<string, ResolverFactory>();
  readonly #resolvers = new Map<string, ResolverFactory>();
  /** Has a memory of its own: whoever has looked something up without a tsconfig is not told of its mistakes any more. */
  #prober = new ResolverFactory(common);
  /** What is wrong with the tsconfig of a file; nothing if it can be used. Which one that is depends on the file, and not on its folder alone. */
  readonly #refusals = new Map<string, string | undefined>();
  readonly #specials = new SpecialManifests();
  readonly #aliases = new PathAliases();
  /** Beside a manifest that cannot be used the resolver finds nothing. */
  readonly #plain = new PlainLookup(this.#specials, this.#aliases);

  /** @param boundary what lies outside this folder, or below a `node_modules` in it, is not followed */
  constructor(boundary: string) {
    this.#boundary = boundary.endsWith(sep) ? boundary : boundary + sep;
  }

  /** Forgets what it knows of the file system. */
  forget(): void {
    this.#bases.clear();
    this.#prober = new ResolverFactory(common);
    this.#resolvers.clear();
    this.#refusals.clear();
    this.#specials.forget();
    this.#aliases.forget();
    this.#plain.forget();
  }

  /** What does not parse of that which says where the imports of a file lead: its manifest, its tsconfig, or what that extends. */
  faultFor(from: string): ConfigFault | undefined {
    const special = this.#specials.above(dirname(from));
    if (special !== undefined) return { path: special, message: `it cannot be read (${noFile})` };
    return faultIn(this.#refusal(from));
  }

  /** Whether `import { type A }` stays in a file as `import {}` when types are removed. */
  keepsEmptied(from: string): boolean {
    return this.#aliases.isVerbatim(from);
  }

  /** True for what belongs to the tree. */
  contains(file: string): boolean {
    return (
      file.startsWith(this.#boundary) && !file.slice(this.#boundary.length - 1).includes(`${sep}node_modules${sep}`)
    );
  }

  resolve(from: string, specifier: string, kind: ImportKind): Target {
    const special = this.#specials.onTheWay(dirname(from), specifier);
    // `..` is a folder, whatever stands beside it; the resolver knows that by the slash.
    const asked = isPlace(specifier) && /(?:^|\/)\.{1,2}$/.test(specifier) ? `${specifier}/` : specifier;
    const result = special === undefined ? this.#look(from, asked, kind) : {};
    if (result.path !== undefined) return this.#place(withoutQuery(result.path), specifier);
    if (result.builtin !== undefined || (special !== undefined && isBuiltin(specifier))) return { out: 'node' };
    const fault = faultIn(result.error);
    const manifest = special ?? (fault && basename(fault.path) === 'package.json' ? fault.path : undefined);
    const beside = manifest === undefined ? undefined : this.#plain.find(from, specifier, kind);
    if (beside !== undefined) return this.#place(beside, specifier);
    // Of another runtime, a bundler, or the network: not a file, and not a mistake.
    const [, scheme] = /^([a-z][a-z0-9+.-]+):/i.exec(specifier) ?? [];
    if (scheme !== undefined) return { out: `${scheme}:` };
    const open = isBare(specifier) ? unrestricted(dirname(from), specifier) : undefined;
    const { path } = open === undefined ? {} : this.#look(from, open, kind, true);
    if (path !== undefined) return this.#place(withoutQuery(path), specifier);
    const isNamed = isBare(specifier) || specifier.startsWith('#');
    const conditions = [...(isOfTypes(from, kind) ? ['types'] : []), ...conditionsOf(from, kind)];
    const source = isNamed ? unbuilt(dirname(from), specifier, conditions, (file) => this.contains(file)) : undefined;
    if (source !== undefined) return { in: source };
    const broken = special ?? fault?.path;
    if (broken !== undefined) {
      const name = `${basename(dirname(broken))}/${basename(broken)}`;
      return { nowhere: `${name} ${special === undefined ? 'does not parse' : 'cannot be read'}` };
    }
    return { nowhere: result.error ?? 'it leads nowhere' };
  }

  /** @param isPath whether it is no name any more, though it may look like one that begins with a slash */
  #look(from: string, specifier: string, kind: ImportKind, isPath = false): ResolveResult {
    const conditions = conditionsOf(from, kind);
    // A tsconfig that does not parse, or extends what is not there, must not make every import beside it a mistake.
    const tsconfig = this.#refusal(from) === undefined ? this.#tsconfig(from) : undefined;
    const ofTypes = isOfTypes(from, kind);
    if (ofTypes) {
      const found =
        this.#typesOfAlias(from, specifier, conditions, tsconfig) ??
        this.#lookForTypes(from, specifier, conditions, tsconfig);
      if (found !== undefined) return found;
    }
    const result = this.#resolver(from, conditions, tsconfig).resolveFileSync(from, specifier);
    if (result.path !== undefined || result.builtin !== undefined) return result;
    // Packages that have nothing but types, then ones that say nothing for this way of loading them.
    const others = [...conditions, 'types', 'require', 'import'];
    const wider = this.#resolver(from, others, tsconfig).resolveFileSync(from, specifier);
    if (wider.path !== undefined) return wider;
    // TypeScript leaves an import out of which only types are used, whether it says so or not.
    const typed =
      ofTypes || !isTypeScript(from) ? undefined : this.#lookForTypes(from, specifier, conditions, tsconfig);
    if (typed !== undefined) return typed;
    if (tsconfig !== undefined) {
      const plain = this.#resolver(from, others, undefined).resolveFileSync(from, specifier);
      if (plain.path !== undefined || plain.builtin !== undefined) return plain;
    }
    // The resolver takes the `paths` of a tsconfig for the files alone that this lists.
    for (const alias of isPath ? [] : this.#aliases.of(from, specifier)) {
      const found = this.#look(from, alias, kind, true);
      // There it may be that a manifest does not parse, of which the resolver has not said anything for the name.
      if (found.path !== undefined || faultIn(found.error) !== undefined) return found;
    }
    const last = this.#resolver(from, others, tsconfig, 'last').resolveFileSync(from, specifier);
    return last.path === undefined && faultIn(last.error) === undefined ? result : last;
  }

  /** As TypeScript looks for types: the condition `types`, `typesVersions`, a declaration beside the JavaScript, `@types`. What is built in has its own. */
  #lookForTypes(
    from: string,
    specifier: string,
    conditions: readonly string[],
    tsconfig: Tsconfig | undefined,
  ): ResolveResult | undefined {
    if (isBuiltin(specifier)) return undefined;
    // A folder, whatever stands beside it.
    const isIndex = specifier.endsWith('/') && kindOf(resolve(dirname(from), specifier, 'package.json')) === undefined;
    for (const conditionNames of [['types', ...conditions], [...conditions]]) {
      const resolver = this.#resolver(from, conditionNames, tsconfig);
      const asked = isIndex ? `${specifier}index` : specifier;
      const found = isPlace(specifier) ? resolver.resolveDtsSync(from, asked) : typesAt(resolver, from, asked);
      if (found.path === undefined) continue;
      if (isPlace(specifier)) return found;
      if (isBare(specifier) && isOfWhole(resolver, from, specifier, found)) continue;
      // What a manifest names is given as it is named: whether it is there, and what is typed beside it, is found from there.
      const files = this.#resolver(from, conditionNames, undefined);
      const beside = typesAt(files, found.path, `./${basename(found.path)}`);
      if (beside.path !== undefined) return beside;
    }
    return undefined;
  }

  /** What the `paths` of a tsconfig name comes before a package of that name. Where types are looked for the resolver does not know of them: it is asked otherwise, with them and without. */
  #typesOfAlias(
    from: string,
    specifier: string,
    conditions: readonly string[],
    tsconfig: Tsconfig | undefined,
  ): ResolveResult | undefined {
    if (tsconfig === undefined || isRelative(specifier)) return undefined;
    const typed = ['types', ...conditions];
    const found = this.#resolver(from, typed, tsconfig, 'types').resolveFileSync(from, specifier);
    if (found.path === undefined) return undefined;
    const without = this.#resolver(from, typed, undefined, 'types').resolveFileSync(from, specifier);
    if (found.path === without.path) return undefined;
    for (const alias of this.#aliases.of(from, specifier)) {
      const isNamed = isDeclaration(alias) && !isDeclaration(specifier);
      const named = isNamed ? this.#resolver(from, typed, undefined).resolveFileSync(from, alias) : {};
      const there = named.path === undefined ? this.#lookForTypes(from, alias, conditions, undefined) : named;
      if (there !== undefined) return there;
    }
    return undefined;
  }

  /** Why the tsconfig of a file cannot be used: then the file cannot even be found from itself. */
  #refusal(from: string): string | undefined {
    if (!this.#refusals.has(from)) {
      const { path, error } = this.#prober.resolveFileSync(from, `./${basename(from)}`);
      this.#refusals.set(from, path === undefined ? error : undefined);
    }
    return this.#refusals.get(from);
  }

  #tsconfig(from: string): Tsconfig {
    const configFile = this.#aliases.listedOtherwise(from);
    return configFile === undefined ? 'auto' : { configFile };
  }

  #resolver(from: string, conditionNames: string[], tsconfig?: Tsconfig, manner?: 'types' | 'last'): ResolverFactory {
    const [name, rules] = isTypeScript(from) ? (['t', typescript] as const) : (['j', javascript] as const);
    const config = typeof tsconfig === 'object' ? tsconfig.configFile : tsconfig;
    const key = `${name} ${config ?? ''} ${manner ?? ''} ${conditionNames.join()}`;
    let resolver = this.#resolvers.get(key);
    if (resolver === undefined) {
      const { tsconfig: _, ...plain } = common;
      const chosen = manner === 'types' ? types : manner === 'last' ? lastResort(rules) : rules;
      const options = { ...plain, ...chosen, conditionNames };
      resolver = this.#base(tsconfig).cloneWithOptions(tsconfig === undefined ? options : { ...options, tsconfig });
      this.#resolvers.set(key, resolver);
    }
    return resolver;
  }

  /** One cache of the file system for all: but it keeps the first tsconfig that is named, and takes that for every other. */
  #base(tsconfig: Tsconfig | undefined): ResolverFactory {
    const named = typeof tsconfig === 'object' ? tsconfig.configFile : '';
    let base = this.#bases.get(named);
    if (base === undefined) this.#bases.set(named, (base = new ResolverFactory(common)));
    return base;
  }

  #place(file: string, specifier: string): Target {
    if (this.contains(file)) return { in: file };
    return { out: packageOf(file) ?? (isBare(specifier) ? packageName(specifier) : 'files outside') };
  }
}

/** The mistake in a file of JSON that is behind what the resolver says, which it tells in words alone. */
function faultIn(error: string | undefined): ConfigFault | undefined {
  const [, path, words = '', line, column] =
    /\bJSONError \{ path: (".*?"), message: (".*"), line: (\d+), column: (\d+) \}/.exec(error ?? '') ?? [];
  if (path === undefined) return undefined;
  const message = unquoted(words).replace(/ at line \d+ column \d+$/, '');
  const at = { line: Math.max(1, Number(line)), column: Math.max(1, Number(column)) };
  return { path: unquoted(path), ...at, message: `it does not parse: ${message}` };
}

/** A string as the resolver prints it, which mostly is as in JSON. */
function unquoted(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}

/** A declaration that is named is meant, and not the source beside it, which the resolver takes first. */
function typesAt(resolver: ResolverFactory, from: string, specifier: string): ResolveResult {
  const named = isDeclaration(specifier) ? resolver.resolveFileSync(from, specifier) : {};
  return named.path === undefined ? resolver.resolveDtsSync(from, specifier) : named;
}

/** Whether a part of a package has been taken for the whole, as the resolver does where that has types, says nothing of its parts, and has none for this one. */
function isOfWhole(resolver: ResolverFactory, from: string, specifier: string, found: ResolveResult): boolean {
  const name = packageName(specifier);
  if (name === specifier || found.packageJsonPath === undefined) return false;
  if (resolver.resolveDtsSync(from, name).path !== found.path) return false;
  const home = dirname(found.packageJsonPath);
  if (namesParts(home)) return false;
  const part = specifier.slice(name.length + 1);
  const places = [part, ...typesOfPart(home, part)].map((path) => join(home, path));
  return places.every((place) => resolver.resolveDtsSync(from, place).path !== found.path);
}

/** Whether an import is looked up as TypeScript looks for types. */
function isOfTypes(from: string, kind: ImportKind): boolean {
  return kind === 'type' || isDeclaration(from);
}

function isBare(specifier: string): boolean {
  return !isPlace(specifier) && !specifier.startsWith('#');
}

/** The name of the installed package that a file belongs to. */
function packageOf(file: string): string | undefined {
  const marker = `${sep}node_modules${sep}`;
  const at = file.lastIndexOf(marker);
  return at === -1 ? undefined : packageName(file.slice(at + marker.length).replaceAll(sep, '/'));
}

/** `./logo.svg?raw` is the file before the question mark, unless there is a file of that very name. */
function withoutQuery(path: string): string {
  const at = path.search(/[?#]/);
  if (at === -1) return path;
  try {
    return realpathSync(path);
  } catch {
    return path.slice(0, at);
  }
}
