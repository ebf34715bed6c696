import type { ImportStatement } from './model.js';

/** A reference to a file; one to `types`, to `lib`, or that there is no library, is that alone. */
const reference =
  /^\/\/\/\s*<reference\s(?!(?:.*\s)?(?:types\s*=|lib\s*=|no-default-lib\s*=\s*["']true))(?:.*?\s)?path\s*=\s*(?:"([^"]*)"|'([^']*)').*?\/>/i;

/** No longer line is taken for a reference: it would take long to see that it is none. */
const longestReference = 2000;

/** Finds `/// <reference path="…" />`, which counts before the code of a source alone. */
export function referencesOf(text: string): ImportStatement[] {
  const found: ImportStatement[] = [];
  for (let at = 0; at < text.length;) {
    if (text.startsWith('//', at) || (at === 0 && text.startsWith('#!'))) {
      restOfLine.lastIndex = at;
      const [line = ''] = restOfLine.exec(text) ?? [];
      const request = referenceIn(line, at);
      if (request !== undefined) found.push(request);
      at += line.length;
    } else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      if (end === -1) break;
      at = end + 2;
    } else {
      blank.lastIndex = at;
      if (!blank.test(text)) break;
      at = blank.lastIndex;
    }
  }
  return found;
}

const blank = /\s+/y;
const restOfLine = /.*/y;

function referenceIn(line: string, start: number): ImportStatement | undefined {
  if (!line.startsWith('///') || line.length > longestReference) return undefined;
  const [, double, single] = reference.exec(line) ?? [];
  const path = double ?? single;
  if (!path) return undefined;
  const quoted = double === undefined ? `'${path}'` : `"${path}"`;
  const plain = path.replaceAll('\\', '/');
  // It is a file, whether the path says so or not.
  const specifier = /^(?:\.{0,2}\/|[a-z]:)/i.test(plain) ? plain : `./${plain}`;
  return { specifier, kind: 'type', at: start + line.indexOf(quoted) };
}

/** Whether a comment of JavaScript may import types. The comments are asked for only then: there may be very many. */
export function mayImportInDocs(text: string): boolean {
  // What stands between two such marks may be in a string, and no comment; but every comment is between two.
  for (let start = text.indexOf('/**'); start !== -1;) {
    const end = text.indexOf('*/', start + 2);
    if (end === -1) return false;
    if (/@import\b|\bimport[\s*]*\(/.test(text.slice(start, end))) return true;
    start = text.indexOf('/**', end);
  }
  return false;
}

const space = '[\\s*]*';
const string = '(?:"([^"\\n]*)"|\'([^\'\\n]*)\')';
const tag = '(?<![^\\s*])@';
const importTag = new RegExp(`${tag}import\\b[^'"@;()]*?\\bfrom\\b${space}${string}`, 'g');
const withType = [
  ...['type', 'typedef', 'param', 'arg', 'argument', 'prop', 'property', 'returns?', 'template', 'satisfies'],
  ...['this', 'enum', 'throws', 'exception', 'extends', 'augments', 'implements'],
].join('|');
/** The name of a parameter may stand before its type. */
const typeTag = new RegExp(`${tag}(?:${withType})\\b${space}(?:(?:\\[[^\\]@\\n]*\\]|[\\w$.]+)${space})?\\{`, 'g');
/** Where the braces may be left out, and are. */
const openTypeTag = new RegExp(`${tag}(?:type|this|enum|satisfies)[^\\S\\n]+(?!\\{)(.*)`, 'g');
/** No call of a method; but three dots may stand before a type: it is that of the rest. */
const importType = new RegExp(`(?<![\\w$]|(?<!\\.\\.)\\.)import${space}\\(${space}${string}`, 'g');

/** Finds what a JSDoc comment imports, by `@import` and in the types of its tags. `start` is where the text of the comment begins in the source. */
export function importsInDoc(comment: string, start: number): ImportStatement[] {
  const found: ImportStatement[] = [];
  // What is quoted is an example.
  const text = comment.replaceAll(/`[^`\n]*`/g, (quoted) => ' '.repeat(quoted.length));
  const add = (match: RegExpExecArray, offset: number): void => {
    const specifier = match[1] ?? match[2] ?? '';
    const at = start + offset + match.index + match[0].length - specifier.length - 2;
    found.push({ specifier, kind: 'type', at });
  };
  const addTypes = (from: number, end: number): void => {
    for (const match of text.slice(from, end).matchAll(importType)) add(match, from);
  };
  for (const match of text.matchAll(importTag)) add(match, 0);
  for (const { index, 0: head } of text.matchAll(typeTag)) {
    addTypes(index + head.length, endOfType(text, index + head.length));
  }
  for (const { index, 0: line, 1: type = '' } of text.matchAll(openTypeTag)) {
    addTypes(index + line.length - type.length, index + line.length);
  }
  return found;
}

/** Where the brace that is open closes, or the next tag begins. */
function endOfType(text: string, from: number): number {
  let open = 1;
  let at = from;
  for (; at < text.length && open > 0; at++) {
    if (text[at] === '{') open++;
    else if (text[at] === '}') open--;
    else if (text[at] === '@' && /[\s*]/.test(text[at - 1] ?? '')) break;
  }
  return at;
}
