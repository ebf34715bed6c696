import { isAbort, never } from '@x/abort';
import { statSync } from 'node:fs';
import { readContents, type Contents } from './contents.js';
import { Lines } from './lines.js';
import type { ImportKind, ImportStatement, Position } from './model.js';
import { deepAt } from './nesting.js';
import { deadly, isJavaScript, isSource, parseImports, type Elsewhere, type Parsed } from './parse.js';
import { pause } from './pause.js';
import { noFile } from './regular-file.js';
import type { ConfigFault, ImportResolver, Target } from './resolve.js';
import { untold, type Step } from './step.js';

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
  /** What is wrong with that which says where the imports lead. */
  readonly config: ConfigFault | undefined;
  /** Whether imports stay in it of which all names are types; nothing if it has none. */
  readonly keepsEmptied: boolean | undefined;
  /** Each import as it was looked up, to tell whether it would be found elsewhere by now. */
  readonly targets: readonly { readonly specifier: string; readonly kind: ImportKind; readonly target: Target }[];
  /** What the system said of the file before it was read; nothing unless that was asked for. */
  readonly stamp: string | undefined;
}

/** How a file is read. */
export interface ReadOptions {
  /** Where a long file is parsed. Default: here */
  readonly elsewhere?: Elsewhere | undefined;
  /** Whether to keep the stamp of the file. Default: no */
  readonly stamped?: boolean | undefined;
  /** How parsing and resolving are run, under which signal. Default: just so */
  readonly step?: Step | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Reads a file, parses it, and looks its imports up. What is wrong with the file is part of the result. */
export async function readSource(
  file: string,
  resolver: ImportResolver,
  { elsewhere, stamped = false, step = untold, signal = never }: ReadOptions = {},
): Promise<Source> {
  // Before it is read: what is changed meanwhile has another stamp.
  const stamp = stamped ? stampOf(file) : undefined;
  const nothing = {
    ...{ links: [], outside: [], unresolved: [], targets: [] },
    ...{ config: undefined, keepsEmptied: undefined, stamp },
  };
  let contents: Contents;
  try {
    // A pipe in the place of a file would be waited for, and nothing would be seen meanwhile.
    if (stamp === special) throw new Error(noFile);
    const reading = readContents(file, isSource(file), signal);
    contents = 'then' in reading ? await reading : reading;
  } catch (error) {
    if (isAbort(error, signal)) throw error;
    const fault = { message: `it cannot be read (${reasonOf(error)})` };
    return { file, size: 0, digest: '', ...nothing, fault };
  }
  const { size, digest, bytes } = contents;
  const own = { file, size, digest };
  if (!isSource(file)) return { ...own, ...nothing, fault: undefined };
  if (bytes === undefined) return { ...own, ...nothing, fault: { message: 'it cannot be read (it is too large)' } };

  const text = textOf(bytes);
  const { imports: written, fault } = await step('parse', signal, () => parse(file, bytes, text, elsewhere));
  const keepsEmptied = written.some(({ kept }) => kept !== undefined) ? resolver.keepsEmptied(file) : undefined;
  const imports = keepsEmptied === true ? written.map((each) => ({ ...each, kind: each.kept ?? each.kind })) : written;
  const targets = await step('resolve', signal, (own) => lookUp(file, imports, resolver, own));
  const links: Link[] = [];
  const outside: string[] = [];
  const unresolved: Source['unresolved'][number][] = [];
  const lines = new Lines(text);
  // In JavaScript types stand in comments alone. That these are of sources that are not there is usual where something is published, and TypeScript says nothing of it unless it checks JavaScript.
  for (const [index, { specifier, kind, target }] of targets.entries()) {
    if ('in' in target) links.push({ file: target.in, kind, specifier });
    else if ('out' in target) outside.push(target.out);
    else if (kind !== 'type' || !isJavaScript(file))
      unresolved.push({ ...lines.at(imports[index]?.at ?? 0), kind, specifier, message: target.nowhere });
  }
  return {
    ...own,
    links,
    outside,
    unresolved,
    config: imports.length > 0 ? resolver.faultFor(file) : undefined,
    keepsEmptied,
    targets,
    stamp,
    fault: fault && { ...lines.at(fault.at), message: `it does not parse: ${fault.message}` },
  };
}

async function lookUp(
  file: string,
  imports: readonly ImportStatement[],
  resolver: ImportResolver,
  signal: AbortSignal,
): Promise<Source['targets']> {
  const found: Source['targets'][number][] = [];
  const breathe = pause(signal);
  for (const { specifier, kind } of imports) {
    found.push({ specifier, kind, target: resolver.resolve(file, specifier, kind) });
    // A file may have thousands; most have few, and none of these has to wait.
    const rest = breathe();
    if (rest !== undefined) await rest;
  }
  return found;
}

/** From how many characters on a source is parsed in a process of its own: a thread in the middle of that, which may take seconds, is waited for even when the program exits. */
const huge = 1_000_000;

/** What is nested so deeply that the parser might take the process with it is parsed where that harms nobody, and so is what nobody could wait for. */
async function parse(file: string, bytes: Buffer, text: string, elsewhere: Elsewhere | undefined): Promise<Parsed> {
  // Brackets are looked for in bytes that each stand for one.
  const narrow = bytes.includes(0) ? Buffer.from(text) : bytes;
  const deep = deepAt(narrow);
  const parsed = deep === undefined && text.length < huge ? undefined : await elsewhere?.(file);
  if (parsed !== undefined && (deep === undefined || parsed !== deadly)) return parsed;
  if (deep === undefined) return parseImports(file, text, elsewhere);
  const at = textOf(narrow.subarray(0, deep)).length;
  return { imports: [], fault: { at, message: 'it is nested too deeply' } };
}

/** What stands for something that is there and has nothing to be read. */
const special = 'special';

/** Says whether a file is the one that it was, without reading it. What cannot be looked at is another when the system gives another reason. */
export function stampOf(file: string): string {
  try {
    const stats = statSync(file, { bigint: true });
    if (!stats.isFile() && !stats.isDirectory()) return special;
    return [stats.mtimeNs, stats.ctimeNs, stats.size, stats.ino].join();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
}

/** The text of a source, without the mark that some editors begin it with, and which says so if it is UTF-16. */
export function textOf(bytes: Buffer): string {
  const order = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  if (order === littleEndian) return bytes.toString('utf16le', 2);
  if (order !== bigEndian) return bytes.toString('utf8').replace(/^\uFEFF/, '');
  return Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2)))
    .swap16()
    .toString('utf16le');
}

const littleEndian = 0xfffe;
const bigEndian = 0xfeff;

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'its symbolic links lead in a circle',
  ENOENT: 'it is not there',
  ENOTDIR: 'a file is where its folder should be',
  ENOSPC: 'no space is left',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'its path is too long',
  EPIPE: 'nobody reads it',
};

/** Why the system refuses, in words. */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? (code || message);
}
