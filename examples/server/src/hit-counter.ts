// Counts how often it has been looked at, and says so.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { log, task } from '@x/proc';
import { requestSignal } from '@x/proc/node';

/** Makes a server that tells each visitor of `/` how many there have been. */
export function hitCounter(): Server {
  let count = 0;

  function answer(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): void {
    const found = request.url === '/';
    response.statusCode = found ? 200 : 404;
    log(signal, 'responseStatus', String(response.statusCode));
    if (!found) {
      response.end('Not found');
      return;
    }
    count++;
    log(signal, 'newCount', String(count));
    response.setHeader('Content-Type', 'text/html');
    response.end(`<p>This server has been accessed ${times(count)}.</p>`);
  }

  return createServer((request, response) => {
    // Under the signal of the request: the task belongs to that of the server, and ends early when the client goes away.
    const respond = task('request', (signal) => answer(request, response, signal));
    Promise.resolve(respond(requestSignal(request))).catch((error: unknown) => response.destroy(error as Error));
  });
}

function times(count: number): string {
  if (count === 1) return 'only once';
  return count === 2 ? 'twice' : `${count} times`;
}
