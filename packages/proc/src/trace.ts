/// <reference lib="esnext.disposable" preserve="true" />
import { dispose } from './dispose.js';
import { messageOf } from './errors.js';
import { setImmediate } from './event-loop.js';
import { FreeLanes } from './free-lanes.js';
import { makeOwnSignals } from './own-signal.js';
import { sinkOf, type Sink, type TraceDestination } from './trace-destination.js';
import { subscribe, type Log, type Span } from './tracing.js';

/**
 * Stops a trace that is being written.
 *
 * @example
 * ```ts
 * import { task } from '@x/proc';
 * import { trace, type TraceWriter } from '@x/proc/node';
 *
 * const tracing: TraceWriter = trace.start('trace.json');
 * try {
 *   await task('work', () => {})(new AbortController().signal);
 * } finally {
 *   await tracing.stop(); // says so when the disk was full: no task has heard of it
 * }
 * ```
 *
 * Source: runtime/trace Stop
 */
export interface TraceWriter extends AsyncDisposable {
  /**
   * Stops tracing and finishes the file. Rejects with the error if writing failed. Further calls give the same outcome.
   *
   * With a stream or a pipe it waits until all data has been taken, however long that takes. It waits forever if nobody reads from the stream, or if the
   * stream stays corked. If the stream fails or is destroyed, `stop` rejects. The exception is a stream with `emitClose: false` that is destroyed without an
   * error: it tells nobody.
   */
  stop(): Promise<void>;
}

const asyncDispose: typeof Symbol.asyncDispose =
  /* v8 ignore next -- the runtime has the symbol or lacks it; a test runs the package where it is lacking */
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as unknown as typeof Symbol.asyncDispose);

/** JSON, of ASCII only, so that its length is its size. */
function quote(text: string): string {
  const json = JSON.stringify(text);

  return /^[\x00-\x7f]*$/.test(json)
    ? json
    : json.replace(/[^\x00-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The types of tasks are few, and come again and again. */
const names = new Map<string, string>();

function quoteName(name: string): string {
  let quoted = names.get(name);
  if (quoted === undefined) {
    if (names.size === 1_000) names.clear();
    names.set(name, (quoted = quote(name)));
  }
  return quoted;
}

/** A clock of the events: microseconds, to the nanosecond. As text, from whole numbers: making one of a fraction is slow. */
function micros(ms: number): string {
  const nanos = Math.round(ms * 1e6);
  const whole = Math.floor(nanos / 1_000);
  return `${whole}.${String(nanos - whole * 1_000).padStart(3, '0')}`;
}

/** What is to be done when the program exits: by one listener for all, or Node would warn of a leak. */
const exits = new Set<() => void>();
const flushAll = (): void => exits.forEach((flush) => flush());

// The events of a trace, in Chrome's JSON array format. Tasks and regions are 'B' and 'E' events, which nest on their thread as calls do;
// what runs at the same time is on different threads, here called lanes.
//
// Invariants
// 1. A lane is a stack of what is open on it. A span that begins is put on its parent's lane if its parent is on top there, else on the first that is empty.
// 2. What ends while something is above it is closed there together with what is above; each of that goes on, as a slice of its own, on a lane of its own.
//    So it moves but once: a chain that moved as one would do so as often as it has members.
// 3. At most one event waits to be written, and no longer than until the next turn of the event loop: a crash loses no more than the last one, and what
//    the destination has not taken.
class Trace implements TraceWriter {
  readonly #sink: Sink;
  readonly #pid = process.pid;
  /** The first is for what belongs to no task. */
  readonly #lanes: Span[][] = [[]];
  readonly #free = new FreeLanes();
  readonly #laneOf = new Map<number, number>();
  readonly #subscription: Disposable;
  #waiting = '';
  #separator = '[\n';
  #flushing = false;
  #failure: { error: unknown } | undefined;
  #stopped: Promise<void> | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
    this.#write(
      this.#event('M', 0, 0, `"cat":"__metadata","name":"process_name","args":{"name":${quote(process.title)}}`),
    );
    this.#flush();
    if (this.#failure) {
      sink.release();
      throw this.#failure.error;
    }
    if (exits.size === 0) process.on('exit', flushAll);
    exits.add(this.#put);
    makeOwnSignals();
    this.#subscription = subscribe({
      start: (span) => this.#start(span),
      end: (span) => this.#end(span),
      log: (log) => this.#log(log),
    });
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  [asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#subscription[dispose]();
    exits.delete(this.#put);
    if (exits.size === 0) process.off('exit', flushAll);
    this.#flush();
    // Whatever goes wrong here, the file has to be closed.
    await this.#sink.close('\n]\n');
    if (this.#failure) throw this.#failure.error;
  }

  #start(span: Span): void {
    const lane = this.#place(span);
    const parent = span.parentId === undefined ? '' : `,"parent":${span.parentId}`;
    this.#begin(span, lane, span.startTime, parent);
  }

  #begin({ kind, type, id }: Span, lane: number, time: number, more: string): void {
    this.#add('B', lane, time, `"cat":"${kind}","name":${quoteName(type)},"args":{"id":${id}${more}}`);
  }

  #end(span: Span): void {
    const lane = this.#laneOf.get(span.id) as number;
    const stack = this.#lanes[lane] as Span[];
    const time = span.endTime as number;
    // Most often it is on top.
    const above = stack.at(-1) === span ? [] : stack.splice(stack.lastIndexOf(span) + 1);
    for (const each of [...above].reverse()) this.#finish(each, lane, time, '"outcome":"goes on"');
    stack.pop();
    if (stack.length === 0) this.#free.add(lane);
    this.#laneOf.delete(span.id);
    const error = span.outcome === 'done' ? '' : `,"error":${quote(messageOf(span.error))}`;
    this.#finish(span, lane, time, `"outcome":"${span.outcome}"${error}`);
    for (const each of above) this.#begin(each, this.#push(each), time, ',"continued":true');
  }

  #finish({ kind, type }: Span, lane: number, time: number, args: string): void {
    // The developer tools of Chrome fail over an event without a name, though the format lets one leave it out here.
    this.#add('E', lane, time, `"cat":"${kind}","name":${quoteName(type)},"args":{${args}}`);
  }

  #log({ parentId, category, message, time }: Log): void {
    const lane = this.#laneOf.get(parentId as number) ?? 0;
    const more = `"s":"t","cat":"log","name":${quoteName(category)},"args":{"message":${quote(message)}}`;
    this.#add('i', lane, time, more);
  }

  /** Puts a span where it belongs, and says on which lane that is. */
  #place(span: Span): number {
    const lane = this.#laneOf.get(span.parentId as number);
    if (!lane || this.#lanes[lane]?.at(-1)?.id !== span.parentId) return this.#push(span);
    return this.#push(span, lane);
  }

  #push(span: Span, lane: number = this.#free.take() ?? this.#open()): number {
    (this.#lanes[lane] as Span[]).push(span);
    this.#laneOf.set(span.id, lane);
    return lane;
  }

  #open(): number {
    const lane = this.#lanes.push([]) - 1;
    this.#add('M', lane, 0, `"cat":"__metadata","name":"thread_name","args":{"name":"lane ${lane}"}`);
    return lane;
  }

  #add(phase: string, lane: number, time: number, more: string): void {
    const first = this.#waiting === '';
    this.#write(this.#event(phase, lane, time, more));
    if (!first) this.#flush();
    else if (!this.#flushing) {
      this.#flushing = true;
      setImmediate(this.#flushLater).unref();
    }
  }

  #event(phase: string, lane: number, time: number, more: string): string {
    return `{"ph":"${phase}","pid":${this.#pid},"tid":${lane},"ts":${micros(time)},${more}}`;
  }

  #write(event: string): void {
    this.#waiting += this.#separator + event;
    this.#separator = ',\n';
  }

  readonly #flushLater = (): void => {
    this.#flushing = false;
    this.#flush();
  };

  #flush(): void {
    if (this.#waiting !== '') this.#put();
  }

  /** Writes what waits. If nothing does, a pipe is offered again what it has not taken. */
  readonly #put = (): void => {
    const text = this.#waiting;
    this.#waiting = '';
    if (this.#failure) return;
    try {
      this.#sink.write(text);
    } catch (error) {
      // A full disk is no failure of what is traced: `stop` tells.
      this.#failure = { error };
    }
  };
}

