// Every package's README has the same parts in the same order, so that a reader knows where to look.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packages } from './workspace.mjs';

const parts = [
  { what: '`## What you get`', heading: /^What you get$/ },
  { what: '`## Guarantees`', heading: /^Guarantees$/ },
  { what: 'a comparison (`## Beside ...` or `## Compared with ...`)', heading: /^(?:Beside|Compared with)\b/ },
  { what: '`## When not to use it`', heading: /^When not to use it$/ },
  { what: '`## Differences from ...`', heading: /^(?:Differences|Coming) from / },
  { what: '`## Limits`', heading: /^Limits$/ },
];

/** @returns {string[]} What is wrong, a line each. */
export function brokenReadmes() {
  return packages().flatMap(({ name, short, dir }) => {
    const text = readFileSync(join(dir, 'README.md'), 'utf8');
    const place = `packages/${short}/README.md`;
    const problems = [];
    const [title = '', sentence = ''] = text.split(/\n{2,}/);
    if (title !== `# ${name}`) problems.push(`${place}: begins with \`${title}\`, not with \`# ${name}\`.`);
    if (!/^[A-Z`][^#]*[.:]$/.test(sentence)) problems.push(`${place}: does not say in one sentence what it is.`);
    const beginning = text.slice(0, text.indexOf('\n## '));
    const install = beginning.indexOf(`npm install ${name}`);
    const example = beginning.indexOf('```ts');
    if (install === -1 || example < install) problems.push(`${place}: how to install it, then an example, come first.`);
    // Some package managers let a program import only what it has installed itself.
    const installed = /npm install (.+)/.exec(beginning)?.[1]?.split(' ') ?? [];
    for (const [, used = ''] of (beginning.split('```ts')[1] ?? '').matchAll(/from '(@x\/\w+)/g))
      if (!installed.includes(used)) problems.push(`${place}: the example imports ${used}, which is not installed.`);
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
    let last = -1;
    for (const { what, heading } of parts) {
      const at = headings.findIndex((each) => heading.test(each));
      if (at === -1) problems.push(`${place}: lacks ${what}.`);
      else if (at < last) problems.push(`${place}: ${what} comes too early.`);
      last = Math.max(last, at);
    }
    return problems;
  });
}
