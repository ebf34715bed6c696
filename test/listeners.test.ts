// As many as like may listen to a signal that one of the packages hands out: Node would warn of a leak at the eleventh, but 26, where no signal has a limit (0).
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { anySignal, link, shield, withDeadline, withGrace, withTimeout } from '@x/abort';
import { osSignal } from '@x/abort/node';
import { Batch, Future, Interval, Queue, Worker } from '@x/async';
import {
  concurrentGroup,
  scoped,
  shield as shieldProc,
  subscribe,
  task,
  withTimeout as withTimeoutProc,
} from '@x/proc';
import { main, requestSignal } from '@x/proc/node';
import { Process, untilClosed, whileRunning } from '@x/process';
import { Group } from '@x/run';
import { streamActor } from '@x/run/node';
import { bundle } from './test-support/bundle.js';

type Use = (signal: AbortSignal) => void;

const from: Record<string, (use: Use) => unknown> = {
  link: (use) => use(link(new AbortController().signal).signal),
  withTimeout: (use) => use(withTimeout(Infinity).signal),
  withDeadline: (use) => use(withDeadline(Infinity).signal),
  withGrace: (use) => use(withGrace(1, AbortSignal.abort()).signal),
  'a link that has aborted': (use) => use(link(AbortSignal.abort()).signal),
  anySignal: (use) => use(anySignal([new AbortController().signal, new AbortController().signal])),
  shield: (use) => shield(use),
  osSignal: (use) => {
    const controller = osSignal(['SIGUSR2']);
    use(controller.signal);
    controller[Symbol.dispose]();
  },
  streamActor: (use) => new Group().add(streamActor(PassThrough.from(['chunk']), (_, signal) => use(signal))).run(),
  concurrentGroup: (use) => concurrentGroup(use)(new AbortController().signal),
  scoped: (use) => scoped((_, signal) => use(signal))(new AbortController().signal),
  task: async (use) => {
    const subscription = subscribe({});
    await task('listened to', use)(new AbortController().signal);
    subscription[Symbol.dispose]();
  },
  'withTimeout of proc': (use) => withTimeoutProc(1000, use)(new AbortController().signal),
  'shield of proc': (use) => shieldProc(use)(new AbortController().signal),
  requestSignal: async (use) => {
    const server = createServer((request, response) => {
      use(requestSignal(request));
      response.end();
    }).listen(0);
    await fetch(`http://localhost:${(server.address() as AddressInfo).port}`);
    server.close();
    server.closeAllConnections();
  },
  'go of a group': (use) => new Group().go(use).run(),
  'whileRunning, untilClosed': (use) => use(whileRunning(new Process(), untilClosed(new Process()))),
  Future: (use) => Future.start(use),
  main: (use) => main(use, { signals: ['SIGUSR2'] }),
  closing: (use) => use(new Process().closing),
  Queue: async (use) => {
    const queue = new Queue<number>((_, signal) => use(signal));
    await queue.start();
    await queue.submit(1);
    await queue.close();
  },
  Batch: (use) => new Batch([1], (_, signal) => use(signal)).process(),
  Worker: async (use) => {
    const worker = new Worker<number>((_, signal) => use(signal));
    await worker.start();
    await worker.enqueue(1);
    await worker.stop();
  },
  Interval: async (use) => {
    let tick = (): void => {};
    const ticked = new Promise<void>((resolve) => (tick = resolve));
    const interval = new Interval((signal) => (use(signal), tick()), 1);
    const started = interval.start();
    await ticked;
    await interval.stop();
    await started;
  },
};

/** What Node knows of a signal; `getMaxListeners` takes none of another realm, such as that of a test. */
const most = (signal: AbortSignal): unknown => {
  // A task's is one for whoever listens from the moment at which something of it is looked up.
  void signal.addEventListener;
  const key = Object.getOwnPropertySymbols(signal).find((one) => one.description === 'events.maxEventTargetListeners');
  return key && (signal as unknown as Record<symbol, unknown>)[key];
};

const ofNode = most(new AbortController().signal);
const unlimited = ofNode === 0 ? [0, Infinity] : [Infinity];

test('Node has the number of listeners where it is looked for', () => {
  expect([10, 0]).toContain(ofNode);
});

test.each(Object.entries(from))('those of %s', async (_name, hand) => {
  const seen: AbortSignal[] = [];
  await hand((signal) => void seen.push(signal));
  expect(seen).toHaveLength(1);
  expect(unlimited).toContain(most(seen[0]!));
});

test('Node can be asked for it, as undici does of each signal that it is given: on Node 20 that fails of a signal with 0', async () => {
  const program = `${await bundle(`export { link } from '@x/abort';`, 'cjs')}
    const { getMaxListeners } = require('node:events');
    console.log(getMaxListeners(module.exports.link().signal));`;
  expect(unlimited).toContain(Number(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' })));
});
