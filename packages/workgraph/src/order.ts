// Finds the wait that closes a cycle, without walking the graph each time.
//
// Along every edge `order` grows, so an edge to a worker of greater order closes no cycle: nothing has to be looked at. Where the new
// edge goes against the order:
//
// 1. A worker that awaits nothing can go to the end of the order, and a worker whom nobody awaits to its beginning. In
//    most programs that is all that ever happens: a worker that has just started awaits nothing.
// 2. Else two searches take turns, one edge each: ahead, along waits, from the worker that is to be awaited, and back,
//    against them, from the one that waits. A path between the two could only pass through workers whose order lies between theirs, so
//    neither looks further. If they meet, the new edge closes a cycle, and the way they came is the cycle. If one of them comes to its end,
//    there is none; the workers it has seen move past the other end, keeping their order among themselves, into
//    the gap before the next worker beyond.
// 3. Gaps between numbers get narrow. When one is used up, the search is done again without bounds: what it has seen then is
//    all there is on that side, and can go to the beginning or the end of the order.
//
// The cost of 2 is that of the cheaper side. Two trees that are joined cost at most the smaller one, so n workers joined in any sequence cost
// O(n log n); an edge against the order in a dense graph can cost as much as the workers between its ends.
import { isAwaited, type RequestState, type Wait, type WorkerState } from './state.js';

/** What all copies of the package have in common: the ends of the order, and how many searches there have been. */
interface Shared {
  first: number;
  last: number;
  searches: number;
}
const key = Symbol.for('@x/workgraph/order');
const shared: Shared = ((globalThis as Record<symbol, unknown>)[key] ??= { first: 0, last: 0, searches: 0 }) as Shared;

/** Moves a worker that awaits nothing to the end of the order. */
export function placeLast(worker: WorkerState): void {
  worker.order = ++shared.last;
}

/**
 * Gives the wait just added its place in the order, or returns the requests on the cycle that it closes: first the one that is awaited, each awaited by
 * the worker that owes the one before.
 */
export function findCycle(closing: Wait): RequestState[] | undefined {
  const { worker, request } = closing;
  const target = request.worker;
  if (worker === target) return [request];
  if (target.nextOut === target) placeLast(target);
  else if (!isAwaited(worker)) worker.order = --shared.first;
  else return search(closing, worker.order, target.order);
  return undefined;
}

function search(closing: Wait, highest: number, lowest: number): RequestState[] | undefined {
  const { worker } = closing;
  const target = closing.request.worker;
  const back = (shared.searches += 2);
  const ahead = back - 1;
  const seenAhead = [target];
  const seenBack = [worker];
  target.mark = ahead;
  worker.mark = back;
  // The nearest orders out of bounds.
  let above = Infinity;
  let below = -Infinity;
  let indexAhead = 0;
  let waitAhead = target.nextOut;
  let indexBack = 0;
  let owed = worker.nextOwed;
  let waitBack = owed.later;
  let met: Wait | undefined;
  let isAhead = true;
  for (;;) {
    while (waitAhead === seenAhead[indexAhead] && ++indexAhead < seenAhead.length) {
      waitAhead = (seenAhead[indexAhead] as WorkerState).nextOut;
    }
    if (indexAhead === seenAhead.length) break;
    const next = (waitAhead as Wait).request.worker;
    if (next.mark === back) {
      met = waitAhead as Wait;
      break;
    }
    if (next.order > highest) {
      above = Math.min(above, next.order);
    } else if (next.mark !== ahead) {
      next.mark = ahead;
      next.via = waitAhead as Wait;
      seenAhead.push(next);
    }
    waitAhead = waitAhead.nextOut;

    while (waitBack === owed) {
      // Behind the last request that somebody awaits comes one that nobody does, or the worker itself.
      owed = owed.nextOwed;
      if (owed.later === owed) {
        if (++indexBack === seenBack.length) break;
        owed = (seenBack[indexBack] as WorkerState).nextOwed;
      }
      waitBack = owed.later;
    }
    if (indexBack === seenBack.length) {
      isAhead = false;
      break;
    }
    const before = (waitBack as Wait).worker;
    if (before.mark === ahead) {
      met = waitBack as Wait;
      break;
    }
    if (before.order < lowest) {
      below = Math.max(below, before.order);
    } else if (before.mark !== back) {
      before.mark = back;
      before.via = waitBack as Wait;
      seenBack.push(before);
    }
    waitBack = waitBack.later;
  }
  const cycle = met && cycleThrough(closing, met);
  for (const seen of seenAhead) seen.via = undefined;
  for (const seen of seenBack) seen.via = undefined;
  if (cycle !== undefined) return cycle;
  if (isAhead ? place(seenAhead, highest, above) : place(seenBack, below, lowest)) return undefined;
  return search(closing, Infinity, -Infinity);
}

/** From the request that is to be awaited along the way ahead, over the wait where the searches met, and on to the worker that waits. */
function cycleThrough({ request }: Wait, met: Wait): RequestState[] {
  const cycle = [met.request];
  for (let { via } = met.worker; via !== undefined; { via } = via.worker) cycle.push(via.request);
  cycle.push(request);
  cycle.reverse();
  for (let { via } = met.request.worker; via !== undefined; { via } = via.request.worker) cycle.push(via.request);
  return cycle;
}

/** Moves workers into the gap between two orders, keeping their order among themselves; false when the gap is too narrow. */
function place(workers: WorkerState[], low: number, high: number): boolean {
  const { length } = workers;
  let step = 1;
  let order = 0;
  if (high === Infinity) {
    order = shared.last;
    shared.last += length;
  } else if (low === -Infinity) {
    order = (shared.first -= length) - 1;
  } else {
    order = low;
    step = (high - low) / (length + 1);
    // Narrower, and two of them might be rounded to the same number.
    if (low + step / 4 === low || high - step / 4 === high) return false;
  }
  workers.sort((a, b) => a.order - b.order);
  for (const worker of workers) worker.order = order += step;
  return true;
}
