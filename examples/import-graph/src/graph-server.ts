import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LiveGraph } from './live-graph.js';
import type { PageFiles } from './page-files.js';

/** Nothing of the page comes from elsewhere, is asked of elsewhere, or is shown elsewhere. */
const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

/**
 * Makes the server of the page. There are these five paths and no other: nothing that a request says is ever used to find a file.
 *
 * | path          | what it is                                                  |
 * | ------------- | ----------------------------------------------------------- |
 * | `/`           | the page; `/page.js` and `/page.css` belong to it           |
 * | `/graph.json` | the latest result, or status 503 while there is none        |
 * | `/events`     | how far the work is, and news of results, as they come      |
 *
 * @param page is awaited by who asks for it, so that it may still be made when the server is
 */
export function graphServer(live: LiveGraph, page: Promise<PageFiles>): Server {
  const file =
    (type: string, contents: (files: PageFiles) => Buffer) =>
    async (response: ServerResponse): Promise<void> => {
      let files: PageFiles;
      try {
        files = await page;
      } catch {
        say(response, 500, 'The page could not be made: see what the program says.\n');
        return;
      }
      send(response, 200, type, contents(files));
    };
  const routes: Readonly<Record<string, (response: ServerResponse, isHead: boolean) => void | Promise<void>>> = {
    '/': file('text/html; charset=utf-8', ({ html }) => html),
    '/page.js': file('text/javascript; charset=utf-8', ({ script }) => script),
    '/page.css': file('text/css; charset=utf-8', ({ style }) => style),
    '/graph.json': (response) => {
      const type = 'application/json; charset=utf-8';
      if (live.body === undefined) send(response, 503, type, Buffer.from('{"computing":true}'));
      else send(response, 200, type, live.body);
    },
    '/events': (response, isHead) => {
      if (isHead) send(response, 200, 'text/event-stream; charset=utf-8', Buffer.from(''));
      else live.follow(response);
    },
  };

  let port = 0;
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const { method = '', url = '', headers: said } = request;
    // As for a proxy: `GET http://localhost:4280/graph.json` has the name in it once more, and no path where that is `/`.
    const [, name = said.host, asked = url] = /^http:\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
    const [path = ''] = asked.replace(/^(?=$|\?)/, '/').split('?', 1);
    if (![name, said.host].every((each) => isOurs(each, port))) say(response, 403, 'This address is not known here.\n');
    else if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      say(response, 405, 'There is nothing here to be changed.\n');
    } else if (!Object.hasOwn(routes, path)) say(response, 404, 'There is nothing here.\n');
    else void routes[path]?.(response, method === 'HEAD');
  });
  return server.on('listening', () => ({ port } = server.address() as AddressInfo));
}

/** A page of elsewhere whose name has been made to lead to this machine would be asked for by that name (DNS rebinding). */
function isOurs(host: string | undefined, port: number): boolean {
  const names = ['127.0.0.1', 'localhost'];
  const hosts = port === 80 ? [...names, ...names.map((name) => `${name}:80`)] : names.map((name) => `${name}:${port}`);
  return hosts.includes(host?.toLowerCase() ?? '');
}

function say(response: ServerResponse, status: number, text: string): void {
  send(response, status, 'text/plain; charset=utf-8', Buffer.from(text));
}

/** To HEAD Node sends the headers alone. */
function send(response: ServerResponse, status: number, type: string, body: Buffer): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': body.length });
  response.end(body);
}
