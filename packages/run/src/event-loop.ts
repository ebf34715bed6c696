import timers from 'node:timers';

/** The real one, whatever fake timers replace later: what is waited for is that the event loop has had its turn, which a test does not give. */
export const { setImmediate } = timers;
