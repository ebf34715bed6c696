/** A path that was found, and the parts of it that are meant, as [from, to). */
export interface Match {
  readonly path: string;
  readonly ranges: readonly (readonly [from: number, to: number])[];
}

/**
 * Finds the paths that hold every word of the query, whatever the case. The best first: a file called so, then one whose name begins so, then one
 * that has it in its name, then in its folders; among equals the shorter path.
 */
export function search(paths: Iterable<string>, query: string): Match[] {
  const words = lowerCase(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const found: { match: Match; rank: number }[] = [];
  for (const path of paths) {
    const lower = lowerCase(path);
    const name = lower.lastIndexOf('/') + 1;
    let rank = 0;
    const ranges: [number, number][] = [];
    for (const word of words) {
      // The last place is the one in the name, if there is any.
      const at = lower.lastIndexOf(word);
      if (at < 0) break;
      ranges.push([at, at + word.length]);
      rank += rankOf(lower, word, at, name);
    }
    if (ranges.length === words.length) found.push({ match: { path, ranges: joined(ranges) }, rank });
  }
  return found
    .sort(
      (a, b) => a.rank - b.rank || a.match.path.length - b.match.path.length || (a.match.path < b.match.path ? -1 : 1),
    )
    .map(({ match }) => match);
}

/** As long as the text: of all letters `İ` alone becomes longer, and what comes after it would be looked for in another place. */
function lowerCase(text: string): string {
  return text.replaceAll('\u0130', 'i').toLowerCase();
}

function rankOf(path: string, word: string, at: number, name: number): number {
  const start = path.indexOf(word, name);
  if (start === name) {
    const rest = path.slice(name + word.length);
    return rest === '' || /^\.[^.]*$/.test(rest) ? 0 : 1;
  }
  if (path === word) return 0;
  if (start > name) return 2;
  return at + word.length > name ? 2 : 3;
}

/** The ranges in order, those that touch made one. */
function joined(ranges: [number, number][]): [number, number][] {
  const result: [number, number][] = [];
  for (const [from, to] of ranges.sort(([a], [b]) => a - b)) {
    const last = result.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}
