import { realpathSync } from 'node:fs';
import { dirname, extname, join, parse, resolve } from 'node:path';
import { ResolverFactory, type NapiResolveOptions } from 'oxc-resolver';
import {
  common,
  conditionsOf,
  isPlace,
  isTypeScript,
  javascript,
  lastResort,
  types,
  typescript,
} from './lookup-rules.js';
import type { ImportKind } from './model.js';
import { isDeclaration } from './parse.js';
import type { PathAliases } from './path-aliases.js';
import { kindOf } from './regular-file.js';
import type { SpecialManifests } from './special-manifests.js';
import { packageName } from './unbuilt.js';

/** Looks up what the resolver does not find any more where there is a manifest that cannot be used: as if there were none. */
export class PlainLookup {
  readonly #specials: SpecialManifests;
  readonly #aliases: PathAliases;
  #base = new ResolverFactory(common);
  readonly #resolvers = new Map<string, ResolverFactory>();

  constructor(specials: SpecialManifests, aliases: PathAliases) {
    this.#specials = specials;
    this.#aliases = aliases;
  }

  forget(): void {
    this.#base = new ResolverFactory(common);
    this.#resolvers.clear();
  }

  /** The file that a specifier leads to. What only a manifest could say leads nowhere. */
  find(from: string, specifier: string, kind: ImportKind): string | undefined {
    const rules = kind === 'type' || isDeclaration(from) ? types : isTypeScript(from) ? typescript : javascript;
    return this.#find(from, specifier, kind, rules) ?? this.#find(from, specifier, kind, lastResort(rules));
  }

  #find(from: string, specifier: string, kind: ImportKind, rules: Rules): string | undefined {
    const folder = dirname(from);
    const conditions = conditionsOf(from, kind);
    const main: Main = (path) => {
      // Another manifest, of a folder in the tree.
      return kindOf(join(path, 'package.json')) === 'file' ? this.#ask(folder, path, rules, conditions) : undefined;
    };
    for (const path of this.#aliases.of(from, specifier)) {
      const found = byPlace(folder, path, rules, main);
      if (found !== undefined) return found;
    }
    if (isPlace(specifier)) return byPlace(folder, specifier, rules, main);
    if (this.#specials.ofPackage(folder, specifier) !== undefined) return undefined;
    const found = this.#package(folder, specifier, rules, conditions, main);
    if (found !== undefined || (kind !== 'type' && !isTypeScript(from))) return found;
    // Of a package that has none its types may be beside it.
    const name = packageName(specifier);
    const typed = `@types/${name.replace(/^@(.*)\//, '$1__')}${specifier.slice(name.length)}`;
    return this.#package(folder, typed, types, conditions, main);
  }

  #package(folder: string, specifier: string, rules: Rules, conditions: string[], main: Main): string | undefined {
    const name = packageName(specifier);
    for (let at = folder; ; at = dirname(at)) {
      const packages = join(at, 'node_modules');
      const manifest = kindOf(join(packages, name, 'package.json'));
      const found =
        manifest === 'file'
          ? this.#ask(packages, specifier, rules, conditions)
          : // The manifest that holds for one without is that which cannot be used.
            byPlace(packages, `./${specifier}`, rules, main);
      if (found !== undefined || dirname(at) === at) return found;
    }
  }

  /** Asks the resolver from where there is no manifest, but for what is in a folder. */
  #ask(folder: string, request: string, rules: Rules, conditions: string[]): string | undefined {
    const others = [...conditions, 'types', 'require', 'import'];
    const typed = rules.conditionNames ?? [];
    for (const conditionNames of [...(typed.length > 0 ? [[...typed, ...conditions]] : []), conditions, others]) {
      const found = this.#resolver(folder, rules, conditionNames).sync(parse(folder).root, request).path;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #resolver(folder: string, rules: Rules, conditionNames: string[]): ResolverFactory {
    const key = JSON.stringify([folder, rules, conditionNames]);
    let resolver = this.#resolvers.get(key);
    if (resolver === undefined) {
      const { tsconfig: _, ...plain } = common;
      const mainFields = [...(conditionNames[0] === 'types' ? ['types', 'typings'] : []), ...(plain.mainFields ?? [])];
      const options = { ...plain, ...rules, conditionNames, mainFields, modules: [folder] };
      resolver = this.#base.cloneWithOptions(options);
      this.#resolvers.set(key, resolver);
    }
    return resolver;
  }
}

/** What a folder is, if its manifest says so. */
type Main = (folder: string) => string | undefined;

type Rules = Pick<NapiResolveOptions, 'conditionNames' | 'extensions' | 'extensionAlias'>;

/** The file that a specifier names by its place. */
function byPlace(
  folder: string,
  specifier: string,
  { extensions = [], extensionAlias = {} }: Rules,
  main: Main,
): string | undefined {
  const path = resolve(folder, specifier.replace(/[?#].*$/, ''));
  const extension = extname(path);
  const aliases = extensionAlias[extension]?.map((other) => path.slice(0, -extension.length) + other) ?? [path];
  const beside = extensions.map((each) => path + each);
  const inside = extensions.map((each) => join(path, `index${each}`));
  // `./` and `..` are folders, whatever stands beside these.
  const files = /(?:^|\/)\.{0,2}$/.test(specifier) ? [] : [...aliases, ...beside];
  const isFile = (file: string): boolean => kindOf(file) === 'file';
  const found = files.find(isFile) ?? main(path) ?? inside.find(isFile);
  return found && realpathSync(found);
}
