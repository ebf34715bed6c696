/// <reference lib="esnext.disposable" preserve="true" />
import { checkSignal, checkSignals } from './arguments.js';
import { dispose } from './dispose.js';
import { Follower } from './follower.js';
import { newController } from './listeners.js';

/**
 * A parent: what is left out or null is skipped.
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
 * Aborts when it is told to and when any of its parents aborts, whichever is first, with that reason.
 *
 * Has the shape of `AbortController` and fits wherever one does. Like one, except that it follows other signals, can be
 * asked `aborted` and `reason` directly, and makes its `AbortSignal` when that is first read: most linked scopes never
 * need it, and the platform's is expensive. However many controllers follow a signal, it has one listener, and they are
 * told in the order in which they were linked.
 *
 * A parent that has aborted already gives a controller that has aborted, with the same reason. A controller that is
 * aborted, unlinked or disposed is held by no parent; one that is none of these is held by its parents, so dispose it
 * when its work is over: `using` does.
 *
 * To be extended freely; only names that begin with `$` are not for subclasses.
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
   * @param parents the signals that it aborts with; null and undefined are passed over. Default: none, it aborts when it is told to
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

  /** The signal, the same each time; made when it is first read. Any number may listen to it: Node does not warn of a leak. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = newController();
      if (this.aborted) this.#controller.abort(this.reason);
    }
    return this.#controller.signal;
  }

  /** Whether it has aborted. Does not make the signal. */
  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  /** Why it has aborted, undefined while it has not. Does not make the signal. */
  get reason(): unknown {
    if (this.#reason === EXITED) this.#reason = new DOMException('scope exited', 'AbortError');
    return this.#reason;
  }

  /**
   * Aborts and stops following the parents. Does nothing once it has aborted.
   *
   * @param reason what the signal's `reason` will be; default: an `AbortError`, as the platform's
   */
  abort(reason?: unknown): void {
    if (this.aborted) return;
    this.#reason = given(reason);
    this.unlink();
    this.#controller?.abort(this.reason);
  }

  /** Stops following the parents, in constant time for each. Does not abort; the timer of a timeout goes on. */
  unlink(): void {
    this.$leave();
    this.#others?.forEach((other) => other.$leave());
  }

  /** Aborts with an `AbortError` ("scope exited") and unlinks: Go's `defer cancel()`. Once it has aborted it only unlinks. */
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
