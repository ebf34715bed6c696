// Random traffic on a queue, and a model that knows what has to come of it: where each item is, and what its promise says.
import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { DiscardedError, Queue } from './index.js';
import { type Deferred, deferred, listenersOn, quiet } from './test-support/moments.js';

type Way = 'enqueue' | 'tryEnqueue' | 'submit';
type Kind = 'sync' | 'throws' | 'async' | 'rejects' | 'hangs';
type Where =
  'outside' | 'waiting' | 'running' | 'done' | 'failed' | 'cancelled' | 'handed back' | 'refused' | 'abandoned';

interface Item {
  number: number;
  way: Way;
  kind: Kind;
  priority: number;
  controller: AbortController | undefined;
  where: Where;
  /** In which step it got a place, if it had to wait for one. */
  admitted: number;
  starts: number;
  /** The run in which it started: what outlives its run is nobody's any more. */
  run: number;
  gate: Deferred<void>;
  signal: AbortSignal | undefined;
  outcome: unknown[] | undefined;
  accepted: 'yes' | 'no' | undefined;
}

interface Model {
  parallelism: number;
  maxWork: number;
  rate: { limit: number; interval: number } | undefined;
  timeout: number | undefined;
  context: 'queue' | 'enqueuer';
}

class Harness {
  readonly model: Model;
  readonly queue: Queue<Item, number>;
  readonly items: Item[] = [];
  readonly problems: string[] = [];
  /** What `onError` was told of an item. */
  readonly told = new Map<Item, unknown[]>();
  readonly starts: number[] = [];
  active = 0;
  run = 0;
  step = 0;
  up = false;
  ended = false;
  paused = false;
  readonly handedBack: Promise<Item[]>[] = [];

  constructor(model: Model) {
    this.model = model;
    this.queue = new Queue<Item, number>((item, signal) => this.act(item, signal), {
      ...model,
      shutdownGracePeriod: 1000,
      onError: (error, item) => {
        this.told.set(item, [...(this.told.get(item) ?? []), error]);
      },
    });
  }

  /** No more wait than may, whoever looks. */
  look(): void {
    if (this.queue.size > this.model.maxWork) this.problems.push(`${this.queue.size} wait`);
  }

  act(item: Item, signal: AbortSignal): number | Promise<number> {
    this.look();
    if (++item.starts > 1) this.problems.push(`${item.number} was run twice`);
    if (item.where !== 'waiting') this.problems.push(`${item.number} was started while ${item.where}`);
    const before = this.items.filter(
      (other) =>
        other.where === 'waiting' &&
        // In the enqueuer's context one is taken a microtask before it starts: who gets a place meanwhile comes after it.
        (this.model.context === 'queue' || other.admitted !== this.step) &&
        (other.priority > item.priority || (other.priority === item.priority && other.number < item.number)),
    );
    if (before.length > 0)
      this.problems.push(`${item.number} was started before ${before.map(({ number }) => number).join()}`);
    const { rate } = this.model;
    if (rate !== undefined) {
      const now = Date.now();
      if (this.starts.filter((time) => now - time < rate.interval).length >= rate.limit)
        this.problems.push('too many starts');
      this.starts.push(now);
    }
    item.run = this.run;
    item.signal = signal;
    this.admit(1);
    if (item.kind === 'throws') {
      item.where = 'failed';
      throw item.number;
    }
    if (item.kind === 'sync') {
      item.where = 'done';
      return item.number;
    }
    item.where = 'running';
    if (++this.active > this.model.parallelism) this.problems.push('more run than may');
    return this.wait(item);
  }

  async wait(item: Item): Promise<number> {
    const run = this.run;
    await item.gate.promise;
    if (run === this.run) this.active--;
    if (item.where === 'running') item.where = item.kind === 'rejects' ? 'failed' : 'done';
    if (item.kind === 'rejects') throw item.number;
    return item.number;
  }

  /** There are places: whoever is outside and whose turn it is gets one. `free` of them are about to be free. */
  admit(_free: number): void {
    const count = (where: Where): number => this.items.filter((item) => item.where === where).length;
    for (;;) {
      const [next] = this.items
        .filter((item) => item.where === 'outside')
        .sort((a, b) => b.priority - a.priority || a.number - b.number);
      // The one that has just been taken is not yet marked.
      const starting = this.items.filter((item) => item.where === 'waiting' && item.starts > 0).length;
      if (next === undefined || count('waiting') - starting >= this.model.maxWork) return;
      next.where = 'waiting';
      next.admitted = this.step;
    }
  }

