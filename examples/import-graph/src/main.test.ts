import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { runProgram } from './cli.js';
import type { GraphResult } from './model.js';
import { analyse } from './test-support/analyse.js';
import { command, shellLine, start } from './test-support/program.js';
import { removeTrees, tree } from './test-support/tree.js';

// Each test starts processes.
jest.setTimeout(30_000);
afterAll(removeTrees);

const cyclic = {
  'a.ts': "import { b } from './b.js';\nimport { readFileSync } from 'node:fs';\nexport const a = 1;\n",
  'b.ts': "import { a } from './a.js';\nimport './none.js';\nexport const b = 2;\n",
};

/** Enough to take a while: a ring of modules, each long to parse. */
const ring = Object.fromEntries(
  Array.from({ length: 5000 }, (_, number) => {
    const next = (number + 1) % 5000;
    const filler = Array.from({ length: 60 }, (__, line) => `export const v${line} = [${number}, ${line}];\n`).join('');
    return [`f${number % 50}/m${number}.ts`, `import '../f${next % 50}/m${next}.js';\n${filler}`];
  }),
);

describe('the program', () => {
  test('prints a summary, and nothing on stderr when nothing is wrong', async () => {
    const { status, stdout, stderr } = await start([tree(cyclic)]).ended;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('2 modules, 2 imports between them');
    expect(stdout).toContain('a.ts -> b.ts -> a.ts');
    expect(stdout).toContain('b.ts:2:8  ./none.js');
    expect(stdout).not.toContain('\u001b');
  });

  test('prints nothing but JSON with --json, and writes the drawing', async () => {
    const root = tree(cyclic);
    const { status, stdout } = await start(['.', '--json', '--dot', 'graph.dot'], { cwd: root }).ended;
    expect(status).toBe(0);
    const result = JSON.parse(stdout) as GraphResult;
    expect(Object.keys(result)).toEqual(['modules', 'cycles', 'unresolved', 'errors']);
    expect(Object.keys(result.modules[0] ?? {})).toEqual(['path', 'size', 'totalSize', 'depth', 'hash', 'imports']);
    expect(Object.keys(result.modules[0]?.imports[0] ?? {})).toEqual(['path', 'kind', 'specifier']);
    expect(result.cycles).toEqual([['a.ts', 'b.ts']]);
    expect(readFileSync(join(root, 'graph.dot'), 'utf8')).toContain('"a.ts" -> "b.ts" [color=red];');
  });

  test('follows a file to all that it imports, and names paths from the folder that holds it all', async () => {
    const root = tree({ 'src/app/a.ts': "import '../lib/b.js'", 'src/lib/b.ts': '', 'src/app/c.ts': '' });
    const { status, stdout } = await start([join(root, 'src/app/a.ts'), '--json']).ended;
    const { modules } = JSON.parse(stdout) as GraphResult;
    expect([status, modules.map(({ path }) => path)]).toEqual([0, ['app/a.ts', 'lib/b.ts']]);
  });

  test('takes an installed package for the tree, and no other package', async () => {
    const root = tree({
      ...{ 'node_modules/p/package.json': '{"name":"p"}', 'node_modules/p/index.js': "require('./lib'); require('q')" },
      ...{ 'node_modules/p/lib.js': '', 'node_modules/q/index.js': '', 'node_modules/p/node_modules/r/index.js': '' },
    });
    for (const path of ['node_modules/p', 'node_modules/p/index.js']) {
      const { status, stdout } = await start([path, '--json'], { cwd: root }).ended;
      const { modules, unresolved } = JSON.parse(stdout) as GraphResult;
      expect([status, modules.map((each) => each.path), unresolved]).toEqual([0, ['index.js', 'lib.js'], []]);
    }
  });

  test('shows the packages of this repository linked to each other when no path is given', async () => {
    const { stdout } = await start(['--json'], { cwd: tree({}) }).ended;
    const { modules } = JSON.parse(stdout) as GraphResult;
    const own = modules.find(({ path }) => path === 'examples/import-graph/src/analysis.ts');
    expect(own?.imports).toContainEqual({
      path: 'packages/workgraph/src/index.ts',
      kind: 'static',
      specifier: '@x/workgraph',
    });
  });

  test('finds what a file of megabytes requires, and ends within a second while it does', async () => {
    const filler = "const text = ['a', 'b', 'c'];\n".repeat(40_000);
    const root = tree({ 'big.js': `{${filler.replaceAll('const', 'var')}}\nrequire('./b');\n`, 'b.js': '' });
    const { stdout } = await start([root, '--json']).ended;
    const { modules } = JSON.parse(stdout) as GraphResult;
    expect(modules.map(({ imports }) => imports.length)).toEqual([0, 1]);

    const controller = new AbortController();
    const run = analyse(root, 2, controller.signal);
    setTimeout(() => controller.abort('enough'), 50);
    await expect(run).rejects.toBe('enough');
  }, 30_000);

  test('explains itself', async () => {
    const { status, stdout } = await start(['--help']).ended;
    expect(status).toBe(0);
    expect(stdout).toContain('--fail-on-cycle');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThan(100);
  });

  test('looks a relative path up where the person is who typed npm start', async () => {
    const root = tree(cyclic);
    const runner = { INIT_CWD: root, npm_lifecycle_event: 'import-graph' };
    const repository = join(command.at(-1) ?? '', '../../../..');
    const env = { ...runner, npm_package_json: join(repository, 'package.json') };
    expect((await start(['a.ts'], { cwd: repository, env }).ended).status).toBe(0);
    // A test of somebody's, run by npm, that starts the program itself.
    expect((await start(['b.ts'], { cwd: root, env: { ...env, INIT_CWD: '/' } }).ended).status).toBe(0);
  });
});

