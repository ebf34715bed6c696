import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { GraphResult } from './model.js';
import { toJson } from './result.js';
import { analyse } from './test-support/analyse.js';
import { Output } from './test-support/output.js';
import { start, type Ended } from './test-support/program.js';
import { removeTrees, tree } from './test-support/tree.js';

// Each test starts processes.
jest.setTimeout(60_000);
const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});
afterAll(removeTrees);

const files = { 'a.ts': "import './b.js';\n", 'b.ts': "import './none.js';\n", 'c.ts': 'export {};\n' };

function begin(
  args: readonly string[],
  cwd: string,
): { stdout: Output; stderr: Output; end: (name?: NodeJS.Signals) => Promise<Ended & { took: number }> } {
  const { child, ended } = start(args, { cwd });
  running.add(child);
  return {
    stdout: new Output(child.stdout),
    stderr: new Output(child.stderr),
    end: async (name = 'SIGINT') => {
      const begun = performance.now();
      child.kill(name);
      const outcome = await ended;
      return { ...outcome, took: performance.now() - begun };
    },
  };
}

/** The events of a page that is open, by their names, until the program ends the stream. */
async function follow(address: string, tell: (event: string, data: unknown) => void): Promise<void> {
  const { body } = await fetch(`${address}events`);
  let rest = '';
  for await (const chunk of body ?? []) {
    rest += Buffer.from(chunk as Uint8Array).toString();
    const messages = rest.split('\n\n');
    rest = messages.pop() ?? '';
    for (const message of messages) {
      const [, event, data = ''] = /^event: (.*)\ndata: (.*)$/.exec(message) ?? [];
      if (event !== undefined) tell(event, JSON.parse(data));
    }
  }
}

const address = /http:\/\/127\.0\.0\.1:\d+\//;

describe('--serve', () => {
  test('says where the page is, shows the result, and ends on Ctrl-C with a page that is open', async () => {
    const root = tree(files);
    const { stdout, stderr, end } = begin(['.', '--serve', '0'], root);
    const [url] = await stdout.next(address);
    await stdout.next(/No import cycles/);
    const { modules, entries } = (await (await fetch(`${url}graph.json`)).json()) as GraphResult & {
      entries: string[];
    };
    expect([modules.map(({ path }) => path), entries]).toEqual([
      ['a.ts', 'b.ts', 'c.ts'],
      ['a.ts', 'c.ts'],
    ]);
    expect(await (await fetch(url)).text()).toContain('<script');
    expect((await (await fetch(`${url}page.js`)).text()).length).toBeGreaterThan(10);
    expect((await fetch(`${url}page.css`)).status).toBe(200);

    const seen: string[] = [];
    const open = follow(url, (event) => seen.push(event));
    while (!seen.includes('graph')) await new Promise((resolve) => setTimeout(resolve, 5));
    const { status, took } = await end();
    await open;
    expect([status, stderr.text]).toEqual([130, '']);
    expect(took).toBeLessThan(1000);
  });

  test('with --json leaves stdout to the JSON', async () => {
    const { stdout, stderr, end } = begin(['.', '--serve', '0', '--json'], tree(files));
    await stderr.next(address);
    await stdout.next(/"errors": \[\]\n\}\n/);
    expect((await end('SIGTERM')).status).toBe(143);
  });

  test('is refused in a sentence where the port is in use, and where none is asked for takes another', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const root = tree(files);
    const { status, stdout, stderr } = await start(['.', '--serve', String(port), '--watch'], { cwd: root }).ended;
    other.close();
    expect([status, stdout, stderr]).toEqual([2, '', `import-graph: port ${port} is in use\n`]);

    const [one, two] = [begin(['.', '--serve'], root), begin(['.', '--serve'], root)];
    const [[first], [second]] = await Promise.all([one.stdout.next(address), two.stdout.next(address)]);
    expect(first).not.toBe(second);
    await Promise.all([one.end(), two.end()]);
  });

  test('with --watch tells the page of what changes', async () => {
    const root = tree(files);
    const { stdout, stderr, end } = begin(['.', '--serve', '0', '--watch'], root);
    const [url] = await stdout.next(address);
    // An event may come after what is said of it on stderr.
    const graphs: { version: number; recomputed: number; changed: string[] }[] = [];
    const failures: unknown[] = [];
    const open = follow(url, (event, data) => {
      if (event === 'graph') graphs.push(data as (typeof graphs)[number]);
      if (event === 'failed') failures.push(data);
    });
    await stdout.next(/Unresolved imports \(1\)/);
    writeFileSync(join(root, 'none.ts'), '');
    await stderr.next(/3 of 4 modules recomputed, 2 changed \(b\.ts, none\.ts\)\n/);
    while (graphs.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(graphs.at(-1)).toMatchObject({ version: 2, recomputed: 3, changed: ['b.ts', 'none.ts'] });
    const away = `${root}-away`;
    renameSync(root, away);
    await stderr.next(/there is no \.: waiting for it\n/);
    renameSync(away, root);
    await stderr.next(/0 of 4 modules recomputed, 0 changed\n/);
    while (graphs.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(failures).toEqual([{ message: 'there is no .' }]);
    const { status, took } = await end();
    await open;
    expect(status).toBe(130);
    expect(took).toBeLessThan(1000);
  });
});

