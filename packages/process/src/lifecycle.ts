import { isAbort } from '@x/abort';
import { checkFunction, checkProcess } from './arguments.js';
import { type Closing, closingOf, reasonOf, turnNow } from './closing.js';
import { ProcessClosedError } from './errors.js';
import {
  AFTER,
  BACKGROUND,
  BOTH,
  CLOSED,
  HAS_TEARDOWN,
  LATE,
  QUEUED,
  REVERSE,
  RUNS,
  TELLS,
  TORN,
  WAITS,
} from './flags.js';
import { above, checkCycle, join, type Link, part } from './link.js';
import { restOf, settle } from './outcome.js';
import type { Process, ProcessFunc } from './process.js';
import { tellsAtOnce, turn } from './turn.js';

// What happens to a process, from the beginning of its closing to its end.
//
//   begin ──▶ wait for links and function ──▶ teardown ──▶ wait for what the teardown has added ──▶ finish
//
// Invariants
// 1. `$by` is set once, when closing begins; TORN once, when the teardown is called; CLOSED once, at the end.
// 2. `$waits` counts the links that wait, one for a function that has not ended, and one for a teardown that has not.
// 3. No step but to tell the next of its children happens while `$waits` is above zero. A link that brings it to zero puts the process in line for a
//    microtask after those who watch `closed` of what it waited for have seen it; a function or teardown that does takes the next step at once, unless
//    the process is in line already.
// 4. `begin` is synchronous and runs nothing of the user's but listeners of `closing`. A function begins in a microtask of its own, a teardown in
//    `flush`, or where the function has ended.
// 5. Nothing here calls itself along the graph: it may be as deep as memory allows.

/** What a process without a name that has ended by itself, seen by nobody, was closed by. */
let unseen: Closing | undefined;

const REVERSING: unique symbol = Symbol.for('@x/process/reversing');
/** How many that close their children one after the other are closing, of whichever copy of this package. Sealed: Jest takes apart what a file of tests has left. */
const reversing = ((globalThis as { [REVERSING]?: { count: number } })[REVERSING] ??= Object.seal({ count: 0 }));

export function hang(): TypeError {
  return new TypeError('the background never closes');
}

/** Makes a link, and whatever follows from it for processes that are closing. */
export function connect(parent: Process, child: Process, kind: number): void {
  checkProcess('parent', parent, child);
  checkProcess('q', child, parent);
  if (child.$flags & BACKGROUND) throw hang();
  // Never closes, so it never waits and never tells.
  if (parent.$flags & BACKGROUND) return;
  if (kind & WAITS) {
    if (parent.$flags & CLOSED) throw new ProcessClosedError(parent.name);
    checkCycle(parent, child);
  }
  if (child.$flags & CLOSED) return;
  const known = child.$held > 0 || child.$parent;
  if (!parent.$by || kind & WAITS) join(kind, parent, child);
  if (parent.$by && kind & TELLS) begin([child], parent.$by);
  // The new link may lead those above it, who tell their children one after the other, to some whose turn would never come.
  if (known && reversing.count)
    for (const each of above(parent, BOTH).keys()) if (each.$by) begin(turn(each), each.$by);
}

/** Begins to close each of the list that is running, and what they tell. */
function begin(list: Process[], by: Closing): void {
  /** Have begun, and may have others to tell: grows while it is gone through. */
  const open: Process[] = [];
  for (const process of list) tell(process, by, open);
  let at = 0;
  for (const process of open) {
    // Whose turn it is depends on who has been told.
    for (; at < open.length; at++) {
      const each = open[at]!;
      for (const link of each.$links) if (tellsAtOnce(each, link)) tell(link.$child, by, open);
    }
    for (const child of turn(process)) tell(child, by, open);
  }
}

function tell(process: Process, by: Closing, open: Process[]): void {
  if (process.$by) return;
  process.$by = by;
  process.$since = turnNow();
  if (process.$flags & REVERSE) reversing.count++;
  process.$rest?.controller?.abort(reasonOf(by));
  if (process.$held) open.push(process);
  if (process.$waits === 0) enqueue(process);
}

/** Begins to close a process that is running. */
export function close(process: Process, reason?: unknown): void {
  begin([process], closingOf(process.name, reason));
}

/** Not `queueMicrotask`: fake timers replace that, and what they drop would never go on. */
const microtask: Promise<void> = Promise.resolve();
/** How many are looked at in one microtask: what they begin can end before the next are begun, while it is young for the collector. */
const ROUND = 64;
let line: Process[] = [];
let head = 0;
/** That there is a round: `LATE` when it has been asked for, another while it goes on. */
let round = 0;

