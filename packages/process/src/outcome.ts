import { link } from '@x/abort';
import { abortError } from './closing.js';
import { messageOf } from './errors.js';
import { CLOSED } from './flags.js';
import type { Process } from './process.js';

// How those who wait for a process, or are told by it, come to know: made when they ask, since few processes are asked.

/** What few processes need. */
export class Rest {
  controller: AbortController | undefined;
  /** Aborts when it has closed. */
  gone: AbortController | undefined;
  promise: Promise<void> | undefined;
  settle: (() => void) | undefined;
  /** Are called when it has closed: a signal with its listener and its reason for each would take twenty times as long. */
  watching: (() => void)[] | undefined;
  /** What has been thrown, in order; at the end what it closed with, alone. */
  errors: unknown[] | undefined;
}

/** Aborts when the process has closed, without looking at its outcome. */
export function goneOf(process: Process): AbortSignal {
  const rest = restOf(process);
  if (!rest.gone) {
    const gone = (rest.gone = link());
    watch(process, () => gone.abort(abortError(process.name, 'has closed')));
  }
  return rest.gone.signal;
}

/** Calls back when the process has closed, without looking at its outcome; at once if it has. */
export function watch(process: Process, callback: () => void): void {
  if (process.$flags & CLOSED) callback();
  else (restOf(process).watching ??= []).push(callback);
}

/** The rest of a process, made when it is first needed. */
export function restOf(process: Process): Rest {
  return (process.$rest ??= new Rest());
}

/** Tells everybody who waits for it that a process has closed, and how. */
export function settle(process: Process, rest: Rest): void {
  const { errors, settle, watching } = rest;
  if (errors && errors.length > 1) rest.errors = [new AggregateError(errors, errors.map(messageOf).join('; '))];
  // Even if nobody has looked, so far: a promise without a listener is how the platform comes to know.
  if (errors) void closedOf(process);
  settle?.();
  rest.watching = undefined;
  watching?.forEach((callback) => callback());
}

/** The promise of a process, made when it is first asked for. */
export function closedOf(process: Process): Promise<void> {
  const rest = restOf(process);
  return (rest.promise ??= new Promise((resolve, reject) => {
    rest.settle = () => (rest.errors ? reject(rest.errors[0]) : resolve());
    if (process.$flags & CLOSED) rest.settle();
  }));
}
