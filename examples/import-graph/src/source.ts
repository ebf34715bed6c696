import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ImportKind, Position } from './model.js';
import { isSource, parseImports, type Elsewhere } from './parse.js';
import type { ImportResolver } from './resolve.js';

/** An import of a file that leads to another of the tree. */
export interface Link {
  readonly file: string;
  readonly kind: ImportKind;
  readonly specifier: string;
}

/** What one file says by itself, whatever the files say that it imports. */
export interface Source {
  readonly file: string;
  readonly size: number;
  /** SHA-256 of its bytes. */
  readonly digest: string;
  readonly links: readonly Link[];
  /** The packages that its other imports lead to; `node` for what is built in. */
  readonly outside: readonly string[];
  readonly unresolved: readonly (Position & { kind: ImportKind; specifier: string; message: string })[];
  readonly fault: (Partial<Position> & { message: string }) | undefined;
}

/** Reads a file, parses it, and looks its imports up. What is wrong with the file is part of the result. */
export async function readSource(file: string, resolver: ImportResolver, elsewhere?: Elsewhere): Promise<Source> {
  let bytes: Buffer;
  try {
    // At once: what the system has in memory is read in less time than it takes to hand the reading over.
    bytes = readFileSync(file);
  } catch (error) {
    const fault = { message: `it cannot be read (${reasonOf(error)})` };
    return { file, size: 0, digest: '', links: [], outside: [], unresolved: [], fault };
  }
  const own = { file, size: bytes.length, digest: createHash('sha256').update(bytes).digest('hex') };
  if (!isSource(file)) return { ...own, links: [], outside: [], unresolved: [], fault: undefined };

  const text = textOf(bytes);
  const { imports, fault } = await parseImports(file, text, elsewhere);
  const links: Link[] = [];
  const outside: string[] = [];
  const unresolved: Source['unresolved'][number][] = [];
  for (const { specifier, kind, at } of imports) {
    const target = resolver.resolve(file, specifier, kind);
    if ('in' in target) links.push({ file: target.in, kind, specifier });
    else if ('out' in target) outside.push(target.out);
    else unresolved.push({ ...positionAt(text, at), kind, specifier, message: target.nowhere });
  }
  return {
    ...own,
    links,
    outside,
    unresolved,
    fault: fault && { ...positionAt(text, fault.at), message: `it does not parse: ${fault.message}` },
  };
}

/** Without the mark that some editors begin a file with. */
export function textOf(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { line: before.split(/\r\n|[\r\n\u2028\u2029]/).length, column: offset - lastLineStart(before) + 1 };
}

function lastLineStart(text: string): number {
  return Math.max(...['\n', '\r', '\u2028', '\u2029'].map((end) => text.lastIndexOf(end))) + 1;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'its symbolic links lead in a circle',
  ENOENT: 'it is not there',
  EISDIR: 'it is a folder',
};

/** Why the system refuses, in words. */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? (code || message);
}
