import { getEventListeners } from 'node:events';

/** How many listeners a signal has for its abort. */
export function listeners(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}
