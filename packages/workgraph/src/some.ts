// None, one, or several. In most programs a worker awaits one request at a time, and a request is awaited by one worker: that takes nothing but
// a field. A few are a list, which is smaller than a set and faster; where there are many, they leave a set in any order without a search.

/** In the order in which they came. A list may have room at its end. */
export type Some<T extends object> = T | List<T> | Set<T> | undefined;
export type List<T> = (T | undefined)[];

/** What a list of more than two has room for. */
const FEW = 8;

/** Adds one that is not there yet, where they leave in any order. */
export function add<T extends object>(some: Some<T>, item: T): Some<T> {
  if (some instanceof Set) return some.add(item);
  return Array.isArray(some) && some[FEW - 1] !== undefined ? new Set(some as T[]).add(item) : put(some, item);
}

/** Adds one to none, one, or a list. `push` would make room for twenty, and what waits is what the collector has to copy. */
export function put<T extends object>(some: T | List<T> | undefined, item: T): T | List<T> {
  if (!some) return item;
  if (!Array.isArray(some)) return [some, item];
  if (some.length === 2) return [some[0], some[1], item, undefined, undefined, undefined, undefined, undefined];
  const at = some.length > FEW ? -1 : some.indexOf(undefined);
  if (at < 0) some.push(item);
  else some[at] = item;
  return some;
}

/** Takes out one that is there. */
export function remove<T extends object>(some: Some<T>, item: T): Some<T> {
  if (some === item) return undefined;
  if (some instanceof Set) {
    some.delete(item);
    return some.size ? some : undefined;
  }
  const list = each(some).filter((other) => other !== item);
  return list.length === 1 ? list[0] : list;
}

export function has<T extends object>(some: Some<T>, item: T): boolean {
  return some instanceof Set ? some.has(item) : Array.isArray(some) ? some.includes(item) : some === item;
}

export function each<T extends object>(some: Some<T>): T[] {
  if (some instanceof Set) return [...some];
  return !some ? [] : Array.isArray(some) ? some.filter((item) => item !== undefined) : [some];
}

export function count(some: Some<object>): number {
  return some instanceof Set ? some.size : each(some).length;
}
