// None, one, or several. In most programs a worker awaits one request at a time, and a request is awaited by one worker: that takes nothing but
// a field. A few are a list, which is smaller than a set and faster; where there are many, they leave a set in any order without a search.

/** Each is in it once, in the order in which they came. */
export type Some<T extends object> = T | T[] | Set<T> | undefined;

const FEW = 8;

export function add<T extends object>(some: Some<T>, item: T): Some<T> {
  if (some === undefined || some === item) return item;
  if (some instanceof Set) return some.add(item);
  if (!Array.isArray(some)) return [some, item];
  if (some.includes(item)) return some;
  if (some.length === FEW) return new Set(some).add(item);
  some.push(item);
  return some;
}

/** Takes out one that is there. */
export function remove<T extends object>(some: Some<T>, item: T): Some<T> {
  if (some === item) return undefined;
  if (some instanceof Set) {
    some.delete(item);
    return some.size === 0 ? undefined : some;
  }
  const list = some as T[];
  list.splice(list.indexOf(item), 1);
  return list.length === 1 ? list[0] : list;
}

export function each<T extends object>(some: Some<T>): Iterable<T> {
  return some === undefined ? [] : isSeveral(some) ? some : [some];
}

/** Calls a function for each, with what it needs beside: where there is only one, nothing is made for that. */
export function visit<T extends object, A>(some: Some<T>, call: (item: T, beside: A) => void, beside: A): void {
  if (some === undefined) return;
  if (isSeveral(some)) for (const item of some) call(item, beside);
  else call(some, beside);
}

export function count(some: Some<object>): number {
  const { length, size } = each(some) as { length?: number; size?: number };
  return (length ?? size) as number;
}

const isSeveral = <T extends object>(some: T | T[] | Set<T>): some is T[] | Set<T> =>
  some instanceof Set || Array.isArray(some);
