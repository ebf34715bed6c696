import { abortable, isAbort, onAbort, sleep, throwIfAborted } from '@x/abort';
import { check, checkFunction } from './arguments.js';
import { go } from './go.js';
import { call } from './interval.js';
import { restOf } from './outcome.js';
import type { Process, ProcessFunc } from './process.js';

type Sources = [source: AsyncIterable<unknown>, fn: ProcessFunc] | [target: EventTarget, type: string, fn: ProcessFunc];

/** Those who listen to one type of event of a target, by one listener: Node warns of the eleventh. */
class Audience extends Set<() => void> {
  readonly tell = (): void => {
    // Not those who come meanwhile, nor those who leave, as with any target.
    for (const each of [...this]) if (this.has(each)) each();
  };
}

const audiences = new WeakMap<EventTarget, Map<string, Audience>>();

/** Adds a listener, and returns what takes it away. */
function listen(target: EventTarget, type: string, callback: () => void): () => void {
  const types = audiences.get(target) ?? new Map<string, Audience>();
  const audience = types.get(type) ?? new Audience();
  // First: a target may tell of an event while a listener is added.
  audiences.set(target, types.set(type, audience.add(callback)));
  const leave = (): void => {
    audience.delete(callback);
    if (audience.size > 0) return;
    types.delete(type);
    target.removeEventListener(type, audience.tell);
  };
  try {
    if (audience.size === 1) target.addEventListener(type, audience.tell);
  } catch (error) {
    leave();
    throw error;
  }
  return leave;
}

/** Makes a process that hands the events of a source to `event` until it closes or the source has ended. */
function listening(name: string, args: Sources, event: (process: Process, fn: ProcessFunc) => void): Process {
  const [source, second, third] = args;
  if (typeof second !== 'string') {
    const iterable = source as (AsyncIterable<unknown> & Partial<EventTarget>) | undefined;
    if (typeof iterable?.[Symbol.asyncIterator] !== 'function') {
      check(typeof second === 'function' || !iterable?.addEventListener, 'type must be of type string', second);
      check(false, 'source must be an async iterable, or an event target followed by a type', source);
    }
    checkFunction(second);
    return go((process) => pull(process, iterable, () => event(process, second)), name);
  }
  const target = source as EventTarget | undefined;
  check(typeof target?.addEventListener === 'function', 'target must be an event target', target);
  checkFunction(third);
  const process = go(() => sleep(Infinity, { signal: process.closing }), `${name} ${second}`);
  // Now, not when the function begins: no event is missed.
  onAbort(
    process.closing,
    listen(target, second, () => event(process, third!)),
  );
  return process;
}

async function pull(process: Process, source: AsyncIterable<unknown>, event: () => void): Promise<void> {
  const { closing } = process;
  // A source that nobody will read is not opened.
  throwIfAborted(closing);
  const iterator = source[Symbol.asyncIterator]();
  let next: Promise<unknown> | undefined;
  try {
    for (;;) {
      next = Promise.resolve(iterator.next());
      const result: unknown = await abortable(next, closing);
      // As `for await` does it: a source that gives anything else never ends, and nothing but this loop would have its turn.
      if (Object(result) !== result) throw new TypeError(`Iterator result ${String(result)} is not an object`);
      if ((result as IteratorResult<unknown>).done) return;
      event();
      // It may have been told to close since the result was there.
      throwIfAborted(closing);
    }
  } catch (error) {
    // It has been left with a result that nobody waits for, or it is this that it has failed with.
    void next?.catch((late: unknown) => Object.is(late, error) || tell(process, late));
    if (closing.aborted) {
      // Not waited for: a generator in the middle of a wait would return only after it.
      void giveBack(process, iterator);
      // But what a thenable has failed with already is told in time.
      await Promise.resolve();
    }
    throw error;
  }
}

/** Returns a source. */
async function giveBack(process: Process, iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch (error) {
    tell(process, error);
  }
}

