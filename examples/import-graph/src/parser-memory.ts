import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** After so many characters of sources the garbage is collected. */
const often = 4_000_000;

let since = 0;
let collect: (() => void) | undefined;

/**
 * Is told of every source that is to be parsed, and has the garbage collected now and then.
 *
 * What the parser gives holds the whole syntax tree as text, ten times the source, where V8 does not see it: without a reason to collect anything, hundreds of
 * megabytes stay, and getting these from the system takes longer than all the parsing.
 */
export function countParsed(characters: number): void {
  since += characters;
  if (since < often) return;
  since = 0;
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
