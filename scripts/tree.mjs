// Asserts what holds for the repository as a whole: the lockfile names no host, a document's links lead somewhere, no test is switched off, and twins
// are alike.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { filesBelow, finish, root } from './workspace.mjs';

/** @type {string[]} */
const problems = [];

// The lockfile names versions and hashes, not places: it works with any registry.
readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
  .split('\n')
  .forEach((line, index) => {
    if (/\w+:\/\//.test(line)) problems.push(`pnpm-lock.yaml:${index + 1} holds an address: ${line.trim()}`);
  });

for (const file of filesBelow(root, ['.md'])) {
  const text = readFileSync(file, 'utf8').replaceAll(/^```[^]*?^```$/gm, (block) => block.replaceAll(/[^\n]/g, ' '));
  text.split('\n').forEach((line, index) => {
    for (const [, target = ''] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const to = path === '' ? file : join(dirname(file), path);
      if (!existsSync(to))
        problems.push(`${relative(root, file)}:${index + 1} links to ${target}, which does not exist.`);
      else if (anchor !== undefined && to.endsWith('.md') && !anchors(to).includes(anchor))
        problems.push(`${relative(root, file)}:${index + 1} links to ${target}, but no heading there is called so.`);
    }
  });
}

// A test may say that a machine cannot run it, `(able ? test : test.skip)(...)`; switched off for good, or alone, is none.
for (const file of filesBelow(root, ['.test.ts'])) {
  readFileSync(file, 'utf8')
    .split('\n')
    .forEach((line, index) => {
      if (/^\s*(?:x(?:it|test|describe)|(?:it|test|describe)\.(?:skip|only|todo|failing))\b/.test(line))
        problems.push(`${relative(root, file)}:${index + 1} switches tests off: ${line.trim()}`);
    });
}

// The packages do not import each other (docs/decisions/0001): what two of them need stands in both, to the letter, and is mended in both at once.
const twins = {
  'dispose.ts': ['packages/abort/src', 'packages/proc/src'],
  'event-loop.ts': ['packages/proc/src', 'packages/run/src'],
  'connection.ts': ['packages/proc/src', 'packages/run/src'],
  'serving.ts': ['packages/proc/src', 'packages/run/src'],
  'turns.ts': ['packages/proc/src', 'packages/run/src'],
};
for (const [name, [first = '', ...others]] of Object.entries(twins)) {
  const text = readFileSync(join(root, first, name), 'utf8');
  for (const other of others)
    if (readFileSync(join(root, other, name), 'utf8') !== text)
      problems.push(`${other}/${name} is not what ${first}/${name} is: they are one text in two packages.`);
}

finish(problems, 'The lockfile names no host, the links lead somewhere, no test is switched off, twins are alike.');

/** The names that headings of a document can be linked by. @param {string} file */
function anchors(file) {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
