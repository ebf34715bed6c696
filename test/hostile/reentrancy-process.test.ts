// What @x/process calls, while it calls back.
import { describe, expect } from '@jest/globals';
import * as api from '@x/process';
import { describe as describeProcess, Process, type ProcessFunc, type TeardownFunc } from '@x/process';
import { every, everyGo, onSignal, onSignalGo, tick, ticker, tickerGo, tickGo } from '@x/process/periodic';
import { RateLimiter } from '@x/process/ratelimit';
import { type Calls, type Hit, methods, Reentrancy, type Scene, type Stage, STOP } from '../test-support/reentrancy.js';
import { waitsOn } from '../test-support/surroundings.js';

const nothing = (): void => {};

/** Processes that a callback makes or is handed: what closes in the end. */
class Others {
  readonly #all: Process[] = [];

  make(parent?: Process): Process {
    const process = new Process({ parent });
    this.#all.push(process);
    return process;
  }

  close(): Promise<unknown> {
    return Promise.all(this.#all.map((each) => each.close()));
  }
}

/** Everything that can be done with a process. */
function uses(process: Process, others: Others, signal: AbortSignal, prefix = ''): Calls {
  const other = (): unknown[] => [others.make()];
  const known = {
    waitFor: other,
    addChild: other,
    addChildNoWait: other,
    go: () => [nothing],
    setTeardown: () => [nothing],
    close: () => [],
    limitedGo: () => [nothing],
    tryGo: () => [nothing],
  };
  const calls: Record<string, () => unknown> = {
    'close, in time': () => process.close({ timeout: 10_000 }),
    describe: () => describeProcess(process),
    withParent: () => api.withParent(process),
    'a child': () => others.make(process),
    goChild: () => api.goChild(process, nothing),
    spawnChild: () => api.spawnChild(process, nothing),
    waitForSignal: () => api.waitForSignal(signal, others.make(process)),
    closeAfterSignal: () => api.closeAfterSignal(process, signal),
    whileRunning: () => api.whileRunning(process, signal).aborted,
    untilClosed: () => api.untilClosed(process, signal).aborted,
    'wait for itself': () => process.waitFor(process),
  };
  return {
    ...methods(process, known, prefix),
    ...Object.fromEntries(Object.entries(calls).map(([name, call]) => [prefix + name, call])),
  };
}

/** A process in a tree: its parent, which others wait for. */
function scene(
  stop: AbortController,
  begin: (parent: Process) => Process,
  start: (process: Process) => unknown,
): Scene {
  const others = new Others();
  let teardowns = 0;
  const parent = new Process({ name: 'parent', teardown: () => teardowns++ });
  const sibling = new Process({ name: 'sibling', parent, teardown: () => teardowns++ });
  let own = parent;
  return {
    around: () => ({
      ...uses(own, others, stop.signal),
      ...uses(parent, others, stop.signal, 'parent.'),
      'wait for the parent': () => own.waitFor(parent),
      'wait for the sibling': () => own.waitFor(sibling),
      'the sibling waits': () => sibling.waitFor(own),
      ...waitsOn(own.closing),
      stop: () => stop.abort(STOP),
    }),
    start() {
      own = begin(parent);
      const closed = own.closed.catch((error: unknown) => Promise.reject(error as Error));
      start(own);
      return closed;
    },
    abort: () => void own.close().catch(nothing),
    async end() {
      // For those that wait for it.
      stop.abort(STOP);
      await others.close();
      void own.close().catch(nothing);
      await parent.close();
    },
    holds() {
      expect([own.state, parent.state, sibling.state, teardowns]).toEqual(['closed', 'closed', 'closed', 2]);
      for (const each of [own, parent, sibling]) expect([each.$links, each.$parent, each.$waits]).toEqual([[], undefined, 0]); // prettier-ignore
    },
  };
}

/** A function that has a process of its own. */
const running =
  (begin: (fn: ProcessFunc, parent: Process) => Process): Stage =>
  (hit, stop) => scene(stop, (parent) => begin((process) => hit(1, process.closing), parent), nothing); // prettier-ignore

/** What runs in the end, once. */
const closing =
  (begin: (fn: TeardownFunc, parent: Process, signal: AbortSignal) => Process): Stage =>
  (hit, stop) => ({
    ...scene(stop, (parent) => begin(() => hit(1), parent, stop.signal), (process) => process.close()),
    times: 1,
  }); // prettier-ignore

/** What is called again and again, until it is closed; calls one at a time unless they may overlap. */
const repeating =
  (begin: (fn: ProcessFunc, hit: Hit) => Process, overlaps = false, source = false): Stage =>
  (hit, stop) => {
    let now = 0;
    let most = 0;
    const fn: ProcessFunc = async (process) => {
      most = Math.max(most, ++now);
      try {
        if (!source) await Promise.resolve(hit(1, process.closing));
      } finally {
        now--;
      }
    };
    const played = scene(stop, () => begin(fn, hit), nothing);
    return {
      ...played,
      holds() {
        played.holds?.();
        expect(now).toBe(0);
        if (!overlaps) expect(most).toBeLessThan(2);
      },
    };
  };

async function* events(): AsyncGenerator<number> {
  for (let count = 0; count < 3; count++) yield count;
}

/** What an iterator ends with. */
const LAST: Promise<IteratorResult<number>> = Promise.resolve({ done: true, value: undefined });

function soonAborted(played: Scene): Scene {
  return {
    ...played,
    start() {
      setImmediate(() => played.abort?.());
      return played.start();
    },
  };
}

/** A target that says of what is called. */
class Told extends EventTarget {
  readonly #method: string;
  readonly #hit: Hit;

