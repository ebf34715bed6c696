import { afterAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Output } from './test-support/output.js';
import { start } from './test-support/program.js';
import { removeTrees, tree } from './test-support/tree.js';

afterAll(removeTrees);

/** What `npm start` runs, with something else in the place of npm. */
const script = fileURLToPath(new URL('../../../scripts/start.mjs', import.meta.url));

function run(npm: string, args: readonly string[] = []): ReturnType<typeof start> {
  const env = { npm_execpath: join(tree({ 'npm-cli.js': npm }), 'npm-cli.js'), INIT_CWD: '/where/the person is' };
  return start(args, { env, argv: [process.execPath, script] });
}

describe('npm start', () => {
  test('starts the program through pnpm, which says nothing of its own, and tells it where the person is', async () => {
    const npm = 'console.log(JSON.stringify([process.env.IMPORT_GRAPH_CWD, process.argv.slice(2)])); process.exit(3);';
    const { status, stdout } = await run(npm, ['a b', '--json']).ended;
    const program = ['node', '--import', './scripts/sources.mjs', 'examples/import-graph/src/main.ts'];
    const args = ['exec', '--yes', '--', 'pnpm@12.21.0', 'exec', ...program, 'a b', '--json'];
    expect([status, JSON.parse(stdout)]).toEqual([3, ['/where/the person is', args]]);
  });

  test('hands signals on, and ends as the program does', async () => {
    const npm = "process.on('SIGINT', () => process.exit(130)); console.log('here'); setInterval(() => {}, 1000);";
    const { child, ended } = run(npm);
    await once(child.stdout as NodeJS.ReadableStream, 'readable');
    child.kill('SIGINT');
    expect((await ended).status).toBe(130);
    const other = run("process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000);");
    expect((await other.ended).status).toBe(143);
  });
});

describe('when npm is gone without a word', () => {
  const npm = "process.on('SIGTERM', () => process.exit()); console.log('here'); setInterval(() => {}, 1000);";

  test.each([
    ['', 'exec '],
    [', and a shell that it left is there', ''],
  ])('npm start ends what it has started%s', async (_, exec) => {
    const folder = tree({ 'npm-cli.js': npm });
    const env = { npm_execpath: join(folder, 'npm-cli.js'), npm_lifecycle_event: 'start' };
    // What stands for npm is the shell outside; what is inside is given its output, which stays open for as long as anything runs.
    const line = `sh -c "${exec}'${process.execPath}' '${script}'; true"; true`;
    const { child, ended } = start(['-c', line], { env, argv: ['sh'] });
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
});