describe('--watch', () => {
  test('prints the summary anew, and on stderr what was done', async () => {
    const root = tree(files);
    const { stdout, stderr, end } = begin(['.', '--watch'], root);
    await stdout.next(/3 modules, 1 import between them[^]*Unresolved imports \(1\)/);
    writeFileSync(join(root, 'b.ts'), "import './c.js';\nlet = ;");
    await stderr.next(/2 of 3 modules recomputed, 1 changed \(b\.ts\)\n/);
    await stdout.next(/3 modules, 2 imports between them/);
    await stderr.next(/b\.ts:2:7: it does not parse/);
    // What is wrong still is not said again.
    writeFileSync(join(root, 'c.ts'), 'export const c = 1;\n');
    await stderr.next(/3 of 3 modules recomputed, 1 changed \(c\.ts\)\n/);
    await stdout.next(/3 modules/);
    expect(stderr.text).toBe('');
    expect(await end()).toMatchObject({ status: 130 });
  });

  test('gives after any edits, as editors and tools make them, what a new run gives', async () => {
    const root = tree({ ...files, '.git/x': '' });
    const { stdout, stderr, end } = begin(
      ['.', '--watch', '--json', '--dot', 'graph.dot', '--trace', 'trace.json'],
      root,
    );
    const first = await stdout.next(/^.*\n/);
    expect((JSON.parse(first[0]) as GraphResult).modules).toHaveLength(3);
    const at = (path: string): string => join(root, path);
    const check = async (count: number, step: () => void): Promise<void> => {
      step();
      let last: GraphResult;
      do last = JSON.parse((await stdout.next(/^.*\n/))[0]) as GraphResult;
      while (last.modules.length !== count);
      expect(last).toEqual(JSON.parse([...toJson(await analyse(root))].join('')));
    };
    // Written beside it, and put in its place.
    await check(3, () => {
      writeFileSync(at('a.ts.tmp'), "import './c.js';\n");
      renameSync(at('a.ts.tmp'), at('a.ts'));
    });
    await check(5, () => {
      mkdirSync(at('deep/er'), { recursive: true });
      writeFileSync(at('deep/er/d.ts'), "import '../../a.js';\n");
      writeFileSync(at('deep/e.ts'), "import '@/d';\n");
    });
    await check(5, () => {
      writeFileSync(at('tsconfig.json'), '{ "compilerOptions": { "paths": { "@/*": ["./deep/er/*"] } } }');
    });
    await check(3, () => writeFileSync(at('.gitignore'), 'deep\n'));
    await check(5, () => rmSync(at('.gitignore')));
    await check(7, () => cpSync(at('deep'), at('copy'), { recursive: true }));
    await check(5, () => renameSync(at('copy'), at('.hidden')));
    // Another folder in the place of one, and a folder that becomes a file: what comes there later is seen, too.
    await check(4, () => {
      renameSync(at('deep'), at('.old'));
      mkdirSync(at('deep/er'), { recursive: true });
      writeFileSync(at('deep/er/d.ts'), "import '../../b.js';\n");
    });
    await check(5, () => writeFileSync(at('deep/er/f.ts'), ''));
    await check(3, () => {
      rmSync(at('deep'), { recursive: true });
      writeFileSync(at('deep'), '');
    });
    await check(4, () => {
      rmSync(at('deep'));
      mkdirSync(at('deep'));
      writeFileSync(at('deep/g.ts'), '');
    });
    await check(3, () => rmSync(at('deep'), { recursive: true }));
    await check(2, () => rmSync(at('b.ts')));
    expect(stderr.text).toMatch(/^(?:import-graph: \d+ of \d+ modules recomputed, \d+ changed(?: \(.*\))?\n)+$/);
    expect((await end()).took).toBeLessThan(1000);
    expect(readFileSync(at('graph.dot'), 'utf8')).toContain('"a.ts" -> "c.ts"');
    expect(JSON.parse(readFileSync(at('trace.json'), 'utf8'))).toBeInstanceOf(Array);
  });

  test('of a file follows what it leads to, wherever that is, and what it waits for', async () => {
    const root = tree({ 'app/a.ts': "import '../lib/b.js'; import '../more/c.js';", 'lib/b.ts': '' });
    const { stdout, stderr, end } = begin(['app/a.ts', '--watch'], root);
    await stdout.next(/2 modules[^]*Unresolved imports \(1\)/);
    writeFileSync(join(root, 'lib/b.ts'), '1');
    await stderr.next(/2 of 2 modules recomputed, 1 changed \(lib\/b\.ts\)\n/);
    mkdirSync(join(root, 'more'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    writeFileSync(join(root, 'more/c.ts'), '');
    await stderr.next(/2 of 3 modules recomputed, 2 changed \(app\/a\.ts, more\/c\.ts\)\n/);
    rmSync(join(root, 'app/a.ts'));
    await stderr.next(/there is no app\/a\.ts: waiting for it\n/);
    writeFileSync(join(root, 'app/a.ts'), '');
    await stderr.next(/1 of 1 modules recomputed, 3 changed/);
    expect(await end()).toMatchObject({ status: 130 });
  });
});

describe('--trace', () => {
  interface TraceEvent {
    readonly ph: string;
    readonly name?: string;
    readonly args: { readonly id?: number; readonly parent?: number };
  }
  const eventsOf = (file: string): TraceEvent[] => JSON.parse(readFileSync(file, 'utf8')) as TraceEvent[];

  test('shows what was done for each file, inside what', async () => {
    const root = tree(files);
    const { status } = await start(['.', '--trace', 'trace.json'], { cwd: root }).ended;
    expect(status).toBe(0);
    const begun = eventsOf(join(root, 'trace.json')).filter(({ ph }) => ph === 'B');
    const nameOf = new Map(begun.map(({ name, args }) => [args.id, name]));
    const inside = new Map<string, number>();
    for (const { name, args } of begun) {
      const key = `${nameOf.get(args.parent) ?? ''} > ${name}`;
      inside.set(key, (inside.get(key) ?? 0) + 1);
    }
    expect(Object.fromEntries(inside)).toEqual({
      ...{ ' > import-graph': 1, 'import-graph > discovery': 1, 'import-graph > read': 3 },
      ...{ 'read > parse': 3, 'read > resolve': 3, 'import-graph > evaluate': 3 },
    });
  });

  test('is whole when the program is interrupted', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 3000 }, (_, number) => [`m${number}.ts`, `import './m${number + 1}.js';`]),
    );
    const root = tree(many);
    const { end } = begin(['.', '--trace', 'trace.json'], root);
    const file = join(root, 'trace.json');
    const begun = (): number => {
      try {
        return eventsOf(file).length;
      } catch {
        return 0;
      }
    };
    while (begun() < 100) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await end()).toMatchObject({ status: 130, stderr: '' });
    expect(eventsOf(file).length).toBeGreaterThan(99);
  });

  test('that cannot be written is said in a sentence, with status 2 and the summary all the same', async () => {
    const root = tree(files);
    for (const [name, why] of [
      ['none/trace.json', 'its folder is not there'],
      ['a.ts/trace.json', 'a file is where its folder should be'],
      ['.', 'it is a folder'],
    ]) {
      const { status, stdout, stderr } = await start(['.', '--trace', String(name)], { cwd: root }).ended;
      expect([status, stderr]).toEqual([2, `import-graph: ${name} cannot be written (${why})\n`]);
      expect(stdout).toContain('modules,');
    }
  });
});
