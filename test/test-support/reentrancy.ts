// Tables of callbacks that call back: each row is one that a package takes, and is called while it calls everything around it, in every way that a
// callback can: before it returns, before it throws, in the `then` of what it returns, and when the signal that it was given aborts.
import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { aborted } from '@x/abort';
import { callbacksOfPackage, type Callbacks } from './callbacks.js';
import { uncaught } from './uncaught.js';

export type Calls = Record<string, () => unknown>;

/**
 * What a row has its callback call, and return. `signal` is the one that the callback was given, if any.
 */
export type Hit = <T>(result?: T, signal?: AbortSignal) => T;

export interface Scene {
  /** What is called. Each alone, all of them, and all from the last to the first. */
  around: Calls | (() => Calls);
  /** Has the callback called. What it returns is waited for, after `end`. */
  start(): unknown;
  /** Has the signal aborted that the callback was given. Default: that of `stop` aborts. */
  abort?(): unknown;
  /** Brings down whatever `around` may have left. */
  end?(): unknown;
  /** What has to hold when all is over. */
  holds?(): unknown;
  /** How often the callback may be called. Default: as often as may be. */
  times?: number;
}

/** `stop` aborts in the end, and in the way of signals in the middle. */
export type Stage = (hit: Hit, stop: AbortController) => Scene | Promise<Scene>;

interface RowOptions {
  /** Whether it may return a promise that is waited for. Default: as its type says. */
  waited?: boolean;
  /** Which of the calls that belong to the name. */
  note?: string;
  /** What may be reported to the platform, besides what the callback throws. */
  reports?: (error: unknown) => boolean;
}

const WAYS = ['returns', 'throws', 'thenable', 'signal'] as const;
type Way = (typeof WAYS)[number];

/** What the callbacks throw, and what the signal aborts with. */
export const THROWN: unknown = Object.assign(new Error('of the callback'), { thrown: true });
export const STOP: unknown = Object.assign(new Error('stop'), { name: 'AbortError' });

/** How long anything may take, in milliseconds: it has hung then. */
const LONG = 5_000;
/** Calls after so many are no more than calls. */
const DEEP = 2;

/** Types of objects that are taken, and whose methods are no callbacks. */
const PLATFORM: Record<string, string> = {
  AbortSignal: "the platform's; what listens to it is called by it, and by `onAbort`",
  Date: "the platform's",
  URL: "the platform's",
  ErrorOptions: 'data',
  ListenOptions: "data, for the server's `listen`",
  PromiseFulfilledResult: 'data',
  PromiseRejectedResult: 'data',
  IncomingMessage: "made by Node's server",
  Http2ServerRequest: "made by Node's server",
};

export class Reentrancy {
  readonly #called: Callbacks;
  readonly #rows = new Set<string>();
  readonly #exempt = new Set<string>();

