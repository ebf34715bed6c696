// Each is one use of one package under random load, and knows what has to come of it.
import { getEventListeners } from 'node:events';
import { createServer, get, Agent } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  abortable,
  aborted,
  anySignal,
  type LinkedController,
  link,
  onAbort,
  shield,
  sleep,
  withGrace,
  withTimeout,
} from '@x/abort';
import { Batch, Future, Interval, Latch, latchStarted, latchStopped, Queue, SignalGroup, Worker } from '@x/async';
import {
  concurrent,
  concurrentGroup,
  scoped,
  sequence,
  shield as shielded,
  subscribe,
  supervise,
  task,
  traceRegion,
  withTimeout as within,
  type Proc,
} from '@x/proc';
import { requestSignal, serve } from '@x/proc/node';
import { describe, Process, withSignal } from '@x/process';
import { RateLimiter } from '@x/process/ratelimit';
import { Group } from '@x/run';
import { serverActor } from '@x/run/node';
import { newRequest, OnceMap, Worker as GraphWorker } from '@x/workgraph';
import { snapshot } from '@x/workgraph/inspect';
import type { Chance } from './chance.js';
import { assert, behave, Fault, turns } from './faults.js';

export type Scenario = (chance: Chance) => Promise<void>;

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;
/** A listener that comes and goes very often stays until the next microtask. */
async function noListeners(signal: AbortSignal, where: string): Promise<void> {
  await turns(2);
  assert(listenersOf(signal) === 0, `${where}: ${listenersOf(signal)} listeners are left`);
}
/** Never aborts, and is handed to everything that ends well: nothing may be left on it. */
export const forever = new AbortController().signal;

const hostile = (): object =>
  new Proxy(
    {},
    {
      get() {
        throw new Fault('a getter');
      },
      has() {
        throw new Fault('a getter');
      },
    },
  );
/** Lets an abort come at any point. */
function abortAtSomePoint(chance: Chance, abort: () => void): Promise<void> {
  const point = chance.below(10);
  return (point < 7 ? turns(point) : new Promise<void>((resolve) => setTimeout(resolve, point - 7))).then(abort);
}

const controllers: Scenario = async (chance) => {
  const root = new AbortController();
  const all: { controller: LinkedController; parents: number[]; told: number; live: boolean }[] = [];
  const count = 5 + chance.below(40);
  for (let i = 0; i < count; i++) {
    const parents = i === 0 ? [] : [chance.below(i), chance.below(i)].slice(0, 1 + chance.below(2));
    const signals = parents.map((parent) => (all[parent] as { controller: LinkedController }).controller.signal);
    const controller = chance.once(5)
      ? withTimeout(1e8, ...signals, root.signal)
      : chance.once(5)
        ? link(anySignal([...signals, root.signal]))
        : link(...signals, root.signal);
    const each = { controller, parents, told: 0, live: true };
    onAbort(controller.signal, () => {
      each.told++;
      if (chance.once(10)) throw new Fault('a callback');
    });
    all.push(each);
  }
  const waits = [
    sleep(1e8, { signal: root.signal }),
    abortable(new Promise(() => {}), root.signal),
    aborted(root.signal),
  ];
  const settled = Promise.allSettled(waits);
  for (const { controller } of all.filter(() => chance.once(6))) {
    if (chance.once(2)) controller.abort(new Fault('an abort'));
    else controller[Symbol.dispose]();
  }
  await abortAtSomePoint(chance, () => root.abort('enough'));
  const outcomes = await settled;
  assert(outcomes[0]?.status === 'rejected' && outcomes[0].reason === 'enough', 'a sleep has not ended by the abort');
  assert(outcomes[1]?.status === 'rejected' && outcomes[1].reason === 'enough', 'a wait has not ended by the abort');
  for (const { controller, told } of all)
    assert(controller.aborted && told === 1, `a controller was told ${told} times`);
  await noListeners(root.signal, 'controllers');
  // What ends well leaves nothing on a signal that goes on.
  await Promise.all([
    sleep(chance.below(2), { signal: forever }),
    abortable(turns(chance.below(5)), forever),
    abortable(
      turns(chance.below(5)).then(() => Promise.reject(new Fault('a wait'))),
      forever,
    ).catch(() => {}),
    Promise.resolve(within(1e7, () => turns(2))(forever)),
  ]);
  const child = link(forever);
  const timed = withTimeout(1, forever);
  const callback = onAbort(forever, () => {});
  await aborted(timed.signal);
  callback[Symbol.dispose]();
  if (chance.once(2)) child.unlink();
  else child.abort();
  // A grace that nobody waits for, and a shield over an abort.
  const grace = withGrace(chance.below(3), root.signal);
  assert((await aborted(grace.signal)) === 'enough', 'a grace lost its reason');
  const { fault, run } = behave(chance, 'shield');
  const outcome: unknown = await shield((signal) => run(signal), { timeout: 10_000 }).catch((error: unknown) => error);
  assert(fault === undefined || outcome === fault, 'a shield lost an error');
};

