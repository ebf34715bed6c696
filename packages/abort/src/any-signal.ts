import { check, checkSignals } from './arguments.js';
import { Follower } from './follower.js';
import { newController } from './listeners.js';
import type { Parent } from './linked-controller.js';

// A composite has nothing to dispose, so its parents must not keep it, unless somebody listens. Who holds whom:
//
//   parent ──▶ sources ──▶ hold ╌╌weak, and strong while somebody listens╌╌▶ controller ⇄ composite ──▶ hold ◀╌╌weak╌╌ registry
//
// Invariants
// 1. `hold.strong` is set as long as the composite has a listener for its abort, and has not aborted.
// 2. A composite that was collected has its sources taken off its parents by the registry.
// 3. A composite that has aborted is held by nobody here.
// 4. The registry holds nothing: when nobody has the parents any more all of it goes, listeners or not.

/** What the sources of a composite share. */
interface Hold {
  readonly weak: WeakRef<AbortController>;
  /** The controller, or nothing. */
  strong?: unknown;
  sources?: Follower[];
}

/** Takes the sources off, and aborts the composite if it is still there. */
const end = (hold: Hold, reason?: unknown): void => {
  const controller = hold.weak.deref();
  hold.strong = undefined;
  hold.sources?.forEach((source) => source.$leave());
  controller?.abort(reason);
};

const collected = /* @__PURE__ */ new FinalizationRegistry((weak: WeakRef<Hold>) =>
  weak.deref()?.sources?.forEach((source) => source.$leave()),
);

/**
 * The methods by which Node's signals hear of their listeners, however those come and go: with how many there are of the type, and the type. Other platforms
 * have no such methods.
 */
let hooks: symbol[] | undefined;

type Hooked = AbortSignal & Record<symbol, (...news: unknown[]) => void>;

/**
 * Returns a signal that aborts when the first of the signals does, with its reason.
 *
 * Like `AbortSignal.any`, except that it does not leak on Node. The result needs no disposal: it is garbage collected when
 * nothing refers to it and nothing listens to it, however long its parents live. Null and undefined are skipped. Without
 * any signal the result never aborts. If one of the signals has already aborted, so has the result.
 *
 * @example
 * ```ts
 * import { anySignal } from '@x/abort';
 *
 * const user = new AbortController();
 * const signal = anySignal([user.signal, AbortSignal.timeout(60_000), undefined]);
 * user.abort('cancelled by the user');
 * console.log(signal.reason);
 * // Output:
 * // cancelled by the user
 * ```
 * @throws TypeError when `signals` is not iterable or contains something that is not a signal.
 *
 * Source: none in Go; AbortSignal.any
 */
export function anySignal(signals: Iterable<Parent>): AbortSignal {
  check((signals as Iterable<Parent> | undefined)?.[Symbol.iterator], 'signals', 'iterable', signals);
  const parents = checkSignals('signals', [...signals]);
  hooks ??= Object.getOwnPropertySymbols(AbortSignal.prototype).filter((symbol) =>
    /Listener$/.test(symbol.description as string),
  );
  // Only Node's own leaks; and elsewhere the platform's functions follow a signal without a listener that we could see.
  if (!hooks[1]) return AbortSignal.any(parents);
  const controller = newController();
  const signal = controller.signal as Hooked;
  const hold: Hold = { weak: new WeakRef(controller) };
  for (const hook of hooks) {
    const method = signal[hook]!;
    signal[hook] = (...news) => {
      method.apply(signal, news);
      if (news[1] === 'abort' && !signal.aborted) hold.strong = news[0] && controller;
    };
  }
  // Bound, not a closure: a closure would hold all that is in scope here, the composite too.
  const told = end.bind(undefined, hold);
  hold.sources = parents.map((parent) => new Follower(told).$follow(parent));
  if (signal.aborted) end(hold);
  collected.register(signal, new WeakRef(hold));
  return signal;
}
