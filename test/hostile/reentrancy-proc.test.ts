// What @x/proc calls, while it calls back.
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, jest } from '@jest/globals';
import { aborted } from '@x/abort';
import {
  concurrent,
  concurrentGroup,
  log,
  MultiError,
  scoped,
  sequence,
  shield,
  subscribe,
  supervise,
  task,
  traceRegion,
  withTimeout,
  type Proc,
  type Scope,
  type Tracer,
} from '@x/proc';
import { main, requestSignal, serve, trace, type MainOptions } from '@x/proc/node';
import { otel } from '@x/proc/otel';
import {
  type Calls,
  type Hit,
  methods,
  Reentrancy,
  type Scene,
  type Stage,
  STOP,
  THROWN,
} from '../test-support/reentrancy.js';
import { waitsOn } from '../test-support/surroundings.js';

type OtelTracer = NonNullable<NonNullable<Parameters<typeof otel>[0]>['tracer']>;
/** What is called of a span. */
const SPAN = ['addEvent', 'recordException', 'setStatus', 'setAttribute', 'end', 'spanContext'];
const never = new AbortController().signal;

/** Every way to make a process of others. */
const kinds: Record<string, (proc: Proc) => Proc> = {
  concurrent: (proc) => concurrent(proc, () => {}),
  concurrentGroup: (proc) => concurrentGroup(() => {}, proc),
  sequence: (proc) =>
    sequence(
      () => {},
      proc,
      () => {},
    ),
  shield: (proc) => shield(proc),
  supervise: (proc) => supervise(proc, { retries: 3, backoff: { initial: 0 } }),
  task: (proc) => task('a task', proc),
  traceRegion: (proc) => traceRegion('a region', proc),
  withTimeout: (proc) => withTimeout(60_000, proc),
  'Scope.spawn': (proc) => scoped((scope) => scope.spawn(proc)),
  scoped: (proc) => scoped((_, signal) => proc(signal)),
};

/** What any process may do, and whatever else runs. */
function around(signal: AbortSignal, stop: AbortController): Calls {
  return {
    ...Object.fromEntries(Object.entries(kinds).map(([name, make]) => [name, () => make(() => {})(signal)])),
    'concurrent, failing': () => concurrent(() => Promise.reject(STOP))(signal),
    log: () => log(signal, 'category', 'message'),
    'subscribe, and leave': () => subscribe({})[Symbol.dispose](),
    ...waitsOn(signal),
    stop: () => stop.abort(STOP),
  };
}

/** A process in a process: when the outer one has ended nothing runs. */
const inProc =
  (make: (proc: Proc) => Proc, traced = false): Stage =>
  (hit, stop) => {
    const subscription = traced ? subscribe({}) : undefined;
    let running = 0;
    let left = 0;
    let inner = stop.signal;
    const proc = make(async (signal) => {
      running++;
      inner = signal;
      try {
        await Promise.resolve(hit(undefined, make === kinds['shield'] ? undefined : signal));
      } finally {
        running--;
      }
    });
    return {
      around: () => around(inner, stop),
      start: () => Promise.resolve(proc(stop.signal)).finally(() => (left = running)),
      end: () => subscription?.[Symbol.dispose](),
      holds: () => expect([running, left]).toEqual([0, 0]),
    };
  };

/** Somebody is told of tasks. What a tracer throws is reported. */
const traced =
  (make: (hit: Hit) => Tracer): Stage =>
  (hit, stop) => {
    const subscription = subscribe(make(hit));
    const ended: string[] = [];
    const other = subscribe({ end: ({ type }) => void ended.push(type) });
    return {
      around: { ...around(stop.signal, stop), unsubscribe: () => subscription[Symbol.dispose]() },
      start: () => task('the first', (signal) => log(signal, 'category', 'message'))(stop.signal),
      end() {
        subscription[Symbol.dispose]();
        other[Symbol.dispose]();
      },
      holds: () => expect(ended.filter((type) => type === 'the first')).toHaveLength(1),
    };
  };

