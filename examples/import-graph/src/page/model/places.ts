import { radiusOf } from './area.js';
import { seedsOf, type Point } from './seed.js';
import type { GraphView } from './view.js';

/** Paths by their group. */
export type Groups = ReadonlyMap<string, readonly string[]>;

/** Where a module is to be at first, and where it is at home: in the middle of its group. */
export interface Place extends Point {
  readonly home: Point;
}

const origin: Point = { x: 0, y: 0 };

/** Places for a whole graph, by group. */
export function firstPlaces({ modules }: GraphView, groups: Groups): Map<string, Place> {
  const radius = radiusOf(modules.values(), 'own');
  const members = [...groups.values()];
  const seeds = seedsOf(members.map((paths) => ({ radii: paths.map((path) => radius(modules.get(path)?.size ?? 0)) })));
  return new Map(
    members.flatMap((paths, at) => {
      const { centre: home = origin, places = [] } = seeds[at] ?? {};
      return paths.map((path, each) => [path, { ...(places[each] ?? home), home }] as const);
    }),
  );
}

/**
 * Places for what is new in a graph: in the middle of those that it imports or that import it, else of its group, else of all.
 * @param known says where those are that stay
 */
export function placesBeside(
  { modules }: GraphView,
  groups: Groups,
  added: readonly string[],
  known: (path: string) => Point | undefined,
): Map<string, Place> {
  const middle = (paths: Iterable<string>): Point | undefined => {
    const points = [...paths].flatMap((path) => known(path) ?? []);
    if (points.length === 0) return undefined;
    const mean = (of: (point: Point) => number): number =>
      points.reduce((sum, each) => sum + of(each), 0) / points.length;
    return { x: mean(({ x }) => x), y: mean(({ y }) => y) };
  };
  const centres = new Map<string, Point>();
  const groupOf = new Map<string, string>();
  let all: Point | undefined;
  for (const [group, paths] of groups) {
    centres.set(group, middle(paths) ?? (all ??= middle(modules.keys()) ?? origin));
    for (const path of paths) groupOf.set(path, group);
  }
  return new Map(
    added.map((path, at) => {
      const { imports = [], importers = [] } = modules.get(path) ?? {};
      const home =
        middle([...imports, ...importers].map((link) => link.path)) ?? centres.get(groupOf.get(path) ?? '') ?? origin;
      // Not on top of each other: then nothing would know which way to go.
      return [path, { x: home.x + 8 * Math.cos(at), y: home.y + 8 * Math.sin(at), home }];
    }),
  );
}
