// On Node, when nothing is left that could happen while somebody still awaits: fails what is awaited, instead of a program that ends without a word.
//
// Whoever awaits something while nobody awaits them is watched: whatever is awaited can be reached from there. They are held as they are: a program that
// awaits is held by nothing else. But not very many for long, or waits that have been dropped would pile up: a sentinel tells when the collector has run,
// and from then on those beyond the `MOST` oldest are held weakly. Not from the beginning: a WeakRef for each wait would cost more than the wait.
import {
  awaitedBy,
  type EmptyLoop,
  idOf,
  type RequestState,
  shared,
  TRACKED,
  WATCHED,
  type WorkerState,
} from './state.js';

let fail: Parameters<EmptyLoop['watch']>[1];

let list: (WorkerState | WeakRef<WorkerState>)[] = [];
/** How many are watched: those in the list that have ended their wait stay there until they are most of it, the collector runs, or nobody is watched. */
let watched = 0;
let sentinel = false;
let listening = false;
let changes = 0;

/** How many waits outlive the collector although nothing else holds them. */
const MOST = 1000;

/** How often the listener comes and goes before it stays: to add and to remove it costs more than a wait. */
const CHANGES = 1000;

interface Emitter {
  prependListener(event: 'beforeExit', listener: () => void): void;
  off(event: 'beforeExit', listener: () => void): void;
}
// The real one: it is the event loop that is to have its turn, whatever the time is in a test.
const { process: emitter, setTimeout } = globalThis as unknown as {
  process: Emitter | undefined;
  setTimeout: (callback: () => void) => void;
};

const collected = new FinalizationRegistry<undefined>(() => {
  sentinel = false;
  list = [...stillWatched()].map((worker, index) => (index < MOST ? worker : new WeakRef(worker)));
  watched = list.length;
  listen();
});

/** Takes out of the list those that have ended their wait, and gives the others. */
function stillWatched(): Set<WorkerState> {
  list = [...new Set(list)].filter((each) => workerOf(each).flags & WATCHED);
  return new Set(list.map(workerOf));
}

/** What is gone is not watched. */
const workerOf = (each: WorkerState | WeakRef<WorkerState>): WorkerState =>
  ((each as Partial<WeakRef<WorkerState>>).deref?.() ?? each) as WorkerState;

function listen(): void {
  const waiting = watched > 0;
  if (waiting && !sentinel) {
    sentinel = true;
    collected.register({}, undefined);
  }
  if (waiting === listening) return;
  if (!waiting && ++changes > CHANGES) return;
  listening = waiting;
  (emitter as Emitter)[waiting ? 'prependListener' : 'off']('beforeExit', onEmpty);
}

/** Called when a worker whom nobody awaits awaits something. */
function watch(worker: WorkerState, failing: typeof fail): void {
  fail = failing;
  if (!emitter?.prependListener) return;
  worker.flags |= WATCHED;
  // Not left to the collector alone, which may not run for long; so seldom that it costs a wait next to nothing.
  if (list.push(worker) > 3 * watched + 1000) stillWatched();
  if (!watched++) listen();
}

/** Called when it awaits nothing any more. */
function unwatch(worker: WorkerState): void {
  worker.flags &= ~WATCHED;
  if (!--watched) {
    list = [];
    listen();
  }
}

function onEmpty(): void {
  const workers = stillWatched();
  const requests = new Set<RequestState>();
  // A set that grows while it is walked: whom these wait for is looked at in turn.
  for (const worker of workers) {
    for (const request of awaitedBy(worker)) {
      requests.add(request);
      workers.add(request.worker);
    }
  }
  // Which are in the graph and which outside: the first of them.
  const parts = [0, TRACKED].flatMap((tracked) => {
    const names = [...requests]
      .filter((request) => (request.flags & TRACKED) === tracked)
      .map((request) => idOf(request));
    const more = names.splice(9).length;
    return names.length
      ? `${tracked ? ' outside the graph' : ''}: ${names.join(', ')}${more ? ` and ${more} more` : ''}`
      : [];
  });
  const why = `the event loop is empty while these are awaited${parts.join(';')}`;
  const failAll = (): void => {
    for (const request of requests) {
      if (!request.waiters) continue;
      fail(request, why);
      // Nobody may look at it: nothing is lost when such a wait does not end.
      if (request.flags & TRACKED) request.promise.catch(() => {});
    }
  };
  // What the other listeners begin is none of these, since this one comes first; what they end at once is awaited no more. They are not waited for longer:
  // one may be about to end the program. Who is told then may await again: that is in another turn of the loop, and this is called again.
  if (requests.size) setTimeout(failAll);
}

/** Whichever copy of the package comes first in a program watches for all. */
export const emptyLoop: EmptyLoop = (shared.emptyLoop ??= { watch, unwatch });
