// What does it cost to look for a cycle at every await, in the orders in which awaits come?
import { newRequest, Worker, type RequestPromise, type Resolver } from '@x/workgraph';
import { mode, Question, steps, type Contender } from '../harness/question.js';
import { random } from '../harness/random.js';

const bench = new Question('detection', 'What does it cost to look for a cycle at every await?');

/** Who awaits whose request, in this order. Each awaits one other at most; who awaits nobody ends the chain. */
interface Scenario {
  workers: number;
  awaits: readonly (readonly [waiter: number, target: number])[];
}

const edges = (n: number): [number, number][] => Array.from({ length: n - 1 }, (_, index) => [index, index + 1]);
/** How many ones a number ends with: the round in which chains twice as long are joined there. */
const round = (value: number): number => 31 - Math.clz32(~value & (value + 1));

const scenarios: Record<string, { title: string; quadratic: boolean; make: (n: number) => Scenario }> = {
  forward: {
    title: 'a chain, from its head',
    quadratic: false,
    make: (n) => ({ workers: n, awaits: edges(n) }),
  },
  backward: {
    title: 'a chain, from its tail, as functions that start at once build it',
    quadratic: true,
    make: (n) => ({ workers: n, awaits: edges(n).reverse() }),
  },
  late: {
    title: 'as many late waiters for the head of a chain as it is long',
    quadratic: true,
    make: (n) => {
      const half = n / 2;
      const late = Array.from({ length: half }, (_, index): [number, number] => [half + index, 0]);
      return { workers: n, awaits: [...edges(half).reverse(), ...late] };
    },
  },
  pairs: {
    title: 'chains joined in pairs, and these in pairs again',
    quadratic: false,
    make: (n) => ({ workers: n, awaits: edges(n).sort(([a], [b]) => round(a) - round(b) || a - b) }),
  },
  random: {
    title: 'chains joined at random',
    quadratic: false,
    make: (n) => {
      const next = random(n);
      const awaits = edges(n);
      for (let at = awaits.length - 1; at > 0; at--) {
        const other = next() % (at + 1);
        [awaits[at], awaits[other]] = [awaits[other] as [number, number], awaits[at] as [number, number]];
      }
      return { workers: n, awaits };
    },
  },
  stacks: {
    title: 'a chain from its tail, where everyone is waited for before it waits',
    quadratic: true,
    make: (n) => {
      const half = n / 2;
      const awaits: [number, number][] = [];
      for (let index = half - 1; index >= 0; index--) {
        awaits.push([half + index, index]);
        if (index + 1 < half) awaits.push([index, index + 1]);
      }
      return { workers: n, awaits };
    },
  },
};

/** A way to make requests and to await them. */
interface Way<State> {
  make: (workers: number) => State;
  await: (state: State, waiter: number, target: number) => Promise<number>;
  resolve: (state: State, worker: number, value: number) => void;
}

/** Carries out a scenario: awaits in its order, then the ends resolve, and every value is one more than the one awaited. */
const carryOut = <State>(way: Way<State>, { workers, awaits }: Scenario): Contender =>
  steps({
    prepare: () => way.make(workers),
    run: (state) =>
      new Promise<number>((done) => {
        let settled = 0;
        let sum = 0;
        const waiting = new Uint8Array(workers);
        const settle = (worker: number, value: number): void => {
          way.resolve(state, worker, value);
          sum = (sum + value) % 1_000_003;
          if (++settled === workers) done(sum);
        };
        const wait = async (waiter: number, target: number): Promise<void> => {
          settle(waiter, (await way.await(state, waiter, target)) + 1);
        };
        for (let at = 0; at < awaits.length; at++) {
          const [waiter, target] = awaits[at] as [number, number];
          waiting[waiter] = 1;
          void wait(waiter, target);
        }
        for (let worker = 0; worker < workers; worker++) if (waiting[worker] === 0) settle(worker, 1);
      }),
  });

