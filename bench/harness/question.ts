// The frame of every file in questions/: runs ours, the peers and the floor in the same process in alternating rounds, checks
// every result, prints a table and leaves a record.
//
// 1. Rounds alternate: each round runs every contender once, starting with another one each time, so that what disturbs the
//    machine disturbs them alike. A ratio is the median of the ratios within the rounds.
// 2. Warm-up rounds come first and are not counted. The young garbage of the one before is collected before each sample; a full
//    collection is left to come when it comes, since it makes the engine forget what it has compiled for objects of which none is
//    alive, and every sample would begin in the interpreter. For the same reason each contender keeps what was last prepared for it.
// 3. A wrong result ends the file with an error: what does not do the work is not compared.
// 4. A contender that has used up its time leaves early, and the table says after how many rounds.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual, inspect } from 'node:util';
import type { Case, Findings, Mode, Role, Row, Target, Unit } from './record.js';
import { ratios, spread } from './statistics.js';
import { print, printTargets } from './table.js';

export const mode: Mode = (process.env['BENCH_MODE'] as Mode | undefined) ?? 'quick';
/** The clock of all that is not about waiting: `cpu` for a machine that is busy with other things. */
const clockOfRun = process.env['BENCH_CLOCK'] === 'cpu' ? 'cpu' : 'wall';
export const node: number = Number(process.versions.node.split('.')[0]);

/** How many items, in each mode. */
export const size = (full: number, quick: number, tiny: number): number => ({ full, quick, tiny })[mode];

/**
 * What each mode allows. Warming up: so many runs of each contender, or more while it has not worked for so many milliseconds. Then
 * rounds, until those who still take part have had their time; one leaves when it has had its own.
 */
const pace = {
  full: {
    warmUp: 2,
    warmUpTo: 300,
    mostWarmUp: 30,
    rounds: 7,
    mostRounds: 31,
    forOne: 2_500,
    leastRounds: 3,
    samples: 3,
  },
  quick: { warmUp: 1, warmUpTo: 25, mostWarmUp: 10, rounds: 7, mostRounds: 7, forOne: 300, leastRounds: 1, samples: 1 },
  tiny: { warmUp: 0, warmUpTo: 0, mostWarmUp: 0, rounds: 1, mostRounds: 1, forOne: 0, leastRounds: 1, samples: 1 },
}[mode];

/** One way to do the work, in steps of which only `run` is timed. */
export interface Steps {
  prepare: () => unknown;
  run: (prepared: unknown) => unknown;
  finish?: ((result: unknown, prepared: unknown) => unknown) | undefined;
}
export type Contender = (() => unknown) | Steps;
export type Contenders = Record<string, Contender>;

/** Makes a contender of steps whose types fit each other; what `finish` gives, else what `run` gave, is checked. */
export function steps<S, R>(contender: {
  prepare: () => S | Promise<S>;
  run: (prepared: S) => R;
  finish?: (result: Awaited<R>, prepared: S) => unknown;
}): Contender {
  return contender as Steps;
}

export type Clock = 'wall' | 'busy' | 'cpu';

export type Limit = number | { 20: number; 24: number };

/** A target of ours: at most so much of a peer, or, without `of`, at most (or least) so much in the unit of the case. */
export interface Aim {
  ours: string;
  of?: string;
  atMost?: Limit;
  atLeast?: number;
}

export interface Field {
  ours: Contenders;
  peers?: Contenders;
  floor?: Contenders;
}

export interface Comparison extends Field {
  id: string;
  title: string;
  /** What every one of them has to give, in every round. */
  expect: unknown;
  targets?: Aim[];
  /** 'busy' leaves out the time for which the event loop only waits: for what sleeps. */
  clock?: Clock;
  /** Contenders that take no part, and why: one that is known not to come to an end. */
  absent?: Record<string, string>;
}

/** Makes what is to be weighed and holds it; what `release` gives is checked, when everything has been weighed. */
export interface Weighed {
  hold: () => unknown;
  release?: (held: never) => unknown;
}

export interface Weighing {
  id: string;
  title: string;
  /** Bytes are given for one of these. */
  items: number;
  ours: Record<string, Weighed>;
  peers?: Record<string, Weighed>;
  floor?: Record<string, Weighed>;
  expect?: unknown;
  targets?: Aim[];
  absent?: Record<string, string>;
}

export interface Growth {
  id: string;
  title: string;
  sizes: number[];
  /** The same field for a size. */
  field: (size: number) => Field;
  expect: (size: number) => unknown;
  targets?: Aim[];
  /** Bounds of ours for the time of an item at the last size over that at the first; with `of`, as a share of what the other's grows by. */
  factors?: { ours: string; of?: string; atMost: number }[];
  /** Milliseconds after which a contender is not asked to do the next size. */
  patience?: number;
}

interface Entry {
  name: string;
  role: Role;
}

