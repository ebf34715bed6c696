const prototypeOf = (object: unknown): object | null => Object.getPrototypeOf(Object(object)) as object | null;

/** On Node what all its emitters inherit from, found without an import. Elsewhere it may be anything, but has no such number. */
const EMITTER = /* @__PURE__ */ prototypeOf(/* @__PURE__ */ prototypeOf((globalThis as { process?: unknown }).process))
  ?.constructor as unknown as { defaultMaxListeners?: number } | undefined;

/**
 * A controller whose signal any number may listen to: Node warns of a leak at the eleventh listener, and who shares a signal has none.
 *
 * Node asks for its default when it makes a signal. To set another limit afterwards, as `setMaxListeners` of `node:events` does, costs a tenth of making it on
 * Node 20, where each signal has a hidden class of its own. Nobody sees the default changed: no code of anybody else's runs meanwhile.
 */
export function newController(): AbortController {
  const limit = EMITTER?.defaultMaxListeners;
  try {
    // Not 0, which is no limit as well: `getMaxListeners` of Node 20 throws for a signal that has it, and undici asks of each signal.
    if (limit) EMITTER.defaultMaxListeners = Infinity;
    const controller = new AbortController();
    // Node makes it when it is first asked for.
    void controller.signal;
    return controller;
  } finally {
    if (limit) EMITTER.defaultMaxListeners = limit;
  }
}
