// What runtimes have under different names, or not at all. Looked up at the call: fake timers replace some of it.

interface Runtime {
  process?: { getBuiltinModule?: (name: string) => Record<string, (...args: unknown[]) => number> };
  navigator?: { hardwareConcurrency?: number };
  setImmediate?: (callback: () => void) => void;
  MessageChannel?: new () => {
    port1: { onmessage: () => void; close(): void };
    port2: { postMessage(message: unknown): void };
  };
}

const runtime = globalThis as unknown as Runtime;

/** How many cores there are for us. Node 20 has no `navigator`, browsers have nothing else. */
export function availableCores(): number {
  const os = runtime.process?.getBuiltinModule?.('os');
  return os?.['availableParallelism']?.() ?? runtime.navigator?.hardwareConcurrency ?? 4;
}

/** Calls back when the event loop has had its turn: by the quickest means there is. */
export function afterEvents(callback: () => void): void {
  const { setImmediate, MessageChannel } = runtime;
  if (setImmediate) {
    setImmediate(callback);
  } else if (MessageChannel) {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      callback();
    };
    port2.postMessage(0);
  } else {
    setTimeout(callback);
  }
}

/** Calls back once. Beyond the longest that a platform's timer can wait, 25 days, nobody waits for a timeout any more. */
export function after(ms: number, callback: () => void): ReturnType<typeof setTimeout> | undefined {
  return ms < 2 ** 31 ? setTimeout(callback, ms) : undefined;
}
