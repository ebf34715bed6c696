/**
 * The parser calls itself for what is inside of something else, and where that goes too deep for its stack the whole process is gone: nothing can catch that. So
 * what may be nested so deeply is found beforehand, from the bytes alone.
 *
 * 1. What is inside of something stands in a bracket that is open, or after an operator (`1 + 1 + …`, `a => b => …`), after a bracket that was closed
 *    (`if (a) if (b) …`) or after words (`new new …`), in what no semicolon and no comma has ended. Each of these is a step, and so is every run of
 *    sixteen bytes without any, and a word before a string or a comment. The parser goes inwards by no more than these.
 * 2. The steps of a bracket are gone when it is closed, and those of a statement when it has ended: then there are only those of what is around it.
 * 3. A line that begins with a closing brace, or with a comment, ends or begins something outermost wherever lines are indented: what lies between two of these and is
 *    short is not looked into. Most sources have nothing else.
 * 4. In strings and comments there are none. Regular expressions, templates and the text of JSX are taken for code: they may make steps that are none.
 * 5. They also hide some: a quote in a regular expression begins no string, `/*` in a template no comment. Nor is all indented. So everything is looked at once
 *    more, as if there were no strings and no comments, and from the first byte to the last.
 */

/** The fewest bytes in which a source can be nested too deeply. */
const fewest = 10_000;

/** How many steps there may be. The parser ends after 9,300 of the costliest; of a hundred published files that are long enough, one may have more than these. */
const most = 3000;

const step = 1;
const opener = 2;
const closer = 3;
const end = 4;
const quote = 5;
const slash = 6;

const believing = new Uint8Array(256);
for (const [kind, characters] of [
  [step, '!~+-*%<>=?:&|^.`@#'],
  [opener, '([{'],
  [closer, ')]}'],
  [end, ';,'],
  [quote, '"\''],
  [slash, '/'],
] as const) {
  for (const character of characters) believing[character.charCodeAt(0)] = kind;
}
/** Where no string and no comment is believed. */
const doubting = believing.map((kind) => (kind > end ? step : kind));

/** How far on a string or a comment begins if there is a word before it. */
const word = 3;

const newline = 0x0a;
const star = 0x2a;
const divide = 0x2f;
const backslash = 0x5c;
const brace = 0x7d;

/** Where in a source it may begin to be nested too deeply for the parser; nothing if that is nowhere. */
export function deepAt(source: Buffer): number | undefined {
  if (source.length <= fewest) return undefined;
  for (let start = 0; start + fewest < source.length;) {
    const near = source.subarray(start, start + fewest);
    const next = Math.max(near.lastIndexOf('\n}', undefined, 'latin1'), near.lastIndexOf('\n/*', undefined, 'latin1'));
    if (next > 0) {
      start += next;
      continue;
    }
    const closing = source.indexOf('\n}', start + fewest, 'latin1');
    const stop = closing === -1 ? source.length : closing;
    const at = deepWithin(source, start, stop, believing);
    if (at !== undefined) return at;
    start = stop;
  }
  return deepWithin(source, 0, source.length, doubting);
}

function deepWithin(source: Buffer, start: number, stop: number, kinds: Uint8Array): number | undefined {
  /** The steps of the brackets that are open, outermost first, and those of the innermost. */
  const outer: number[] = [];
  let own = 0;
  let total = 0;
  let before = start;
  for (let at = start; at < stop; at++) {
    const kind = kinds[source[at] as number] as number;
    if (kind === 0) continue;
    const run = (at - before + (kind > end ? 16 - word : 0)) >> 4;
    own += run;
    total += run;
    before = at;
    if (total > most) return at;
    switch (kind) {
      case step:
        own++;
        total++;
        break;
      case opener:
        outer.push(own);
        own = 1;
        total++;
        break;
      case end:
        total -= own;
        own = 0;
        break;
      case quote:
        before = at = endOfString(source, at);
        break;
      case slash:
        if (source[at + 1] === divide) before = at = endOf(source, '\n', at);
        else if (source[at + 1] === star) before = at = endOf(source, '*/', at + 2);
        else {
          own++;
          total++;
        }
        break;
      default:
        total -= own;
        own = outer.pop() ?? 0;
        if (source[at] === brace && beginsStatement(source, at + 1)) {
          total -= own;
          own = 0;
        }
        own++;
        total++;
    }
  }
  return total + ((stop - before) >> 4) > most ? before : undefined;
}

function endOf(source: Buffer, text: string, from: number): number {
  const at = source.indexOf(text, from, 'latin1');
  return at === -1 ? source.length : at + text.length - 1;
}

/** Where a string ends that begins at a place: at the same quote, or with the line. */
function endOfString(source: Buffer, start: number): number {
  const mark = source[start];
  let at = start + 1;
  for (; at < source.length; at++) {
    const byte = source[at];
    if (byte === mark || byte === newline) break;
    if (byte === backslash) at++;
  }
  return at;
}

/** Whether what stands after a closing brace begins something new: `else` and `in` go on with what was closed. */
function beginsStatement(source: Buffer, start: number): boolean {
  let at = start;
  while ((source[at] ?? Infinity) <= 32) at++;
  const next = source[at] ?? brace;
  if (next === brace) return true;
  const isLetter = (next | 32) >= 97 && (next | 32) <= 122;
  return isLetter && !/^(?:else|in|instanceof)\b/.test(source.toString('latin1', at, at + 11));
}
