import { setMaxListeners } from 'node:events';
import { onAbort } from '@x/abort';
import { dispose } from './dispose.js';
import { state, TASK } from './tracing.js';

// The signal of a task, made so that one that nobody looks at costs little more than an `AbortController`: most tasks hand theirs on, or never use it.
//
//   signal ──▶ state ──▶ parent          until it is looked at: the parent knows nothing of it
//   parent ──▶ tie ╌╌weak, and strong while somebody listens╌╌▶ controller ⇄ signal ──▶ state      from then on
//
// Invariants
// 1. The prototype of a signal is `unseen` until something of it is looked up that it does not have itself, and `seen` from then on; that of one that was
//    sealed by then stays. All that uses a signal begins so, the platform's own functions included. Only who takes a getter or a method from the
//    platform's prototype, and calls that with a signal of which nothing has been looked up, is not seen: to him it never aborts.
// 2. `tie.strong` is set as long as the signal has a listener for its abort. Without one it is collected when nobody refers to it, and its tie is taken
//    off the parent. Listeners come and go by many ways; the signal is told of all of them by two methods of the platform's, the `hooks`.
// 3. A signal that has aborted is held by nobody here.

/** What a parent knows of a signal that follows it. */
interface Tie {
  readonly weak: WeakRef<AbortController>;
  strong: AbortController | undefined;
}

/** What a signal of ours knows. */
interface Own {
  readonly task: number;
  readonly controller: AbortController;
  readonly parent: AbortSignal;
  seen: boolean;
  /** Undefined while it is not seen, and for one that had aborted by then. */
  tie: Tie | undefined;
}

type OwnSignal = AbortSignal & { [OWN]: Own };
const OWN: unique symbol = Symbol('own');
const { prototype } = AbortSignal;

/** Holds nothing: who follows a parent is held by that alone, and so goes with it. */
const collected = /* @__PURE__ */ new FinalizationRegistry((following: WeakRef<Disposable>) =>
  following.deref()?.[dispose](),
);

/**
 * The methods by which Node's signals hear of their listeners, however those come and go: with how many there are of the type, and the type. Other
 * platforms have no such methods.
 */
const hooks = /* @__PURE__ */ Object.getOwnPropertySymbols(prototype).filter((symbol) =>
  /Listener$/.test(symbol.description as string),
);

/** A method in place of one of the platform's that does the same, and holds the signal while somebody listens for its abort. */
const holding = (method: (...news: unknown[]) => void): PropertyDescriptor => ({
  value(this: OwnSignal, size: number, type: string, ...more: unknown[]) {
    method.call(this, size, type, ...more);
    const { tie, controller } = this[OWN];
    if (tie && type === 'abort' && !this.aborted) tie.strong = size > 0 ? controller : undefined;
  },
});

const seen = /* @__PURE__ */ Object.create(prototype, {
  .../* @__PURE__ */ Object.fromEntries(/* @__PURE__ */ hooks.map((hook) => [hook, holding(prototype[hook as never])])),
  [TASK]: {
    get(this: Partial<OwnSignal>) {
      return this[OWN]?.task;
    },
  },
}) as AbortSignal;

const unseen = /* @__PURE__ */ new Proxy(seen, {
  get(target, key, signal: OwnSignal) {
    // It may be asked itself, too, or by way of something that is made of the signal.
    if (Object.hasOwn(signal, OWN)) see(signal);
    return Reflect.get(target, key, signal) as unknown;
  },
});

function see(signal: OwnSignal): void {
  const own = signal[OWN];
  if (own.seen) return;
  own.seen = true;
  Reflect.setPrototypeOf(signal, seen);
  // All that a task starts may listen: Node would warn of a leak.
  if (!Object.isFrozen(signal)) setMaxListeners(Infinity, signal);
  const { controller, parent } = own;
  if (parent.aborted) {
    controller.abort(parent.reason);
    return;
  }
  own.tie = { weak: new WeakRef(controller), strong: undefined };
  // Bound, not a closure: a closure would hold all that is in scope here, the signal too.
  collected.register(signal, new WeakRef(onAbort(parent, tell.bind(undefined, own.tie))));
}

function tell(tie: Tie, reason: unknown): void {
  const controller = tie.weak.deref();
  tie.strong = undefined;
  controller?.abort(reason);
}

/** Returns a signal of a task that aborts when its parent does. */
function ownSignal(parent: AbortSignal, task: number): AbortSignal {
  const controller = new AbortController();
  const signal = controller.signal as OwnSignal;
  signal[OWN] = { task, controller, parent, seen: false, tie: undefined };
  return Object.setPrototypeOf(signal, unseen) as AbortSignal;
}

/** Has tasks make their signals so where a signal is told who listens; elsewhere the platform's functions may see it without asking it, too. */
export function makeOwnSignals(): void {
  if (hooks[1]) state.own ??= ownSignal;
}