/** Has a process that is closing close with what has gone wrong. If it has closed by then this throws, and the platform reports it: nobody waits for who calls. */
function tell(process: Process, error: unknown): void {
  if (isAbort(error, process.closing)) return;
  if (process.state === 'closed') throw error;
  const errors = (restOf(process).errors ??= []);
  // A source may fail with the same at both ends.
  if (!errors.includes(error)) errors.push(error);
}

function inTurn(name: string, args: Sources): Process {
  /** A call runs. */
  let busy = false;
  /** An event has come meanwhile. */
  let kept = false;
  const event = (process: Process, fn: ProcessFunc): void => {
    kept = busy;
    if (busy) return;
    busy = true;
    // By a promise: whoever ends a call may have a context of its own.
    void call(process, fn).then(() => {
      busy = false;
      // Also when the source has ended: whoever watches a call is told before the process that waits for it.
      if (kept && !process.closing.aborted) event(process, fn);
    });
  };
  return listening(name, args, event);
}

function overlapping(name: string, args: Sources): Process {
  return listening(name, args, (process, fn) => void process.go(fn));
}

/**
 * Calls a function at each tick of a source, one call at a time, until the process that it returns is closed. Of the ticks that come during a call, one is
 * kept and the rest are dropped. When the source ends, the process closes as soon as the calls are over.
 *
 * The source is an async iterable, or an event target with the type of the event. The process is named after this function and the type.
 *
 * On close: the iterable's `return` is called. The process waits neither for that nor for a pending `next`.
 *
 * On error: if a call throws, its own process fails, as with `go`, which is an unhandled rejection. If the source throws, the process closes with that
 * error. If `next` gives a result that is not an object, the process closes with a TypeError, as in `for await`. An error of `return` or of a pending
 * `next` is an error of the process if it comes before the process has closed, and an unhandled rejection after that. The reason of `closing`, and an
 * `AbortError` that has it as its cause, count as neither.
 *
 * @example
 * ```ts
 * import { setInterval } from 'node:timers/promises';
 * import { ticker } from '@x/process/periodic';
 *
 * const clock = ticker(setInterval(1), () => void clock.close());
 * await clock.closed;
 * ```
 * @throws TypeError when the source is neither an async iterable nor an event target, or `fn` is not a function.
 *
 * Source: goprocess/periodic Ticker
 */
export function ticker(source: AsyncIterable<unknown>, fn: ProcessFunc): Process;
/**
 * Calls a function at each event of a target, one call at a time. It works as with an async iterable, except that a target does not end.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { ticker } from '@x/process/periodic';
 *
 * const clock = new EventTarget();
 * const display = ticker(clock, 'tick', () => console.log('drawn'));
 * // The second is kept while the first call runs, the third dropped.
 * for (let tick = 1; tick <= 3; tick++) clock.dispatchEvent(new Event('tick'));
 * await sleep(1);
 * await display.close();
 * // Output:
 * // drawn
 * // drawn
 * ```
 * @throws TypeError when `target` is not an event target, `type` not a string or `fn` not a function.
 *
 * Source: goprocess/periodic Ticker
 */
export function ticker(target: EventTarget, type: string, fn: ProcessFunc): Process;
export function ticker(...args: Sources): Process {
  return inTurn('ticker', args);
}

/**
 * Calls a function at each tick of a source, without waiting for the calls: they may overlap. Otherwise it works like `ticker`.
 *
 * @example
 * ```ts
 * import { setInterval } from 'node:timers/promises';
 * import { tickerGo } from '@x/process/periodic';
 *
 * const clock = tickerGo(setInterval(1), () => void clock.close());
 * await clock.closed;
 * ```
 * @throws TypeError when the source is neither an async iterable nor an event target, or `fn` is not a function.
 *
 * Source: goprocess/periodic TickerGo
 */
