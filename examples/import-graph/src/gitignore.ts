/** A line of a `.gitignore`. */
export interface IgnorePattern {
  /** It takes back what a line before it ignores. */
  readonly isNegated: boolean;
  readonly onlyFolders: boolean;
  /** What it matches, from the folder of the file on. */
  readonly expression: RegExp;
}

/** As git has it, to which a character is a byte: what patterns and paths are compared as. */
export function inBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** Reads a `.gitignore`, given in bytes, as git does. What can match nothing is left out. */
export function readPatterns(text: string): IgnorePattern[] {
  const lines = text.replace(/^\xef\xbb\xbf/, '').split(/\r?\n|\r$/);
  return lines.flatMap((line) => patternOf(line) ?? []);
}

function patternOf(line: string): IgnorePattern | undefined {
  if (line.startsWith('#')) return undefined;
  const [, negation, glob = '', slash] = /^(!?)(.*?)(\/?)$/s.exec(trimmed(line)) ?? [];
  const source = expressionOf(glob.replace(/^\//, ''));
  if (glob === '' || source === undefined) return undefined;
  // A name alone is meant at any depth.
  const start = glob.includes('/') ? '' : '(?:.*/)?';
  const expression = new RegExp(`^${start}${source}$`, 's');
  return { isNegated: negation !== '', onlyFolders: slash !== '', expression };
}

/** Without the spaces at its end, unless a backslash stands before them. */
function trimmed(line: string): string {
  let end = 0;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === ' ') continue;
    if (line[at] === '\\') at++;
    end = at + 1;
  }
  return line.slice(0, end);
}

const classes: Readonly<Record<string, string>> = {
  ...{ alpha: 'a-zA-Z', digit: '0-9', alnum: 'a-zA-Z0-9', upper: 'A-Z', lower: 'a-z', xdigit: '0-9a-fA-F' },
  ...{ space: '\\t-\\r ', blank: '\\t ', cntrl: '\\0-\\x1f\\x7f', graph: '!-~', print: ' -~', punct: '!-\\/:-@[-`{-~' },
};
const known = String.raw`\[:(?:${Object.keys(classes).join('|')}):\]`;
const member = String.raw`${known}|\\.|(?!\[:[^\]]*:\])`;

/** What a glob is made of: folders, all that is inside of one, the rest of a name, any character, one of a set, and one as it stands. */
const piece = new RegExp(
  [
    String.raw`(?<folders>(?<=^|\/)(?:\*{2,}\/)+)|(?<inside>(?<=^|\/)\*{2,}$)|(?<rest>\*+)|(?<any>\?)`,
    String.raw`\[(?<not>[!^]?)(?<set>(?:${member}[^\\])(?:${member}[^\\\]])*)\]|\\(?<escaped>.)|(?<plain>[^\\[])`,
  ].join('|'),
  'gsy',
);

/** Nothing if it has a set that does not end or of a class that there is not, or ends where something must follow. */
function expressionOf(glob: string): string | undefined {
  let source = '';
  let end = 0;
  for (const { 0: text, groups = {} } of glob.matchAll(piece)) {
    end += text.length;
    const { folders, inside, rest, any, not, set, escaped, plain = '' } = groups;
    if (folders !== undefined) source += '(?:.*/)?';
    else if (inside !== undefined) source += '.+';
    else if (rest !== undefined) source += '[^/]*';
    else if (any !== undefined) source += '[^/]';
    else if (set !== undefined) source += `(?!/)[${not === '' ? '' : '^'}${membersOf(set)}]`;
    else source += literal(escaped ?? plain);
  }
  return end === glob.length ? source : undefined;
}

function membersOf(set: string): string {
  return set.replaceAll(
    /\[:(\w+):\]|\\?(.)(?:-\\?(.))?/gs,
    (_, name?: string, from: string = '', to: string = from) => {
      if (name !== undefined) return classes[name] ?? '';
      // What begins a range is a member by itself.
      return literal(from) + (from <= to ? `-${literal(to)}` : '');
    },
  );
}

function literal(character: string): string {
  return character.replace(/\W/, (other) => `\\x${other.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