describe('the status', () => {
  test('is 1 for cycles with --fail-on-cycle, and 0 where there are none', async () => {
    expect((await start([tree(cyclic), '--fail-on-cycle']).ended).status).toBe(1);
    expect((await start([tree({ 'a.ts': '' }), '--fail-on-cycle']).ended).status).toBe(0);
  });

  test.each([
    ['a path that does not exist', ['nowhere'], 'import-graph: there is no nowhere\n'],
    ['a file that is no source', ['data.txt'], 'import-graph: data.txt is neither JavaScript nor TypeScript\n'],
    ['something below a file', ['a.ts/b'], 'import-graph: there is no a.ts/b\n'],
    ['a device', ['/dev/null'], 'import-graph: /dev/null is neither a file nor a folder\n'],
    ['a link to itself', ['loop'], 'import-graph: loop cannot be read (its symbolic links lead in a circle)\n'],
    ['an unknown option', ['--nope'], "import-graph: Unknown option '--nope' (see --help)\n"],
    ['a bad number', ['--concurrency', '0'], "import-graph: --concurrency must be a whole number from 1, got '0'\n"],
  ])('is 2 for %s, with one sentence', async (_, args, sentence) => {
    const root = tree({ 'data.txt': '', 'a.ts': '' });
    symlinkSync('loop', join(root, 'loop'));
    const said = { stdout: '', stderr: '' };
    const write = (to: keyof typeof said) => ({ write: (text: string) => (said[to] += text) });
    const status = await runProgram(args, {
      ...{ stdout: write('stdout'), stderr: write('stderr'), folder: root },
      signal: new AbortController().signal,
    });
    expect({ status, ...said }).toEqual({ status: 2, stdout: '', stderr: sentence });
  });

  test('is that of the process, for bad input too', async () => {
    const { status, stdout, stderr } = await start(['nowhere'], { cwd: tree({}) }).ended;
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr: 'import-graph: there is no nowhere\n',
    });
  });

  test('is 2 for what could not be read or parsed, with the rest of the result, also with --fail-on-cycle', async () => {
    const root = tree({ ...cyclic, 'bad.ts': 'let = ;', 'sub/c.ts': '' });
    symlinkSync('..', join(root, 'sub/up'));
    const { status, stdout, stderr } = await start([root, '--json', '--fail-on-cycle']).ended;
    const { modules, cycles, errors } = JSON.parse(stdout) as GraphResult;
    expect([status, modules.length, cycles.length]).toEqual([2, 4, 1]);
    expect(errors.map(({ path }) => path)).toEqual(['bad.ts', 'sub/up']);
    expect(stderr).toMatch(/^import-graph: bad\.ts:1:\d+: it does not parse: .+\nimport-graph: sub\/up: .+ loop\n$/);
  });

  test('is 2 for one file that is to hold the drawing and the trace, and it is left alone', async () => {
    const root = tree({ 'a.ts': '', 'one.json': 'as it was' });
    linkSync(join(root, 'one.json'), join(root, 'other.json'));
    symlinkSync('one.json', join(root, 'link.json'));
    for (const trace of ['one.json', './one.json', 'other.json', 'link.json']) {
      const { status, stderr } = await start(['.', '--dot', 'one.json', '--trace', trace], { cwd: root }).ended;
      expect([status, stderr]).toEqual([2, 'import-graph: --dot and --trace are the same file, one.json\n']);
      expect(readFileSync(join(root, 'one.json'), 'utf8')).toBe('as it was');
    }
    const { status } = await start(['.', '--dot', '/dev/null', '--trace', 'trace.json'], { cwd: root }).ended;
    expect(status).toBe(0);
  });

  test('is 2 for a drawing whose folder is not there, and it is said so', async () => {
    const { status, stderr } = await start(['.', '--dot', 'none/a.dot'], { cwd: tree({ 'a.ts': '' }) }).ended;
    expect([status, stderr]).toEqual([2, 'import-graph: none/a.dot cannot be written (its folder is not there)\n']);
  });

  test('is 2 for a tsconfig that does not parse, also above the folder, with one sentence', async () => {
    const root = tree({ 'tsconfig.json': '{\n  no', 'src/a.ts': "import './b'", 'src/b.ts': "import './a'" });
    const { status, stdout, stderr } = await start(['src', '--json'], { cwd: root }).ended;
    const fault = { path: '../tsconfig.json', line: 2, column: 3, message: 'it does not parse: key must be a string' };
    expect([status, (JSON.parse(stdout) as GraphResult).errors]).toEqual([2, [fault]]);
    expect(stderr).toBe('import-graph: ../tsconfig.json:2:3: it does not parse: key must be a string\n');
  });

  test('is 2 for a drawing that cannot be written, with the summary all the same', async () => {
    const root = tree({ 'a.ts': '' });
    mkdirSync(join(root, 'folder'));
    const { status, stdout, stderr } = await start(['.', '--dot', 'folder'], { cwd: root }).ended;
    expect([status, stderr]).toEqual([2, 'import-graph: folder cannot be written (it is a folder)\n']);
    expect(stdout).toContain('1 module,');
  });
});

