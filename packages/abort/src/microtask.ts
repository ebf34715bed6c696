/** The platform's own: fake timers keep what they are given, and may drop it. */
export const { queueMicrotask } = globalThis;
