// Everything at once, for a while. Started by scripts/soak.mjs, which says how.
//
// A round is some scenarios at the same time, all of whose choices come from the seed and the round's number. After each, nothing may be left: no
// timer, no handler on the process. Now and then the heap is collected and weighed; in the second half it may not grow.
import { getEventListeners } from 'node:events';
import { Chance } from './chance.js';
import { Fault, reported, unexpected } from './faults.js';
import { forever, scenarios } from './scenarios.js';

const [minutes = 10, seed = 1, only = -1] = (process.env['SOAK'] ?? '').split(',').map(Number);
const collect = globalThis.gc as () => void;
/** Nothing here takes a second; what takes a minute hangs, on however busy a machine. */
const HANGS = 60_000;

// Clocks that jump: what is seen of `Date` and `performance` has an offset that changes.
const clock = { now: Date.now.bind(Date), since: performance.now.bind(performance), date: 0, run: 0 };
Date.now = () => clock.now() + clock.date;
performance.now = () => clock.since() + clock.run;
function jump(chance: Chance): void {
  if (chance.once(3)) clock.date = (chance.next() - 0.5) * 1e9;
  // This one never goes back.
  if (chance.once(10)) clock.run += chance.below(10_000);
}

const weights = scenarios.flatMap(([, , weight], index) => Array.from({ length: weight }, () => index));
const counts = new Map<string, number>();
const heap: number[] = [];
const begin = clock.since();
const end = begin + minutes * 60_000;
const every = Math.max(500, (minutes * 60_000) / 120);
let weighed = 0;

function fail(what: string): never {
  console.error(
    `\nsoak: ${what}\nseed ${seed}. To see it again: pnpm soak --seed ${seed}${round >= 0 ? ` --round ${round}` : ''}`,
  );
  process.exit(1);
}

/** What is on the process and in the loop, by kind. */
function left(): string {
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout' || kind === 'Immediate');
  // A handler of `beforeExit` may stay: workgraph's does when it has come and gone often enough. There is one.
  if (process.listenerCount('beforeExit') > 1) return `${process.listenerCount('beforeExit')} handlers of beforeExit`;
  const handlers = ['SIGINT', 'SIGTERM', 'exit'].map((event) => process.listenerCount(event));
  const listeners = getEventListeners(forever, 'abort').length;
  return `${timers.length} timers, ${handlers.join('+')} handlers, ${listeners} listeners`;
}

let round = -1;
const before = left();
console.log(`soak: ${minutes} minutes, seed ${seed}`);
for (round = Math.max(0, only); clock.since() < end; round++) {
  const chance = new Chance(seed * 1_000_003 + round);
  jump(chance);
  const chosen = Array.from(
    { length: 3 + chance.below(6) },
    () => scenarios[chance.pick(weights)] as (typeof scenarios)[number],
  );
  const running = new Set<string>();
  const all = chosen.map(async ([name, scenario]) => {
    const own = chance.fork();
    const label = `${name} ${running.size}`;
    running.add(label);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    try {
      await scenario(own);
    } catch (error) {
      fail(`${name}, round ${round}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    } finally {
      running.delete(label);
    }
  });
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  const hangs = new Promise<never>((_, reject) => {
    watchdog = setTimeout(() => reject(new Error(`hangs: ${[...running].join(', ')}`)), HANGS);
  });
  await Promise.race([Promise.all(all), hangs]).catch((error: unknown) =>
    fail(`round ${round} ${(error as Error).message}`),
  );
  clearTimeout(watchdog);
  if (chance.once(20)) collect();
  // What still has to come, of callbacks and reports, comes within some turns; sockets take a few more.
  for (let turn = 0; turn < 200 && left() !== before; turn++) await new Promise((resolve) => setImmediate(resolve));
  for (let wait = 0; wait < 100 && left() !== before; wait++) await new Promise((resolve) => setTimeout(resolve, 50));
  if (left() !== before)
    fail(
      `round ${round} has left something: ${left()}, not ${before}. It had ${chosen.map(([name]) => name).join(', ')}`,
    );
  const foreign = unexpected.find((error) => !(error instanceof Fault));
  if (foreign !== undefined)
    fail(
      `round ${round}: reported to the platform: ${foreign instanceof Error ? foreign.stack : JSON.stringify(foreign)}`,
    );
  unexpected.length = 0;
  if (only >= 0) break;
  if (clock.since() - weighed >= every) {
    weighed = clock.since();
    for (let i = 0; i < 3; i++) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    heap.push(process.memoryUsage().heapUsed);
  }
}

// Flat: over the second half the middle of the last quarter is no more than noise above that of the one before it.
const middle = (list: number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
const half = heap.slice(Math.floor(heap.length / 2));
const third = middle(half.slice(0, Math.floor(half.length / 2)));
const fourth = middle(half.slice(Math.floor(half.length / 2)));
const allowed = 2 * 2 ** 20 + third * 0.05;
const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
if (only < 0 && fourth - third > allowed) {
  fail(`the heap has grown from ${mb(third)} MB to ${mb(fourth)} MB in the second half: ${heap.map(mb).join(' ')}`);
}
const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
console.log([...counts].map(([name, count]) => `${name} ${count}`).join(', '));
console.log(
  `soak: ${round} rounds, ${total} scenarios, ${reported.count} faults reported to the platform; heap ${mb(third)} MB, then ${mb(fourth)} MB. Seed ${seed}: all fine.`,
);
process.exit(0);
