// A server that says what a test has it say: states of the page that the program passes through too fast to be looked at, or never gets into here.
import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

/** @typedef {import('../src/page/model/view.js').GraphPayload} GraphPayload */

const folder = new URL('../src/page/', import.meta.url);
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** @type {Promise<Map<string, [type: string, body: string | Uint8Array]>> | undefined} */
let bundled;

/** The page as the program makes it. */
async function bundle() {
  /** @param {string} name */
  const made = async (name) => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL(name, folder))],
      bundle: true,
      write: false,
      outdir: fileURLToPath(folder),
      format: 'esm',
      target: 'es2022',
      minify: true,
      logLevel: 'silent',
    });
    return outputFiles[0]?.contents ?? '';
  };
  /** @type {Map<string, [string, string | Uint8Array]>} */
  const files = new Map();
  files.set('/', ['text/html; charset=utf-8', await readFile(new URL('index.html', folder))]);
  files.set('/page.js', ['text/javascript; charset=utf-8', await made('page.ts')]);
  files.set('/page.css', ['text/css; charset=utf-8', await made('page.css')]);
  return files;
}

/** Serves the page; what it is told is up to the caller. */
export async function serveFixture(port = 0) {
  const files = await (bundled ??= bundle());
  /** @type {string | undefined} */
  let graph;
  /** What who comes now is told. @type {Map<string, string>} */
  const latest = new Map();
  /** @type {Set<import('node:http').ServerResponse>} */
  const streams = new Set();

  const server = createServer((request, response) => {
    response.setHeader('Content-Security-Policy', policy);
    response.setHeader('Cache-Control', 'no-store');
    const file = files.get(request.url ?? '');
    if (file !== undefined) response.writeHead(200, { 'Content-Type': file[0] }).end(file[1]);
    else if (request.url === '/graph.json') {
      response.writeHead(graph === undefined ? 503 : 200, { 'Content-Type': 'application/json' });
      response.end(graph ?? '{"computing":true}');
    } else if (request.url === '/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(': here\n\n');
      for (const [event, data] of latest) response.write(`event: ${event}\ndata: ${data}\n\n`);
      streams.add(response);
      response.on('close', () => streams.delete(response));
    } else response.writeHead(404).end();
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());

  /** @param {string} event @param {unknown} data */
  const send = (event, data) => {
    latest.set(event, JSON.stringify(data));
    for (const stream of streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  return {
    url: `http://127.0.0.1:${address.port}/`,
    port: address.port,
    /** @param {GraphPayload} payload @param {{ recomputed?: number, changed?: string[] }} update */
    graph: (payload, { recomputed = payload.modules.length, changed = [] } = {}) => {
      graph = JSON.stringify(payload);
      send('progress', { phase: 'done', done: payload.modules.length, known: payload.modules.length });
      send('graph', { version: payload.version, modules: payload.modules.length, recomputed, changed });
    },
    /** @param {'reading' | 'evaluating' | 'done'} phase @param {number} done @param {number} known */
    progress: (phase, done, known) => send('progress', { phase, done, known }),
    /** @param {string} message */
    fail: (message) => send('failed', { message }),
    /** @returns {Promise<void>} */
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
