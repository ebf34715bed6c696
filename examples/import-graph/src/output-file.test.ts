import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, readSync, symlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { writeOutput } from './output-file.js';
import { Output } from './test-support/output.js';
import { command, shellLine, start } from './test-support/program.js';
import { removeTrees, tree } from './test-support/tree.js';

jest.setTimeout(30_000);
afterAll(removeTrees);

const live = new AbortController().signal;

/** More than any pipe holds. */
const lines = Array.from({ length: 50_000 }, (_, number) => `line ${number} of what is written\n`);

function pipeIn(root: string): string {
  const pipe = join(root, 'pipe');
  execFileSync('mkfifo', [pipe]);
  return pipe;
}

/** Begins to read a pipe, which waits for nobody. */
function reader(pipe: string): Socket {
  return new Socket({ fd: openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });
}

describe('what is written', () => {
  test('is the file, also through a link, or it is said why not', async () => {
    const root = tree({ 'file.txt': 'something longer' });
    symlinkSync('file.txt', join(root, 'link'));
    await writeOutput(join(root, 'link'), ['sh', 'ort'], live);
    await writeOutput(join(root, 'new'), ['new'], live);
    expect([readFileSync(join(root, 'file.txt'), 'utf8'), readFileSync(join(root, 'new'), 'utf8')]).toEqual([
      'short',
      'new',
    ]);
    await expect(writeOutput(join(root, 'none/file'), [], live)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(writeOutput(join(root, 'file.txt/file'), [], live)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test('goes whole through a pipe, once somebody reads it', async () => {
    const pipe = pipeIn(tree({}));
    const writing = writeOutput(join(pipe), lines, live);
    expect(await text(reader(pipe))).toBe(lines.join(''));
    await writing;
  });

  test('is given up when the signal aborts, whether nobody reads or somebody does not read on', async () => {
    const pipe = pipeIn(tree({}));
    const before = new AbortController();
    const waiting = writeOutput(pipe, lines, before.signal);
    before.abort('enough');
    await expect(waiting).rejects.toBe('enough');

    const fd = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const later = new AbortController();
    const writing = writeOutput(pipe, lines, later.signal);
    await new Promise((resolve) => setImmediate(resolve));
    expect(readSync(fd, Buffer.alloc(10))).toBe(10);
    later.abort('enough');
    await expect(writing).rejects.toBe('enough');
    closeSync(fd);
  });

  test('fails when the reader of a pipe goes', async () => {
    const pipe = pipeIn(tree({}));
    const writing = writeOutput(pipe, lines, live);
    const reading = reader(pipe);
    await once(reading, 'readable');
    reading.destroy();
    await expect(writing).rejects.toMatchObject({ code: 'EPIPE' });
  });
});

describe('the program', () => {
  const bounded = true;
  const source = { 'a.js': "import './a.js'" };

  test.each(['--dot', '--trace'])('writes %s to a pipe for who reads it', async (option) => {
    const root = tree(source);
    const pipe = pipeIn(root);
    const { ended } = start([root, option, pipe], { bounded });
    const { stdout: written } = await start([pipe], { argv: ['cat'] }).ended;
    expect(written).toMatch(option === '--dot' ? /^digraph[^]+\}\n$/ : /^\[\n[^]+\n\]\n$/);
    expect(await ended).toMatchObject({ status: 0, stderr: '' });
  });

  test('writes to its own outputs, where these are pipes', async () => {
    const root = tree(source);
    const line = `${shellLine([...command, root])} --dot /dev/stdout --trace /dev/fd/3 3>&2 | cat; exit 0`;
    const whole = `{ ${line}; } 2>&1 >${shellLine([`${root}/drawn`])} | cat`;
    const { stdout, stderr } = await start(['-c', whole], { argv: ['sh'], bounded }).ended;
    expect(stderr).toBe('');
    expect(readFileSync(join(root, 'drawn'), 'utf8')).toMatch(/^digraph[^]+\}\n[^]+1 module/);
    expect(JSON.parse(stdout)).toBeInstanceOf(Array);
  });

  test('writes to its own outputs, where these are files, one after the other', async () => {
    const root = tree({ ...source, said: 'before\n' });
    const program = shellLine([...command, root]);
    const run = (line: string) => start(['-c', line], { argv: ['sh'], cwd: root, bounded }).ended;
    const drawnAndSaid = /^digraph[^]+\}\n\/[^]+1 module,[^]+No unresolved imports\.\n$/;
    for (const name of ['/dev/stdout', 'said']) {
      expect((await run(`${program} --dot ${name} > said`)).status).toBe(0);
      expect(readFileSync(join(root, 'said'), 'utf8')).toMatch(drawnAndSaid);
    }
    expect((await run(`echo before > said; ${program} --dot /dev/stdout >> said`)).status).toBe(0);
    expect(readFileSync(join(root, 'said'), 'utf8').replace(/^before\n/, '')).toMatch(drawnAndSaid);
    expect(
      (await run(`${program}/none.js --dot /dev/stderr 2> said; ${program} --dot /dev/stderr 2>> said`)).status,
    ).toBe(0);
    expect(readFileSync(join(root, 'said'), 'utf8')).toMatch(/^import-graph: [^\n]+\ndigraph[^]+\}\n$/);
  });

  test('hears signals while nobody reads the pipe for the trace', async () => {
    const root = tree(source);
    const pipe = pipeIn(root);
    for (const [name, status] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      // It sends itself the signal as soon as it listens to it, if it can do anything then.
      const preload = join(
        tree({
          'preload.mjs': `
            import { isMainThread } from 'node:worker_threads';
            const send = (name) => {
              if (name !== 'SIGTERM') return;
              process.off('newListener', send);
              turn(20);
            };
            const turn = (rest) => {
              if (rest === 0) process.kill(process.pid, '${name}');
              else setImmediate(turn, rest - 1);
            };
            if (isMainThread) process.on('newListener', send);`,
        }),
        'preload.mjs',
      );
      const env = { NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` };
      const ended = await start([root, '--trace', pipe], { bounded, env }).ended;
      expect({ name, ...ended }).toEqual({ name, status, signal: null, stdout: '', stderr: '' });
    }
  });

  test('hears signals while nobody reads the pipe for the drawing', async () => {
    const root = tree(source);
    const { child, ended } = start([root, '--serve', '0', '--dot', pipeIn(root)]);
    const output = new Output(child.stdout);
    const [address] = await output.next(/http:\S+/);
    // The graph is there just before it is drawn.
    let events = '';
    for await (const chunk of (await fetch(`${address}events`)).body ?? []) {
      events += Buffer.from(chunk as Uint8Array).toString();
      if (events.includes('event: graph')) break;
    }
    const begun = performance.now();
    child.kill('SIGINT');
    // What does not hear of it would not go by itself.
    const tooLate = setTimeout(() => child.kill('SIGKILL'), 5000);
    expect((await ended).status).toBe(130);
    expect(performance.now() - begun).toBeLessThan(1000);
    clearTimeout(tooLate);
  });

  test.each(['--dot', '--trace'])(
    'hears signals while the reader of the pipe for %s does not read on',
    async (option) => {
      const many = Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`module-${at}.js`, "import './none'"]));
      const root = tree(many);
      const pipe = pipeIn(root);
      const reading = reader(pipe);
      const { child, ended } = start([root, option, pipe]);
      await once(reading, 'readable');
      const tooLate = setTimeout(() => child.kill('SIGKILL'), 10_000);
      const begun = performance.now();
      child.kill('SIGINT');
      expect((await ended).status).toBe(130);
      expect(performance.now() - begun).toBeLessThan(1000);
      clearTimeout(tooLate);
      reading.destroy();
    },
  );
});
