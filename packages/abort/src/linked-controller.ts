/// <reference lib="esnext.disposable" preserve="true" />
import { checkSignal, checkSignals } from './arguments.js';
import { dispose } from './dispose.js';
import { Follower } from './follower.js';
import { newController } from './listeners.js';

/**
 * Accepts a parent signal, or nothing: null and undefined are skipped.
 *
 * @example
 * ```ts
 * import { link, type Parent } from '@x/abort';
 *
 * // What is optional is handed on as it is: nobody has to ask whether there is one.
 * const gone = (signal?: Parent) => link(signal).aborted;
 * console.log(gone(), gone(null), gone(AbortSignal.abort()));
 * // Output:
 * // false false true
 * ```
 *
 * Source: context.WithCancel, its parent; null as in the `signal` of fetch
 */
export type Parent = AbortSignal | null | undefined;

/** In the place of the reason of a scope that has exited, until somebody asks for it: making a DOMException is slow. */
const EXITED = {};

/** The reason that somebody gave, or the platform's where none was: also signals older than reasons (polyfills) abort. */
const given = (reason: unknown = new DOMException('This operation was aborted', 'AbortError')): unknown => reason;

/**
 * Aborts when you call `abort` or when any of its parents aborts, whichever comes first, with that reason.
 *
 * You can use it wherever an `AbortController` fits. It differs in three points: it follows other signals, it has `aborted` and `reason`
 * itself, and it makes its `AbortSignal` only when `signal` is first read. Most linked scopes never need the signal, and the platform's
 * is expensive. However many controllers follow a signal, the signal has one listener, and they abort in the order in which they were linked.
 *
 * If a parent has already aborted, so has the new controller, with the same reason. Parents keep a reference to a controller until it is
 * aborted, unlinked or disposed. So dispose it when its work is over; `using` does that.
 *
 * You may extend the class freely. Only names that begin with `$` are not for subclasses.
 *
 * @example
 * ```ts
 * import { LinkedController } from '@x/abort';
 *
 * const server = new AbortController();
 * const request = new LinkedController(server.signal);
 *
 * server.abort(new Error('shutting down'));
 * console.log(request.aborted, request.signal.reason.message);
 * // Output:
 * // true shutting down
 * ```
 * @throws TypeError when a parent is neither an `AbortSignal` nor null nor undefined.
 *
 * Source: context.WithCancel
 */
export class LinkedController extends Follower implements AbortController, Disposable {
  /** Undefined while it has not aborted. */
  #reason: unknown;
  #controller: AbortController | undefined;
  /** What follows the second parent and those after it: a follower follows one. */
  #others: Follower[] | undefined;

  /**
   * Makes a controller that follows other signals.
   *
   * @param parents the signals that it aborts with; null and undefined are skipped. Default: none, so that only `abort` aborts it
   */
  constructor(...parents: Parent[]) {
    super();
    if (parents.length === 1) {
      // The usual case, without a list made on the way.
      const [parent] = parents;
      if (parent !== undefined && parent !== null) {
        checkSignal('parents', parent);
        if (parent.aborted) this.#reason = given(parent.reason);
        else this.$follow(parent);
      }
      return;
    }
    const [first, ...others] = checkSignals('parents', parents);
    const gone = parents.find((parent) => parent?.aborted);
    if (gone) {
      this.#reason = given(gone.reason);
    } else if (first) {
      this.$follow(first);
      this.#others = others.map((other) => new Follower((reason) => this.abort(reason)).$follow(other));
    }
  }

  /** The signal, the same each time; made when it is first read. It may have any number of listeners: Node does not warn of a leak. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = newController();
      if (this.aborted) this.#controller.abort(this.reason);
    }
    return this.#controller.signal;
  }

  /** Whether the controller has aborted. Reading it does not make the signal. */
  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  /** The reason of the abort; undefined while the controller has not aborted. Reading it does not make the signal. */
  get reason(): unknown {
    if (this.#reason === EXITED) this.#reason = new DOMException('scope exited', 'AbortError');
    return this.#reason;
  }

  /**
   * Aborts, and stops following the parents. Does nothing if the controller has already aborted.
   *
   * @param reason the `reason` of the signal; default: an `AbortError`, as the platform's
   */
  abort(reason?: unknown): void {
    if (this.aborted) return;
    this.#reason = given(reason);
    this.unlink();
    this.#controller?.abort(this.reason);
  }

  /** Stops following the parents, in constant time for each. It does not abort, and it does not stop the timer of a timeout. */
  unlink(): void {
    this.$leave();
    this.#others?.forEach((other) => other.$leave());
  }

  /** Aborts with an `AbortError` ("scope exited") and unlinks, like Go's `defer cancel()`. If it has already aborted, it only unlinks. */
  override [dispose](): void {
    this.abort(EXITED);
    this.unlink();
  }

  /** @internal */
  override $told(reason: unknown): void {
    this.abort(reason);
  }
}

/**
 * Returns a controller that aborts when any of the parents does: `new LinkedController(...parents)`.
 *
 * @example
 * ```ts
 * import { link } from '@x/abort';
 *
 * async function download(urls: string[], signal?: AbortSignal) {
 *   const scope = link(signal);
 *   try {
 *     return await Promise.all(urls.map((url) => fetch(url, { signal: scope.signal })));
 *   } finally {
 *     scope[Symbol.dispose](); // the first failure ends the other downloads
 *   }
 * }
 *
 * console.log(await download([]));
 * ```
 * @throws TypeError when a parent is neither an `AbortSignal` nor null nor undefined.
 *
 * Source: context.WithCancel
 */
export function link(...parents: Parent[]): LinkedController {
  return new LinkedController(...parents);
}
