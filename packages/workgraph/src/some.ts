// None, one, or several. In most programs a worker awaits one request at a time, and a request is awaited by one worker: then there is no
// set, and nothing else to make or to throw away.

/** None, the one, or a set of them in the order in which they came. Each is in it once. */
export type Some<T extends object> = T | Set<T> | undefined;

export function add<T extends object>(some: Some<T>, item: T): Some<T> {
  if (some === undefined || some === item) return item;
  return some instanceof Set ? some.add(item) : new Set<T>().add(some).add(item);
}

export function remove<T extends object>(some: Some<T>, item: T): Some<T> {
  if (!(some instanceof Set)) return some === item ? undefined : some;
  some.delete(item);
  return some.size === 0 ? undefined : some;
}

export function count(some: Some<object>): number {
  return some instanceof Set ? some.size : some === undefined ? 0 : 1;
}

export function each<T extends object>(some: Some<T>): Iterable<T> {
  return some instanceof Set ? some : some === undefined ? [] : [some];
}
