/// <reference lib="esnext.disposable" preserve="true" />
import { never } from '@x/abort';
import { check, read } from './arguments.js';
import { dispose } from './dispose.js';
import { handOver, track, unresolve } from './graph.js';
import type { AnyResolver, ResolverContainer } from './resolver-container.js';
import { each } from './some.js';
import { ENDED, idOf, REPORTED, REQUEST, type RequestState, WORKER, WorkerState } from './state.js';

/**
 * Configures a worker: its name, and the signal for the functions that receive it.
 *
 * @example
 * ```ts
 * import { sleep } from '@x/abort';
 * import { spawn, type Worker, type WorkerOptions } from '@x/workgraph';
 *
 * const controller = new AbortController();
 * const options: WorkerOptions = { name: 'reader', signal: controller.signal };
 * const work = ({ name, signal }: Worker) => sleep(1000, { signal }).catch((reason) => console.log(`${name}: ${reason}`));
 * spawn(work, options);
 * controller.abort('enough');
 * // Output:
 * // reader: enough
 * ```
 *
 * Source: none in go-workgraph; a context.Context for `signal`
 */
export interface WorkerOptions {
  /** The name in errors about the requests that the worker has to resolve. Default: none. */
  name?: string | undefined;
  /**
   * The signal that functions find on this worker, as it is: Node 20 warns when more than ten listen to a signal that is not one of `@x/abort`, such as
   * `link(signal).signal`. Default: one that never aborts.
   */
  signal?: AbortSignal | undefined;
}

const dropped = new FinalizationRegistry<NonNullable<WorkerState['debts']>>(({ of }) => of && end(of, 'is gone'));

/** Called when a worker owes something: asks the collector for a notice, the first time, if the worker was made by hand. */
export function noticeDrop(worker: Worker, state: WorkerState): void {
  if (state.debts === null) dropped.register(worker, (state.debts = { of: state }));
}

/**
 * Stands for a sequential piece of work: it awaits some requests, and is responsible for others.
 *
 * Make one by hand for code that no `spawn`, `Once` or `OnceMap` runs, such as a program's main function. The worker takes over the responsibility for the
 * resolvers that you pass. When it is disposed of or garbage collected, the requests that it has not resolved fail with an UnresolvedError.
 *
 * @example
 * ```ts
 * import { newRequest, Worker } from '@x/workgraph';
 *
 * const main = new Worker({ name: 'main' });
 * const { resolver, promise } = newRequest<string>(main, { name: 'greeting' });
 * const helper = new Worker({ name: 'helper' }, resolver);
 * resolver.resolve(helper, 'hello');
 * console.log(await promise.await(main));
 * // Output:
 * // hello
 * ```
 * @throws TypeError when an option or a resolver has the wrong type.
 *
 * Source: go-workgraph Worker, NewWorker
 */
export class Worker implements Disposable {
  readonly #state: WorkerState;

  /**
   * Makes a worker.
   *
   * @param options the name, and the signal for the functions that receive it. Default: neither
   * @param delegated the resolvers that it takes over from the workers responsible so far
   */
  constructor(options?: WorkerOptions, ...delegated: ResolverContainer[]) {
    // What the library runs has its state already, and says itself when it ends.
    if (options instanceof WorkerState) {
      this.#state = options;
      return;
    }
    const state = (this.#state = makeWorker(options, delegated));
    state.debts = null;
    if (state.owed) noticeDrop(this, state);
  }

  /** Is the name from the options. */
  get name(): string | undefined {
    return idOf(this.#state).name;
  }

  /** Is the signal from the options, or one that never aborts. */
  get signal(): AbortSignal {
    return this.#state.source?.signal ?? never;
  }

  /**
   * Waits for something outside the graph. No cycle through it can be found, but `snapshot` and the error of an empty event loop show it by its name.
   *
   * @throws (as a rejection) the error of the promise; UnresolvedError when the event loop is empty before the promise has settled (no unhandled rejection,
   * even if you ignore the returned promise); TypeError when `name` is not a string.
   */
  track<T>(promise: PromiseLike<T>, name: string): Promise<T> {
    try {
      check(typeof name === 'string', 'name', 'a string', name, this.name);
      return track(this.#state, promise, name) as Promise<T>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Fails every request that it has neither resolved nor handed over with an UnresolvedError. Requests that it gets later fail at once. */
  [dispose](): void {
    end(this.#state, 'was disposed of');
  }

  /** @internal */
  get [WORKER](): object {
    return this.#state;
  }
}

/** The state of a new worker that is responsible for these. */
export function makeWorker(options: WorkerOptions | undefined, delegated: ResolverContainer[]): WorkerState {
  const { name, signal } = read(options);
  const requests: RequestState[] = [];
  for (const container of delegated) {
    // A resolver contains itself.
    const inside: Iterable<unknown> | undefined =
      typeof container?.containedResolvers === 'function' ? container.containedResolvers() : undefined;
    check(inside?.[Symbol.iterator] !== undefined, 'delegated', 'a resolver', inside ?? container, name);
    for (const resolver of inside) {
      const request = (resolver as AnyResolver | undefined)?.[REQUEST];
      check(request !== undefined, 'delegated', 'a resolver', resolver, name);
      requests.push(request as RequestState);
    }
  }
  const state = new WorkerState(name, signal && { signal });
  // What was reported as a promise stands, whoever has the resolver.
  for (const request of requests) if (!(request.flags & REPORTED)) handOver(request, state);
  return state;
}

/** The state behind a worker that a user has handed over. */
export function stateOf(worker: Worker): WorkerState {
  const state = (worker as Worker | null | undefined)?.[WORKER] as WorkerState | undefined;
  check(state !== undefined, 'worker', 'a Worker', worker);
  return state;
}

/** Ends a worker: what it still owes fails. */
export function end(state: WorkerState, how = 'has ended'): void {
  state.flags |= ENDED;
  if (state.owed) for (const owed of each(state.owed)) unresolve(owed, `its ${called(state)} ${how}`);
}

/** What messages call a worker. */
export function called(state: WorkerState): string {
  const { name } = idOf(state);
  return name === undefined ? 'worker' : `worker (${name})`;
}
