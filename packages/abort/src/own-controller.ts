/** What is used of `node:events`. */
interface Events {
  setMaxListeners(count: number, target: EventTarget): void;
}

interface Runtime {
  process?: { getBuiltinModule?: (id: string) => Events | undefined };
}

// Without an import, so that this runs on every runtime. Node has it since 20.16.
const events = /* @__PURE__ */ (globalThis as Runtime).process?.getBuiltinModule?.('node:events');

/** Returns a controller for a signal that we hand out: as many may listen as like to. Node warns of a leak at the eleventh, and what we link is none. */
export function makeController(): AbortController {
  const controller = new AbortController();
  events?.setMaxListeners(0, controller.signal);
  return controller;
}
