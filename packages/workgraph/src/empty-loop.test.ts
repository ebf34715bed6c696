import { describe, expect, test } from '@jest/globals';
import { newRequest, Worker } from './index.js';
import { run } from './test-support/program.js';
import { failure, turn, within } from './test-support/timing.js';

/** What is called when the event loop is empty. */
const listener = (): (() => void) => process.listeners('beforeExit').at(0) as () => void;

const given = (): { signal: AbortSignal; up: () => void } => {
  const controller = new AbortController();
  return { signal: controller.signal, up: () => controller.abort() };
};

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

  test.each(['esm', 'cjs'] as const)(
    'reaches a main function that nothing else holds, however often the collector has run (%s)',
    async (format) => {
      const { code, stdout } = await run(
        `
        import { Once, OnceMap, spawn, Worker } from '@x/workgraph';
        const collect = async () => {
          for (let i = 0; i < 5; i++) { gc(); await new Promise((resolve) => setImmediate(resolve)); }
        };
        const stuck = async () => { await collect(); await new Promise(() => {}); };
        async function map() {
          const map = new OnceMap(stuck, { name: () => 'a key' });
          return map.get('a key', new Worker());
        }
        async function once() {
          return new Once({ name: 'a once' }).do(new Worker(), stuck);
        }
        async function track() {
          return new Worker().track(stuck(), 'a socket');
        }
        async function main() {
          for (const part of [map, once, track]) await part().catch((error) => console.log(error.requestId.name));
        }
        main().then(() => console.log('end'));
        `,
        { format, flags: ['--expose-gc'] },
      );
      expect(stdout).toBe('a key\na once\na socket\nend\n');
      expect(code).toBe(0);
    },
    30_000,
  );

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

  test('fails what is waited for outside the graph alone, so that no program ends without a word', async () => {
    const { code, stdout, stderr } = await run(`
      import { newRequest, spawn, Worker } from '@x/workgraph';
      const main = new Worker({ name: 'main' });
      const looked = main.track(new Promise(() => {}), 'socket');
      const { resolver, promise } = newRequest(main, { name: 'stuck' });
      spawn((worker) => worker.track(new Promise(() => {}), 'database'), {}, resolver);
      // Nobody looks at this one: the program ends as ever.
      main.track(new Promise(() => {}), 'file');
      const errors = await Promise.allSettled([looked, promise.await(main)]);
      for (const { reason } of errors) console.log(reason.name, reason.requestId.name, reason.message);
      await main.track(new Promise(() => {}), 'disk').catch((error) => console.log(error.message));
      await main.track(new Promise(() => {}), 'uncaught');
    `);
    const why = 'the event loop is empty while these are awaited';
    expect(stdout).toBe(
      [
        `UnresolvedError socket socket was not resolved: ${why}: stuck; outside the graph: socket, file, database`,
        `UnresolvedError stuck stuck was not resolved: ${why}: stuck; outside the graph: socket, file, database`,
        `disk was not resolved: ${why} outside the graph: disk`,
        '',
      ].join('\n'),
    );
    expect(stderr).toContain('uncaught was not resolved');
    expect(code).toBe(1);
  }, 30_000);

  test('is not what a program ends with that has not looked at what it waits for outside the graph', async () => {
    const { code, stdout, stderr } = await run(`
      import { Worker } from '@x/workgraph';
      const main = new Worker();
      main.track(new Promise(() => {}), 'socket');
      const failing = main.track(Promise.reject(new Error('no')), 'file');
      process.on('unhandledRejection', (error, promise) => console.log(error.message, promise === failing));
    `);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'no true\n', stderr: '' });
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

  test('has its next turn also under fake timers: what is awaited then is told, too', async () => {
    const { code, stdout } = await run(`
      import { mock } from 'node:test';
      import { newRequest, Worker } from '@x/workgraph';
      mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate'] });
      const [main, owner] = [new Worker(), new Worker()];
      const requests = ['one', 'two', 'three'].map((name) => newRequest(owner, { name }));
      for (const { promise } of requests) await promise.await(main).catch((error) => console.log(error.requestId.name, error.code));
    `);
    expect(stdout).toBe('one ERR_UNRESOLVED\ntwo ERR_UNRESOLVED\nthree ERR_UNRESOLVED\n');
    expect(code).toBe(0);
  }, 30_000);

  test('holds next to nothing of waits that are over while others go on, before the collector has told of itself', async () => {
    const { stdout, stderr } = await run(
      `
      import { newRequest, OnceMap, Worker } from '@x/workgraph';
      const owner = new Worker();
      const old = Array.from({ length: 5 }, (_, name) => newRequest(owner, { name: 'old ' + name }));
      const told = old.map(({ promise }) => promise.await(new Worker()).catch((error) => error));
      const used = () => (gc(), process.memoryUsage().heapUsed);
      const main = new Worker();
      const many = async () => {
        for (let i = 0; i < 100_000; i++) await new OnceMap((key) => key).get(1, i % 2 ? main : new Worker());
      };
      // Without a turn of the event loop: nobody hears of the collector.
      await many();
      const before = used();
      await many();
      console.log(used() - before < 1e6);
      const errors = await Promise.all(told);
      console.log(errors.map(({ requestId }) => requestId.name).join());
      console.log(errors[0].message);
      `,
      { flags: ['--expose-gc'] },
    );
    const names = ['old 0', 'old 1', 'old 2', 'old 3', 'old 4'];
    expect({ stdout, stderr }).toEqual({
      stdout: `true\n${names.join()}\nold 0 was not resolved: the event loop is empty while these are awaited: ${names.join(', ')}\n`,
      stderr: '',
    });
  }, 30_000);

  test('leaves alone what another listener begins', async () => {
    const { code, stdout, stderr } = await run(`
      import { newRequest, Once, spawn, Worker } from '@x/workgraph';
      const flush = new Once({ name: 'flush' });
      process.once('beforeExit', async () => {
        console.log(await flush.do(new Worker(), async () => 'flushed'));
        const { resolver, promise } = newRequest(new Worker(), { name: 'closed' });
        spawn(async (worker) => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          resolver.resolve(worker, 'closed');
        }, {}, resolver);
        console.log(await promise.await(new Worker()));
      });
      const main = new Worker();
      const { promise } = newRequest(main, { name: 'stuck' });
      await promise.await(new Worker()).catch((error) => console.log(error.message));
      console.log(main.name);
    `);
    expect(stdout).toBe(
      'flushed\nstuck was not resolved: the event loop is empty while these are awaited: stuck\nundefined\nclosed\n',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }, 30_000);

  test.each(['before', 'after'])(
    'is told also where a listener that was there %s keeps it from being empty, and then ends the program',
    async (when) => {
      const flush = `process.once('beforeExit', async () => {
        await new Promise((resolve) => setTimeout(resolve, 10_000));
        process.exit(0);
      });`;
      const { code, stdout, stderr } = await run(`
      import { newRequest, Worker } from '@x/workgraph';
      ${when === 'before' ? flush : ''}
      const main = new Worker();
      globalThis.kept = main;
      const { promise } = newRequest(main, { name: 'stuck' });
      promise.await(new Worker()).then(console.log);
      ${when === 'after' ? flush : ''}
    `);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('stuck was not resolved: the event loop is empty while these are awaited: stuck');
    },
    30_000,
  );

  test('lets a listener end what is awaited, at once', async () => {
    const { stdout } = await run(`
      import { newRequest, Worker } from '@x/workgraph';
      const main = new Worker();
      const { resolver, promise } = newRequest(main);
      process.once('beforeExit', async () => resolver.resolve(main, await 'in the end'));
      console.log(await promise.await(new Worker()));
    `);
    expect(stdout).toBe('in the end\n');
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

  test('asks for one more turn of the loop where it fails something, and for none where nobody waits', async () => {
    const [main, owner] = [new Worker(), new Worker()];
    const [one, two] = [newRequest(owner, { name: 'one' }), newRequest(owner, { name: 'two' })];
    const waiting = [failure(one.promise.await(main)), failure(two.promise.await(new Worker()))];
    void main.track(new Promise(() => {}), 'disk');
    const onEmpty = listener();
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    onEmpty();
    expect(timers()).toBe(before + 1);
    const [first, second] = await Promise.all(waiting);
    expect(timers()).toBe(before);
    onEmpty();
    expect(timers()).toBe(before);
    expect(first).toHaveProperty('code', 'ERR_UNRESOLVED');
    expect(second).toHaveProperty(
      'message',
      'two was not resolved: the event loop is empty while these are awaited: one, two; outside the graph: disk',
    );
  });

  test.each([
    [9, ''],
    [10, ' and 1 more'],
  ])('names nine requests of %d', async (n, more) => {
    const owner = new Worker();
    const requests = Array.from({ length: n }, (_, index) => newRequest(owner, { name: `r${index}` }));
    const main = new Worker();
    const waiting = requests.map(({ promise }) => failure(promise.await(main)));
    listener()();
    const names = Array.from({ length: 9 }, (_, index) => `r${index}`).join(', ');
    expect(await waiting[0]).toHaveProperty(
      'message',
      `r0 was not resolved: the event loop is empty while these are awaited: ${names}${more}`,
    );
    await Promise.all(waiting);
  });

  test('fails what somebody awaits whom others await, and those alone: not what is awaited by nobody', async () => {
    const [a, b, c] = [new Worker(), new Worker(), new Worker()];
    const [one, two, quiet] = [newRequest<number>(b), newRequest<number>(c), newRequest<number>(c)];
    const waiting = [failure(one.promise.await(a)), failure(two.promise.await(b))];
    listener()();
    for (const error of await Promise.all(waiting)) expect(error).toHaveProperty('code', 'ERR_UNRESOLVED');
    quiet.resolver.resolve(c, 1);
    expect(await within(quiet.promise.await(a))).toBe(1);
    // Reported too late: ignored.
    one.resolver.resolve(b, 1);
    expect(await failure(one.promise.await(c))).toHaveProperty('code', 'ERR_UNRESOLVED');
  });

  test('fails a request that was resolved with a promise which never settles, and what that says later is ignored', async () => {
    const [main, owner] = [new Worker(), new Worker()];
    const { resolver, promise } = newRequest<unknown>(owner, { name: 'later' });
    let resolve: (value: number) => void = () => {};
    resolver.resolve(owner, new Promise<number>((r) => (resolve = r)));
    const waiting = failure(promise.await(main));
    listener()();
    const error = await waiting;
    expect(error).toHaveProperty('code', 'ERR_UNRESOLVED');
    resolve(1);
    await turn();
    expect(await failure(promise.await(main))).toBe(error);
  });

  test('is listened to from the first wait to the end of the last', async () => {
    const count = (): number => process.listenerCount('beforeExit');
    const [a, b, c] = [new Worker(), new Worker(), new Worker()];
    const [one, two] = [newRequest<number>(b), newRequest<number>(c)];
    expect(count()).toBe(0);
    const first = one.promise.await(a);
    const { signal, up } = given();
    const second = failure(two.promise.await(a, { signal }));
    expect(count()).toBe(1);
    up();
    await second;
    expect(count()).toBe(1);
    // Who is awaited is watched from there; once it is not, for itself.
    const third = two.promise.await(b);
    one.resolver.resolve(b, 1);
    await within(first);
    expect(count()).toBe(1);
    two.resolver.resolve(c, 2);
    await within(third);
    expect(count()).toBe(0);
  });

  test('is listened to until the last of many waits has ended', async () => {
    const [main, owner] = [new Worker(), new Worker()];
    const requests = Array.from({ length: 12 }, () => newRequest<number>(owner));
    const all = Promise.all(requests.map(({ promise }) => promise.await(main)));
    for (const { resolver } of requests) {
      expect(process.listenerCount('beforeExit')).toBe(1);
      resolver.resolve(owner, 1);
    }
    expect(process.listenerCount('beforeExit')).toBe(0);
    await within(all);
  });

  test('finds who still waits after those have given up who awaited them', async () => {
    const [a, b, c] = [new Worker(), new Worker(), new Worker()];
    const [one, two] = [newRequest<number>(b, { name: 'one' }), newRequest<number>(c, { name: 'two' })];
    const { signal, up } = given();
    const first = failure(one.promise.await(a, { signal }));
    const second = failure(two.promise.await(b));
    up();
    await first;
    listener()();
    expect(await second).toHaveProperty('message', expect.stringMatching(/^two was not resolved: .*: two$/));
    expect([a, b, c]).toHaveLength(3);
  });

  test('is noticed by waits alone that have outlived collections of garbage', async () => {
    const [main, owner] = [new Worker(), new Worker()];
    const { promise } = newRequest(owner, { name: 'old' });
    const waiting = failure(promise.await(main));
    for (let i = 0; i < 5; i++) {
      (globalThis as { gc?: () => void }).gc?.();
      await turn();
    }
    const young = newRequest<number>(owner, { name: 'young' });
    const late = failure(young.promise.await(main));
    listener()();
    expect(await waiting).toHaveProperty('message', expect.stringMatching(/: old, young$/));
    await late;
    expect([main, owner]).toHaveLength(2);
    expect(process.listenerCount('beforeExit')).toBe(0);
  });

  test('is not noticed where the runtime does not tell it, and waits go on as ever', async () => {
    const owner = new Worker();
    const { resolver, promise } = newRequest<number>(owner);
    const { prependListener } = process;
    process.prependListener = undefined as never;
    let waiting: Promise<number>;
    try {
      waiting = promise.await(new Worker());
    } finally {
      process.prependListener = prependListener;
    }
    expect(process.listenerCount('beforeExit')).toBe(0);
    resolver.resolve(owner, 1);
    expect(await within(waiting)).toBe(1);
    expect(process.listenerCount('beforeExit')).toBe(0);
  });

  // The last, for the listener stays.
  test('keeps its listener once that has come and gone a thousand times', async () => {
    const [main, owner] = [new Worker(), new Worker()];
    let left = 0;
    for (let i = 0; i < 1500 && process.listenerCount('beforeExit') === 0; i++, left++) {
      const { resolver, promise } = newRequest<number>(owner);
      const waiting = promise.await(main);
      resolver.resolve(owner, i);
      await waiting;
    }
    expect(left).toBeGreaterThan(900);
    expect(left).toBeLessThanOrEqual(1001);
    for (let i = 0; i < 3; i++) {
      const { resolver, promise } = newRequest<number>(owner);
      void promise.await(main);
      expect(process.listenerCount('beforeExit')).toBe(1);
      resolver.resolve(owner, i);
      expect(process.listenerCount('beforeExit')).toBe(1);
    }
  });
});
