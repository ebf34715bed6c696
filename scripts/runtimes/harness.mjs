// What the checks are written with, for any runtime: no module of Node, no test framework.

/** @typedef {Record<string, (host: Host) => unknown>} Checks A sentence about behaviour, and what fails when it is wrong. */
/** @typedef {{ name: string, title: string, error?: string }} Result */

/** @param {unknown} actual @param {unknown} expected @param {string} [what] */
export function equal(actual, expected, what = 'value') {
  if (!Object.is(actual, expected)) throw new Error(`the ${what} is ${print(actual)}, not ${print(expected)}`);
}

/** Compares lists and plain objects by what they hold. @param {unknown} actual @param {unknown} expected @param {string} [what] */
export function same(actual, expected, what = 'value') {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`the ${what} is ${a}, not ${b}`);
}

/** @param {unknown} condition @param {string} what */
export function holds(condition, what) {
  if (!condition) throw new Error(`not so: ${what}`);
}

/** What a call throws, or rejects with. @param {() => unknown} call @returns {Promise<any>} */
export async function failure(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** Rejects with a value as it is, whatever it is. @param {unknown} [reason] @returns {Promise<never>} */
export const fail = (reason = new Error('failed')) => Promise.reject(reason);

/** @returns {AbortSignal} */
export const live = () => new AbortController().signal;

/** @param {number} [ms] @returns {Promise<void>} */
export const later = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));

/** A promise that is settled by hand. @template [T=void] */
export function deferred() {
  /** @type {(value: T) => void} */
  let resolve = () => {};
  /** @type {(reason: unknown) => void} */
  let reject = () => {};
  const promise = new Promise((/** @type {(value: T) => void} */ yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

// The keys of disposal, which a runtime may lack: then these are what the helpers of compilers look for.
/** @type {typeof Symbol.dispose} */
export const dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');
/** @type {typeof Symbol.asyncDispose} */
export const asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');

/** @param {unknown} value */
const print = (value) =>
  value instanceof Error ? `${value.name}: ${value.message}` : typeof value === 'string' ? `"${value}"` : String(value);

/** The runtime: which it is, and what it has reported as an error that nobody handled. */
export class Host {
  /** @type {unknown[]} */
  #reported = [];

  constructor() {
    const global = /** @type {any} */ (globalThis);
    /** @type {'node' | 'bun' | 'deno' | 'browser'} */
    this.name = global.Bun ? 'bun' : global.Deno ? 'deno' : global.process?.versions?.node ? 'node' : 'browser';
    const keep = (/** @type {unknown} */ reason) => void this.#reported.push(reason);
    if (this.name === 'node' || this.name === 'bun') {
      process.on('unhandledRejection', keep);
      process.on('uncaughtException', keep);
      process.on(
        'warning',
        (warning) => void (/^(ExperimentalWarning|DeprecationWarning)$/.test(warning.name) || keep(warning)),
      );
    } else {
      global.addEventListener(
        'unhandledrejection',
        (/** @type {any} */ event) => (event.preventDefault(), keep(event.reason)),
      );
      global.addEventListener('error', (/** @type {any} */ event) => (event.preventDefault(), keep(event.error)));
    }
  }

  /** What was reported since the last time somebody asked. @returns {Promise<unknown[]>} */
  async reported() {
    for (let turns = 0; turns < 3; turns++) await later();
    return this.#reported.splice(0);
  }
}

/**
 * Runs all checks, one after another, each within ten seconds. What is reported and not asked for fails the check.
 * @param {string} name
 * @param {Checks} checks
 * @param {Host} host
 * @returns {Promise<Result[]>}
 */
export async function runChecks(name, checks, host) {
  /** @type {Result[]} */
  const results = [];
  for (const [title, check] of Object.entries(checks)) {
    /** @type {unknown} */
    let timer;
    const limit = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('it takes more than 10 s')), 10_000);
    });
    try {
      await Promise.race([(async () => check(host))(), limit]);
      const [unexpected] = (await host.reported()).map((error) => `reported as unhandled: ${print(error)}`);
      if (unexpected !== undefined) throw new Error(unexpected);
      results.push({ name, title });
    } catch (error) {
      results.push({ name, title, error: error instanceof Error ? `${error.message}\n${error.stack}` : print(error) });
      await host.reported();
    }
    clearTimeout(/** @type {any} */ (timer));
  }
  return results;
}