  /** @param folder the name of the package's folder */
  constructor(folder: string) {
    const manifest = new URL(`../../packages/${folder}/package.json`, import.meta.url);
    this.#called = callbacksOfPackage(
      folder,
      (JSON.parse(readFileSync(manifest, 'utf8')) as { exports: object }).exports,
    );
  }

  /** One callback, or several that are called in the same way. */
  row(names: string | readonly string[], stage: Stage, options: RowOptions = {}): this {
    const all = [names].flat();
    for (const name of all) this.#rows.add(name);
    const { note, waited: waits = all.some((name) => this.#called.waited.has(name)) } = options;
    it(`${all.join(', ')}${note === undefined ? '' : `, ${note}`}: may call everything around it`, async () => {
      const problems: string[] = [];
      const { names: calls, signal } = await played(stage, options, 'returns', [], problems);
      const ways = WAYS.filter((way) => way !== 'thenable' || waits).filter(
        (way) => way !== 'signal' || (waits && signal),
      );
      const plans = [...calls.map((call) => [call]), calls, [...calls].reverse()];
      for (const way of ways) {
        for (const plan of plans) if (problems.length < 2) await played(stage, options, way, plan, problems);
      }
      expect(problems).toEqual([]);
    });
    return this;
  }

  /** What the types say to be one, and is none, with the reason. */
  none(name: string, _reason: string): this {
    this.#exempt.add(name);
    return this;
  }

  /** Asks whether there is a row for every callback. */
  complete(): void {
    it('has a row for every callback that the package takes', () => {
      const { called, foreign } = this.#called;
      const objects = [...foreign].filter((each) => PLATFORM[each.split(': ')[1] as string] === undefined);
      const all = [...called, ...objects];
      expect(all.length).toBeGreaterThan(0);
      expect(all.filter((name) => !this.#rows.has(name) && !this.#exempt.has(name))).toEqual([]);
      expect([...this.#rows, ...this.#exempt].filter((name) => !all.includes(name))).toEqual([]);
    });
  }
}

/** Every public method and accessor of an object. `args`: of the methods that take something, made anew for each call; false for what is not called. */
export function methods(object: object, args: Record<string, (() => unknown[]) | false> = {}, prefix = ''): Calls {
  const calls: Calls = {};
  const known = object as Record<PropertyKey, unknown>;
  const own = Object.getPrototypeOf(object) === Object.prototype ? [object] : [];
  for (
    let of = own[0] ?? (Object.getPrototypeOf(object) as object);
    of && of !== Object.prototype;
    of = Object.getPrototypeOf(of) as object
  ) {
    for (const [key, { value, get, set }] of entriesOf(of)) {
      const name = typeof key === 'symbol' ? `[${key.description}]` : key;
      const given = args[name];
      if (name === 'constructor' || given === false) continue;
      if (get) calls[`${prefix}${name}`] ??= () => void known[key];
      if (typeof value !== 'function' && !set) continue;
      if (given === undefined && ((value as { length?: number } | undefined)?.length ?? 1) > 0)
        throw new Error(`no arguments for ${name}`);
      if (set) calls[`${prefix}${name} =`] ??= () => void ([known[key]] = (given as () => unknown[])());
      else calls[`${prefix}${name}()`] ??= () => (known[key] as (...args: unknown[]) => unknown)(...(given?.() ?? []));
    }
  }
  return calls;
}

function entriesOf(object: object): [PropertyKey, PropertyDescriptor][] {
  return Reflect.ownKeys(object).map((key) => [
    key as string,
    Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor,
  ]);
}

/** Plays a row once; what went wrong is added to the problems. */
async function played(
  stage: Stage,
  options: RowOptions,
  way: Way,
  plan: readonly string[],
  problems: string[],
): Promise<{ names: string[]; signal: boolean }> {
  const stop = new AbortController();
  const timers = timersLeft();
  const pending: [name: string, outcome: Promise<unknown>][] = [];
  const found: string[] = [];
  let scene: Scene | undefined;
  let names: string[] = [];
  let entered = 0;
  let calledBack = 0;
  let signalled = false;
  let tell = (): void => {};
  const told = new Promise<void>((resolve) => (tell = resolve));
  let tellBack = (): void => {};
  const back = new Promise<void>((resolve) => (tellBack = resolve));
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));

  const judged = (name: string, error: unknown): void => {
    if (!isExpected(error)) found.push(`${name} fails with ${String(error)}`);
  };
  const wait = (name: string, result: unknown): void => {
    if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') return;
    pending.push([name, Promise.resolve(result).catch((error: unknown) => judged(name, error))]);
  };
  const callBack = (): void => {
    calledBack++;
    const around = typeof scene?.around === 'function' ? scene.around() : (scene?.around ?? {});
    names = Object.keys(around);
    for (const name of plan) {
      try {
        wait(name, around[name]?.());
      } catch (error) {
        judged(name, error);
      }
    }
    tell();
    tellBack();
  };
  const hit = ((result: unknown, signal?: AbortSignal) => {
    signalled ||= signal !== undefined;
    if (entered++ >= DEEP) return result;
    if (way === 'thenable') {
      return {
        then(resolve: (value: unknown) => void) {
          callBack();
          resolve(result);
        },
      };
    }
    if (way === 'signal') {
      if (signal === undefined) throw new Error('no signal');
      signal.addEventListener('abort', callBack, { once: true });
      tell();
      return Promise.race([aborted(signal), released]).then(() => result);
    }
    callBack();
    if (way === 'throws') throw THROWN;
    return result;
  }) as Hit;

  const reported = await uncaught(async () => {
    scene = await stage(hit, stop);
    const started = (async () => scene.start())();
    wait('what starts it', started);
    await inTime('the callback is called', told, found);
    // Whatever else begins in a microtask, or at the next turn.
    await turns();
    if (way === 'signal') {
      if (scene.abort) scene.abort();
      else stop.abort(STOP);
      if (plan.length > 0) await inTime('the abort of the signal', back, found);
    }
    release();
    try {
      await inTime('the end', Promise.resolve(scene.end?.()), found);
    } catch (error) {
      judged('the end', error);
    }
    stop.abort(STOP);
    for (let at = 0; at < pending.length && found.length < 3; at++) {
      const [name, outcome] = pending[at] as (typeof pending)[number];
      await inTime(name, outcome, found);
    }
    await turns();
  });
  for (const error of reported) {
    const isKnown = (way === 'throws' && isOf(error, THROWN)) || options.reports?.(error);
    if (!isKnown) found.push(`reported: ${String(error)}`);
  }
  if (entered === 0) found.push('is not called');
  if (plan.length > 0 && calledBack === 0) found.push('does not call back');
  if (scene?.times !== undefined && entered > scene.times) found.push(`is called ${entered} times`);
  // Some have only just been set, for at once.
  for (const since = Date.now(); timersLeft() > timers && Date.now() - since < LONG;) await turns();
  if (timersLeft() > timers) found.push('leaves a timer');
  try {
    await scene?.holds?.();
  } catch (error) {
    found.push((error as Error).message);
  }
  const called = plan.length > 1 ? `everything from ${plan[0]} on` : (plan[0] ?? 'nothing');
  problems.push(...found.map((each) => `${way}, calls ${called}: ${each}`));
  return { names, signal: signalled };
}

/** Lets everything that has begun go on, as far as it goes without time passing. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Those that keep the program alive. */
function timersLeft(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

async function inTime(name: string, promise: Promise<unknown>, found: string[]): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      found.push(`${name} hangs`);
      resolve();
    }, LONG);
  });
  await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Whether an error is another one, or says that it comes of it. */
function isOf(error: unknown, origin: unknown): boolean {
  if (error === origin) return true;
  const { cause, errors } = Object(error) as { cause?: unknown; errors?: unknown[] };
  return (cause !== undefined && isOf(cause, origin)) || (errors ?? []).some((each) => isOf(each, origin));
}

/** What may come of calling anything at any time: what the callback throws, an abort, or that it may not be done now. */
function isExpected(error: unknown): boolean {
  const { name, code, message, errors } = Object(error) as Partial<AggregateError> & { code?: unknown };
  if (isOf(error, THROWN) || name === 'AbortError' || name === 'TimeoutError') return true;
  if (errors && errors.every(isExpected)) return true;
  if (typeof code === 'string' && code.startsWith('ERR_')) return true;
  if (name === 'RangeError') return !/call stack|Invalid/.test(String(message));
  // One of ours, and not of the engine, which has found a mistake in our code.
  return name === 'TypeError' && !/Cannot |is not (a|an|iterable)|undefined|null|private|Illegal/.test(String(message));
}
