// The real program, on a tree of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Writes files into a new folder. @param {Record<string, string>} files */
export async function makeTree(files) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'import-graph-')));
  /** @param {string} path @param {string} text */
  const write = async (path, text) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  for (const [path, text] of Object.entries(files)) await write(path, text);
  return {
    folder,
    write,
    /** @param {string} path */
    remove: (path) => rm(join(folder, path)),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Starts the program, and waits until it says where its page is. @param {string} folder @param {number} port */
export async function startProgram(folder, port = 0) {
  const child = spawn(
    process.execPath,
    [
      '--import',
      './scripts/sources.mjs',
      'examples/import-graph/src/main.ts',
      folder,
      '--serve',
      String(port),
      '--watch',
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const ended = once(child, 'exit');
  const url = await /** @type {Promise<string>} */ (
    new Promise((resolve, reject) => {
      /** @param {Buffer} chunk */
      const read = (chunk) => {
        output += String(chunk);
        const [address] = /http:\/\/127\.0\.0\.1:\d+\//.exec(output) ?? [];
        if (address !== undefined) resolve(address);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      void ended.then(([code]) => reject(new Error(`It ended with status ${code}:\n${output}`)));
    })
  );
  return {
    url,
    port: Number(new URL(url).port),
    /** As Ctrl-C does; returns its status. @returns {Promise<number | null>} */
    interrupt: async () => {
      child.kill('SIGINT');
      const [status] = await ended;
      return status;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}
