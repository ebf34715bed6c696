/** A place in the drawing. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What is placed: those of a group lie together, the first in its middle. */
export interface Cluster {
  readonly radii: readonly number[];
}

/** Where a cluster lies, and where in it each of its members. */
export interface Seed {
  readonly centre: Point;
  readonly places: readonly Point[];
}

/** The angle by which a sunflower turns from seed to seed: no two lie behind each other. */
const golden = Math.PI * (3 - Math.sqrt(5));
/** Room for the lines between the discs. */
const spacing = 2.6;

/**
 * Gives everything a place without looking at a single import, in a moment: the members of a cluster on a spiral from its middle, the clusters around the
 * first so that they do not overlap. The same input has the same answer.
 */
export function seedsOf(clusters: readonly Cluster[]): Seed[] {
  const placed: { x: number; y: number; radius: number }[] = [];
  return clusters.map(({ radii }) => {
    const { places, radius } = sunflower(radii);
    const centre = freePlace(placed, radius);
    placed.push({ ...centre, radius });
    return { centre, places: places.map(({ x, y }) => ({ x: centre.x + x, y: centre.y + y })) };
  });
}

/** Each as far from the middle as the area of those before it needs. */
function sunflower(radii: readonly number[]): { places: Point[]; radius: number } {
  let area = 0;
  let radius = 0;
  const places = radii.map((each, at) => {
    const room = (each * spacing) ** 2;
    const distance = at === 0 ? 0 : Math.sqrt(area + room / 2);
    area += room;
    radius = Math.max(radius, distance + each * spacing);
    return { x: distance * Math.cos(at * golden), y: distance * Math.sin(at * golden) };
  });
  return { places, radius };
}

/** The first free place on a spiral that winds outwards; wider than it is high, as screens are. */
function freePlace(placed: readonly { x: number; y: number; radius: number }[], radius: number): Point {
  const step = Math.max(4, radius / 6);
  for (let turn = 0; ; turn += 0.35) {
    const distance = (step * turn) / 2;
    const point = { x: 1.25 * distance * Math.cos(turn), y: distance * Math.sin(turn) };
    if (placed.every((other) => Math.hypot(point.x - other.x, point.y - other.y) >= radius + other.radius))
      return point;
  }
}
