// Finds the wait that closes a cycle, without walking the graph each time.
//
// Along every edge `order` grows, so an edge to a worker of greater order closes no cycle: nothing has to be looked at. Workers are in the order in
// which they were made, until an edge goes against it:
//
// 1. A worker that awaits nothing can go to the end of the order, and a worker whom nobody awaits to its beginning.
// 2. Else two searches take turns: ahead, along waits, from the worker that is to be awaited, and back, against them, from the one that waits. The
//    next step is always that of the search which has then looked at fewer edges; what a step back would look at is counted only as far as to tell. A path between the two could only pass through workers whose order
//    lies between theirs, so neither looks further. If they meet, the new edge closes a cycle. If one of them comes to its end,
//    there is none; the workers it has seen move past the other end, keeping their order among themselves, into the gap before the next
//    worker beyond.
// 3. Gaps between numbers get narrow. When one is used up, the search is done again without bounds: what it has seen then is
//    all there is on that side, and can go to the beginning or the end of the order.
//
// The cost of 2 is that of the cheaper side. Two trees that are joined cost at most the smaller one, so n workers joined in any sequence cost
// O(n log n); an edge against the order in a dense graph can cost as much as the edges between its ends.
import { count, each } from './some.js';
import {
  awaitedBy,
  type Incoming,
  isGivenUp,
  ONE_AWAITED,
  type RequestState,
  shared,
  type WorkerState,
} from './state.js';

/** How many edges searches have looked at, and requests have counted: tests of growth read it. */
export let searched = 0;

/** Gives a new wait its place in the order, or returns the requests on the cycle that it closes. */
export function findCycle(worker: WorkerState, request: RequestState): RequestState[] | undefined {
  const target = request.worker;
  if (!target.outs) target.order = ++shared.last;
  else if (worker.flags < ONE_AWAITED) worker.order = --shared.first;
  else if (worker === target || meets(worker, target, worker.order, target.order)) return cycleThrough(worker, request);
  return undefined;
}

/** What a worker owes, without a copy of it. */
function owedBy({ owed }: WorkerState): Iterator<RequestState, undefined> {
  return (owed instanceof Set ? owed : each(owed)).values();
}

/** Whether a path leads from the worker that is to be awaited to the one that waits; if not, their order is put right. */
function meets(worker: WorkerState, target: WorkerState, highest: number, lowest: number): boolean {
  // Where one alone awaits the worker, and comes before the target, the first step back would be the last: that takes no sets.
  const before = (worker.owed as { waiters?: Partial<Incoming> }).waiters?.worker?.order as number;
  if (before < lowest && place([worker], before, lowest)) {
    searched++;
    return false;
  }
  // Sets that grow while they are walked.
  const seenAhead = new Set([target]);
  const seenBack = new Set([worker]);
  const walkAhead = seenAhead.values();
  const walkBack = seenBack.values();
  let nextAhead = walkAhead.next();
  let nextBack = walkBack.next();
  let costAhead = 0;
  let costBack = 0;
  // What the next step back would have cost, as far as it had to be counted: what a worker owes may be very many.
  let back = 0;
  let toCount = owedBy(worker);
  // The nearest orders out of bounds.
  let above = Infinity;
  let below = -Infinity;
  while (!nextAhead.done && !nextBack.done) {
    const ahead = costAhead + nextAhead.value.waits;
    for (let next; back < ahead && !(next = toCount.next()).done; searched++) back += count(next.value.waiters) || 1;
    if (ahead <= back) {
      costAhead = ahead;
      for (const { worker: next } of awaitedBy(nextAhead.value)) {
        if (seenBack.has(next)) return true;
        if (next.order > highest) above = Math.min(above, next.order);
        else seenAhead.add(next);
      }
      nextAhead = walkAhead.next();
    } else {
      costBack = back;
      for (const { waiters } of each(nextBack.value.owed)) {
        for (const waiter of each(waiters)) {
          if (isGivenUp(waiter)) continue;
          const next = waiter.worker;
          if (seenAhead.has(next)) return true;
          if (next.order < lowest) below = Math.max(below, next.order);
          else seenBack.add(next);
        }
      }
      nextBack = walkBack.next();
      if (!nextBack.done) toCount = owedBy(nextBack.value);
    }
  }
  searched += costAhead + costBack;
  const isPlaced = nextAhead.done ? place(seenAhead, highest, above) : place(seenBack, below, lowest);
  return !isPlaced && meets(worker, target, Infinity, -Infinity);
}

/**
 * The requests on the shortest way from the one that is to be awaited to the worker that waits: each is awaited by the worker that owes the one
 * before. It is called when there is one.
 */
function cycleThrough(worker: WorkerState, request: RequestState): RequestState[] {
  interface Step {
    request: RequestState;
    before?: Step;
  }
  const steps: Step[] = [{ request }];
  const seen = new Set<WorkerState>();
  const cycle: RequestState[] = [];
  // A list that grows while it is walked.
  for (const step of steps) {
    searched++;
    const owner = step.request.worker;
    if (owner === worker) {
      for (let at: Step | undefined = step; at; at = at.before) cycle.push(at.request);
      break;
    }
    // The order grows along all that leads back to the worker.
    if (!seen.has(owner) && owner.order < worker.order) {
      seen.add(owner);
      for (const request of awaitedBy(owner)) steps.push({ request, before: step });
    }
  }
  return cycle.reverse();
}

/** Moves workers into the gap between two orders, keeping their order among themselves; false when the gap is too narrow. */
export function place(workers: Iterable<WorkerState>, low: number, high: number): boolean {
  const sorted = [...workers].sort((a, b) => a.order - b.order);
  let parts = sorted.length + 1;
  let at = 0;
  if (high === Infinity) {
    low = shared.last;
    high = shared.last += parts;
  } else if (low === -Infinity) {
    high = shared.first;
    low = shared.first -= parts;
  }
  // Where one end alone has a fraction, it is of workers that were placed into this gap before, and often more come, one after the other, each before
  // or behind the last. So these go close to that end, and leave the room at the other: halves would use the gap up in some 50 steps.
  if (high % 1) {
    if (!(low % 1)) parts += at = 4096;
  } else if (low % 1) {
    parts += 4096;
  }
  const width = high - low;
  const quarter = width / parts / 4;
  // Narrower, and two of them might be rounded to the same number. Here a part is at least twice as wide as the way from one number to the next, and
  // no place is more than about half of that way from where it should be.
  if (low + quarter === low || high - quarter === high) return false;
  // Each is reckoned from the beginning of the gap: from the one before, what is rounded would add up.
  for (const worker of sorted) worker.order = low + (width * ++at) / parts;
  return true;
}
