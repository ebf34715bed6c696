// Reads what the runs have left behind in results/: a folder a Node, a file a question.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./harness/record.ts').Findings} Findings */
/** @typedef {import('./harness/record.ts').Case} Case */
/** @typedef {import('./harness/record.ts').Row} Row */
/** @typedef {import('./harness/record.ts').Spread} Spread */

export const here = dirname(fileURLToPath(import.meta.url));

/**
 * The findings of each question, by the Node that they were found on.
 * @returns {Map<string, Map<string, Findings>>} question, then Node
 */
export function readRecords() {
  const results = join(here, 'results');
  /** @type {Map<string, Map<string, Findings>>} */
  const byQuestion = new Map();
  for (const folder of existsSync(results) ? readdirSync(results).sort() : []) {
    for (const file of readdirSync(join(results, folder)).sort()) {
      /** @type {Findings} */
      const findings = JSON.parse(readFileSync(join(results, folder, file), 'utf8'));
      const byNode = byQuestion.get(findings.name) ?? new Map();
      byNode.set(folder.slice('node'.length), findings);
      byQuestion.set(findings.name, byNode);
    }
  }
  return byQuestion;
}

/** Two or three digits that mean something. @param {number} value */
export const digits = (value) =>
  value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(value < 1 ? 2 : 3);