const group: Scenario = async (chance) => {
  const controller = new AbortController();
  const suppressed: unknown[] = [];
  const log = { start: 0, exit: 0, interrupt: 0, down: 0, ready: 0 };
  const until = chance.pick(['first-exit', 'first-error', 'all'] as const);
  const one = new Group({
    until,
    teardown: chance.pick(['together', 'reverse', 'forward'] as const),
    startup: chance.pick(['together', 'sequential'] as const),
    onSuppressed: (error) => {
      suppressed.push(error);
      if (chance.once(8)) throw error;
    },
    onEvent: ({ type }) => {
      log[type]++;
      if (chance.once(40)) throw new Fault('onEvent');
    },
  });
  const count = chance.below(8);
  let active = 0;
  for (let i = 0; i < count; i++) {
    const { run } = behave(chance, 'an actor', 5);
    const interrupted = behave(chance, 'an interrupt', 10);
    const counted = async (signal?: AbortSignal): Promise<unknown> => {
      active++;
      try {
        return await run(signal);
      } finally {
        active--;
      }
    };
    if (chance.once(2)) one.go((signal) => counted(signal));
    else {
      let stop = new AbortController();
      one.add({
        execute: (ready) => {
          stop = new AbortController();
          if (chance.once(2)) ready();
          return counted(stop.signal);
        },
        interrupt: (reason) => {
          stop.abort(reason);
          return interrupted.run(stop.signal);
        },
      });
    }
  }
  const abort = chance.once(2) ? abortAtSomePoint(chance, () => controller.abort('enough')) : undefined;
  for (let again = 0; again < 2; again++) {
    await one.run(controller.signal).catch(() => {});
    assert(active === 0, `${active} actors outlive their group`);
    assert(log.start === log.exit, `${log.start} starts, ${log.exit} exits`);
    assert(log.interrupt <= log.start, `${log.interrupt} interrupts, ${log.start} starts`);
  }
  await abort;
  await noListeners(controller.signal, 'group');
};

/** How many are subscribed to tasks just now, and how many have been. */
let watched = 0;
let watches = 0;

const procs: Scenario = async (chance) => {
  const controller = new AbortController();
  let running = 0;
  let leaves = 0;
  const leaf = (): Proc => {
    const { run } = behave(chance, 'a process', 8);
    leaves++;
    return async (signal) => {
      running++;
      try {
        await run(signal);
      } finally {
        running--;
      }
    };
  };
  const tree = (depth: number): Proc => {
    if (depth === 0 || leaves > 40) return leaf();
    const some = (): Proc[] => Array.from({ length: 1 + chance.below(3) }, () => tree(depth - 1));
    switch (chance.below(10)) {
      case 0: return concurrent(...some()); // prettier-ignore
      case 1: return concurrentGroup(...some()); // prettier-ignore
      case 2: return sequence(...some()); // prettier-ignore
      case 3: { const children = some(); return scoped((scope) => children.forEach((child) => scope.spawn(child))); } // prettier-ignore
      case 4: return supervise(tree(depth - 1), { retries: chance.below(3), backoff: { initial: 1, max: 2 } }); // prettier-ignore
      case 5: return within(1e7, tree(depth - 1)); // prettier-ignore
      case 6: return task('a task', tree(depth - 1)); // prettier-ignore
      case 7: return traceRegion('a region', tree(depth - 1)); // prettier-ignore
      case 8: return shielded(within(20, tree(depth - 1))); // prettier-ignore
      default: return leaf(); // prettier-ignore
    }
  };
  const before = watches;
  const traced = watched > 0;
  const own = chance.once(4);
  if (own) {
    watched++;
    watches++;
  }
  const spans = new Set<number>();
  const subscription = own
    ? subscribe({ start: (span) => void spans.add(span.id), end: (span) => void spans.delete(span.id) })
    : undefined;
  const abort = chance.once(2) ? abortAtSomePoint(chance, () => controller.abort('enough')) : undefined;
  await Promise.resolve(tree(4)(controller.signal)).catch(() => {});
  assert(running === 0, `${running} processes outlive what has started them`);
  await abort;
  subscription?.[Symbol.dispose]();
  if (own) watched--;
  // The signal of a traced task follows until it is collected.
  if (!traced && watches === before) await noListeners(controller.signal, 'procs');
};

