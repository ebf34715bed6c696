// Parses every ```mermaid block of the documents with Mermaid's own parser.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesBelow, root } from './workspace.mjs';

/** @returns {Promise<string[]>} What is wrong, a line each. */
export async function brokenDrawings() {
  const mermaid = await parser();
  /** @type {string[]} */
  const problems = [];
  for (const file of filesBelow(root, ['.md'])) {
    const text = readFileSync(file, 'utf8');
    for (const { index, 1: code = '' } of text.matchAll(/^```mermaid\n([^]*?)^```$/gm)) {
      const line = text.slice(0, index).split('\n').length;
      try {
        await mermaid.parse(code);
      } catch (error) {
        problems.push(
          `${relative(root, file)}:${line}: the drawing does not parse: ${/** @type {Error} */ (error).message}`,
        );
      }
    }
  }
  return problems;
}

/** Mermaid cleans what it reads of HTML, for which it needs a document; to parse is all that is asked of it here. */
async function parser() {
  const { default: mermaid } = await import('mermaid');
  const cleanerFile = createRequire(createRequire(import.meta.url).resolve('mermaid')).resolve('dompurify');
  const cleaner = await import(pathToFileURL(join(dirname(cleanerFile), 'purify.es.mjs')).href);
  Object.assign(cleaner.default, { addHook: () => undefined, sanitize: (/** @type {string} */ html) => html });
  return mermaid;
}
