/// <reference lib="esnext.disposable" preserve="true" />
// One go of a batch through its source, until the end or until it is stopped.
//
// Invariants
// 1. Once it is over nothing is read and nothing is started. It is over when the source has ended or thrown, and when it is
//    stopped. What it is stopped for first is its failure.
// 2. The source is closed once, when the stage is over before the source has ended; never when the source ended or threw.
// 3. What the source fails with is the failure when there is none, except that the abort's own reason is no news; else it is
//    with the other errors while the batch goes on, and after that it is the platform's.
// 4. When it is finished nothing of it is on the user's signal.

import { isAbort, LinkedController, onAbort } from '@x/abort';
import { type BatchResult, nothing } from './batch-options.js';
import { type Deferred, deferred } from './deferred.js';
import { dispose, type Disposal } from './dispose.js';
import { report } from './report.js';
import { type Source, sourceOf } from './source.js';

export abstract class Stage<T> {
  readonly progress: BatchResult = nothing();
  readonly source: Source<T>;
  /** Whether the source is being waited for: it may never answer, and may not close before it has. */
  reading = false;
  over = false;
  /** What is to be thrown, and whether it is told elsewhere: with the other errors, or as the reason of the user's signal. */
  failure: [error: unknown, told?: boolean] | undefined;
  /** The one that actions are given. */
  readonly signal: AbortSignal;
  readonly #controller: LinkedController;
  #following: Disposal | undefined;
  /** Resolves when it is over and nothing runs any more. */
  readonly ended: Deferred = deferred();
  #closing: Promise<void> | undefined;
  /** Nobody waits for it any more. */
  finished = false;

  constructor(work: Iterable<T> | AsyncIterable<T>, signal: AbortSignal | undefined, title: string) {
    this.source = sourceOf(work, title);
    this.#controller = new LinkedController(signal);
    this.signal = this.#controller.signal;
  }

  /** Is called when it is over: it may have ended. */
  abstract go(): void;

  /** Stops, with what is to be thrown. */
  stop(error: unknown, told = true): void {
    this.failure ??= [error, told];
    this.end(error);
  }

  /** Starts nothing more, closes the source, unless that has ended, and aborts what runs. */
  end(reason?: unknown): void {
    if (!this.over) {
      // Before it is closed: that may call back, and abort.
      this.over = true;
      const closing = this.source.close().catch((error: unknown) => this.#fault(error));
      if (!this.reading) this.#closing = closing;
    }
    this.#following?.[dispose]();
    this.#controller.abort(reason);
    this.go();
  }

  /** The source has failed: therefore it need not be closed. */
  readonly break = (error: unknown): void => {
    this.reading = false;
    if (this.over) return this.#fault(error);
    this.over = true;
    this.stop(error, false);
  };

  /** The source has failed after the batch has stopped. That it has heard of the abort is no news. */
  #fault(error: unknown): void {
    if (isAbort(error, this.signal)) return;
    if (this.finished) report(undefined, error);
    else if (this.failure) this.progress.errors.add(error);
    else this.failure = [error];
  }

  /**
   * Listens to the signal, and resolves when it has ended, and the source has closed, if it had to and was not being waited
   * for.
   */
  async finish(): Promise<void> {
    // Not before the source is there: to begin with it may have aborted the signal.
    this.#following = onAbort(this.signal, (reason) => this.stop(reason));
    await this.ended.promise;
    this.#following[dispose]();
    this.#controller.unlink();
    await this.#closing;
    this.finished = true;
    const { done, failed } = this.progress;
    if (this.signal.aborted) this.progress.skipped = Math.max(0, this.source.size() - done - failed);
  }
}
