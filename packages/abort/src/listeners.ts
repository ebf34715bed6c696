/** Of what Node keeps in a signal: for how many listeners it warns of a leak. `setMaxListeners` of `node:events` writes there, too, in many times the time. */
const LIMIT = /* @__PURE__ */ (() =>
  Object.getOwnPropertySymbols(new AbortController().signal).find(
    ({ description }) => description === 'events.maxEventTargetListeners',
  ))();

/** Lets any number listen to a signal: Node warns of a leak at the eleventh, and who shares a signal has none. */
export function allowListeners(signal: AbortSignal): AbortSignal {
  if (LIMIT) (signal as unknown as Record<symbol, number>)[LIMIT] = 0;
  return signal;
}
