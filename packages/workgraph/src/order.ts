// Finds the wait that closes a cycle, without walking the graph each time.
//
// Along every edge `order` grows, so an edge to a worker of greater order closes no cycle: nothing has to be looked at. Workers are in the order in
// which they were made, until an edge goes against it:
//
// 1. A worker that awaits nothing can go to the end of the order, and a worker whom nobody awaits to its beginning.
// 2. Else two searches take turns: ahead, along waits, from the worker that is to be awaited, and back, against them, from the one that waits. The
//    next step is always that of the search which has then looked at fewer edges. A path between the two could only pass through workers whose order
//    lies between theirs, so neither looks further. If they meet, the new edge closes a cycle. If one of them comes to its end,
//    there is none; the workers it has seen move past the other end, keeping their order among themselves, into the gap before the next
//    worker beyond.
// 3. Gaps between numbers get narrow. When one is used up, the search is done again without bounds: what it has seen then is
//    all there is on that side, and can go to the beginning or the end of the order.
//
// The cost of 2 is that of the cheaper side. Two trees that are joined cost at most the smaller one, so n workers joined in any sequence cost
// O(n log n); an edge against the order in a dense graph can cost as much as the edges between its ends.
import { count, each, type Some } from './some.js';
import { type RequestState, shared, type WorkerState } from './state.js';

/** Gives a new wait its place in the order, or returns the requests on the cycle that it closes. */
export function findCycle(worker: WorkerState, request: RequestState): RequestState[] | undefined {
  const target = request.worker;
  if (worker === target) return [request];
  if (target.outs === undefined) target.order = ++shared.last;
  else if (worker.owed === undefined) worker.order = --shared.first;
  else if (meets(worker, target, worker.order, target.order)) return cycleThrough(worker, request);
  return undefined;
}

/** Whether a path leads from the worker that is to be awaited to the one that waits; if not, their order is put right. */
function meets(worker: WorkerState, target: WorkerState, highest: number, lowest: number): boolean {
  const back = (shared.searches += 2);
  const ahead = back - 1;
  const seenAhead = [target];
  const seenBack = [worker];
  /** Awaited requests of those in `seenBack`, whose waiters have not been looked at. */
  const awaited: RequestState[] = [];
  let atAhead = 0;
  let atBack = 0;
  let costAhead = 0;
  let costBack = 0;
  // The nearest orders out of bounds.
  let above = Infinity;
  let below = -Infinity;
  target.mark = ahead;
  worker.mark = back;
  for (;;) {
    if (atAhead === seenAhead.length) {
      return !place(seenAhead, highest, above) && meets(worker, target, Infinity, -Infinity);
    }
    if (atBack === seenBack.length && awaited.length === 0) {
      return !place(seenBack, below, lowest) && meets(worker, target, Infinity, -Infinity);
    }
    const { outs } = seenAhead[atAhead] as WorkerState;
    const ins: Some<object> = awaited.at(-1)?.waiters ?? (seenBack[atBack] as WorkerState).owed;
    const nextAhead = costAhead + count(outs);
    const nextBack = costBack + count(ins);
    if (nextAhead <= nextBack) {
      atAhead++;
      shared.steps += nextAhead - costAhead;
      costAhead = nextAhead;
      for (const { request } of each(outs)) {
        const next = request.worker;
        if (next.mark === back) return true;
        if (next.order > highest) {
          above = Math.min(above, next.order);
        } else if (next.mark !== ahead) {
          next.mark = ahead;
          seenAhead.push(next);
        }
      }
      continue;
    }
    shared.steps += nextBack - costBack;
    costBack = nextBack;
    if (awaited.length === 0) {
      for (const request of each((seenBack[atBack++] as WorkerState).owed)) awaited.push(request);
    } else {
      for (const { worker: next } of each((awaited.pop() as RequestState).waiters)) {
        if (next.mark === ahead) return true;
        if (next.order < lowest) {
          below = Math.max(below, next.order);
        } else if (next.mark !== back) {
          next.mark = back;
          seenBack.push(next);
        }
      }
    }
  }
}

/**
 * The requests on the shortest way from the one that is to be awaited to the worker that waits: each is awaited by the worker that owes the one
 * before. It is called when there is one.
 */
function cycleThrough(worker: WorkerState, request: RequestState): RequestState[] {
  interface Step {
    request: RequestState;
    before: Step | undefined;
  }
  const steps: Step[] = [{ request, before: undefined }];
  const seen = new Set<WorkerState>();
  const cycle: RequestState[] = [];
  // A list that grows while it is walked.
  for (const step of steps) {
    const owner = step.request.worker;
    if (owner === worker) {
      for (let at: Step | undefined = step; at !== undefined; at = at.before) cycle.push(at.request);
      break;
    }
    if (seen.has(owner)) continue;
    seen.add(owner);
    for (const { request } of each(owner.outs)) steps.push({ request, before: step });
  }
  return cycle.reverse();
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
