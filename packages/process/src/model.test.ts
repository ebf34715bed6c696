// Random graphs of processes against a small model: whatever is done to them, from outside and inside, in whatever order.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CycleError, describe, Process, ProcessClosedError } from './index.js';
import { settle } from './test-support/deferred.js';

/** What the model knows of a process. */
interface Known {
  readonly id: number;
  readonly process: Process;
  /** Whom it waits for before it is closed. */
  readonly waits: Set<Known>;
  /** Those of them that came before its teardown. */
  readonly first: Set<Known>;
  torn: number;
  hasTeardown: boolean;
  closed: boolean;
  /** What has to end before its function does. */
  release: (() => void) | undefined;
}

class World {
  readonly all: Known[] = [];
  readonly faults: string[] = [];

  know(process: Process, release?: () => void): Known {
    const known: Known = {
      id: this.all.length,
      process,
      waits: new Set(),
      first: new Set(),
      torn: 0,
      hasTeardown: false,
      closed: false,
      release,
    };
    this.all.push(known);
    const over = (): void => {
      known.closed = true;
      if (known.hasTeardown && known.torn !== 1) this.faults.push(`${known.id} closed with ${known.torn} teardowns`);
      for (const other of known.waits) if (!other.closed) this.faults.push(`${known.id} closed before ${other.id}`);
    };
    process.closed.then(over, over);
    return known;
  }

  pick(n: number): Known {
    return this.all[n % this.all.length]!;
  }

  reaches(from: Known, to: Known): boolean {
    const reached = new Set([from]);
    for (const each of reached) for (const next of each.waits) if (next.process.state !== 'closed') reached.add(next);
    return reached.has(to);
  }

  teardown(known: Known, kind: number, act: () => void): () => unknown {
    known.hasTeardown = true;
    return () => {
      known.torn++;
      for (const other of known.first) {
        if (other.process.state !== 'closed') this.faults.push(`teardown of ${known.id} before ${other.id} has closed`);
      }
      if (known.process.state !== 'closing') this.faults.push(`teardown of ${known.id} while ${known.process.state}`);
      if (kind === 1) throw new Error(`teardown ${known.id}`);
      if (kind === 2) return settle();
      if (kind === 3) act();
      return undefined;
    };
  }

  waiting(p: Known, q: Known): void {
    if (q.process.state === 'closed') return;
    p.waits.add(q);
    if (p.torn === 0) p.first.add(q);
  }

  /** Makes a link that waits, and says whether it had to be refused. */
  wait(p: Known, q: Known, link: () => void): void {
    const closed = p.process.state === 'closed';
    const cycle = this.reaches(q, p);
    const graph = (): string => this.all.map(({ process }) => describe(process).replaceAll(/[\d.]+ s/g, '')).join();
    const before = graph();
    try {
      link();
      if (closed || cycle) this.faults.push(`${p.id} may not wait for ${q.id}`);
      this.waiting(p, q);
    } catch (error) {
      if (!(closed ? error instanceof ProcessClosedError : cycle && error instanceof CycleError)) throw error;
      if (before !== graph()) this.faults.push('a refusal has changed the graph');
    }
  }
}

type Step = (world: World) => unknown;
const index = fc.nat(50);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .constantFrom('together', 'reverse')
    .map((children) => (w: World) => w.know(new Process({ children: children as 'reverse' }))),
  fc.tuple(index, index).map(([a, b]) => (w: World) => {
    const [p, q] = [w.pick(a), w.pick(b)];
    w.wait(p, q, () => p.process.addChild(q.process));
  }),
  fc.tuple(index, index).map(([a, b]) => (w: World) => {
    const [p, q] = [w.pick(a), w.pick(b)];
    w.wait(p, q, () => p.process.waitFor(q.process));
  }),
  fc.tuple(index, index).map(
    ([a, b]) =>
      (w: World) =>
        w.pick(a).process.addChildNoWait(w.pick(b).process),
  ),
  fc.tuple(index, fc.nat(4), index).map(([a, kind, b]) => (w: World) => {
    const p = w.pick(a);
    if (p.process.state === 'closed') return expect(() => p.process.go(() => {})).toThrow(ProcessClosedError);
    let release: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const child: Known = w.know(
      p.process.go((proc) => {
        if (kind === 1) throw new Error('function');
        if (kind === 2) return gate;
        if (kind === 3)
          void w
            .pick(b)
            .process.close()
            .catch(() => {});
        if (kind === 4)
          w.waiting(
            child,
            w.know(
              proc.go(() => gate),
              release,
            ),
          );
        return undefined;
      }),
      release,
    );
    w.waiting(p, child);
    return undefined;
  }),
  fc.tuple(index, fc.nat(3), index).map(([a, kind, b]) => (w: World) => {
    const p = w.pick(a);
    const other = w.pick(b);
    if (p.hasTeardown) return expect(() => p.process.setTeardown(() => {})).toThrow(TypeError);
    if (p.process.state === 'closed') return undefined;
    p.process.setTeardown(w.teardown(p, kind, () => void other.process.close().catch(() => {})));
    return undefined;
  }),
  index.map(
    (a) => (w: World) =>
      void w
        .pick(a)
        .process.close()
        .catch(() => {}),
  ),
  index.map(
    (a) => (w: World) =>
      void w
        .pick(a)
        .process.closeAfterChildren()
        .catch(() => {}),
  ),
  index.map((a) => (w: World) => w.pick(a).release?.()),
  fc.constant(() => settle()),
);

class Command implements fc.AsyncCommand<World, World> {
  readonly step: Step;
  constructor(step: Step) {
    this.step = step;
  }
  check(): boolean {
    return true;
  }
  async run(_model: World, world: World): Promise<void> {
    await this.step(world);
    expect(world.faults).toEqual([]);
  }
}

test('every teardown runs once, after all that is waited for and before closed; nothing hangs; every circle is refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.commands([step.map((each) => new Command(each))], { maxCommands: 60, size: 'max' }),
      async (commands) => {
        const world = new World();
        for (let i = 0; i < 4; i++) world.know(new Process());
        await fc.asyncModelRun(() => ({ model: world, real: world }), commands);
        for (const known of world.all) {
          known.release?.();
          known.process.close().catch(() => {});
        }
        for (let round = 0; round < 50 && world.all.some(({ closed }) => !closed); round++) {
          for (const known of world.all) known.release?.();
          await settle();
        }
        expect(world.all.filter(({ closed }) => !closed).map(({ process }) => describe(process))).toEqual([]);
        expect(world.faults).toEqual([]);
        for (const { process } of world.all)
          expect([process.$links, process.$parent, process.$waits]).toEqual([[], undefined, 0]);
      },
    ),
    // All of them, or it has failed: before jest's own limit, which does not say the seed.
    { numRuns: 1000, interruptAfterTimeLimit: 100_000, markInterruptAsFailure: true },
  );
}, 120_000);