const processes: Scenario = async (chance) => {
  const all: { process: Process; torn: number; closed: boolean; children: Process[] }[] = [];
  const faults: Fault[] = [];
  const count = 3 + chance.below(20);
  let ran = 0;
  let begun = 0;
  for (let i = 0; i < count; i++) {
    const each = {
      process: new Process({ name: `p${i}`, children: chance.pick(['together', 'reverse'] as const) }),
      torn: 0,
      closed: false,
      children: [] as Process[],
    };
    const { fault, run } = behave(chance, 'a teardown', 6);
    if (fault) faults.push(fault);
    each.process.setTeardown(() => {
      each.torn++;
      for (const child of each.children)
        assert(child.state === 'closed', `a teardown before a child has closed:\n${describe(each.process)}`);
      return run();
    });
    void each.process.err().then((error) => {
      each.closed = true;
      for (const one of error instanceof AggregateError ? (error.errors as unknown[]) : [error])
        if (one instanceof Fault) one.arrived++;
    });
    for (let links = i === 0 ? 0 : 1 + chance.below(2); links > 0; links--) {
      const parent = all[chance.below(i)];
      if (parent === undefined) continue;
      parent.process.addChild(each.process);
      parent.children.push(each.process);
    }
    if (chance.once(2)) {
      begun++;
      const { run: work } = behave(chance, 'a function', 6);
      const child = each.process.go((own) => {
        ran++;
        return work(own.closing);
      });
      void child.err();
      each.children.push(child);
    }
    all.push(each);
  }
  await abortAtSomePoint(chance, () => {
    const some = chance.pick(all).process;
    void some.close({ timeout: 60_000 }).catch(() => {});
  });
  await Promise.allSettled(all.map(({ process }) => process.close()));
  await turns(3);
  assert(ran === begun, `${begun} functions were started, ${ran} ran`);
  for (const { torn, closed } of all) assert(torn === 1 && closed, `a teardown ran ${torn} times`);
  for (const fault of faults) assert(fault.arrived === 1, `an error of a teardown arrived ${fault.arrived} times`);
  const parent = withSignal(forever);
  const limiter = new RateLimiter(parent, 1 + chance.below(3));
  let done = 0;
  const asks = Array.from({ length: 10 }, () =>
    limiter.limitedGo(() => turns(chance.below(4)).then(() => void done++), { signal: forever }),
  );
  await Promise.all(asks);
  await limiter.closeAfterChildren();
  await parent.close();
  assert(done === 10, `${done} of 10 ran under a limiter`);
};

const queue: Scenario = async (chance) => {
  const items = 20 + chance.below(100);
  const ran = new Array<number>(items).fill(0);
  const handed = new Array<number>(items).fill(0);
  const refused = new Array<boolean>(items).fill(false);
  const own = Array.from({ length: items }, () => (chance.once(6) ? new AbortController() : undefined));
  let faults = 0;
  let delivered = 0;
  let active = 0;
  const parallelism = 1 + chance.below(4);
  const one = new Queue<number>(
    async (item, signal) => {
      ran[item]!++;
      assert(++active <= parallelism, `${active} run at the same time, not ${parallelism}`);
      try {
        const { fault, run } = behave(chance, 'an action', 6);
        if (fault && !own[item]) faults++;
        await run(signal);
      } finally {
        active--;
      }
    },
    {
      parallelism,
      maxWork: 1 + chance.below(20),
      context: chance.pick(['queue', 'enqueuer'] as const),
      signal: forever,
      shutdownGracePeriod: 30_000,
      onError: (_error, item) => {
        if (!own[item]) delivered++;
        if (chance.once(10)) throw new Fault('onError');
      },
    },
  );
  if (chance.once(2)) await one.start();
  const promises: Promise<unknown>[] = [];
  for (let i = 0; i < items; i++) {
    const controller = own[i];
    const options = { priority: chance.below(3) - 1, signal: controller?.signal ?? forever };
    const fail = (error: unknown): void => {
      if (!(error instanceof Fault)) refused[i] = true;
      else if (!controller) delivered++;
    };
    try {
      const way = chance.below(3);
      if (way === 0) promises.push(one.enqueue(i, options).catch(fail));
      else if (way === 1) refused[i] = !one.tryEnqueue(i, options);
      else promises.push(one.submit(i, options).catch(fail));
    } finally {
      if (controller) void abortAtSomePoint(chance, () => controller.abort('cancelled'));
    }
    if (chance.once(9)) await turns(chance.below(4));
    if (one.state === latchStarted && chance.once(15)) {
      one.pause();
      void turns(3).then(() => {
        try {
          one.resume();
        } catch {
          // It has stopped meanwhile.
        }
      });
    }
  }
  if (one.state === latchStopped) await one.start();
  if (chance.once(2)) {
    if (one.state !== latchStarted) one.resume();
    await one.idle();
  }
  for (const item of await (chance.once(2) ? one.stop() : one.close())) handed[item]!++;
  await Promise.all(promises);
  assert(
    one.size === 0 && one.running === 0 && active === 0,
    `a stopped queue has ${one.size} waiting, ${one.running} running`,
  );
  for (let i = 0; i < items; i++) {
    const [runs, back] = [ran[i] as number, handed[i] as number];
    const lost = runs + back === 0 && !refused[i] && !own[i]?.signal.aborted;
    assert(!lost && runs + back <= 1, `item ${i} ran ${runs} times and was handed back ${back} times`);
  }
  assert(delivered === faults, `${faults} actions have failed, and ${delivered} failures were told`);
};

