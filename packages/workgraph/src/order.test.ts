import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  newRequest,
  OnceMap,
  type RequestId,
  type RequestPromise,
  type Resolver,
  SelfDependencyError,
  Worker,
} from './index.js';
import { place } from './order.js';
import { WORKER, WorkerState } from './state.js';
import { turn } from './test-support/timing.js';

/** The same graph, kept in the plainest way: who owes what, who waits for what, and a walk over all of it for each question. */
class Reference {
  readonly owner: number[] = [];
  readonly settled = new Set<number>();
  waits: { worker: number; request: number; wait: number }[] = [];

  /** Whether what this request needs includes this worker. */
  reaches(request: number, worker: number): boolean {
    const seen = new Set<number>();
    const queue = [request];
    for (const each of queue) {
      const owner = this.owner[each] as number;
      if (owner === worker) return true;
      if (seen.has(owner)) continue;
      seen.add(owner);
      for (const wait of this.waits) if (wait.worker === owner) queue.push(wait.request);
    }
    return false;
  }

  /** Whether each is awaited by the worker that owes the one before. */
  isCycle(cycle: number[], worker: number, request: number): boolean {
    return (
      new Set(cycle).size === cycle.length &&
      cycle[0] === request &&
      cycle.every((each, index) => {
        const next = cycle[(index + 1) % cycle.length] as number;
        const owner = this.owner[each] as number;
        return (
          (index === cycle.length - 1 && owner === worker && next === request) ||
          this.waits.some((wait) => wait.worker === owner && wait.request === next)
        );
      })
    );
  }

  settle(request: number): void {
    this.settled.add(request);
    this.waits = this.waits.filter((wait) => wait.request !== request);
  }
}

type Step =
  | { kind: 'request'; worker: number }
  | { kind: 'key' }
  | { kind: 'await'; worker: number; request: number; signal: boolean }
  | { kind: 'giveUp'; wait: number; told: boolean }
  | { kind: 'settle'; request: number; ok: boolean }
  | { kind: 'delegate'; requests: number[] }
  | { kind: 'dispose'; worker: number }
  | { kind: 'squeeze' };

const index = fc.nat(1000);
const steps = (): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('request' as const), worker: index }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('key' as const) }) },
      {
        weight: 12,
        arbitrary: fc.record({
          kind: fc.constant('await' as const),
          worker: index,
          request: index,
          signal: fc.boolean(),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('giveUp' as const), wait: index, told: fc.boolean() }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('settle' as const), request: index, ok: fc.boolean() }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('delegate' as const),
          requests: fc.array(index, { minLength: 1, maxLength: 3 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('dispose' as const), worker: index }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('squeeze' as const) }) },
    ),
    { minLength: 1, maxLength: 120, size: 'max' },
  );

/** A request that was made by hand, or a key of a map, for which the map's function stands: it settles a little later. */
interface Made {
  resolver?: Resolver<unknown>;
  await: RequestPromise<unknown>['await'];
  settle(ok: boolean, value: unknown, owner: Worker): void;
}

interface Waiting {
  request: number;
  controller: AbortController | undefined;
  outcome: { ok: boolean; value: unknown } | undefined;
  expected: { ok: boolean; value?: unknown; code?: string } | undefined;
}

/** A signal that has aborted while listeners before ours are still being told, until what this returns is called. */
function beginAbort(controller: AbortController, reason: unknown): () => void {
  Object.defineProperties(controller.signal, { aborted: { value: true }, reason: { value: reason } });
  return () => controller.abort(reason);
}

