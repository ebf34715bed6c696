import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from 'd3-force';

/** What is to be laid out: everything by index, in arrays that can be handed to a worker. */
export interface LayoutTask {
  /** x0, y0, x1, y1... */
  readonly places: Float32Array;
  readonly radii: Float32Array;
  /** Where each is drawn to, as its folder's place: x0, y0... */
  readonly homes: Float32Array;
  /** source0, target0... */
  readonly links: Uint32Array;
  /** 1: stays where it is. */
  readonly pinned: Uint8Array;
}

interface Body extends SimulationNodeDatum {
  readonly radius: number;
  readonly homeX: number;
  readonly homeY: number;
}

/** Lays out, a step at a time. */
export interface Layout {
  /** Makes one step; false when it was the last. */
  step(): boolean;
  /** Where everything is, as in the task. */
  places(): Float32Array;
}

/** Draws modules together that import each other or lie in the same folder, and apart all that would overlap. */
export function layoutOf({ places, radii, homes, links, pinned }: LayoutTask): Layout {
  const bodies: Body[] = Array.from(radii, (radius, at) => {
    const [x = 0, y = 0] = [places[2 * at], places[2 * at + 1]];
    const body: Body = { x, y, radius, homeX: homes[2 * at] ?? 0, homeY: homes[2 * at + 1] ?? 0 };
    if (pinned[at] === 1) [body.fx, body.fy] = [x, y];
    return body;
  });
  const ties: SimulationLinkDatum<Body>[] = [];
  for (let at = 0; at < links.length; at += 2) ties.push({ source: links[at] ?? 0, target: links[at + 1] ?? 0 });

  // What is large is laid out well enough by fewer steps: its place is mostly that of its folder.
  const steps = bodies.length > 6000 ? 90 : bodies.length > 2000 ? 140 : 260;
  const simulation = forceSimulation(bodies)
    .alphaDecay(1 - 0.001 ** (1 / steps))
    .force(
      'link',
      forceLink<Body, SimulationLinkDatum<Body>>(ties).distance(({ source, target }) =>
        typeof source === 'object' && typeof target === 'object' ? source.radius + target.radius + 14 : 14,
      ),
    )
    .force(
      'charge',
      forceManyBody<Body>()
        .strength(({ radius }) => -14 - 4 * radius)
        .theta(1.1)
        .distanceMax(500),
    )
    .force('collide', forceCollide<Body>(({ radius }) => radius + 2).iterations(bodies.length > 2000 ? 1 : 2))
    .force('x', forceX<Body>(({ homeX }) => homeX).strength(0.1))
    .force('y', forceY<Body>(({ homeY }) => homeY).strength(0.1))
    .stop();

  let left = bodies.length === 0 ? 0 : steps;
  return {
    step: () => {
      if (left > 0) {
        simulation.tick();
        left -= 1;
      }
      return left > 0;
    },
    places: () => {
      const result = new Float32Array(2 * bodies.length);
      bodies.forEach(({ x = 0, y = 0 }, at) => result.set([x, y], 2 * at));
      return result;
    },
  };
}