  add(way: Way, kind: Kind, priority: number, cancellable: boolean): void {
    const controller = cancellable ? new AbortController() : undefined;
    const item: Item = {
      number: this.items.length,
      way,
      kind,
      priority,
      controller,
      where: 'waiting',
      admitted: -1,
      starts: 0,
      run: -1,
      gate: deferred(),
      signal: undefined,
      outcome: undefined,
      accepted: undefined,
    };
    const full = this.items.filter(({ where }) => where === 'waiting').length >= this.model.maxWork;
    if (this.ended) item.where = 'refused';
    else if (full) item.where = way === 'tryEnqueue' ? 'refused' : 'outside';
    this.items.push(item);
    const options = { priority, signal: controller?.signal };
    if (way === 'tryEnqueue') {
      if (this.queue.tryEnqueue(item, options) !== (item.where === 'waiting'))
        this.problems.push('tryEnqueue tells wrongly');
    } else if (way === 'enqueue') {
      this.queue.enqueue(item, priority === 0 && !cancellable ? undefined : options).then(
        () => (item.accepted = 'yes'),
        (error: unknown) => {
          item.accepted = 'no';
          item.outcome = [error];
        },
      );
    } else {
      this.queue.submit(item, priority === 0 && !cancellable ? undefined : options).then(
        (value) => (item.outcome = ['value', value]),
        (error: unknown) => (item.outcome = [error]),
      );
    }
  }

  cancel(index: number): void {
    const candidates = this.items.filter((item) => item.controller?.signal.aborted === false);
    const item = candidates[index % Math.max(1, candidates.length)];
    if (item === undefined) return;
    if (['outside', 'waiting', 'running'].includes(item.where)) item.where = 'cancelled';
    this.admit(0);
    item.controller?.abort(`cancelled ${item.number}`);
  }

  end(close: boolean): void {
    if (this.ended || (!this.up && !close && this.ended)) return;
    this.ended = true;
    for (const item of this.items) if (item.where === 'outside') item.where = 'refused';
    if (close || !this.up) for (const item of this.items) if (item.where === 'waiting') item.where = 'handed back';
    this.paused = false;
    this.handedBack.push(close ? this.queue.close() : this.queue.stop());
  }
}

const kinds: Kind[] = ['sync', 'throws', 'async', 'rejects', 'hangs'];

type Real = Harness;
type Command = fc.AsyncCommand<Harness, Real>;

class Step implements Command {
  readonly #name: string;
  readonly #does: (harness: Harness) => void | Promise<void>;
  constructor(name: string, does: (harness: Harness) => void | Promise<void>) {
    this.#name = name;
    this.#does = does;
  }
  check(): boolean {
    return true;
  }
  async run(harness: Harness): Promise<void> {
    const doing = this.#does(harness);
    for (let tick = 0; tick < 10; tick++) {
      harness.look();
      await Promise.resolve();
    }
    await doing;
    await settle(harness);
  }
  toString(): string {
    return this.#name;
  }
}

/** Lets everything happen that can happen now, and compares. */
async function settle(harness: Harness): Promise<void> {
  await quiet();
  harness.step++;
  const { queue, items, model } = harness;
  for (const item of items) {
    if (item.where === 'running' && item.signal?.reason?.name === 'TimeoutError') item.where = 'failed';
  }
  if (queue.state === 0 && harness.up) {
    // The run is over: what still runs is abandoned, what still waits was handed back.
    harness.up = false;
    harness.active = 0;
    harness.run++;
    for (const item of items) {
      if (item.where === 'waiting') item.where = 'handed back';
      if (item.where === 'running') item.where = 'abandoned';
    }
  }
  const count = (where: Where): number => items.filter((item) => item.where === where).length;
  expect(harness.problems).toEqual([]);
  expect(queue.size).toBe(count('waiting'));
  expect(queue.size).toBeLessThanOrEqual(model.maxWork);
  expect(queue.running).toBe(harness.active);
  if (harness.up && !harness.paused && model.rate === undefined && harness.active < model.parallelism) {
    expect(queue.size).toBe(0);
  }
}

const commands = [
  fc
    .tuple(
      fc.constantFrom<Way>('enqueue', 'tryEnqueue', 'submit'),
      fc.constantFrom(...kinds),
      fc.constantFrom(0, 0, 0, 1, -1, 7),
      fc.boolean(),
    )
    .map(
      ([way, kind, priority, cancellable]) =>
        new Step(`${way}(${kind}, ${priority}, ${cancellable})`, (harness) =>
          harness.add(way, kind, priority, cancellable),
        ),
    ),
  fc.nat(50).map((index) => new Step(`cancel(${index})`, (harness) => harness.cancel(index))),
  fc.nat(50).map(
    (index) =>
      new Step(`settle(${index})`, ({ items }) => {
        const running = items.filter(({ signal, kind }) => signal !== undefined && kind !== 'hangs');
        running[index % Math.max(1, running.length)]?.gate.resolve();
      }),
  ),
  fc.constant(
    new Step('start', async (harness) => {
      if (harness.queue.state !== 0) {
        await expect(harness.queue.start()).rejects.toMatchObject({ code: 'ERR_CANNOT_START' });
        return;
      }
      harness.up = true;
      harness.ended = harness.paused = false;
      void harness.queue.start();
    }),
  ),
  fc.constant(
    new Step('pause', (harness) => {
      if (!harness.up || harness.ended) return;
      harness.paused = true;
      harness.queue.pause();
    }),
  ),
  fc.constant(
    new Step('resume', (harness) => {
      if (!harness.up || harness.ended) return;
      harness.paused = false;
      harness.queue.resume();
    }),
  ),
  fc.constant(new Step('stop', (harness) => harness.end(false))),
  fc.constant(new Step('close', (harness) => harness.end(true))),
  fc.nat(700).map(
    (ms) =>
      new Step(`wait(${ms})`, async (harness) => {
        // Time goes by in small steps, so that the model sees what each of them brings.
        for (let left = ms; left > 0; left -= 50) {
          await jest.advanceTimersByTimeAsync(Math.min(left, 50));
          await settle(harness);
        }
      }),
  ),
];

