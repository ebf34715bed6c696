// The guide for people who come from Go puts a symbol of ours beside each of theirs. A name in its second column that is not exported, or no member of what
// is, has been renamed since, or never was.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.mjs';

const guide = 'docs/guides/from-go.md';

/**
 * @param {ReadonlySet<string>} exported What the entries export, and the members of it: `Group`, `Group.add`.
 * @returns {string[]} What is wrong, a line each.
 */
export function brokenSymbols(exported) {
  return readFileSync(join(root, guide), 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      const [, , ours = ''] = line.split(/(?<!\\)\|/);
      const names = [...ours.matchAll(/`([A-Za-z]+(?:\.[A-Za-z]+)?)`/g)].map(([, name = '']) => name);
      return names
        .filter((name) => !exported.has(name))
        .map((name) => `${guide}:${index + 1}: no package exports ${name}.`);
    });
}