const workers: Scenario = async (chance) => {
  const items = 5 + chance.below(30);
  let ran = 0;
  let told = 0;
  let faults = 0;
  const worker = new Worker<number>(
    (_item, signal) => {
      ran++;
      const { fault, run } = behave(chance, 'an item', 5);
      if (fault) faults++;
      return run(signal);
    },
    { signal: forever, onError: () => void told++ },
  );
  await worker.start();
  for (let i = 0; i < items; i++) await worker.enqueue(i, { signal: forever });
  await worker.stop();
  assert(ran === items && told === faults, `a worker ran ${ran} of ${items}, and told ${told} of ${faults} errors`);

  const controller = new AbortController();
  const seen: unknown[] = [];
  let failing = 0;
  const batch = new Batch(
    Array.from({ length: items }, (_, index) => index),
    (_item, signal) => {
      const { fault, run } = behave(chance, 'an item of a batch', 6);
      if (fault) failing++;
      return run(signal);
    },
    { parallelism: 1 + chance.below(4), onError: (error) => void seen.push(error) },
  );
  const result = await batch.process(controller.signal);
  assert(
    result.done + result.failed === items && result.failed === failing,
    `a batch of ${items}: ${result.done} done, ${result.failed} failed, ${failing} faults`,
  );
  assert(seen.length === failing, `${seen.length} of ${failing} errors of a batch were told`);
  await noListeners(controller.signal, 'batch');

  const { fault, run } = behave(chance, 'a future', 3);
  const future = Future.start((signal) => run(signal), { signal: forever });
  const readers = Promise.allSettled([future.complete(), future.complete()]);
  if (chance.once(2)) await future.cancel().catch(() => {});
  const outcomes = await readers;
  assert(outcomes[0]?.status === outcomes[1]?.status, 'two readers of a future saw different outcomes');
  void fault;

  let calls = 0;
  const interval = new Interval(() => (calls++, behave(chance, 'a tick', 5).run()), 0, {
    signal: forever,
    onError: () => {},
  });
  await interval.start();
  while (calls < 3) await sleep(1);
  await interval.stop();
  const stopped = calls;
  await turns(4);
  assert(calls === stopped, 'an interval that has stopped goes on');

  const latch = new Latch();
  const waits = new SignalGroup();
  waits.add(10);
  for (let i = 0; i < 10; i++) void latch.notifyStopped().then(() => waits.done());
  void latch.waitStarted();
  latch.started();
  const stopping = latch.waitStopped();
  latch.stopped();
  await Promise.all([stopping, waits.wait()]);
};

