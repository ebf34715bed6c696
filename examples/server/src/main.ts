// A server that counts its visitors, writes a trace of what it does, and stops gracefully on Ctrl-C.
import { task } from '@x/proc';
import { main, serve, trace } from '@x/proc/node';
import { hitCounter } from './hit-counter.js';

const port = Number(process.env['PORT'] ?? 8080);
const file = process.env['TRACE'] ?? 'trace.json';

const tracing = trace.start(file);
const server = hitCounter().on('listening', () => {
  const address = server.address();
  console.log(`Listening on port ${typeof address === 'object' ? address?.port : address}; the trace goes to ${file}`);
});

// The name of the task is what the trace shows, and what `main` names if the server does not end in time.
const web = task('web', serve(server, { port }, { gracePeriod: 5_000 }));
try {
  const signal = await main(web, { gracePeriod: 10_000, onSignal: (name) => console.log(`${name}: stopping`) });
  console.log(`Stopped by ${signal ?? 'itself'}`);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await tracing.stop();
}
