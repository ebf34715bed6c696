import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface Options {
  /** As it was typed; the repository itself if nothing was. */
  readonly path: string | undefined;
  readonly json: boolean;
  readonly dot: string | undefined;
  readonly failOnCycle: boolean;
  readonly concurrency: number;
  /** There is to be a page, on this port; on any if it is undefined. */
  readonly serve: { readonly port: number | undefined } | undefined;
  readonly watch: boolean;
  readonly trace: string | undefined;
  readonly help: boolean;
}

/** The command line, or what a file is asked to be, cannot be meant so: a sentence for the person who typed it. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** The port of the page if none is asked for and nobody else has it. */
export const usualPort = 4280;

export const help = `import-graph [path] [options]

Says what imports what in a tree of JavaScript and TypeScript, what each module weighs
with all that it pulls in, and where the import cycles are.

  path               a folder, a file, or an installed package such as node_modules/rollup
                     (default: this repository)

  --json             the whole result as JSON on stdout, instead of the summary
                     (with --watch: one line for each result)
  --dot FILE         the graph in the language of Graphviz, into a file
  --fail-on-cycle    exit with status 1 if there is an import cycle
  --serve [PORT]     show the graph on a page of this machine alone, until Ctrl-C
                     (default: ${usualPort}, or any other if that is in use)
  --watch            follow what changes in the tree, until Ctrl-C
  --trace FILE       what was done when, for ui.perfetto.dev and the tools of Chrome, into a file
  --concurrency N    how many files are parsed at once (default: 16)
  -h, --help         this text

Of a folder it reads every .js, .mjs, .cjs, .jsx, .ts, .mts, .cts and .tsx file below it, without
node_modules, folders whose name begins with a dot, and what .gitignore names. Of a file
it reads the file and what it leads to. Imports into node_modules, or out of the folder, are
counted and not followed.

Status: 0 done; 1 cycles, with --fail-on-cycle; 2 bad input, or a file or folder that could not
be read or parsed (each named on stderr; all else is in the result); 130 Ctrl-C.
`;

/** Reads the arguments. Throws an `InputError` for what cannot be meant. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  if (positionals.length > 1) {
    throw new InputError(`one path at a time, got ${positionals.map((path) => `'${path}'`).join(' and ')}`);
  }
  if (positionals[0] === '') throw new InputError('the path must not be empty');
  if (values.dot === '') throw new InputError('--dot needs the name of a file');
  if (values.trace === '') throw new InputError('--trace needs the name of a file');
  const { concurrency = '16' } = values;
  if (!/^[0-9]+$/.test(concurrency) || Number(concurrency) < 1 || !Number.isSafeInteger(Number(concurrency))) {
    throw new InputError(`--concurrency must be a whole number from 1, got '${concurrency}'`);
  }
  const { watch = false, 'fail-on-cycle': failOnCycle = false } = values;
  if (failOnCycle && (watch || values.serve !== undefined)) {
    throw new InputError(`--fail-on-cycle is for a run that ends, and --${watch ? 'watch' : 'serve'} does not`);
  }
  return {
    path: positionals[0],
    json: values.json ?? false,
    dot: values.dot,
    failOnCycle,
    concurrency: Number(concurrency),
    serve: values.serve === undefined ? undefined : { port: portOf(values.serve) },
    watch,
    trace: values.trace,
    help: values.help ?? false,
  };
}

/** What stands for no port where an option has to have a value. */
const anyPort = 'any';

function portOf(text: string): number | undefined {
  if (text === anyPort) return undefined;
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65535) {
    throw new InputError(`--serve must be a port from 0 to 65535, got '${text}'`);
  }
  return Number(text);
}

/** Gives `--serve` the value that it need not have: what follows is its port only if it is a number. One below zero is a value, too, and no option. */
function withNumbers(args: readonly string[]): string[] {
  const rest: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] as string;
    if (arg === '--') return [...rest, ...args.slice(at)];
    const next = args[at + 1] ?? '';
    const isNumber = /^[-+]?[0-9]+(?:\.[0-9]*)?$/.test(next);
    if (isNumber && (arg === '--serve' || arg === '--concurrency')) rest.push(`${arg}=${args[++at]}`);
    else rest.push(arg === '--serve' ? `--serve=${anyPort}` : arg);
  }
  return rest;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: withNumbers(args),
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        dot: { type: 'string' },
        'fail-on-cycle': { type: 'boolean' },
        concurrency: { type: 'string' },
        serve: { type: 'string' },
        watch: { type: 'boolean' },
        trace: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    // The first sentence says what is wrong; the rest is advice on positional arguments that look like options.
    const [sentence = ''] = (error as Error).message.split(/\.? (?=To specify)|\n/);
    throw new InputError(`${sentence.replace(/\.$/, '')} (see --help)`, { cause: error });
  }
}