const entriesOf = <T>(
  ours: Record<string, T>,
  peers: Record<string, T> = {},
  floor: Record<string, T> = {},
): (Entry & { contender: T })[] => [
  ...Object.entries(ours).map(([name, contender]) => ({ name, role: 'ours' as const, contender })),
  ...Object.entries(peers).map(([name, contender]) => ({ name, role: 'peer' as const, contender })),
  ...Object.entries(floor).map(([name, contender]) => ({ name, role: 'floor' as const, contender })),
];

const { gc } = globalThis as { gc?: (options?: { type: 'minor' | 'major' }) => void };
/** What was last prepared, by contender. */
const kept = new Map<string, unknown>();

/** Lets what has been started behind the scenes end, so that the next one does not pay for it. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function checkResult(id: string, name: string, found: unknown, expected: unknown): void {
  if (isDeepStrictEqual(found, expected)) return;
  const show = (value: unknown): string => inspect(value, { maxArrayLength: 10, depth: 3, breakLength: 120 });
  throw new Error(`${id}: ${name} gave ${show(found)}, not ${show(expected)}`);
}

/** Milliseconds that the program has worked, the threads of the collector and the compiler included. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Runs one contender once; resolves with the milliseconds it took. */
async function sample(
  id: string,
  name: string,
  contender: Contender,
  expected: unknown,
  clock: Clock,
): Promise<number> {
  const staged = typeof contender === 'object';
  const prepared = staged ? await contender.prepare() : undefined;
  if (staged) kept.set(name, prepared);
  const run = staged ? contender.run : contender;
  await settle();
  gc?.({ type: 'minor' });
  const clocks = { cpu: cpuTime, wall: () => performance.now(), busy: () => performance.eventLoopUtilization().active };
  const now = clocks[clock];
  const start = now();
  let result = run(prepared);
  // A synchronous contender does not pay for a turn of the microtask queue.
  if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') result = await result;
  const time = now() - start;
  if (staged && contender.finish !== undefined) result = await contender.finish(result, prepared);
  checkResult(id, name, result, expected);
  return time;
}

/** What was measured of one contender. */
export interface Samples extends Entry {
  /** By round; undefined where it did not take part. */
  times: (number | undefined)[];
}

async function rounds(id: string, field: Field, expected: unknown, clock: Clock = clockOfRun): Promise<Samples[]> {
  const entries = entriesOf(field.ours, field.peers, field.floor).map((entry) => ({ ...entry, spent: 0 }));
  const samples: Samples[] = entries.map(({ name, role }) => ({ name, role, times: [] }));
  kept.clear();
  gc?.();
  const run = async (entry: (typeof entries)[number]): Promise<number> => {
    const start = performance.now();
    const time = await sample(id, entry.name, entry.contender, expected, clock);
    entry.spent += performance.now() - start;
    return time;
  };
  for (let turn = 0; turn < pace.mostWarmUp; turn++) {
    for (const entry of entries) {
      const slow = turn > 0 && entry.spent > pace.forOne / 2;
      if (!slow && (turn < pace.warmUp || entry.spent < pace.warmUpTo)) await run(entry);
    }
  }
  for (const entry of entries) entry.spent = 0;
  for (let round = 0; round < pace.mostRounds; round++) {
    const active = (entry: (typeof entries)[number]): boolean =>
      round < pace.leastRounds || entry.spent <= pace.forOne || (round < pace.rounds && entry.spent <= 3 * pace.forOne);
    if (round >= pace.rounds && !entries.some(active)) break;
    for (let place = 0; place < entries.length; place++) {
      const index = (place + round) % entries.length;
      const entry = entries[index];
      if (entry !== undefined) samples[index]?.times.push(active(entry) ? await run(entry) : undefined);
    }
  }
  return samples;
}

const present = (times: readonly (number | undefined)[]): number[] => times.filter((time) => time !== undefined);

export function rowsOf(samples: readonly Samples[], absent: Record<string, string> = {}): Row[] {
  const ours = samples.filter(({ role }) => role === 'ours');
  const rows = samples.map(({ name, role, times }): Row => {
    const taken = present(times);
    return {
      name,
      role,
      rounds: taken.length,
      value: spread(taken),
      ratios: Object.fromEntries(
        ours.filter((one) => one.name !== name).map((one) => [one.name, spread(ratios(one.times, times))]),
      ),
    };
  });
  for (const [name, remark] of Object.entries(absent)) rows.push({ name, role: 'peer', rounds: 0, ratios: {}, remark });
  return rows;
}

const limitOf = (limit: Limit): number => (typeof limit === 'number' ? limit : node >= 24 ? limit[24] : limit[20]);

function judge(rows: readonly Row[], aims: readonly Aim[], unit: Unit): Target[] {
  return aims.map(({ ours, of, atMost, atLeast }) => {
    const row = rows.find(({ name }) => name === (of ?? ours));
    if (row === undefined) throw new Error(`A target speaks of ${of ?? ours}, which takes no part`);
    const found = of === undefined ? row.value?.median : row.ratios[ours]?.median;
    const limit = atLeast ?? limitOf(atMost ?? NaN);
    const bound = `${atLeast === undefined ? '<=' : '>='} ${limit}`;
    return {
      text: of === undefined ? `${ours} ${bound} ${unit}` : `${ours} ${bound} of ${of}`,
      limit,
      found,
      met: found !== undefined && (atLeast === undefined ? found <= limit : found >= limit),
    };
  });
}