describe('what cannot be written', () => {
  const full = '/dev/full';
  const ifThere = existsSync(full) ? test : test.skip;

  ifThere(
    'is said in a sentence, on stderr if that can be written, with status 2',
    async () => {
      const root = tree(cyclic);
      const sentence = 'import-graph: stdout cannot be written (no space is left)\n';
      for (const [args, to, stderr] of [
        ['.', `> ${full}`, sentence],
        ['. --json --trace trace.json', `> ${full}`, sentence],
        ['--help', `> ${full}`, sentence],
        ['. --watch --serve 0', `> ${full}`, sentence],
        ['. --watch', `> ${full}`, sentence],
        ['.', `> ${full} 2> ${full}`, ''],
        ['nowhere', `2> ${full}`, ''],
        ['. --dot none/graph.dot', `2> ${full} > ${full}`, ''],
        ['. --trace none/trace.json', `2> ${full} > ${full}`, ''],
      ] as const) {
        const line = `${shellLine(command)} ${args} ${to}`;
        const ended = await start(['-c', line], { argv: ['sh'], cwd: root }).ended;
        expect({ args, to, ...ended }).toEqual({ args, to, status: 2, signal: null, stdout: '', stderr });
      }
      expect(JSON.parse(readFileSync(join(root, 'trace.json'), 'utf8'))).toBeInstanceOf(Array);
    },
    60_000,
  );

  ifThere('is nothing where nothing has to be said', async () => {
    const line = `${shellLine(command)} . 2> ${full}`;
    const { status, stdout } = await start(['-c', line], { argv: ['sh'], cwd: tree(cyclic) }).ended;
    expect([status, stdout]).toEqual([0, expect.stringContaining('2 modules')]);
  });

  test('ends it without a word when it is because nobody reads on', async () => {
    const many = Object.fromEntries(Array.from({ length: 600 }, (_, number) => [`m${number}.ts`, "import './m0'"]));
    const line = `{ ${shellLine(command)} . --json; echo "status $?" >&2; } | head -c 10`;
    const { stdout, stderr } = await start(['-c', line], { argv: ['sh'], cwd: tree(many) }).ended;
    expect([stdout.length, stderr]).toEqual([10, 'status 0\n']);
  });

  test('has the status that is known by then when nobody reads on', async () => {
    const many = Object.fromEntries(Array.from({ length: 1500 }, (_, number) => [`m${number}.ts`, "import './m0'"]));
    const drawing = 'import-graph: /dev/stdout cannot be written (nobody reads it)\n';
    for (const [args, more, status, sentence] of [
      ['--json --fail-on-cycle', {}, 1, ''],
      ['--json', { 'bad.ts': 'let = ;' }, 2, ''],
      ['--dot /dev/stdout --fail-on-cycle', {}, 2, drawing],
      // What is wrong with the trace is said before anything is read.
      [
        '--json --trace none/trace.json',
        {},
        2,
        'import-graph: none/trace.json cannot be written (its folder is not there)\n',
      ],
    ] as const) {
      const line = `{ ${shellLine(command)} . ${args}; echo "status $?" >&2; } | head -c 10`;
      const { stdout, stderr } = await start(['-c', line], { argv: ['sh'], cwd: tree({ ...many, ...more }) }).ended;
      expect({ args, length: stdout.length, stderr }).toEqual({
        args,
        length: 10,
        stderr: `${sentence}status ${status}\n`,
      });
    }
  });
});