async function play(workersAtFirst: number, script: Step[]): Promise<void> {
  const reference = new Reference();
  const workers = Array.from({ length: workersAtFirst }, () => new Worker());
  const requests: Made[] = [];
  // The runs that were asked for last: the worker of each, and what settles it.
  const runs = new Map<
    number,
    { worker: Worker; resolve: (value: unknown) => void; reject: (error: unknown) => void }
  >();
  const map = new OnceMap<number, unknown>(
    (key, worker) => new Promise((resolve, reject) => runs.set(key, { worker, resolve, reject })),
  );
  const ids = new Map<RequestId, number>();
  const waits: Waiting[] = [];
  const disposed = new Set<number>();
  const outcomes = new Map<number, Waiting['expected']>();
  const slow: (() => void)[] = [];
  let grows = true;

  const settle = (request: number, expected: Waiting['expected']): void => {
    outcomes.set(request, expected);
    for (const { wait } of reference.waits.filter((each) => each.request === request)) {
      (waits[wait] as Waiting).expected = expected;
    }
    reference.settle(request);
  };
  /** What a worker that ends still owes settles. */
  const end = (worker: number, expected: Waiting['expected']): void => {
    disposed.add(worker);
    for (const [request, owner] of reference.owner.entries()) {
      if (owner === worker && !reference.settled.has(request)) settle(request, expected);
    }
  };
  const make = (worker: number): void => {
    const made = newRequest<unknown>(workers[worker] as Worker, { name: `r${requests.length}` });
    ids.set(made.resolver.requestId, requests.length);
    reference.owner.push(worker);
    requests.push({
      resolver: made.resolver,
      await: (waiter, options) => made.promise.await(waiter, options),
      settle: (ok, value, owner) => (ok ? made.resolver.resolve(owner, value) : made.resolver.reject(owner, value)),
    });
    if (disposed.has(worker)) settle(requests.length - 1, { ok: false, code: 'ERR_UNRESOLVED' });
  };
  /** Starts a key's run by a wait that is given up: that leaves the run. */
  const start = async (): Promise<void> => {
    const key = requests.length;
    const controller = new AbortController();
    map.get(key, new Worker(), { signal: controller.signal }).catch(() => {});
    await turn();
    controller.abort();
    const { worker, resolve, reject } = runs.get(key)!;
    ids.set(map.requestId(key), key);
    reference.owner.push(workers.push(worker) - 1);
    requests.push({
      await: (waiter, options) => map.get(key, waiter, options),
      settle: (ok, value) => (ok ? resolve : reject)(value),
    });
  };
  for (let worker = 0; worker < workersAtFirst; worker++) make(worker);

  for (const step of script) {
    switch (step.kind) {
      case 'request':
        make(step.worker % workers.length);
        break;
      case 'key':
        await start();
        break;
      case 'await': {
        const worker = step.worker % workers.length;
        const request = step.request % requests.length;
        const controller = step.signal ? new AbortController() : undefined;
        const waiting: Waiting = { request, controller, outcome: undefined, expected: undefined };
        const closes = !reference.settled.has(request) && reference.reaches(request, worker);
        (requests[request] as Made).await(workers[worker] as Worker, { signal: controller?.signal }).then(
          (value) => (waiting.outcome = { ok: true, value }),
          (value: unknown) => (waiting.outcome = { ok: false, value }),
        );
        waits.push(waiting);
        if (reference.settled.has(request)) {
          waiting.expected = outcomes.get(request);
        } else if (closes) {
          await turn();
          expect(waiting.outcome?.value).toBeInstanceOf(SelfDependencyError);
          const error = waiting.outcome?.value as SelfDependencyError;
          const cycle = error.requestIds.map((id) => ids.get(id) as number);
          expect(reference.isCycle(cycle, worker, request)).toBe(true);
          for (const each of cycle) settle(each, { ok: false, value: error });
          waiting.expected = { ok: false, value: error };
        } else {
          reference.waits.push({ worker, request, wait: waits.length - 1 });
        }
        break;
      }
      case 'giveUp': {
        const waiting = waits[step.wait % Math.max(1, waits.length)];
        if (waiting?.controller === undefined || waiting.expected !== undefined) break;
        const reason = new Error('enough');
        if (step.told) waiting.controller.abort(reason);
        else slow.push(beginAbort(waiting.controller, reason));
        waiting.expected = { ok: false, value: reason };
        reference.waits = reference.waits.filter(({ wait }) => waits[wait] !== waiting);
        break;
      }
      case 'settle': {
        const request = step.request % requests.length;
        if (reference.settled.has(request)) break;
        const owner = reference.owner[request] as number;
        const value = { of: request };
        const made = requests[request] as Made;
        made.settle(step.ok, value, workers[owner] as Worker);
        settle(request, { ok: step.ok, value });
        if (made.resolver) break;
        // With its function the worker of a run has ended.
        await turn();
        end(owner, step.ok ? { ok: false, code: 'ERR_UNRESOLVED' } : { ok: false, value });
        break;
      }
      case 'delegate': {
        const chosen = [...new Set(step.requests.map((each) => each % requests.length))].filter(
          (each) => requests[each]?.resolver,
        );
        const worker = new Worker({}, ...chosen.map((each) => requests[each]?.resolver as Resolver<unknown>));
        workers.push(worker);
        for (const each of chosen) reference.owner[each] = workers.length - 1;
        break;
      }
      case 'dispose': {
        const worker = step.worker % workers.length;
        (workers[worker] as Worker)[Symbol.dispose]();
        end(worker, { ok: false, code: 'ERR_UNRESOLVED' });
        break;
      }
      case 'squeeze': {
        // As after very many moves: no number is left between one worker's place and the next one's.
        const states = workers.map((worker) => worker[WORKER] as WorkerState).sort((a, b) => a.order - b.order);
        for (const [rank, state] of states.entries()) state.order = 1 + rank * Number.EPSILON;
        break;
      }
    }
    const orders = workers.map((worker) => (worker[WORKER] as WorkerState).order);
    // No order is NaN: that is less than nothing.
    grows &&= reference.waits.every(
      ({ worker, request }) => (orders[worker] as number) < (orders[reference.owner[request] as number] as number),
    );
  }
  for (const tell of slow) tell();
  expect(grows).toBe(true);
  await turn();
  for (const { outcome, expected } of waits) {
    expect(outcome?.ok).toBe(expected?.ok);
    if (expected !== undefined && 'value' in expected) expect(outcome?.value).toBe(expected.value);
    if (expected?.code !== undefined) expect(outcome?.value).toHaveProperty('code', expected.code);
  }
}

