/// <reference lib="esnext.disposable" preserve="true" />
import { constants } from 'node:os';
import { check, checkSignals, read } from './arguments.js';
import { LinkedController, type Parent } from './linked-controller.js';
import { report } from './report.js';
import { SignalError } from './signal-error.js';

/**
 * Configures `osSignal`.
 *
 * @example
 * ```ts
 * import { osSignal } from '@x/abort/node';
 *
 * let times = 0;
 * const onSignal = () => console.log(++times === 1 ? 'stopping' : 'still stopping');
 * const interrupted = osSignal('SIGINT', { onSignal });
 * process.emit('SIGINT'); // what a Ctrl-C does
 * process.emit('SIGINT');
 * interrupted.unlink(); // the work is over: the next Ctrl-C ends the program
 * // Output:
 * // stopping
 * // still stopping
 * ```
 *
 * Source: os/signal NotifyContext, its parent, and Notify, its channel
 */
export interface OsSignalOptions {
  /** A parent signal: its abort aborts the controller too. Default: none. */
  signal?: Parent;
  /** Called each time one of the operating-system signals arrives. For the first one, the controller has aborted before the call. */
  onSignal?: ((signal: NodeJS.Signals) => void) | undefined;
}

/** Who wants to know of a signal of the operating system. */
interface Receiver {
  receive(signal: NodeJS.Signals): void;
}

interface Handler {
  readonly receivers: Set<Receiver>;
  readonly listener: () => void;
}

// One handler a signal of the operating system, for all copies of this package in the program: Node warns of a leak at the eleventh.
const HANDLERS: unique symbol = Symbol.for('@x/abort/os-signals/1');
const handlers = ((globalThis as { [HANDLERS]?: Map<NodeJS.Signals, Handler> })[HANDLERS] ??= new Map<
  NodeJS.Signals,
  Handler
>());

function install(signal: NodeJS.Signals, receiver: Receiver): void {
  let handler = handlers.get(signal);
  if (handler === undefined) {
    const receivers = new Set<Receiver>();
    const listener = (): void => {
      // A copy: receivers come while they are told; those that have gone are not.
      for (const each of [...receivers]) if (receivers.has(each)) each.receive(signal);
    };
    handler = { receivers, listener };
    handlers.set(signal, handler);
  }
  // Somebody may have taken all listeners off meanwhile.
  if (!process.listeners(signal).includes(handler.listener)) process.on(signal, handler.listener);
  handler.receivers.add(receiver);
}

function uninstall(signal: NodeJS.Signals, receiver: Receiver): void {
  const handler = handlers.get(signal);
  if (handler === undefined || !handler.receivers.delete(receiver) || handler.receivers.size > 0) return;
  process.off(signal, handler.listener);
  handlers.delete(signal);
}

class OsSignalController extends LinkedController implements Receiver {
  readonly #signals: readonly NodeJS.Signals[];
  #arriving = false;
  readonly #onSignal: ((signal: NodeJS.Signals) => void) | undefined;

  constructor(signals: readonly NodeJS.Signals[], { signal, onSignal }: OsSignalOptions) {
    super(signal);
    this.#onSignal = onSignal;
    this.#signals = this.aborted ? [] : signals;
    for (const each of this.#signals) install(each, this);
  }

  receive(signal: NodeJS.Signals): void {
    this.#arriving = !this.aborted;
    this.abort(new SignalError(signal, 128 + constants.signals[signal]));
    try {
      this.#onSignal?.(signal);
    } catch (error) {
      // When the other receivers have been told.
      report(error);
    }
  }

  override unlink(): void {
    // An abort unlinks; one by an arriving signal leaves the handlers where they are.
    if (!this.#arriving) for (const each of this.#signals) uninstall(each, this);
    this.#arriving = false;
    super.unlink();
  }
}

/** The signals that no program can catch. */
const UNCATCHABLE: readonly unknown[] = ['SIGKILL', 'SIGSTOP'];

/**
 * Returns a controller that aborts with a `SignalError` on the first of the named operating-system signals.
 *
 * While its handlers are installed, the signals do not end the program. The handlers stay after the first signal. So an impatient second
 * Ctrl-C does not kill the clean-up, and neither does npm, which delivers Ctrl-C twice. Disposing or unlinking the controller removes the handlers; so does
 * an abort by you or by its parent before a signal has come. The handlers do not keep the program alive. Each signal has one handler, however many
 * controllers there are.
 *
 * @param signals the name of a signal, such as `'SIGINT'`, or a list of names
 * @example
 * ```ts
 * import { aborted } from '@x/abort';
 * import { osSignal } from '@x/abort/node';
 *
 * const interrupted = osSignal(['SIGINT', 'SIGTERM']);
 * setImmediate(() => process.kill(process.pid, 'SIGTERM'));
 * const waiting = setInterval(() => {}, 1000);
 * console.log(String(await aborted(interrupted.signal)));
 * clearInterval(waiting);
 * interrupted[Symbol.dispose]();
 * // Output:
 * // SignalError: received SIGTERM
 * ```
 * @throws TypeError when `signals` is neither a name nor a list of names, or an option has the wrong type; RangeError when `signals` is an empty list, or a
 * name is unknown on this system or cannot be caught (`SIGKILL`, `SIGSTOP`).
 *
 * Source: os/signal NotifyContext
 */
export function osSignal(
  signals: NodeJS.Signals | readonly NodeJS.Signals[],
  options?: OsSignalOptions,
): LinkedController {
  check(typeof signals === 'string' || Array.isArray(signals), 'signals', 'names of signals', signals);
  const names = typeof signals === 'string' ? [signals] : [...(signals as readonly unknown[])];
  if (names.length === 0) throw new RangeError('signals must name at least one signal, got an empty list');
  for (const name of names) {
    check(typeof name === 'string', 'signals', 'names of signals', name);
    if (!Object.hasOwn(constants.signals, name) || UNCATCHABLE.includes(name)) {
      throw new RangeError(`signals must be names of signals that can be caught here, got "${name}"`);
    }
  }
  const { signal, onSignal } = read(options);
  checkSignals('signal', [signal]);
  check(onSignal === undefined || typeof onSignal === 'function', 'onSignal', 'a function', onSignal);
  return new OsSignalController(names as readonly NodeJS.Signals[], { signal, onSignal });
}