describe('Ctrl-C', () => {
  let many = '';
  beforeAll(() => {
    many = tree(ring);
  });

  /** Runs the program in a terminal, and presses Ctrl-C once the terminal shows what is looked for. */
  async function interrupted(
    args: readonly string[],
    sight: RegExp,
  ): Promise<{ status: number | null; took: number; screen: string }> {
    const line = shellLine([...command, ...args]);
    const { child, ended } = start(['-qec', line, '/dev/null'], { argv: ['script'] });
    let screen = '';
    let pressed = 0;
    child.stdout?.on('data', (chunk: Buffer) => {
      screen += chunk.toString();
      if (pressed === 0 && sight.test(screen)) {
        pressed = performance.now();
        child.stdin?.write('\u0003');
      }
    });
    const { status } = await ended;
    return { status, took: performance.now() - pressed, screen };
  }

  test('ends it within a second with status 130 at every stage, and leaves the line of the terminal empty', async () => {
    for (const sight of [
      /0 of/,
      /of [1-9]\d+ modules read/,
      /[1-9]\d\d of \d+ modules read/,
      /[1-9]\d\d\d of \d+ modules/,
    ]) {
      const { status, took, screen } = await interrupted([many], sight);
      expect({ sight, status }).toEqual({ sight, status: 130 });
      expect(took).toBeLessThan(1000);
      expect(screen).toMatch(/\r\u001b\[K(?:\^C)?(?:\r\u001b\[K)?$/);
      expect(screen).not.toContain('Error');
    }
  }, 60_000);

  test('ends it in the same way while it serves and watches', async () => {
    const root = tree(cyclic);
    for (const [args, sight] of [
      [['--serve', '0'], /http:/],
      [['--serve', '0'], /No import|Import cycles/],
      [['--watch'], /Import cycles/],
      [['--watch', '--serve', '0'], /Import cycles/],
    ] as const) {
      const { status, took, screen } = await interrupted([root, ...args], sight);
      expect({ args, status }).toEqual({ args, status: 130 });
      expect(took).toBeLessThan(1000);
      expect(screen).not.toMatch(/Error|running|cannot/);
    }
  }, 60_000);

  test('is what SIGINT and SIGTERM are where there is no terminal', async () => {
    for (const [name, expected] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      // The first of the output has been seen, and nobody reads on: the program cannot end by itself.
      const { child, ended } = start([many, '--json']);
      await once(child.stdout as Readable, 'readable');
      const begun = performance.now();
      child.kill(name);
      const { status, signal, stderr } = await ended;
      expect({ status, signal, stderr }).toEqual({ status: expected, signal: null, stderr: '' });
      expect(performance.now() - begun).toBeLessThan(1000);
    }
  }, 60_000);

  test.each(['', '--json', '--fail-on-cycle'])(
    'is heard when it comes with the last that is written: %s',
    async (option) => {
      // It sends itself the signal then, and what is written to a file is written at once.
      const root = tree({
        ...cyclic,
        'preload.mjs': `
        import { isMainThread } from 'node:worker_threads';
        const { write } = process.stdout;
        if (isMainThread) process.stdout.write = function (...said) {
          if (said[0] !== '') process.kill(process.pid, 'SIGINT');
          return write.apply(this, said);
        };`,
      });
      const line = `${shellLine(command)} ${option} . > said`;
      const env = { NODE_OPTIONS: `--import=${pathToFileURL(join(root, 'preload.mjs')).href}` };
      const ended = await start(['-c', line], { argv: ['sh'], cwd: root, env }).ended;
      expect(ended).toEqual({ status: 130, signal: null, stdout: '', stderr: '' });
      expect(readFileSync(join(root, 'said'), 'utf8')).toContain('a.ts');
    },
  );
});