  constructor(method: string, hit: Hit) {
    super();
    this.#method = method;
    this.#hit = hit;
  }

  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    super.addEventListener(...args);
    if (this.#method === 'addEventListener') this.#hit();
    setImmediate(() => this.dispatchEvent(new Event('event')));
  }

  override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>): void {
    super.removeEventListener(...args);
    if (this.#method === 'removeEventListener') this.#hit();
  }
}

describe('@x/process', () => {
  const table = new Reentrancy('process')
    .row('process Process.go fn', running((fn, parent) => parent.go(fn))) // prettier-ignore
    .row('process go fn', running((fn) => api.go(fn))) // prettier-ignore
    .row('process spawn fn', running((fn) => api.spawn(fn))) // prettier-ignore
    .row('process goChild fn', running((fn, parent) => api.goChild(parent, fn))) // prettier-ignore
    .row('process spawnChild fn', running((fn, parent) => api.spawnChild(parent, fn))) // prettier-ignore
    .row('process Process.setTeardown fn', closing((fn, parent) => {
      const process = new Process({ parent });
      process.setTeardown(fn);
      return process;
    })) // prettier-ignore
    .row('process ProcessOptions.teardown', closing((teardown, parent) => new Process({ parent, teardown }))) // prettier-ignore
    .row('process withTeardown fn', closing((fn) => api.withTeardown(fn))) // prettier-ignore
    .row('process withSignalAndTeardown fn', closing((fn, _, signal) => api.withSignalAndTeardown(signal, fn))); // prettier-ignore

  const repeats: [string, boolean, (fn: ProcessFunc) => Process][] = [
    ['every', false, (fn) => every(0, fn)],
    ['everyGo', true, (fn) => everyGo(0, fn)],
    ['tick', false, (fn) => tick(1, fn)],
    ['tickGo', true, (fn) => tickGo(1, fn)],
    ['onSignal', false, (fn) => onSignal(events(), fn)],
    ['onSignalGo', true, (fn) => onSignalGo(events(), fn)],
    ['ticker', false, (fn) => ticker(events(), fn)],
    ['tickerGo', true, (fn) => tickerGo(events(), fn)],
  ];
  for (const [name, overlaps, begin] of repeats) table.row(`process/periodic ${name} fn`, repeating(begin, overlaps));

  for (const [name, overlaps, begin] of [
    ['onSignal', false, onSignal],
    ['onSignalGo', true, onSignalGo],
    ['ticker', false, ticker],
    ['tickerGo', true, tickerGo],
  ] as const) {
    // prettier-ignore
    for (const method of ['next', 'return']) {
      const source = (hit: Hit): AsyncIterable<unknown> => ({
        [Symbol.asyncIterator]: () => ({
          // Without end, and not without letting others have their turn.
          next: () => method === 'next' ? hit(LAST) : new Promise<IteratorResult<number>>((resolve) => setImmediate(resolve, { done: false, value: 1 })), // prettier-ignore
          return: () => (method === 'return' ? hit(LAST) : LAST),
        }),
      });
      table.row(
        `process/periodic ${name} source: AsyncIterable`,
        (hit, stop) => {
          const played = repeating((fn) => begin(source(hit), fn), overlaps, true)(hit, stop) as Scene;
          return method === 'next' ? played : soonAborted(played);
        },
        { note: method, waited: true },
      );
    }
    for (const method of ['addEventListener', 'removeEventListener']) {
      table.row(
        `process/periodic ${name} target: EventTarget`,
        (hit, stop) => {
          const played = repeating(
            (fn) => begin(new Told(method, hit), 'event', fn),
            overlaps,
            true,
          )(hit, stop) as Scene;
          return { ...played, start: () => (setImmediate(() => played.abort?.()), played.start()) };
        },
        { note: method },
      );
    }
  }

  for (const [name, start] of [
    ['limitedGo', (limiter: RateLimiter, fn: ProcessFunc) => limiter.limitedGo(fn).then((process) => process.closed)],
    ['tryGo', (limiter: RateLimiter, fn: ProcessFunc) => limiter.tryGo(fn)?.closed],
  ] as const) {
    table.row(`process/ratelimit RateLimiter.${name} fn`, (hit, stop) => {
      let limiter = undefined as unknown as RateLimiter;
      const played = scene(stop, (parent) => (limiter = new RateLimiter(parent, 1)), nothing);
      return {
        ...played,
        start: () => Promise.all([played.start(), start(limiter, (process) => hit(1, process.closing))]),
      };
    });
  }
  table.complete();
});
