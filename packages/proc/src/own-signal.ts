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
// 1. The prototype of a signal is `unseen` until something of it is looked up that it does not have itself, and `seen` from then on. There is no way
//    to use a signal that does not begin so, the platform's own functions included.
// 2. `tie.strong` is set as long as the signal has a listener. Without one it is collected when nobody refers to it, and its tie is taken off the parent.
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
  /** Undefined while it is not seen, and for one that had aborted by then. */
  tie: Tie | undefined;
  /** Who listens for the abort. */
  listeners: Set<unknown> | undefined;
}

type OwnSignal = AbortSignal & { [OWN]: Own };
type Listen = (this: AbortSignal, ...args: unknown[]) => void;

const OWN: unique symbol = Symbol('own');
const { prototype } = AbortSignal;

const collected = /* @__PURE__ */ new FinalizationRegistry((following: Disposable) => following[dispose]());

const counting = (method: Listen, count: 'add' | 'delete'): PropertyDescriptor => ({
  configurable: true,
  writable: true,
  value(this: OwnSignal, ...args: unknown[]) {
    method.apply(this, args);
    const own = this[OWN];
    const listeners = (own.listeners ??= new Set());
    listeners[count](args[1]);
    if (own.tie && !this.aborted) own.tie.strong = listeners.size > 0 ? own.controller : undefined;
  },
});

const seen = /* @__PURE__ */ Object.create(prototype, {
  addEventListener: /* @__PURE__ */ counting(prototype.addEventListener as Listen, 'add'),
  removeEventListener: /* @__PURE__ */ counting(prototype.removeEventListener as Listen, 'delete'),
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
  Object.setPrototypeOf(signal, seen);
  // All that a task starts may listen: Node would warn of a leak.
  setMaxListeners(0, signal);
  const own = signal[OWN];
  const { controller, parent } = own;
  if (parent.aborted) {
    controller.abort(parent.reason);
    return;
  }
  own.tie = { weak: new WeakRef(controller), strong: undefined };
  // Bound, not a closure: a closure would hold all that is in scope here, the signal too.
  collected.register(signal, onAbort(parent, tell.bind(undefined, own.tie)));
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
  signal[OWN] = { task, controller, parent, tie: undefined, listeners: undefined };
  return Object.setPrototypeOf(signal, unseen) as AbortSignal;
}

/** Has tasks make their signals so, on Node; elsewhere the platform's functions may see a signal without asking it. */
export function makeOwnSignals(): void {
  const { node, bun, deno } = process.versions as Record<string, string | undefined>;
  if (node && !bun && !deno) state.own ??= ownSignal;
}