const graph: Scenario = async (chance) => {
  const size = 3 + chance.below(30);
  const edges = Array.from({ length: size }, () => Array.from({ length: chance.below(4) }, () => chance.below(size)));
  const reaches = (from: number): Set<number> => {
    const seen = new Set<number>();
    const open = [...(edges[from] as number[])];
    for (const next of open) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(edges[next] as number[]));
    }
    return seen;
  };
  const onCycle = Array.from({ length: size }, (_, key) => reaches(key).has(key));
  const map: OnceMap<number, string> = new OnceMap<number, string>(async (key, worker) => {
    await turns(chance.below(5));
    for (const need of edges[key] as number[]) await map.get(need, worker).catch(() => {});
    const parallel = await Promise.allSettled((edges[key] as number[]).map((need) => map.get(need, worker)));
    return parallel.some(({ status }) => status === 'rejected') ? 'on or above a cycle' : 'fine';
  });
  const main = new GraphWorker({ name: 'main' });
  const results = await Promise.allSettled(edges.map((_, key) => map.get(key, main)));
  snapshot(main, map);
  results.forEach((result, key) => {
    if (result.status === 'rejected') {
      assert(
        (result.reason as { code: string }).code === 'ERR_SELF_DEPENDENCY' && onCycle[key],
        `a cycle where there is none: ${key}`,
      );
    }
  });
  assert(!onCycle.some(Boolean) || results.some(({ status }) => status === 'rejected'), 'a cycle was missed');

  const controller = new AbortController();
  const { resolver, promise } = newRequest<number>(main, { name: 'answer' });
  const helper = new GraphWorker({}, resolver);
  const waiting = Promise.allSettled([
    promise.await(new GraphWorker(), { signal: controller.signal }),
    promise.await(new GraphWorker(), { signal: forever }),
  ]);
  await abortAtSomePoint(chance, () => controller.abort('enough'));
  if (chance.once(2)) resolver.resolve(helper, 42);
  else helper[Symbol.dispose]();
  const [first, second] = await waiting;
  assert(first?.status === 'rejected' && first.reason === 'enough', 'a wait that was given up goes on');
  assert(
    second?.status === 'fulfilled' || (second?.reason as { code: string }).code === 'ERR_UNRESOLVED',
    'a request was lost',
  );
  await noListeners(controller.signal, 'graph');
};

/** Wrong and hostile values: each is refused, nothing stays. */
const misuse: Scenario = async (chance) => {
  const signal = new AbortController().signal;
  const calls: (() => unknown)[] = [
    () => sleep(-1, { signal }),
    () => sleep(1, hostile()),
    () => link(hostile() as never),
    () => onAbort(signal, hostile() as never),
    () => abortable(hostile() as never, signal),
    () => new Queue(() => {}, hostile()),
    () => new Process(hostile()),
    () => new Process().waitFor(hostile() as never),
    () => concurrent(hostile() as never),
    () => concurrent(() => {})(hostile() as never),
    () => new OnceMap(hostile() as never),
    () => newRequest(hostile() as never),
    () => new Batch(hostile() as never, () => {}),
  ];
  const call = chance.pick(calls);
  let refused = false;
  try {
    await call();
  } catch {
    refused = true;
  }
  assert(refused, `is taken: ${call.toString()}`);
  assert(listenersOf(signal) === 0, `left a listener: ${call.toString()}`);
};

/** A real server, by either package, that is taken down under load: every request that was accepted is answered. */
const server: Scenario = async (chance) => {
  const one = createServer((request, response) => {
    const signal = requestSignal(request);
    void turns(chance.below(6)).then(() => {
      if (!signal.aborted) response.end('answer');
      else response.end();
    });
  });
  const controller = new AbortController();
  const listening = new Promise((resolve) => one.once('listening', resolve));
  const running = chance.once(2)
    ? Promise.resolve(serve(one, { port: 0, host: '127.0.0.1' }, { gracePeriod: 5_000 })(controller.signal))
    : new Group().add(serverActor(one, { port: 0, host: '127.0.0.1' }, { drain: 5_000 })).run(controller.signal);
  const outcome = running.catch((error: unknown) => error);
  await listening;
  const { port } = one.address() as AddressInfo;
  const agent = new Agent({ keepAlive: chance.once(2) });
  const requests = Array.from(
    { length: 1 + chance.below(5) },
    () =>
      new Promise<string>((resolve) => {
        get({ port, host: '127.0.0.1', agent }, (response) => {
          response.setEncoding('utf8');
          let text = '';
          response.on('data', (chunk: string) => (text += chunk));
          response.on('end', () => resolve('answered'));
          response.on('error', () => resolve('cut'));
          void text;
        }).on('error', () => resolve('refused'));
      }),
  );
  await abortAtSomePoint(chance, () => controller.abort('enough'));
  const answers = await Promise.all(requests);
  const error = await outcome;
  agent.destroy();
  assert(error === undefined || error === 'enough', `a server ended with ${String(error)}`);
  assert(!answers.includes('cut'), 'an answer was cut off');
  assert(!one.listening, 'a server still listens');
};

export const scenarios: readonly [name: string, scenario: Scenario, weight: number][] = [
  ['controllers', controllers, 4],
  ['group', group, 4],
  ['procs', procs, 4],
  ['processes', processes, 4],
  ['queue', queue, 4],
  ['workers', workers, 2],
  ['graph', graph, 3],
  ['misuse', misuse, 2],
  ['server', server, 1],
];
