import { describe, expect, jest, test } from '@jest/globals';
import { newRequest, Worker } from './index.js';
import { run } from './test-support/program.js';
import { failure } from './test-support/timing.js';

const hang = `
  const main = new Worker({ name: 'main' });
  const map = new OnceMap((key, worker) => worker.track(new Promise(() => {}), 'database'), { name: (key) => 'page ' + key });
`;

describe('an event loop that runs empty while somebody awaits', () => {
  test('fails a top-level await with an error that names the request and what is waited for outside, which the program can catch', async () => {
    const { code, stdout, stderr } = await run(`
      import { OnceMap, Worker } from '@x/workgraph';
      ${hang}
      try { await map.get(1, main); } catch (error) { console.log(error.name, error.code, error.requestId.name, error.message); }
      console.log('went on');
    `);
    expect(stderr).toBe('');
    expect(stdout).toBe(
      'UnresolvedError ERR_UNRESOLVED page 1 page 1 was not resolved: the event loop is empty while these are awaited: page 1; outside the graph: database\nwent on\n',
    );
    expect(code).toBe(0);
  }, 30_000);

  test('is no silent exit when nothing catches: the program fails with the error', async () => {
    const { code, stderr } = await run(`
      import { OnceMap, Worker } from '@x/workgraph';
      ${hang}
      await map.get(1, main);
    `);
    expect(code).toBe(1);
    expect(stderr).toContain('ERR_UNRESOLVED');
  }, 30_000);

  test('reaches main().catch() in CommonJS', async () => {
    const { code, stdout } = await run(
      `
      import { newRequest, spawn, Worker } from '@x/workgraph';
      async function main() {
        const worker = new Worker();
        const { resolver, promise } = newRequest(worker, { name: 'stuck' });
        spawn(() => new Promise(() => {}), {}, resolver);
        return promise.await(worker);
      }
      main().catch((error) => { console.log(error.message); process.exitCode = 7; });
    `,
      { format: 'cjs' },
    );
    expect(stdout).toBe('stuck was not resolved: the event loop is empty while these are awaited: stuck\n');
    expect(code).toBe(7);
  }, 30_000);

  test('reaches a worker thread, and waits that outlived collections of garbage', async () => {
    const { code, stdout } = await run(
      `
      import { isMainThread, Worker as Thread } from 'node:worker_threads';
      import { setImmediate as turn } from 'node:timers/promises';
      import { OnceMap, Worker } from '@x/workgraph';
      if (isMainThread) {
        new Thread(process.argv[1]).on('exit', (code) => console.log('exit', code));
      } else {
        ${hang}
        for (let i = 0; i < 3; i++) map.get(i, main).catch((error) => console.log(error.code));
        for (let i = 0; i < 5; i++) { gc(); await turn(); }
        globalThis.kept = [main, map];
      }
    `,
      { flags: ['--expose-gc'] },
    );
    expect(stdout).toBe('ERR_UNRESOLVED\nERR_UNRESOLVED\nERR_UNRESOLVED\nexit 0\n');
    expect(code).toBe(0);
  }, 30_000);

  test('fails every awaited request, whoever is responsible, and each once; what is awaited then has its turn', async () => {
    const { stdout } = await run(`
      import { newRequest, Worker } from '@x/workgraph';
      const [a, b, main] = ['a', 'b', 'main'].map((name) => new Worker({ name }));
      const [one, two, three, quiet] = [[a, 'one'], [b, 'two'], [b, 'three'], [b, 'quiet']].map(([w, name]) => newRequest(w, { name }));
      globalThis.kept = [a, b, main];
      const say = (name) => (error) => console.log(name, error.requestId.name);
      one.promise.await(main).catch(say('main'));
      two.promise.await(a).catch(async (error) => {
        say('a')(error);
        three.promise.await(a).catch((error) => {
          say('a')(error);
          one.resolver.resolve(a, 'ignored');
          quiet.resolver.resolve(b, 'not awaited, so not failed');
          console.log('end');
        });
      });
    `);
    expect(stdout).toBe('main one\na two\na three\nend\n');
  }, 30_000);

  test('says the first names only, where there are many', async () => {
    const { stdout } = await run(`
      import { OnceMap, Worker } from '@x/workgraph';
      const main = new Worker();
      const map = new OnceMap(() => new Promise(() => {}));
      const errors = await Promise.allSettled(Array.from({ length: 12 }, (_, key) => map.get(key, main)));
      console.log(errors.at(-1).reason.message);
    `);
    expect(stdout).toMatch(
      /^11 was not resolved: the event loop is empty while these are awaited: (\d+, ){8}\d+ and 3 more\n$/,
    );
  }, 30_000);

  test('is listened to only while somebody awaits, and without coming and going forever', async () => {
    const { stdout } = await run(`
      import { OnceMap, newRequest, Worker } from '@x/workgraph';
      const map = new OnceMap(async (key) => key);
      const main = new Worker();
      const counts = () => process.listenerCount('beforeExit');
      const waiting = map.get(-1, main);
      console.log(counts());
      await waiting;
      console.log(counts());
      let changes = 0;
      process.on('newListener', () => changes++);
      for (let i = 0; i < 5000; i++) await map.get(i, main);
      console.log(changes <= 1001, counts());
    `);
    expect(stdout).toBe('1\n0\ntrue 1\n');
  }, 30_000);

  test('does not end a wait that was given up, nor one that a timer will end', async () => {
    const { stdout } = await run(`
      import { newRequest, Worker } from '@x/workgraph';
      const [a, b] = [new Worker(), new Worker()];
      const [one, two] = [newRequest(a, { name: 'one' }), newRequest(b, { name: 'two' })];
      globalThis.kept = [a, b];
      const controller = new AbortController();
      one.promise.await(b, { signal: controller.signal }).catch((reason) => console.log(reason));
      two.promise.await(new Worker()).then(console.log);
      controller.abort('given up');
      setTimeout(() => two.resolver.resolve(b, 'in time'), 5);
    `);
    expect(stdout).toBe('given up\nin time\n');
  }, 30_000);

  test('asks for one more turn of the loop where it has failed something, and for none where nobody waits', async () => {
    const [main, owner] = [new Worker(), new Worker()];
    const [one, two] = [newRequest(owner, { name: 'one' }), newRequest(owner, { name: 'two' })];
    const waiting = [failure(one.promise.await(main)), failure(two.promise.await(new Worker()))];
    void main.track(new Promise(() => {}), 'disk');
    const [onEmpty] = process.listeners('beforeExit').slice(-1) as [() => void];
    const timers = jest.spyOn(globalThis, 'setTimeout');
    try {
      onEmpty();
      expect(timers).toHaveBeenCalledTimes(1);
      onEmpty();
      expect(timers).toHaveBeenCalledTimes(1);
    } finally {
      timers.mockRestore();
    }
    const [first, second] = await Promise.all(waiting);
    expect(first).toHaveProperty('code', 'ERR_UNRESOLVED');
    expect(second).toHaveProperty(
      'message',
      expect.stringMatching(/^two was not resolved: .*: one, two; outside the graph: disk$/),
    );
  });
});