function expected({ workers, awaits }: Scenario): number {
  const targets = new Int32Array(workers).fill(-1);
  for (const [waiter, target] of awaits) targets[waiter] = target;
  const values = new Float64Array(workers);
  const path: number[] = [];
  let sum = 0;
  for (let worker = 0; worker < workers; worker++) {
    for (let at = worker; at !== -1 && values[at] === 0; at = targets[at] ?? -1) path.push(at);
    for (let at; (at = path.pop()) !== undefined;)
      values[at] = (targets[at] === -1 ? 0 : (values[targets[at] ?? -1] ?? NaN)) + 1;
    sum = (sum + (values[worker] ?? NaN)) % 1_000_003;
  }
  return sum;
}

const ours: Way<{ workers: Worker[]; resolvers: Resolver<number>[]; promises: RequestPromise<number>[] }> = {
  make: (n) => {
    const workers = Array.from({ length: n }, () => new Worker());
    const resolvers = new Array<Resolver<number>>(n);
    const promises = new Array<RequestPromise<number>>(n);
    for (const [index, worker] of workers.entries()) {
      const { resolver, promise } = newRequest<number>(worker);
      resolvers[index] = resolver;
      promises[index] = promise;
    }
    return { workers, resolvers, promises };
  },
  await: ({ workers, promises }, waiter, target) =>
    (promises[target] as RequestPromise<number>).await(workers[waiter] as Worker),
  resolve: ({ workers, resolvers }, worker, value) => {
    (resolvers[worker] as Resolver<number>).resolve(workers[worker] as Worker, value);
  },
};

interface Plain {
  promise: Promise<number>;
  resolve: (value: number) => void;
}
const plain = (): Plain => {
  let resolve: (value: number) => void = () => undefined;
  const promise = new Promise<number>((settle) => (resolve = settle));
  return { promise, resolve };
};

const floor: Way<Plain[]> = {
  make: (n) => Array.from({ length: n }, plain),
  await: (requests, _, target) => (requests[target] as Plain).promise,
  resolve: (requests, worker, value) => (requests[worker] as Plain).resolve(value),
};

/** Voss and Sarkar: from the request that is awaited, from owner to what it awaits, until there is none, or the waiter. */
class Owner {
  awaiting: Owned | undefined = undefined;
  readonly request: Owned = new Owned(this);
}
class Owned {
  readonly owner: Owner;
  readonly plain: Plain = plain();
  constructor(owner: Owner) {
    this.owner = owner;
  }
}
const paper: Way<Owner[]> = {
  make: (n) => Array.from({ length: n }, () => new Owner()),
  await: (owners, waiting, target) => {
    const waiter = owners[waiting] as Owner;
    const { request } = owners[target] as Owner;
    for (let at: Owned | undefined = request; at !== undefined; at = at.owner.awaiting)
      if (at.owner === waiter) throw new Error('A cycle');
    waiter.awaiting = request;
    return request.plain.promise.then((value) => {
      waiter.awaiting = undefined;
      return value;
    });
  },
  resolve: (owners, worker, value) => (owners[worker] as Owner).request.plain.resolve(value),
};

for (const [name, { title, quadratic, make }] of Object.entries(scenarios))
  await bench.grow({
    id: `detection.${name}`,
    title: `${title}, workers and requests made before`,
    sizes: { full: [25_000, 100_000], quick: [1_000, 4_000], tiny: [100, 200] }[mode],
    field: (n) => ({
      ours: { await: carryOut(ours, make(n)) },
      peers: { "the paper's walk": carryOut(paper, make(n)) },
      floor: { 'no detection': carryOut(floor, make(n)) },
    }),
    expect: (n) => expected(make(n)),
    targets: [{ ours: 'await', of: 'no detection', atMost: name === 'forward' ? 1.3 : 3 }],
    // A factor of six from 25,000 to 100,000 is one of 1.5 for an await.
    factors: [{ ours: 'await', atMost: 1.5 }],
    patience: quadratic ? 1_000 : Infinity,
  });

bench.end();