/** One file's question. Its cases are run one after another; `end` writes the record. */
export class Question {
  readonly #record: Findings;

  constructor(name: string, question: string) {
    this.#record = { name, question, mode, node: process.version, clock: clockOfRun, cases: [] };
    console.log(
      `\n${question}  [${name}, ${mode}, Node ${process.version}${clockOfRun === 'cpu' ? ', CPU time' : ''}]`,
    );
  }

  /** Adds a case whose numbers were found in a way of its own. */
  add(result: Omit<Case, 'targets'>, aims: Aim[] = []): void {
    const whole: Case = { ...result, targets: judge(result.rows, aims, result.unit) };
    this.#record.cases.push(whole);
    print(whole);
    if (whole.growth === undefined) printTargets(whole);
  }

  /** Times the contenders. */
  async compare(comparison: Comparison): Promise<Samples[]> {
    const { id, title, expect, targets, absent, clock } = comparison;
    const samples = await rounds(id, comparison, expect, clock);
    this.add({ id, title, unit: 'ms', rows: rowsOf(samples, absent) }, targets);
    return samples;
  }

  /** Weighs what the contenders hold, in bytes of heap an item. */
  async weigh({ id, title, items, ours, peers, floor, expect, targets, absent }: Weighing): Promise<void> {
    kept.clear();
    const entries = entriesOf(ours, peers, floor);
    const samples: Samples[] = entries.map(({ name, role }) => ({ name, role, times: [] }));
    // One round apart: code is compiled and tables grow the first time.
    for (let round = -1; round < pace.samples; round++) {
      for (const [index, { name, contender }] of entries.entries()) {
        const before = await heap();
        let held = await contender.hold();
        const bytes = (await heap()) - before;
        if (contender.release !== undefined) {
          const result = await (contender.release as (held: unknown) => unknown)(held);
          if (expect !== undefined) checkResult(id, name, result, expect);
        }
        held = undefined;
        if (round >= 0) samples[index]?.times.push(Math.max(0, bytes / items));
      }
    }
    this.add({ id, title, unit: 'bytes', rows: rowsOf(samples, absent) }, targets);
  }

  /** Times the contenders at several sizes. The rows are those of the largest; who takes too long is not asked further. */
  async grow({ id, title, sizes, field, expect, targets, factors, patience = 15_000 }: Growth): Promise<void> {
    const medians: Record<string, (number | undefined)[]> = {};
    const left: Record<string, string> = {};
    let rows: Row[] = [];
    for (const [step, n] of sizes.entries()) {
      const whole = field(n);
      const staying = (contenders: Contenders = {}): Contenders =>
        Object.fromEntries(Object.entries(contenders).filter(([name]) => left[name] === undefined));
      const samples = await rounds(
        `${id} at ${n}`,
        { ours: staying(whole.ours), peers: staying(whole.peers), floor: staying(whole.floor) },
        expect(n),
      );
      rows = rowsOf(samples, left);
      for (const row of rows) {
        const median = row.value?.median;
        (medians[row.name] ??= sizes.map(() => undefined))[step] = median;
        const next = sizes[step + 1];
        if (median !== undefined && next !== undefined && mode === 'full' && median > patience / 4)
          left[row.name] = `left after ${n.toLocaleString('en')}`;
      }
    }
    const factorsFound: Record<string, number> = {};
    const first = sizes[0] ?? NaN;
    const last = sizes.at(-1) ?? NaN;
    for (const [name, times] of Object.entries(medians)) {
      const [small, large] = [times[0], times.at(-1)];
      if (small !== undefined && large !== undefined) factorsFound[name] = large / last / (small / first);
    }
    this.add({ id, title, unit: 'ms', rows, growth: { sizes, medians, factors: factorsFound } }, targets);
    const own = this.#record.cases.at(-1);
    for (const { ours, of, atMost } of factors ?? []) {
      const [grown, other] = [factorsFound[ours], of === undefined ? 1 : factorsFound[of]];
      const found = grown === undefined || other === undefined ? undefined : grown / other;
      const sizes = `from ${first.toLocaleString('en')} to ${last.toLocaleString('en')}`;
      own?.targets.push({
        text: `${ours}, growth of an item ${sizes} <= ${atMost}${of === undefined ? '' : ` of ${of}`}`,
        limit: atMost,
        found,
        met: found !== undefined && found <= atMost,
      });
    }
    if (own !== undefined) printTargets(own);
  }

  /** Writes the record where the runner asked for it. */
  end(): void {
    const file = process.env['BENCH_RECORD'];
    if (file === undefined) return;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(this.#record, rounded, 2)}\n`);
  }
}

/** Bytes in use once everything that can be collected has been, finalisers included. */
async function heap(): Promise<number> {
  for (let turn = 0; turn < 4; turn++) {
    gc?.();
    await settle();
  }
  gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

const rounded = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
