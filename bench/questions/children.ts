// What do many live children of one signal cost: making them, holding them, aborting them all?
import { link } from '@x/abort';
import { anySignal as anySignalOfPeer } from 'any-signal';
import { addAbortListener, setMaxListeners } from 'node:events';
import { mode, node, Question, size, steps, type Contender, type Weighed } from '../harness/question.js';

const bench = new Question('children', 'What do many live children of one signal cost?');

type Derive = (parent: AbortSignal) => { readonly aborted: boolean };

const derive = {
  link: (parent: AbortSignal) => link(parent),
  'link, read': (parent: AbortSignal) => link(parent).signal,
};
const native = {
  'AbortController + listener': (parent: AbortSignal) => {
    const child = new AbortController();
    parent.addEventListener('abort', () => child.abort(parent.reason), { once: true });
    return child.signal;
  },
  'events.addAbortListener': (parent: AbortSignal) => {
    const child = new AbortController();
    addAbortListener(parent, () => child.abort(parent.reason));
    return child.signal;
  },
  'any-signal': (parent: AbortSignal) => anySignalOfPeer([parent]),
};
const composite = { 'AbortSignal.any': (parent: AbortSignal) => AbortSignal.any([parent]) };

interface Family {
  parent: AbortController;
  children: { readonly aborted: boolean }[];
}
const family = (make: Derive, n: number): Family => {
  const parent = new AbortController();
  // Without this Node warns of a leak at the eleventh listener.
  setMaxListeners(0, parent.signal);
  const children = new Array<{ readonly aborted: boolean }>(n);
  for (let i = 0; i < n; i++) children[i] = make(parent.signal);
  return { parent, children };
};
const howManyAborted = ({ children }: Family): number => children.filter(({ aborted }) => aborted).length;

/** Every one of them has to do what a child is for: abort with its parent. */
const making =
  (n: number) =>
  (make: Derive): Contender =>
    steps({
      prepare: () => undefined,
      run: () => family(make, n),
      finish: (made) => {
        made.parent.abort();
        return howManyAborted(made);
      },
    });
const aborting =
  (n: number) =>
  (make: Derive): Contender =>
    steps({
      prepare: () => family(make, n),
      run: ({ parent }) => parent.abort(),
      finish: (_, made) => howManyAborted(made),
    });
const each = <T>(makers: Record<string, Derive>, contender: (make: Derive) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(makers).map(([name, make]) => [name, contender(make)]));

// Where 100,000 do not come to an end, 5,000 do.
const few = size(5_000, 500, 50);
const many = size(100_000, 5_000, 200);
const tooMany = 'quadratic: 100,000 do not end in 20 s';
const absent = mode === 'full' ? Object.fromEntries(Object.keys(native).map((name) => [name, tooMany])) : {};
/** The target speaks of Node 20, and of children whose platform signal nobody asks for; with it they cost what that costs. */
const aims = node < 24 ? [{ ours: 'link', of: 'AbortSignal.any', atMost: 0.1 }] : [];

for (const [n, peers] of [
  [few, { ...composite, ...native }],
  [many, composite],
] as const) {
  const count = n.toLocaleString('en');
  const size = n === few ? 'few' : 'many';
  const targets = n === many ? aims : [];
  await bench.compare({
    id: `children.${size}.making`,
    title: `making ${count} live children`,
    ours: each(derive, making(n)),
    peers: each(peers, making(n)),
    expect: n,
    targets,
    absent: n === many ? absent : {},
  });
  await bench.compare({
    id: `children.${size}.aborting`,
    title: `aborting the parent of ${count} live children`,
    ours: each(derive, aborting(n)),
    peers: each(peers, aborting(n)),
    expect: n,
    targets,
    absent: n === many ? absent : {},
  });
  const weighed = (make: Derive): Weighed => ({
    hold: () => family(make, n),
    release: (made: Family) => {
      made.parent.abort();
      return howManyAborted(made);
    },
  });
  await bench.weigh({
    id: `children.${size}.bytes`,
    title: `bytes of each of ${count} live children`,
    items: n,
    ours: each(derive, weighed),
    peers: each(peers, weighed),
    expect: n,
    targets,
    absent: n === many ? absent : {},
  });
}

bench.end();
