import { afterAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
  test('starts the program through pnpm, and says where the person is', async () => {
    const npm = 'console.log(JSON.stringify([process.env.IMPORT_GRAPH_CWD, process.argv.slice(2)])); process.exit(3);';
    const { status, stdout } = await run(npm, ['a b', '--json']).ended;
    const args = ['exec', '--yes', '--', 'pnpm@12.21.0', 'run', 'import-graph', 'a b', '--json'];
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
