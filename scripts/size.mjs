// Compares what the packages weigh with their budgets (.size-limit.mjs), and the sizes that documents quote with what the packages weigh.
// A quoted size stands between markers, `<!-- size:abort -->1.5 kB<!-- /size -->`; `pnpm size --write` brings all of them up to date.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { budgets } from '../.size-limit.mjs';
import { bin, filesBelow, finish, packages, root, run } from './workspace.mjs';

// One bundle for each main entry, and for each single export that has a budget of its own.
const folder = join(root, '.sizes');
rmSync(folder, { recursive: true, force: true });
const built = packages().map(({ short }) => short);
const bundles = Object.keys(budgets).flatMap((name) => {
  const [short = name, part = '*'] = name.split('/');
  if (!built.includes(short)) return [];
  const code = `export ${part === '*' ? part : `{ ${part} }`} from './packages/${short}/dist/index.js';`;
  return [{ file: name.replace('/', '.'), code }];
});
for (const { file, code } of bundles) {
  await build({
    stdin: { contents: code, resolveDir: root },
    outfile: join(folder, `${file}.js`),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['@x/abort'],
    tsconfigRaw: {},
  });
}

const { stdout, output } = await run(bin('size-limit'), ['--json']);
/** @type {{ name: string, size: number, passed: boolean, sizeLimit?: number }[]} */
let measured;
try {
  measured = JSON.parse(stdout);
  if (!Array.isArray(measured)) throw new Error('size-limit reports an error');
} catch {
  finish([`size-limit failed:\n${output}`], '');
  process.exit();
}

/** @param {number} bytes */
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const problems = measured
  .filter(({ passed }) => !passed)
  .map(
    ({ name, size, sizeLimit = 0 }) =>
      `${name} weighs ${size} bytes, ${size - sizeLimit} more than its budget of ${kilobytes(sizeLimit)}.`,
  );

for (const file of filesBelow(root, ['.md'])) {
  const before = readFileSync(file, 'utf8');
  const after = before
    .split(/(^```[^]*?^```$)/m)
    .map((part) =>
      part.startsWith('```') ? part : part.replaceAll(/(?<!`)<!-- size:([\w/]+) -->(.*?)<!-- \/size -->/g, quoted),
    )
    .join('');
  /** @param {string} text @param {string} name @param {string} figure */
  function quoted(text, name, figure) {
    const entry = measured.find((each) => each.name === name);
    if (entry === undefined) {
      problems.push(`${relative(root, file)} quotes the size of ${name}, which .size-limit.mjs does not name.`);
      return text;
    }
    // A few bytes to and fro are not worth a change of the document.
    if (Math.abs(Number.parseFloat(figure) * 1000 - entry.size) <= 60 && /^\d+\.\d kB$/.test(figure)) return text;
    if (!process.argv.includes('--write'))
      problems.push(`${relative(root, file)} says that ${name} weighs ${figure}; it weighs ${kilobytes(entry.size)}.`);
    return text.replace(figure, kilobytes(entry.size));
  }
  if (process.argv.includes('--write') && after !== before) writeFileSync(file, after);
}

finish(problems, measured.map(({ name, size }) => `${name} ${size} B`).join(', '));
