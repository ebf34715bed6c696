// The entries that need Node, for Node and for what runs its programs.
import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { deferred, dispose, equal, failure, holds, later, live, same } from './harness.mjs';

/** @param {AbortSignal} signal @returns {Promise<void>} */
const untilAbort = (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

/** Sends a signal to this program, as an operator would. @param {NodeJS.Signals} signal */
const kill = (signal) => void process.kill(process.pid, signal);

/** @param {import('node:net').Server} server */
const portOf = (server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port;

/** @param {import('node:net').Server} server @param {import('node:http').RequestOptions} [options] @returns {Promise<string>} */
const request = (server, options) =>
  new Promise((resolve, reject) => {
    get({ port: portOf(server), host: '127.0.0.1', agent: false, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (/** @type {string} */ part) => (text += part));
      response.on('end', () => resolve(text)).on('error', reject);
    }).on('error', reject);
  });

/** @param {import('node:events').EventEmitter} emitter @param {string} event @returns {Promise<void>} */
const once = (emitter, event) => new Promise((resolve) => emitter.once(event, () => resolve()));

/** @param {typeof import('@x/abort/node')} entry @returns {import('./harness.mjs').Checks} */
const abortNode = ({ osSignal, SignalError }) => ({
  'the first of the named OS signals aborts, and handlers are gone afterwards': async () => {
    const scope = osSignal(['SIGUSR2', 'SIGTERM']);
    const told = untilAbort(scope.signal);
    kill('SIGUSR2');
    await told;
    holds(scope.reason instanceof SignalError, 'a SignalError');
    same(
      [
        /** @type {any} */ (scope.reason).signal,
        /** @type {any} */ (scope.reason).code,
        /** @type {any} */ (scope.reason).exitCode > 128,
      ],
      ['SIGUSR2', 'ERR_SIGNAL', true],
    );
    scope[dispose]();
    same([process.listenerCount('SIGUSR2'), process.listenerCount('SIGTERM')], [0, 0]);
  },
});

/** @param {typeof import('@x/run')} run @param {typeof import('@x/run/node')} entry @returns {import('./harness.mjs').Checks} */
const runNode = ({ Group }, { serverActor, signalActor, streamActor }) => ({
  'an OS signal brings a group with a server down, which answers what is in flight': async () => {
    const arrived = deferred();
    const server = createServer((_request, response) => {
      arrived.resolve();
      setTimeout(() => response.end('answered'), 30);
    });
    const group = new Group({ gracePeriod: 5_000 });
    group.add(signalActor(['SIGUSR2']));
    group.add(serverActor(server, { port: 0, host: '127.0.0.1' }, { drain: 2_000 }));
    const running = failure(() => group.run());
    await once(server, 'listening');
    const answer = request(server);
    await arrived.promise;
    kill('SIGUSR2');
    equal(await answer, 'answered');
    equal((await running).code, 'ERR_SIGNAL');
    equal(server.listening, false);
  },
  'a stream is read to its end': async () => {
    /** @type {string[]} */
    const chunks = [];
    const group = new Group();
    group.add(streamActor(Readable.from(['a', 'b']), (/** @type {string} */ chunk) => void chunks.push(chunk)));
    await group.run();
    same(chunks, ['a', 'b']);
  },
});

/** @param {typeof import('@x/proc')} proc @param {typeof import('@x/proc/node')} entry @returns {import('./harness.mjs').Checks} */
const procNode = ({ log, sequence, task }, { main, requestSignal, serve, trace }) => ({
  'a signal ends a program in order, and is what it resolves with': async () => {
    const running = main(
      (signal) => untilAbort(signal).then(() => Promise.reject(/** @type {Error} */ (signal.reason))),
      { signals: ['SIGUSR2'] },
    );
    await later();
    kill('SIGUSR2');
    equal(await running, 'SIGUSR2');
    equal(process.listenerCount('SIGUSR2'), 0);
    equal(await main(() => {}), undefined);
  },
  'a server stops without losing a request, and cuts what takes too long': async () => {
    const arrived = deferred();
    const server = createServer((_request, response) => {
      arrived.resolve();
      setTimeout(() => response.end('answered'), 20);
    });
    const scope = new AbortController();
    const serving = Promise.resolve(
      serve(server, { port: 0, host: '127.0.0.1' }, { gracePeriod: 2_000 })(scope.signal),
    );
    await once(server, 'listening');
    const answer = request(server);
    await arrived.promise;
    scope.abort();
    equal(await answer, 'answered');
    await serving.catch(() => {});

    const stuck = createServer(() => {});
    const other = new AbortController();
    const begin = performance.now();
    const ending = Promise.resolve(serve(stuck, { port: 0, host: '127.0.0.1' }, { gracePeriod: 20 })(other.signal));
    await once(stuck, 'listening');
    const cut = failure(() => request(stuck));
    await once(stuck, 'request');
    other.abort();
    await ending.catch(() => {});
    await cut;
    holds(performance.now() - begin < 5_000, 'it was cut');
  },
  'a server that cannot listen fails at once': async () => {
    const taken = createNetServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const error = await failure(() => serve(createServer(), { port: portOf(taken), host: '127.0.0.1' })(live()));
    equal(error.code, 'EADDRINUSE');
    taken.close();
    await once(taken, 'close');
  },
  'the signal of a request aborts when the client goes away': async () => {
    const gone = deferred();
    const arrived = deferred();
    const server = createServer((incoming) => {
      requestSignal(incoming).addEventListener('abort', () => gone.resolve());
      arrived.resolve();
    });
    const scope = new AbortController();
    const serving = Promise.resolve(serve(server, { port: 0, host: '127.0.0.1' }, { gracePeriod: 100 })(scope.signal));
    await once(server, 'listening');
    const client = get({ port: portOf(server), host: '127.0.0.1', agent: false }).on('error', () => {});
    await arrived.promise;
    client.destroy();
    await gone.promise;
    scope.abort();
    await serving.catch(() => {});
  },
  'a trace is a file of events that tools can read': async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trace-'));
    try {
      const file = join(folder, 'trace.json');
      const writer = trace.start(file);
      await task('outer', sequence(task('inner', (signal) => log(signal, 'say', 'hello'))))(live());
      await writer.stop();
      /** @type {{ name?: string }[] | { traceEvents: { name?: string }[] }} */
      const parsed = JSON.parse(readFileSync(file, 'utf8'));
      const names = (Array.isArray(parsed) ? parsed : parsed.traceEvents).map(({ name }) => name);
      holds(names.includes('outer') && names.includes('inner'), `both tasks, among ${names.join(', ')}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

/** @param {typeof import('@x/process/node')} entry @returns {import('./harness.mjs').Checks} */
const processNode = ({ withSignals }) => ({
  'an OS signal closes a process': async () => {
    const root = withSignals('SIGUSR2');
    let torn = false;
    root.setTeardown(() => void (torn = true));
    kill('SIGUSR2');
    await root.closed;
    equal(torn, true);
    equal(/** @type {any} */ (root.closing.reason).code, 'ERR_SIGNAL');
    equal(process.listenerCount('SIGUSR2'), 0);
  },
});

/** @param {typeof import('@x/async')} async @returns {import('./harness.mjs').Checks} */
const asyncNode = ({ Queue }) => ({
  'an action runs in the context of whoever has put the item in, or in that of the queue': async () => {
    const storage = new AsyncLocalStorage();
    for (const [context, expected] of /** @type {['enqueuer' | 'queue', string][]} */ ([
      ['enqueuer', 'caller'],
      ['queue', 'starter'],
    ])) {
      const queue = new Queue(() => later().then(() => storage.getStore()), { context });
      await storage.run('starter', () => queue.start());
      equal(await storage.run('caller', () => queue.submit(1)), expected, `context '${context}'`);
      await queue.stop();
    }
  },
});

/** @param {typeof import('@x/workgraph/context')} entry @returns {import('./harness.mjs').Checks} */
const workgraphContext = ({ currentWorker, newRequest, OnceMap, onceFunc, spawn }) => ({
  'the worker is the one whose work is running, across awaits and timers': async () => {
    const names = await new Promise((resolve) =>
      spawn(
        async () => {
          const before = currentWorker().name;
          await later(1);
          const after = currentWorker().name;
          setTimeout(() => resolve([before, after, currentWorker().name]), 1);
        },
        { name: 'mine' },
      ),
    );
    same(names, ['mine', 'mine', 'mine']);
    holds(currentWorker() !== currentWorker(), 'outside any work each call has its own');
  },
  'a cycle is found without handing the worker on': async () => {
    /** @type {import('@x/workgraph/context').OnceMap<string, number>} */
    const map = new OnceMap(async (key) => {
      await later();
      return map.get(key === 'a' ? 'b' : 'a');
    });
    equal((await failure(() => map.get('a'))).code, 'ERR_SELF_DEPENDENCY');
    equal(await onceFunc(() => 42)(), 42);
    const { resolver, promise } = newRequest({ name: 'answer' });
    spawn(() => resolver.resolve(1), {}, resolver);
    equal(await promise.await(), 1);
  },
});

/** @param {import('./suite.mjs').Load} load @returns {[string, import('./harness.mjs').Checks][]} */
export const nodeChecks = (load) => [
  ['abort', abortNode(load('abort/node'))],
  ['run', runNode(load('run'), load('run/node'))],
  ['proc', procNode(load('proc'), load('proc/node'))],
  ['process', processNode(load('process/node'))],
  ['async', asyncNode(load('async'))],
  ['workgraph', workgraphContext(load('workgraph/context'))],
];
