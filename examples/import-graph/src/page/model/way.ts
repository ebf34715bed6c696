import type { GraphView } from './view.js';

/** How each module is reached: the module before it on a shortest way from an entry; an entry has none before it. */
export type Ways = ReadonlyMap<string, string | undefined>;

/** Finds a shortest way from an entry to each module, all at once. What no entry leads to is not in it. */
export function waysFrom({ modules, entries }: Pick<GraphView, 'modules' | 'entries'>): Ways {
  const ways = new Map<string, string | undefined>();
  const queue: string[] = [];
  for (const entry of entries) {
    ways.set(entry, undefined);
    queue.push(entry);
  }
  // The array grows while it is walked: each module is put in once, after those that are nearer.
  for (const path of queue) {
    for (const next of modules.get(path)?.imports ?? []) {
      if (ways.has(next.path)) continue;
      ways.set(next.path, path);
      queue.push(next.path);
    }
  }
  return ways;
}

/** The modules on the way from an entry to `path`, both included; none where no entry leads to it. */
export function wayTo(ways: Ways, path: string): string[] {
  if (!ways.has(path)) return [];
  const way: string[] = [];
  for (let at: string | undefined = path; at !== undefined; at = ways.get(at)) way.push(at);
  return way.reverse();
}
