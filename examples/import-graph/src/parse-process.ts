// What parseInChild starts: parses the file that it is given, tells its parent, and is gone when its parent is.
import { readFileSync } from 'node:fs';
import { parseImports } from './parse.js';
import { textOf } from './source.js';

// Ctrl-C in a terminal goes to both. It is the parent's to answer.
process.on('SIGINT', () => undefined);
process.once('disconnect', () => process.exit());

const [, , path = ''] = process.argv;
const parsed = await parseImports(path, textOf(readFileSync(path)));
process.send?.(parsed, () => process.exit());