/** A program that gets one signal, or two. */
const inMain =
  (names: readonly NodeJS.Signals[], make: (hit: Hit) => MainOptions & { proc?: Proc }): Stage =>
  (hit, stop) => {
    let given = stop.signal;
    let end = (): void => {};
    const ends = new Promise<void>((resolve) => (end = resolve));
    const { proc = (signal) => Promise.race([aborted(signal), ends]).then(() => {}), ...options } = make(hit);
    return {
      around: () => ({
        ...around(given, stop),
        main: () => main(() => {}, { signals: ['SIGUSR2'] }),
        SIGUSR2: () => process.emit('SIGUSR2'),
        SIGHUP: () => process.emit('SIGHUP'),
      }),
      start() {
        const running = main(
          (signal) => {
            given = signal;
            return proc(signal);
          },
          { signals: ['SIGUSR2', 'SIGHUP'], ...options },
        );
        for (const name of names) process.emit(name);
        return running;
      },
      abort: () => process.emit('SIGUSR2'),
      end,
      holds: () => expect(process.listenerCount('SIGUSR2') + process.listenerCount('SIGHUP')).toBe(0),
    };
  };

/** A server that is asked once, and stopped. `listener` is called for each request. */
function served(hit: Hit, stop: AbortController, calls: 'request' | 'listening' | 'close' | 'draining'): Scene {
  let request: IncomingMessage | undefined;
  let response: ServerResponse | undefined;
  const server = createServer((...pair) => {
    [request, response] = pair;
    if (calls === 'request') hit();
    if (!response.writableEnded) response.end('done');
  });
  if (calls === 'listening' || calls === 'close') server.on(calls, () => hit());
  const onDraining = calls === 'draining' ? () => hit() : undefined;
  const proc = serve(server, { port: 0, host: '127.0.0.1' }, { onDraining });
  return {
    around: {
      ...around(stop.signal, stop),
      requestSignal: () => request && requestSignal(request),
      'wait for the client': () => void (request && aborted(requestSignal(request))),
      answer: () => response?.writableEnded === false && response.end('done'),
      'cut off': () => request?.destroy(),
      'close the server': () => server.close(),
      'close all connections': () => server.closeAllConnections(),
      ...(calls !== 'close' && { listen: () => server.listen(0) }),
      'serve again': () => serve(server)(AbortSignal.abort()),
      'an error': () => server.listenerCount('error') > 0 && server.emit('error', STOP),
    },
    async start() {
      const serving = Promise.resolve(proc(stop.signal)).catch((error: unknown) => error);
      if (!server.listening) await new Promise((resolve) => server.once('listening', resolve).once('close', resolve));
      const address = server.address() as AddressInfo | null;
      if (address) {
        await new Promise((resolve) => {
          get({ port: address.port, host: '127.0.0.1', agent: false }, (incoming) => incoming.resume().on('close', resolve)).on('error', resolve); // prettier-ignore
          if (calls === 'request') setImmediate(resolve);
        });
      }
      if (calls !== 'request') stop.abort(STOP);
      return serving;
    },
    async end() {
      stop.abort(STOP);
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
    holds: () => expect([server.listening, server.listenerCount('error')]).toEqual([false, 0]),
  };
}

describe('@x/proc', () => {
  beforeAll(() => {
    jest.spyOn(process, 'exit').mockImplementation((() => {}) as never);
    jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  });
  afterAll(() => void jest.restoreAllMocks());

  const table = new Reentrancy('proc');

  for (const [name, make] of Object.entries(kinds)) {
    const row = { scoped: 'proc scoped fn', concurrent: 'proc concurrent procs', concurrentGroup: 'proc concurrentGroup procs', sequence: 'proc sequence procs' }[name] ?? `proc ${name} proc`; // prettier-ignore
    table.row(row, inProc(make)).row(row, inProc(make, true), { note: 'while it is traced' });
  }
  table
    .row(
      'proc scoped fn',
      (hit, stop) => {
        let scope: Scope | undefined;
        let spawned = 0;
        let ended = 0;
        const proc = scoped((given, signal) => {
          scope = given;
          return hit(undefined, signal);
        });
        return {
          around: () => ({
            spawn: () =>
              scope?.spawn(() => {
                spawned++;
                scope?.spawn(async () => {
                  await Promise.resolve();
                  ended++;
                });
              }),
            'spawn what fails': () => scope?.spawn(() => Promise.reject(STOP)),
            ...around(scope?.signal ?? stop.signal, stop),
          }),
          start: () => proc(stop.signal),
          holds: () => expect(ended).toBe(spawned),
        };
      },
      { note: 'with its scope' },
    ) // prettier-ignore
    .row('proc SuperviseOptions.isFatal', (hit, stop) => {
      let runs = 0;
      const options = { retries: 3, backoff: { initial: 0 }, isFatal: () => hit(false) };
      const proc = supervise(() => {
        runs++;
        throw STOP;
      }, options);
      return {
        times: 3,
        around: around(stop.signal, stop),
        start: () => proc(stop.signal),
        holds: () => expect(runs).toBeLessThan(5),
      };
    })
    .row(
      'proc Tracer.start',
      traced((hit) => ({ start: () => hit() })),
    ) // prettier-ignore
    .row(
      'proc Tracer.start()',
      traced((hit) => ({ start: () => (run) => (hit(), run()) })),
    ) // prettier-ignore
    .row(
      'proc Tracer.end',
      traced((hit) => ({ end: () => hit() })),
    ) // prettier-ignore
    .row(
      'proc Tracer.log',
      traced((hit) => ({ log: () => hit() })),
    ) // prettier-ignore
    .row('proc MultiError errors: Iterable', (hit, stop) => {
      function* errors(): Generator {
        hit();
        yield THROWN;
      }
      return { times: 1, around: around(stop.signal, stop), start: () => void new MultiError(errors()) };
    });

  table
    .row(
      'proc/node main proc',
      inMain([], (hit) => ({ proc: (signal) => hit(undefined, signal) })),
    ) // prettier-ignore
    .row(
      'proc/node MainOptions.onSignal',
      inMain(['SIGUSR2'], (hit) => ({ onSignal: () => hit() })),
    ) // prettier-ignore
    .row(
      'proc/node MainOptions.onRepeat',
      inMain(['SIGUSR2', 'SIGHUP'], (hit) => ({ onRepeat: () => hit() })),
    ) // prettier-ignore
    .row(
      'proc/node MainOptions.onTimeout',
      inMain(['SIGUSR2'], (hit) => {
        let end = (): void => {};
        const ends = new Promise<void>((resolve) => (end = resolve));
        const onTimeout = (): void => {
          end();
          hit();
        };
        return { gracePeriod: 0, onTimeout, proc: () => ends };
      }),
    ) // prettier-ignore
    .row('proc/node ServeOptions.onDraining', (hit, stop) => served(hit, stop, 'draining'))
    .row('proc/node serve server: Server', (hit, stop) => served(hit, stop, 'request'), { note: "its 'request'" })
    .row('proc/node serve server: Server', (hit, stop) => served(hit, stop, 'listening'), { note: "its 'listening'" })
    .row('proc/node serve server: Server', (hit, stop) => served(hit, stop, 'close'), { note: "its 'close'" })
    .none('proc/node serve listenOptions: Server', 'its handle is taken')
    .none('proc/node serve listenOptions: Socket', 'its handle is taken')
    .row('proc/node trace.start destination: Writable', (hit, stop) => {
      const stream = new Writable({ write: (_chunk, _encoding, done) => (hit(), done()) });
      let tracing: ReturnType<typeof trace.start> | undefined;
      return {
        around: () => ({
          ...around(stop.signal, stop),
          ...(tracing && methods(tracing)),
          'another trace': () => trace.start(new Writable({ write: (_chunk, _encoding, done) => done() })).stop(),
          'end the stream': () => stream.end(),
          'destroy the stream': () => stream.destroy(),
        }),
        start() {
          tracing = trace.start(stream);
          return task('a task', () => {})(stop.signal);
        },
        end: () => tracing?.stop(),
        holds: () => expect(stream.listenerCount('error')).toBe(0),
      };
    });
  for (const method of ['startSpan', 'addEvent', 'recordException', 'setStatus', 'end']) {
    table.row(
      'proc/otel OtelOptions.tracer: Tracer',
      (hit, stop) => {
        const told = (name: string, result?: unknown) => (): unknown => (name === method ? hit(result) : result);
        const span = Object.fromEntries(SPAN.map((name) => [name, told(name)]));
        const tracer = { startSpan: told('startSpan', span) } as unknown as OtelTracer;
        let spans: Disposable | undefined;
        return {
          around: () => ({
            ...around(stop.signal, stop),
            otel: () => otel({ tracer })[Symbol.dispose](),
            dispose: () => spans?.[Symbol.dispose](),
          }),
          start() {
            spans = otel({ tracer });
            return task('a task', (signal) => {
              log(signal, 'category', 'message');
              throw STOP;
            })(never);
          },
          end: () => spans?.[Symbol.dispose](),
        };
      },
      { note: method },
    );
  }
  table.complete();
});