const models: fc.Arbitrary<Model> = fc.record({
  parallelism: fc.integer({ min: 1, max: 3 }),
  maxWork: fc.integer({ min: 1, max: 5 }),
  rate: fc.option(fc.record({ limit: fc.integer({ min: 1, max: 3 }), interval: fc.integer({ min: 1, max: 200 }) }), {
    nil: undefined,
    freq: 3,
  }),
  timeout: fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined, freq: 3 }),
  context: fc.constantFrom('queue', 'enqueuer'),
});

test('whatever is done with a queue, each item is accepted once, and run once, handed back or rejected', async () => {
  jest.useFakeTimers();
  try {
    await fc.assert(
      fc.asyncProperty(models, fc.commands(commands, { maxCommands: 40, size: 'max' }), async (model, traffic) => {
        const harness = new Harness(model);
        await fc.asyncModelRun(() => ({ model: harness, real: harness }), traffic);
        await finish(harness);
      }),
      { numRuns: 150, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
    );
  } finally {
    jest.useRealTimers();
  }
}, 120_000);

/** Ends everything, and looks whether everybody has been told the truth. */
async function finish(harness: Harness): Promise<void> {
  const { queue, items } = harness;
  harness.end(true);
  await settle(harness);
  for (let turn = 0; turn < 25; turn++) {
    await jest.advanceTimersByTimeAsync(50);
    await settle(harness);
  }
  for (const item of items) item.gate.resolve();
  await quiet();
  expect(harness.problems).toEqual([]);
  expect([queue.size, queue.running, queue.state, jest.getTimerCount()]).toEqual([0, 0, 0, 0]);
  const back = (await Promise.all(harness.handedBack)).flat();
  expect(new Set(back).size).toBe(back.length);
  for (const item of items) {
    const { number, where, way, outcome, starts, kind } = item;
    expect([number, back.includes(item)]).toEqual([number, where === 'handed back']);
    const ran = ['done', 'failed', 'abandoned'].includes(where) || (where === 'cancelled' && starts > 0);
    expect([number, starts]).toEqual([number, ran ? 1 : 0]);
    if (item.controller !== undefined) expect(listenersOn(item.controller.signal)).toBe(0);
    checkTold(harness.told.get(item) ?? [], item);
    if (way === 'tryEnqueue') continue;
    if (way === 'enqueue') {
      if (where === 'refused') expect(outcome?.[0]).toBeInstanceOf(DiscardedError);
      else if (where !== 'cancelled') expect([number, item.accepted]).toEqual([number, 'yes']);
      expect(item.accepted).toBeDefined();
    } else if (where === 'done') {
      expect(outcome).toEqual(['value', number]);
    } else if (where === 'handed back' || where === 'refused') {
      expect([number, (outcome?.[0] as DiscardedError).items]).toEqual([number, [item]]);
    } else if (where === 'cancelled') {
      expect(outcome).toEqual([`cancelled ${number}`]);
    } else if (where === 'abandoned') {
      expect(outcome?.[0]).toMatchObject({ name: 'AbortError' });
    } else {
      expect(outcome).toHaveLength(1);
      if (kind === 'throws') expect(outcome).toEqual([number]);
    }
  }
}

/** What an item has failed with is its submitter's or onError's; what its action fails with after an abort is onError's. */
function checkTold(told: unknown[], { number, where, way, kind, starts, signal }: Item): void {
  const aborted =
    where === 'failed' ? signal?.reason?.name === 'TimeoutError' : ['cancelled', 'abandoned'].includes(where);
  const late = aborted && kind === 'rejects' && starts > 0;
  const failures = Number(way !== 'submit' && ['failed', 'abandoned'].includes(where)) + Number(late);
  expect([number, told.length]).toEqual([number, failures]);
  if (late) expect(told.at(-1)).toBe(number);
}
