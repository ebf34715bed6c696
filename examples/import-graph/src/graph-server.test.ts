import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { graphServer } from './graph-server.js';
import { LiveGraph } from './live-graph.js';
import type { Report } from './result.js';

const page = { html: Buffer.from('<p>'), script: Buffer.from('1'), style: Buffer.from('p {}') };
const report: Report = {
  ...{ root: '/some/tree/', outside: new Map(), cycles: [], unresolved: [], errors: [], entries: ['<a>.ts'] },
  modules: [{ path: '<a>.ts', size: 1, totalSize: 1, depth: 0, hash: 'h', imports: [] }],
};

let live: LiveGraph;
let server: Server;
let port: number;

beforeEach(async () => {
  live = new LiveGraph();
  await listen(Promise.resolve(page));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function listen(files: Promise<typeof page>): Promise<void> {
  server = graphServer(live, files).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function ask(path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

/** The events of a stream until so many have come. */
async function events(count: number): Promise<[event: string, data: unknown][]> {
  const asked = request({ host: '127.0.0.1', port, path: '/events', agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const found: [string, unknown][] = [];
  let rest = '';
  for await (const chunk of response) {
    rest += String(chunk);
    const messages = rest.split('\n\n');
    rest = messages.pop() ?? '';
    for (const message of messages) {
      const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(message) ?? [];
      if (event !== '') found.push([event, JSON.parse(data)]);
    }
    if (found.length >= count) break;
  }
  return found;
}

describe('the server', () => {
  test('has the page and what belongs to it, whatever follows a question mark', async () => {
    expect(await ask('/')).toMatchObject({
      status: 200,
      body: '<p>',
      headers: { 'content-type': 'text/html; charset=utf-8' },
    });
    expect(await ask('/page.js?v=1')).toMatchObject({
      headers: { 'content-type': 'text/javascript; charset=utf-8' },
      body: '1',
    });
    expect(await ask('/page.css')).toMatchObject({
      headers: { 'content-type': 'text/css; charset=utf-8' },
      body: 'p {}',
    });
    expect(await ask('/', 'HEAD')).toMatchObject({ status: 200, body: '', headers: { 'content-length': '3' } });
    expect(await ask('/events', 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  test('lets the page load nothing from elsewhere, and be shown nowhere else', async () => {
    for (const path of ['/', '/graph.json', '/nothing']) {
      const { headers } = await ask(path);
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/,
      );
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  test.each([
    ...['/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/src/main.ts', '//etc/passwd', '/page.js/', '/index.html'],
    ...['/constructor', '/__proto__', '/graph.json/..', '*', 'https://localhost/'],
  ])('has nothing at %s', async (path) => {
    expect((await ask(path)).status).toBe(404);
  });

  test('has the same for who asks as of a proxy, and nothing else', async () => {
    const { status, body } = await ask(`HTTP://LocalHost:${port}/page.js?v=1`);
    expect([status, body]).toEqual([200, '1']);
    const there = `http://127.0.0.1:${port}`;
    for (const path of ['', '/', '?a/b'])
      expect([path, await ask(there + path)]).toMatchObject([path, { body: '<p>' }]);
    for (const path of ['/none', '//', '/graph.json/..', '/http://localhost/']) {
      expect([path, (await ask(there + path)).status]).toEqual([path, 404]);
    }
    for (const name of ['elsewhere', `elsewhere:${port}`, '127.0.0.1', `a@127.0.0.1:${port}`, '']) {
      expect([name, (await ask(`http://${name}/`)).status]).toEqual([name, 403]);
    }
    expect((await ask(`${there}/`, 'GET', { host: 'elsewhere' })).status).toBe(403);
  });

  test('is asked, and not told', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      expect(await ask('/', method)).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    }
  });

  test('knows itself by no name but its own', async () => {
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`]) {
      expect((await ask('/graph.json', 'GET', { host })).status).toBe(503);
    }
    for (const host of [
      'elsewhere.example',
      `elsewhere.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:${port + 1}`,
      `127.0.0.1.elsewhere.example:${port}`,
    ]) {
      expect((await ask('/graph.json', 'GET', { host })).status).toBe(403);
    }
  });

  test('says that there is no result yet, and then gives it', async () => {
    expect(await ask('/graph.json')).toMatchObject({ status: 503, body: '{"computing":true}' });
    await live.publish(report, { recomputed: 1, changed: [] });
    const { status, headers, body } = await ask('/graph.json');
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    const { modules, cycles, unresolved, errors, entries } = report;
    expect(JSON.parse(body)).toEqual({ version: 1, root: 'tree', modules, cycles, unresolved, errors, entries });
  });

  test('tells how far it is, and of every result', async () => {
    live.progress({ found: 5, read: 2, evaluated: 1 }, false);
    const seen = events(5);
    while (live.streams.size === 0) await new Promise(setImmediate);
    live.progress({ found: 5, read: 5, evaluated: 1 }, false);
    live.progress({ found: 5, read: 5, evaluated: 1 }, false);
    await live.publish(report, { recomputed: 1, changed: ['<a>.ts'] });
    live.progress({ found: 5, read: 5, evaluated: 5 }, true);
    live.fail('there is no tree');
    expect(await seen).toEqual([
      ['progress', { phase: 'reading', done: 2, known: 5 }],
      ['progress', { phase: 'evaluating', done: 1, known: 5 }],
      ['graph', { version: 1, modules: 1, recomputed: 1, changed: ['<a>.ts'] }],
      ['progress', { phase: 'done', done: 5, known: 5 }],
      ['failed', { message: 'there is no tree' }],
    ]);
    // Who comes later is told what there is.
    expect((await events(3)).map(([event]) => event)).toEqual(['progress', 'graph', 'failed']);
    await live.publish(report, { recomputed: 0, changed: [] });
    expect((await events(2)).map(([event]) => event)).toEqual(['progress', 'graph']);
  });

  test('says so when the page could not be made', async () => {
    server.close();
    await listen(Promise.reject(new Error('no library')));
    expect((await ask('/')).status).toBe(500);
    expect((await ask('/graph.json')).status).toBe(503);
  });
});