describe('the search for cycles', () => {
  test('finds the cycle through many who were placed into a gap that was just wide enough', async () => {
    type Made = { worker: Worker; promise: RequestPromise<unknown> };
    // All are kept: a worker that the collector takes fails what it owes.
    const all: Made[] = [];
    const make = (): Made => {
      const worker = new Worker();
      const made = { worker, promise: newRequest(worker).promise };
      all.push(made);
      return made;
    };
    const stateOf = ({ worker }: Made): WorkerState => worker[WORKER] as WorkerState;
    // The first test, so that each order is the same every time: what is rounded, and how, depends on it.
    for (let halvings = 30; halvings < 50; halvings++) {
      const errors: unknown[] = [];
      const wait = (a: Made, b: Made): void =>
        void b.promise.await(a.worker).catch((reason: unknown) => errors.push(reason));
      const chain = Array.from({ length: 27 }, make);
      const [hub, top] = [make(), make()];
      wait(top, make());
      // Many need the hub, so the search goes ahead from whom it awaits, and these are placed behind it.
      for (let i = 0; i < 500; i++) wait(make(), hub);
      // As after so many moves to between the hub and the one before.
      stateOf(top).order = stateOf(hub).order + 2 ** -halvings;
      for (const [index, each] of chain.entries()) wait(each, chain[index + 1] ?? top);
      wait(hub, chain[0] as Made);
      await turn();
      expect(errors).toEqual([]);
      wait(top, chain.at(-1) as Made);
      await turn();
      expect(errors[0]).toBeInstanceOf(SelfDependencyError);
    }
    expect(all).toHaveLength(20 * (27 + 2 + 1 + 500));
  });

  test('agrees with a plain walk over the whole graph in every sequence of requests, keys of a map, awaits, delegations, settlements and given-up awaits, also while an abort is being told', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), steps(), (workers, script) => play(workers, script)),
      { numRuns: 400 },
    );
  }, 60_000);

  test('agrees with it where there are many workers and awaits only', async () => {
    const await_ = fc.record({
      kind: fc.constant('await' as const),
      worker: index,
      request: index,
      signal: fc.constant(false),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 10, max: 60 }),
        fc.array(await_, { maxLength: 200, size: 'max' }),
        (workers, script) => play(workers, script),
      ),
      { numRuns: 150 },
    );
  }, 60_000);

  test('finds no cycle in a graph without one, awaited in any sequence, and finds the one that is then closed', async () => {
    const shape = fc.integer({ min: 2, max: 40 }).chain((n) =>
      fc.tuple(
        fc.constant(n),
        fc.shuffledSubarray(
          Array.from({ length: n * n }, (_, edge) => [Math.floor(edge / n), edge % n] as const).filter(
            ([a, b]) => a < b,
          ),
        ),
        fc.shuffledSubarray(
          Array.from({ length: n }, (_, i) => i),
          { minLength: n, maxLength: n },
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(shape, async ([n, edges, names]) => {
        const workers = Array.from({ length: n }, () => new Worker());
        const promises = workers.map((worker) => newRequest<void>(worker).promise);
        let failed = 0;
        const wait = (a: number, b: number): void =>
          void (promises[b] as RequestPromise<void>).await(workers[a] as Worker).catch(() => failed++);
        for (const [a, b] of edges) wait(names[a] as number, names[b] as number);
        await turn();
        expect(failed).toBe(0);
        for (const [a, b] of edges.slice(0, 1)) {
          wait(names[b] as number, names[a] as number);
          await turn();
          expect(failed).toBeGreaterThanOrEqual(2);
        }
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  test('places workers within a gap and in their order, however narrow it is, or refuses', () => {
    const end = fc.double({ min: -(2 ** 45), max: 2 ** 45, noNaN: true });
    const gaps = fc.oneof(
      fc.tuple(end, end).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
      fc.integer({ min: -1000, max: 1000 }).map((low) => [low, low + 1] as const),
      // One end has a fraction, and it is narrow already.
      fc
        .tuple(fc.integer({ min: -1000, max: 1000 }), fc.nat(52))
        .map(([low, bits]) => [low, low + 2 ** -bits] as const),
      fc
        .tuple(fc.integer({ min: -1000, max: 1000 }), fc.nat(52))
        .map(([high, bits]) => [high - 2 ** -bits, high] as const),
    );
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 200 }), fc.nat(3), fc.nat(3), ([low, high], many, few, nth) => {
        const make = (length: number): WorkerState[] => Array.from({ length }, () => new WorkerState());
        const [all, some] = [make(many), make(few + 1)];
        // Into each gap many, then a few; the next one is a gap between these.
        for (let isPlaced = true, rounds = 0; isPlaced && rounds < 1000; rounds++) {
          for (const workers of [all, some]) {
            isPlaced = place(new Set(workers), low, high);
            if (!isPlaced) continue;
            const orders = [low, ...workers.map(({ order }) => order), high];
            expect(orders.slice(1).every((order, at) => order > (orders[at] as number))).toBe(true);
            if (workers === some) [low, high] = orders.slice(nth % (few + 2)) as [number, number];
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
