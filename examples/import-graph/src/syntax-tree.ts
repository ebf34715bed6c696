import { visitorKeys, type ParseResult } from 'oxc-parser';
import type { ImportKind, ImportStatement } from './model.js';

/** Where a comment begins. What stands after it is not looked for: from each of many words in one comment that would be all the rest of it. */
export const comment = '/[/*]';

// Where a statement may begin, and no line of a comment: there it stands in many a text.
const begin = String.raw`(?:^|[;}]|\*/)[^\S\n]*(?:declare\s*${comment}|(?:declare\s+)?`;
const named = new RegExp(String.raw`${begin}module\s*(?:['"]|${comment}))`, 'm');
const global = new RegExp(String.raw`${begin}global\s*(?:\{|${comment}))`, 'm');

/** Whether a TypeScript source may declare modules, of which the parser's record knows nothing. What a module declares for all (`declare global`) imports nothing. */
export function mayDeclareModules(text: string, isModule: boolean): boolean {
  return named.test(text) || (!isModule && global.test(text));
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

interface Request {
  readonly node: Node;
  readonly kind: ImportKind;
}

/** What the name of a source says of it. */
export interface Sort {
  /** A `.d.ts`. */
  readonly isDeclaration: boolean;
  /** A module, whatever stands in it: an `.mts`. */
  readonly isModule: boolean;
}

/** Adds what the record of the module has not. */
export function importsInTree(
  { program, module }: Pick<ParseResult, 'program' | 'module'>,
  { isDeclaration, isModule }: Sort,
  known: readonly ImportStatement[],
): ImportStatement[] {
  const places = new Set(known.map(({ at }) => at));
  const found = [...known];
  const add = ({ node, kind }: Request): void => {
    const specifier = stringOf(node);
    if (specifier !== undefined && !places.has(node.start)) found.push({ specifier, kind, at: node.start });
  };
  const statements = program.body as unknown as readonly Node[];
  const augments = isModule || module.importMetas.length > 0 || statements.some(makesModule);
  for (const node of statements) {
    const request = requestOfStatement(node);
    if (request !== undefined) add(request);
    if (node.type === 'TSModuleDeclaration' && (isDeclaration || node['declare'])) {
      for (const each of augments ? augmented(node) : requestsOfDeclared(node)) add(each);
    }
  }
  // A stack, since sources are nested deeper than calls may be. `bundled` is what stands in a function with a parameter
  // `require`: a module inside a bundle, and what it requires is no file.
  const stack = [{ node: program as unknown as Node, bundled: false }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node } = next;
    const bundled = next.bundled || takesRequire(node);
    const request = requestOfExpression(node);
    if (request !== undefined && (request.kind !== 'require' || !bundled)) add(request);
    for (const key of visitorKeys[node.type] ?? []) {
      for (const child of [node[key]].flat() as (Node | null | undefined)[]) {
        if (child) stack.push({ node: child, bundled });
      }
    }
  }
  return found;
}

function ask(asked: unknown, kind: ImportKind): Request | undefined {
  return asked ? { node: asked as Node, kind } : undefined;
}

/** What is asked for anywhere in a source, and how. */
function requestOfExpression(node: Node): Request | undefined {
  switch (node.type) {
    case 'CallExpression': {
      const callee = node['callee'] as Node;
      const isRequire = callee.type === 'Identifier' && callee['name'] === 'require';
      return isRequire ? ask((node['arguments'] as Node[])[0], 'require') : undefined;
    }
    case 'ImportExpression':
      return ask(node['source'], 'dynamic');
    case 'TSImportType':
      return ask(node['source'], 'type');
    default:
      return undefined;
  }
}

/** What a statement asks for, and how. */
function requestOfStatement(node: Node): Request | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return ask(node['source'], node['importKind'] === 'type' ? 'type' : 'static');
    case 'ExportAllDeclaration':
      return ask(node['source'], node['exportKind'] === 'type' ? 'type' : 'export');
    case 'ExportNamedDeclaration': {
      const exported = node['declaration'] as Node | null;
      if (exported !== null)
        return exported.type === 'TSImportEqualsDeclaration' ? requestOfStatement(exported) : undefined;
      return ask(node['source'], node['exportKind'] === 'type' ? 'type' : 'export');
    }
    case 'TSImportEqualsDeclaration': {
      const reference = node['moduleReference'] as Node;
      if (reference.type !== 'TSExternalModuleReference') return undefined;
      return ask(reference['expression'], node['importKind'] === 'type' ? 'type' : 'require');
    }
    default:
      return undefined;
  }
}

/** Whether a statement makes a module of a source for TypeScript, which is what decides what a declared module in it is. */
function makesModule(node: Node): boolean {
  if (node.type === 'TSImportEqualsDeclaration') return requestOfStatement(node) !== undefined;
  return /^(?:ImportDeclaration|Export(?:All|Named|Default)Declaration|TSExportAssignment)$/.test(node.type);
}

/** The module that a declared one adds to: it imports nothing by itself. That of `declare global` is none, and neither is a pattern. */
function augmented(node: Node): Request[] {
  const name = node['id'] as Node;
  const text = name.type === 'Literal' ? stringOf(name) : undefined;
  return text === undefined || text.includes('*') ? [] : [{ node: name, kind: 'type' }];
}

/** What a module imports that a script declares: by its place nothing can be, and nothing of it runs. One that is declared inside adds to another. */
function requestsOfDeclared(node: Node): Request[] {
  const isNamespace = !node['global'] && (node['id'] as Node).type !== 'Literal';
  const body = isNamespace ? undefined : (node['body'] as Node | null | undefined);
  const statements = (body?.['body'] ?? []) as readonly Node[];
  return statements
    .flatMap((each) => (each.type === 'TSModuleDeclaration' ? augmented(each) : (requestOfStatement(each) ?? [])))
    .filter((request) => !isRelative(stringOf(request.node) ?? ''))
    .map((request) => ({ ...request, kind: 'type' }));
}

/** As TypeScript has it; a name of no length is none, either. */
function isRelative(specifier: string): boolean {
  return /^(?:$|\.{1,2}(?:$|[\\/])|[\\/]|[a-z]:[\\/])/i.test(specifier);
}

/** Whether `require` is the name of a parameter, or in one that is taken apart. */
function takesRequire(node: Node): boolean {
  const parameters = /Function/.test(node.type) ? node['params'] : undefined;
  const rest = Array.isArray(parameters) ? [...(parameters as Node[])] : [];
  for (let each = rest.pop(); each !== undefined; each = rest.pop()) {
    if (each['name'] === 'require') return true;
    for (const key of ['left', 'argument', 'parameter', 'properties', 'value', 'elements']) {
      for (const inner of [each[key]].flat() as (Node | null | undefined)[]) if (inner) rest.push(inner);
    }
  }
  return false;
}

/** The text of a string, or of a template without a hole. */
function stringOf(node: Node): string | undefined {
  if (typeof node['value'] === 'string') return node['value'];
  if (node.type !== 'TemplateLiteral') return undefined;
  const quasis = node['quasis'] as readonly { value: { cooked: string | null } }[];
  return quasis.length === 1 ? (quasis[0]?.value.cooked ?? undefined) : undefined;
}
