import { expect, test } from '@jest/globals';
import { run } from './test-support/program.js';

test('two copies of the package in a program work on one graph', async () => {
  // The program loads itself twice more: each time with all of the package's files.
  const { stdout, stderr } = await run(`
    import * as workgraph from '@x/workgraph';
    export { workgraph };
    if (!import.meta.url.includes('?')) {
      const [one, two] = [(await import(import.meta.url + '?1')).workgraph, (await import(import.meta.url + '?2')).workgraph];
      console.log(one.Worker !== two.Worker, one.noRequest === two.noRequest, String(two.noRequest));

      // A cycle through both.
      const map = new one.OnceMap((key, worker) => other.get(key, worker), { name: () => 'one' });
      const other = new two.OnceMap((key, worker) => map.get(key, worker), { name: () => 'two' });
      const error = await map.get(1, new two.Worker()).catch((error) => error);
      console.log(error.message, error instanceof one.SelfDependencyError, error instanceof two.SelfDependencyError);

      // One has made the worker, the other the request.
      const worker = new one.Worker();
      const { resolver, promise } = two.newRequest(worker, { name: 'shared' });
      two.spawn((w) => resolver.resolve(w, 42), {}, resolver);
      console.log(await promise.await(worker));

      // Who began to wait through the one ends it through the other; what still waits is known to both when the loop is empty.
      const owner = new two.Worker();
      const [stuck, done] = [two.newRequest(owner, { name: 'stuck' }), one.newRequest(worker)];
      globalThis.kept = [owner, worker];
      const waiting = done.promise.await(new two.Worker());
      done.resolver.resolve(worker, 1);
      await waiting;
      await stuck.promise.await(worker).catch((error) => console.log(error.message));
      console.log(process.listenerCount('beforeExit'));
    }
  `);
  expect(stderr).toBe('');
  expect(stdout).toBe(
    [
      'true true no request',
      'one -> two -> one true true',
      '42',
      'stuck was not resolved: the event loop is empty while these are awaited: stuck',
      '0',
      '',
    ].join('\n'),
  );
}, 30_000);