export function tickerGo(source: AsyncIterable<unknown>, fn: ProcessFunc): Process;
/**
 * Calls a function at each event of a target, without waiting for the calls: they may overlap. Otherwise it works like `ticker`.
 *
 * @example
 * ```ts
 * import { tickerGo } from '@x/process/periodic';
 *
 * const clock = new EventTarget();
 * const probes = tickerGo(clock, 'tick', () => console.log('probed'));
 * for (let tick = 1; tick <= 3; tick++) clock.dispatchEvent(new Event('tick'));
 * await probes.close(); // waits for the calls
 * // Output:
 * // probed
 * // probed
 * // probed
 * ```
 * @throws TypeError when `target` is not an event target, `type` not a string or `fn` not a function.
 *
 * Source: goprocess/periodic TickerGo
 */
export function tickerGo(target: EventTarget, type: string, fn: ProcessFunc): Process;
export function tickerGo(...args: Sources): Process {
  return overlapping('tickerGo', args);
}

/**
 * Calls a function at each event of a source, one call at a time. Does the same as `ticker`, under a name for irregular events.
 *
 * @example
 * ```ts
 * import { onSignal } from '@x/process/periodic';
 *
 * async function* changes() {
 *   yield 'config.json';
 * }
 * const watcher = onSignal(changes(), () => console.log('reloaded'));
 * await watcher.closed; // the source has ended, and the call is over
 * // Output:
 * // reloaded
 * ```
 * @throws TypeError when the source is neither an async iterable nor an event target, or `fn` is not a function.
 *
 * Source: goprocess/periodic OnSignal
 */
export function onSignal(source: AsyncIterable<unknown>, fn: ProcessFunc): Process;
/**
 * Calls a function at each event of a target, one call at a time. Does the same as `ticker`, under a name for irregular events.
 *
 * @example
 * ```ts
 * import { onSignal } from '@x/process/periodic';
 *
 * const settings = new EventTarget();
 * const watcher = onSignal(settings, 'change', () => console.log('changed'));
 * await Promise.resolve();
 * settings.dispatchEvent(new Event('change'));
 * await Promise.resolve();
 * await watcher.close();
 * // Output:
 * // changed
 * ```
 * @throws TypeError when `target` is not an event target, `type` not a string or `fn` not a function.
 *
 * Source: goprocess/periodic OnSignal
 */
export function onSignal(target: EventTarget, type: string, fn: ProcessFunc): Process;
export function onSignal(...args: Sources): Process {
  return inTurn('onSignal', args);
}

/**
 * Calls a function at each event of a source, without waiting for the calls: they may overlap. Does the same as `tickerGo`, under a name for irregular
 * events.
 *
 * @example
 * ```ts
 * import { Readable } from 'node:stream';
 * import { onSignalGo } from '@x/process/periodic';
 *
 * const uploads = Readable.from(['a.png', 'b.png']);
 * const scans = onSignalGo(uploads, () => console.log('scanned'));
 * await scans.closed; // the source has ended, and the calls are over
 * // Output:
 * // scanned
 * // scanned
 * ```
 * @throws TypeError when the source is neither an async iterable nor an event target, or `fn` is not a function.
 *
 * Source: goprocess/periodic OnSignalGo
 */
export function onSignalGo(source: AsyncIterable<unknown>, fn: ProcessFunc): Process;
/**
 * Calls a function at each event of a target, without waiting for the calls: they may overlap. Does the same as `tickerGo`, under a name for irregular
 * events.
 *
 * @example
 * ```ts
 * import { onSignalGo } from '@x/process/periodic';
 *
 * const settings = new EventTarget();
 * const watcher = onSignalGo(settings, 'change', () => console.log('changed'));
 * await Promise.resolve();
 * settings.dispatchEvent(new Event('change'));
 * await watcher.close();
 * // Output:
 * // changed
 * ```
 * @throws TypeError when `target` is not an event target, `type` not a string or `fn` not a function.
 *
 * Source: goprocess/periodic OnSignalGo
 */
export function onSignalGo(target: EventTarget, type: string, fn: ProcessFunc): Process;
export function onSignalGo(...args: Sources): Process {
  return overlapping('onSignalGo', args);
}