/**
 * Writes the program's tasks, regions and logs to a file that you can open in Perfetto and in Chrome's developer tools.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { task } from '@x/proc';
 * import { main, trace } from '@x/proc/node';
 *
 * // Only when it is asked for: TRACE=trace.json node program.js
 * const tracing = process.env.TRACE ? trace.start(process.env.TRACE) : undefined;
 * try {
 *   await main(task('work', (signal) => sleep(10, { signal })));
 * } finally {
 *   await tracing?.stop();
 * }
 * ```
 *
 * Source: runtime/trace
 */
export const trace: {
  /**
   * Starts to write every task, region and log as Chrome trace events, until you stop the result.
   *
   * A file is written event by event, without buffering in the program, and is valid JSON at any time: a program that is killed loses at most
   * the last event. Tasks that run side by side are shown on separate lanes. The `parent` of a task is the id of its parent task.
   *
   * A file given by its path is created or emptied, and closed at the end. A file given by its descriptor is emptied too, but left open. A stream is not
   * ended. A pipe, or any other destination that is not a regular file, gets the events one after the other. If a non-blocking one does not take them, they are kept
   * in memory until it does; they are lost if the program exits before `stop` has settled.
   *
   * On error: throws when the file cannot be opened. Later errors disturb no task: `stop` rejects with them. The file then contains everything written
   * before, and is still valid JSON.
   *
   * @example
   * ```ts
   * import { task } from '@x/proc';
   * import { trace } from '@x/proc/node';
   *
   * const tracing = trace.start('trace.json');
   * await task('work', () => {})(new AbortController().signal);
   * await tracing.stop();
   * ```
   * @throws TypeError when `destination` is not a destination; the error of `fs.openSync`.
   *
   * Source: runtime/trace Start, Stop
   */
  start(destination: TraceDestination): TraceWriter;
} = {
  start(destination) {
    return new Trace(sinkOf(destination));
  },
};