/** Not bound: what is launched all at once lives until it has begun, and an object takes less than a function does. */
function start({ process, fn }: { process: Process; fn: ProcessFunc }): void {
  run(process, fn);
}

/** Has a new process run the function, in a microtask. */
export function launch(process: Process, fn: ProcessFunc, flags: number, parent: Process): Process {
  checkFunction(fn, process.name ? process : parent);
  process.$flags |= flags | RUNS;
  connect(parent, process, BOTH);
  process.$waits = 1;
  // Not in line with the others: it runs in the `AsyncLocalStorage` context of whoever launches it.
  void Promise.resolve({ process, fn }).then(start);
  return process;
}

/** Has the process looked at in a microtask. */
function enqueue(process: Process, late = 0): void {
  const flags = process.$flags;
  process.$flags |= QUEUED | late;
  if (flags & QUEUED) return;
  line.push(process);
  if (!round) ask();
}

function ask(): void {
  round = LATE;
  void microtask.then(flush);
}

function flush(): void {
  round = 1;
  const end = Math.min(line.length, head + ROUND);
  // First for all: who is in line again when its turn comes has been put there in this round.
  for (let index = head; index < end; index++) line[index]!.$flags &= ~QUEUED;
  try {
    while (head < end) {
      const process = line[head++]!;
      // Something it waited for has closed: those who watch that come first.
      if (process.$flags & QUEUED) continue;
      if (process.$flags & LATE) enqueue(process);
      else advance(process);
      process.$flags &= ~LATE;
    }
  } finally {
    // Whatever happens to one, the others go on.
    round = 0;
    // Those whose turn has been are let go of, also when the line never becomes empty.
    if (2 * head >= line.length) {
      line = line.slice(head);
      head = 0;
    }
    // At the end: whoever watches what has closed in this round is called before the next.
    if (line.length > 0) ask();
  }
}

/** Runs the function or the teardown, which is counted in `$waits`. */
function run(process: Process, fn: ProcessFunc): void {
  try {
    const result = fn(process);
    if (result !== undefined && Object(result) === result) {
      // A thenable is asked once, and later, as any promise does it. Bound, because an async function would keep more for each that runs.
      void Promise.resolve(result).then(ended.bind(undefined, process), threw.bind(undefined, process));
      return;
    }
  } catch (error) {
    return threw(process, error);
  }
  ended(process);
}

function threw(process: Process, error: unknown): void {
  // To end with the reason of `closing` is to do as one was told.
  if (process.$flags & TORN || !process.$by || !isAbort(error, process.closing)) {
    (restOf(process).errors ??= []).push(error);
    close(process);
  }
  ended(process);
}

function ended(process: Process): void {
  process.$flags &= ~RUNS;
  process.$waits--;
  // One in line waits for its turn, and for those who watch what it has waited for.
  if (!(process.$flags & QUEUED)) advance(process);
}

/** Takes the steps that a process can take. */
function advance(process: Process): void {
  if (process.$waits === 0 && !process.$by && process.$flags & AFTER) {
    if (process.$rest || process.$flags & (HAS_TEARDOWN | REVERSE) || process.$held) return close(process);
    process.$by = process.name === undefined ? (unseen ??= closingOf()) : closingOf(process.name);
  }
  // Who closes its children one after the other may be in line when it has closed.
  if (!process.$by || process.$flags & CLOSED) return;
  if (process.$waits > 0) return begin(turn(process), process.$by);
  const teardown = process.$teardown;
  process.$flags |= TORN;
  process.$teardown = undefined;
  if (teardown) {
    process.$waits = 1;
    process.$flags |= RUNS;
    run(process, teardown);
  } else finish(process);
}

function finish(process: Process): void {
  // Before those who watch are told, and the first who is put in line asks.
  const late = round & LATE;
  process.$flags |= CLOSED;
  if (process.$flags & REVERSE) reversing.count--;
  if (process.$rest) settle(process, process.$rest);
  for (let link: Link | undefined = process; link?.$parent; link = link.$nextIn) {
    const parent = link.$parent;
    part(link, parent);
    // One whose function has not begun is put off, too: that may end at once.
    if (parent.$waits === 0 || parent.$flags & (RUNS | REVERSE)) enqueue(parent, late);
  }
  // Whoever holds on to what has closed does not hold on to the others.
  process.$parent = process.$nextIn = undefined;
}
