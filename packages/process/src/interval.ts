import { abortable, sleep, throwIfAborted } from '@x/abort';
import { check, checkFunction, checkNumber } from './arguments.js';
import { go } from './go.js';
import { watch } from './outcome.js';
import type { Process, ProcessFunc } from './process.js';

/** Runs a function as a child and resolves when that has closed, without looking at its outcome. */
export function call(process: Process, fn: ProcessFunc): Promise<unknown> {
  return new Promise<unknown>((resolve) => watch(process.go(fn), () => resolve(undefined)));
}

/** As `call`, except that it does not wait. */
function start(process: Process, fn: ProcessFunc): void {
  process.go(fn);
}

type Call = (process: Process, fn: ProcessFunc) => unknown;

function sleeping(name: string, interval: number, fn: ProcessFunc, run: Call): Process {
  checkNumber('interval', interval, 0);
  checkFunction(fn);
  const wait = (): Promise<void> => sleep(interval, { signal: process.closing });
  const process = go(async () => {
    // Ends when the process closes: then the wait throws the reason.
    for (await first; ; await wait()) {
      // The wait may be over, and this not know of it yet.
      throwIfAborted(process.closing);
      await run(process, fn);
    }
  }, `${name} ${interval} ms`);
  // Begins now, not when the function does.
  const first = wait();
  return process;
}

/** By how many milliseconds a timer may ring early, by the clock on the wall: both count whole ones, and a timer leaves out a fraction. */
const EARLY = 2;

function ticking(name: string, interval: number, fn: ProcessFunc, run: Call): Process {
  checkNumber('interval', interval, 0);
  check(interval > 0, 'interval must be above 0', interval, undefined, RangeError);
  checkFunction(fn);
  // Not `performance`: some fake timers leave that as it is.
  let due = Date.now() + interval;
  /** A turn of the event loop that was asked for and has not come. */
  let turn: Promise<void> | undefined;
  const wait = (): Promise<void> | void => {
    const rest = due - Date.now();
    // Not longer than from one to the next: the clock may have been set back, or does not go on with the timers.
    if (rest > 0) return sleep(rest > interval + EARLY ? interval : rest, { signal: process.closing });
    // A call that is late comes at once. But if nothing else has had a turn since the last such call it does before: calls may be late for ever.
    if (turn) return abortable(turn, process.closing);
    const { setImmediate: startTurn = setTimeout } = globalThis as unknown as { setImmediate?: typeof setTimeout };
    turn = new Promise<void>((resolve) => void startTurn(resolve)).then(() => void (turn = undefined));
  };
  const process = go(async () => {
    for (await first; ; await wait()) {
      throwIfAborted(process.closing);
      const now = Date.now();
      // The clock has been set back: it comes when it is due.
      if (due - now > interval + EARLY) due = now;
      // Of the ticks that have been missed this one comes late, and the others are left out.
      const late = Math.max(0, now - due);
      due += interval * (Math.floor(late / interval) + 1);
      await run(process, fn);
    }
  }, `${name} ${interval} ms`);
  const first = wait();
  return process;
}

/**
 * Calls a function again and again until the process that it returns is closed. The interval is the pause between the end of a call and the next one.
 * The first call comes after the first interval. Each call is a child of the process, so closing waits for the running call. The process is named
 * after the call: `every 1000 ms`.
 *
 * On error: if a call throws, its own process fails, as with `go`, which is an unhandled rejection. The calls go on.
 *
 * @param interval milliseconds, 0 or more
 * @example
 * ```ts
 * import { every } from '@x/process/periodic';
 *
 * const poll = every(1, () => {
 *   console.log('polled');
 *   void poll.close();
 * });
 * await poll.closed;
 * // Output:
 * // polled
 * ```
 * @throws TypeError or RangeError when `interval` is not a valid time or `fn` not a function.
 *
 * Source: goprocess/periodic Every
 */
export function every(interval: number, fn: ProcessFunc): Process {
  return sleeping('every', interval, fn, call);
}

/**
 * Calls a function after each interval, without waiting for the calls: they may overlap. Otherwise it works like `every`.
 *
 * @param interval milliseconds, 0 or more
 * @example
 * ```ts
 * import { everyGo } from '@x/process/periodic';
 *
 * const poll = everyGo(1, () => void poll.close());
 * await poll.closed;
 * ```
 * @throws TypeError or RangeError when `interval` is not a valid time or `fn` not a function.
 *
 * Source: goprocess/periodic EveryGo
 */
export function everyGo(interval: number, fn: ProcessFunc): Process {
  return sleeping('everyGo', interval, fn, start);
}

/**
 * Calls a function at every tick of a clock, one call at a time, until the process that it returns is closed. The ticks do not drift. If a call takes
 * longer than the interval, one of the missed ticks comes late, right after the call; the others are left out. The process is named after the
 * call: `tick 1000 ms`.
 *
 * On error: if a call throws, its own process fails, as with `go`, which is an unhandled rejection. The calls go on.
 *
 * @param interval milliseconds, above 0
 * @example
 * ```ts
 * import { tick } from '@x/process/periodic';
 *
 * const clock = tick(1, () => void clock.close());
 * await clock.closed;
 * ```
 * @throws TypeError or RangeError when `interval` is not a valid time or `fn` not a function.
 *
 * Source: goprocess/periodic Tick
 */
export function tick(interval: number, fn: ProcessFunc): Process {
  return ticking('tick', interval, fn, call);
}

/**
 * Calls a function at every tick of a clock, without waiting for the calls: they may overlap. Otherwise it works like `tick`. After a pause of the program
 * there is one call, not a burst.
 *
 * @param interval milliseconds, above 0
 * @example
 * ```ts
 * import { tickGo } from '@x/process/periodic';
 *
 * const clock = tickGo(1, () => void clock.close());
 * await clock.closed;
 * ```
 * @throws TypeError or RangeError when `interval` is not a valid time or `fn` not a function.
 *
 * Source: goprocess/periodic TickGo
 */
export function tickGo(interval: number, fn: ProcessFunc): Process {
  return ticking('tickGo', interval, fn, start);
}
