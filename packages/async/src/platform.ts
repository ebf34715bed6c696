// What runtimes have under different names, or not at all. Looked up at the call: fake timers replace some of it. But for
// the event loop's turn: it is the real one that is to have it, whatever the time is in a test.

interface Runtime {
  process?: { getBuiltinModule?: (name: string) => Record<string, (...args: unknown[]) => number> };
  navigator?: { hardwareConcurrency?: number };
  setImmediate?: { (callback: () => void): Awaited; clock?: unknown };
  setTimeout: { (callback: () => void): Awaited; clock?: unknown };
  MessageChannel?: new () => {
    port1: { onmessage: () => void; close(): void };
    port2: { postMessage(message: unknown): void };
  };
}

const runtime = globalThis as unknown as Runtime;
const { setImmediate, MessageChannel, setTimeout: startTimer } = runtime;

/** The real time. */
export const { now } = Date;

/** By how many milliseconds a timer may ring early, by the clock on the wall: both count whole ones, and a timer leaves out a fraction. */
export const EARLY = 2;

/** How many cores there are for us. Node 20 has no `navigator`, browsers have nothing else. */
export function availableCores(): number {
  const os = runtime.process?.getBuiltinModule?.('os');
  return os?.['availableParallelism']?.() ?? runtime.navigator?.hardwareConcurrency ?? 4;
}

/**
 * Whether the time is one of a test: fake timers replace both the clock and the timers, other programs at most one of them. Those that
 * were there before us, as can be told by their clock, have the event loop's turn as well, and may have gone with it.
 */
export function isFaked(): boolean {
  return !!(setImmediate?.clock ?? startTimer.clock) || (Date.now !== now && runtime.setTimeout !== startTimer);
}

/** A call that is awaited. Where there is a program to keep up it can be told to, or not to. */
export interface Awaited {
  ref?: () => unknown;
  unref?: () => unknown;
}

/** Calls back when the event loop has had its turn: by the quickest means there is. */
export function afterEvents(callback: () => unknown): Awaited {
  // Where it is a number, or nothing, there is no program to keep up.
  if (setImmediate) return Object(setImmediate(callback)) as Awaited;
  if (!MessageChannel) return Object(startTimer(callback)) as Awaited;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(0);
  return {};
}

/** Calls back once. Beyond the longest that a platform's timer can wait, 25 days, nobody waits for a timeout any more. */
export function after(ms: number, callback: () => void): ReturnType<typeof setTimeout> | undefined {
  return ms <= 2 ** 31 - 1 ? setTimeout(callback, ms) : undefined;
}
