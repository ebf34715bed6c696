/// <reference lib="esnext.disposable" preserve="true" />
// The life that a worker and an interval have in common: they start, serve until they are to stop, and have stopped.

import { LinkedController, onAbort } from '@x/abort';
import { checkFunction, checkOptions, checkSignal, prefixOf } from './arguments.js';
import { DONE } from './deferred.js';
import { dispose, Disposing } from './dispose.js';
import { CannotStartError, CannotStopError } from './errors.js';
import type { WaitOptions } from './latch.js';
import { latchStarted, type LatchState, latchStopped, latchStopping, stateName } from './latch-state.js';
import { Waiters } from './waiters.js';

export interface BackgroundOptions {
  /** Stops the worker or interval when it aborts, and aborts the action's signal. After that, `start` starts nothing. Default: none. */
  signal?: AbortSignal | undefined;
  /** The name in error messages. Default: none. */
  name?: string | undefined;
}

export abstract class Background extends Disposing {
  /** How it is called in errors. */
  protected readonly title: string;
  /** What messages about its arguments begin with. */
  protected readonly of: string;
  /** The one of its options. */
  protected readonly signal: AbortSignal | undefined;
  #state: LatchState = latchStopped;
  #controller: LinkedController | undefined;
  readonly #stopping = new Waiters();

  constructor(kind: string, options: BackgroundOptions & { onError?: unknown }) {
    super();
    const of = (this.of = prefixOf(kind, options));
    checkOptions(options, of);
    checkFunction(`${of}onError`, options.onError, true);
    this.title = of.slice(0, -2) || kind;
    this.signal = options.signal;
  }

  /** The state: one of the states of a latch. */
  get state(): LatchState {
    return this.#state;
  }

  /**
   * Starts the worker or interval, and resolves when it has started. It can be started again when it has stopped.
   *
   * @throws (as a rejection) CannotStartError when it is started already.
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws has to be a rejection
  async start(): Promise<void> {
    void this.#begin();
  }

  /**
   * Starts it, and resolves when it has stopped: by `stop`, or because the signal aborts, which also aborts the action's
   * signal. If the signal, or that of the options, has already aborted, it starts nothing.
   *
   * @throws (as a rejection) CannotStartError when it is started already.
   */
  async run(signal: AbortSignal): Promise<void> {
    checkSignal(signal, false, this.of);
    await this.#begin(signal);
  }

  /**
   * Stops it, and resolves when it has stopped and its action is done. A further call while it stops waits for the same end.
   * Do not await this in the action itself: the action would wait for itself. For one that may have stopped by itself, by its
   * signal or by `stopOnError`, use disposal (`await using`), which does not reject because of that.
   *
   * @throws (as a rejection) CannotStopError when it is not started; the reason of the signal, which ends only the waiting,
   * not the stop.
   */
  async stop(options: WaitOptions = {}): Promise<void> {
    checkOptions(options, this.of);
    const { signal } = options;
    if (this.#state === latchStopped) throw new CannotStopError(`${this.title} cannot stop: it is not started`);
    this.#stop();
    await this.#stopping.wait(signal);
  }

  /** Disposes of it: stops it if it is started, and resolves when it has stopped. */
  protected async end(): Promise<void> {
    if (this.#state !== latchStopped) await this.stop();
  }

  /** Does the work until it is to stop. Calls no action before it has returned. */
  protected abstract serve(signal: AbortSignal): Promise<void>;

  /** Is called when it is to stop, and when it would start after a signal of its has aborted. */
  protected abstract halt(controller: LinkedController): void;

  /** The promise it returns is that of the work: what the work fails with, nobody else is told. */
  #begin(signal?: AbortSignal): Promise<void> {
    if (this.#state !== latchStopped) {
      throw new CannotStartError(`${this.title} cannot start: it is ${stateName(this.#state)}`);
    }
    const controller = (this.#controller = new LinkedController(this.signal, signal));
    if (controller.aborted) {
      // It has stopped, and stays so.
      this.halt(controller);
      return DONE;
    }
    this.#state = latchStarted;
    const following = onAbort(controller.signal, () => this.#stop());
    return (async () => {
      try {
        await this.serve(controller.signal);
      } finally {
        following[dispose]();
        controller.unlink();
        this.#state = latchStopped;
        this.#stopping.tell();
      }
    })();
  }

  #stop(): void {
    if (this.#state !== latchStarted) return;
    this.#state = latchStopping;
    this.halt(this.#controller as LinkedController);
  }
}
