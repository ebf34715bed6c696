import { afterAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Output } from './test-support/output.js';
import { start } from './test-support/program.js';
import { removeTrees, tree } from './test-support/tree.js';

afterAll(removeTrees);

/** What `npm start` runs. */
const script = fileURLToPath(new URL('../../../scripts/start.mjs', import.meta.url));

/** A repository with something else in the place of npm, and of the program. */
const repository = (npm: string, program = ''): string =>
  tree({ 'npm-cli.js': npm, 'scripts/sources.mjs': program, 'examples/import-graph/src/main.ts': '' });

function run(cwd: string, args: readonly string[] = []): ReturnType<typeof start> {
  return start(args, { cwd, env: { npm_execpath: join(cwd, 'npm-cli.js') }, argv: [process.execPath, script] });
}

const stays = "console.log('here'); await new Promise(() => setInterval(() => {}, 1000));";

describe('npm start', () => {
  test('has pnpm set everything up, whose words are on stderr, and then starts the program', async () => {
    const npm = 'console.log(JSON.stringify(process.argv.slice(2)));';
    const program = 'console.log(JSON.stringify(process.argv.slice(2))); process.exit(3);';
    const { status, stdout, stderr } = await run(repository(npm, program), ['a b', '--json']).ended;
    const args = ['exec', '--yes', '--', 'pnpm@12.21.0', 'exec', 'node', '--eval', '0'];
    expect([status, JSON.parse(stdout), JSON.parse(stderr)]).toEqual([3, ['a b', '--json'], args]);
  });

  test('starts nothing if that fails', async () => {
    const { status, stdout } = await run(repository('process.exit(4)', "console.log('here');")).ended;
    expect([status, stdout]).toEqual([4, '']);
  });

  test('hands signals on to the program, and ends as it does', async () => {
    for (const [name, status] of [
      ['SIGINT', 130],
      ['SIGTERM', 20],
    ] as const) {
      const program = `process.on('SIGINT', () => process.exit(130)); process.on('SIGTERM', () => process.exit(20)); ${stays}`;
      const { child, ended } = run(repository('', program));
      await once(child.stdout as NodeJS.ReadableStream, 'readable');
      child.kill(name);
      expect((await ended).status).toBe(status);
    }
    const other = run(repository('', `process.kill(process.pid, 'SIGTERM'); ${stays}`));
    expect((await other.ended).status).toBe(143);
  });

  test('ends at once by a signal while it sets up, whatever that makes of it', async () => {
    const npm = "process.on('SIGINT', () => {}); console.log('here'); setInterval(() => {}, 1000);";
    const { child, ended } = run(repository(npm));
    await once(child.stderr as NodeJS.ReadableStream, 'readable');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ status: 130, stdout: '' });
  });
});

describe('when npm is gone without a word', () => {
  const program = `process.on('SIGTERM', () => process.exit()); ${stays}`;

  test.each([
    ['', 'exec '],
    [', and a shell that it left is there', ''],
  ])('npm start ends what it has started%s', async (_, exec) => {
    const cwd = repository('', program);
    const env = { npm_execpath: join(cwd, 'npm-cli.js'), npm_lifecycle_event: 'start' };
    // What stands for npm is the shell outside; what is inside is given its output, which stays open for as long as anything runs.
    const line = `sh -c "${exec}'${process.execPath}' '${script}'; true"; true`;
    const { child, ended } = start(['-c', line], { cwd, env, argv: ['sh'] });
    await once(child.stdout as NodeJS.ReadableStream, 'readable');
    child.kill('SIGKILL');
    expect(await ended).toMatchObject({ signal: 'SIGKILL', stdout: 'here\n', stderr: '' });
  });

  test('the program ends as by SIGTERM when npm start has', async () => {
    const starter = start(['-e', 'setInterval(() => {}, 1000)'], { argv: [process.execPath] });
    const env = { IMPORT_GRAPH_STARTER: String(starter.child.pid) };
    const { child, ended } = start([tree({ 'a.js': '' }), '--serve', '0'], { env });
    await new Output(child.stdout).next(/http:/);
    starter.child.kill();
    expect(await ended).toMatchObject({ status: 143, signal: null, stderr: '' });
  });
});

describe('a program in TypeScript', () => {
  const scripts = fileURLToPath(new URL('../../../scripts/', import.meta.url));
  const copied = ['scripts/sources.mjs', 'scripts/sources-hooks.mjs'];
  const program = {
    ...Object.fromEntries(copied.map((name) => [name, readFileSync(join(scripts, '..', name), 'utf8')])),
    'pnpm-lock.yaml': '',
    'main.ts': `
      import { shared } from './shared.js';
      const { other } = await import('./other.js');
      const name: string = import.meta.url.slice(-7);
      console.log(name, other, shared, new Error().stack?.includes('main.ts:5:'));`,
    'other.ts': "import { shared } from './shared.js'; export const other: string = `other ${shared}`;",
    'shared.ts': "export const shared: string = 'shared';",
  };

  function runFrom(root: string): ReturnType<typeof start>['ended'] {
    mkdirSync(join(root, 'node_modules'), { recursive: true });
    symlinkSync(join(scripts, '../node_modules/esbuild'), join(root, 'node_modules/esbuild'));
    const argv = [process.execPath, '--import', join(root, 'scripts/sources.mjs')];
    return start([join(root, 'main.ts')], { argv }).ended;
  }
  const said = { status: 0, signal: null, stdout: 'main.ts other shared shared true\n', stderr: '' };

  test('is kept as what it was made into', async () => {
    const root = tree(program);
    expect(await runFrom(root)).toEqual(said);
    expect(readdirSync(join(root, 'node_modules/.cache/programs')).length).toBeGreaterThan(2);
  });

  test('runs also where nothing can be kept', async () => {
    // Who runs the tests may be allowed to write everywhere: not into what is no folder.
    const root = tree({ ...program, 'node_modules/.cache': '' });
    expect(await runFrom(root)).toEqual(said);
  });

  test('is not waited for where the folder that it was started from is gone', async () => {
    const args = ['--import', join(scripts, 'sources.mjs'), join(tree(program), 'main.ts')];
    const argv = ['sh', '-c', 'rmdir "$PWD" && exec "$@"', 'sh', process.execPath];
    const ended = await start(args, { argv, cwd: tree({}) }).ended;
    expect(ended).toMatchObject({ status: 2, stdout: '', stderr: 'The folder that this was started from is gone.\n' });
  });
});
