// What the `$flags` of a process and of a link say. A process is a link, too: its first flags are those of one.

/** The parent closes after the child. */
export const WAITS = 1;
/** The child is told to close when the parent closes. */
export const TELLS = 2;
/** A child. */
export const BOTH = 3;

/** Tells its children one after the other. */
export const REVERSE = 4;

/** Is the background. */
export const BACKGROUND = 8;
/** A teardown has been given. */
export const HAS_TEARDOWN = 16;
/** The function has not ended, or once TORN the teardown. */
export const RUNS = 32;
/** Closes as soon as it waits for nothing. */
export const AFTER = 64;
/** Is in line for a later round. */
export const QUEUED = 128;
/** The teardown has been called, or there was none. */
export const TORN = 256;
/** Is over. */
export const CLOSED = 512;
/** Something it waited for has closed since the round was asked for: those who watch that come before it. */
export const LATE = 1024;
