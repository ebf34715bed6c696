// What does it cost to derive a signal from a long-lived one and to throw it away again, as every request of a server does?
// And is anything left on the long-lived one?
import { anySignal, link } from '@x/abort';
import { anySignal as anySignalOfPeer } from 'any-signal';
import { addAbortListener } from 'node:events';
import { Question, size, steps, type Contender, type Weighed } from '../harness/question.js';

const bench = new Question('signals', 'What does deriving a signal from another and discarding it cost?');
const n = size(100_000, 10_000, 200);

/** Derives and discards `n` children; `derive` gives whether the child has aborted. */
const discarded = (derive: (parent: AbortSignal) => boolean): Contender =>
  steps({
    prepare: () => new AbortController(),
    run: ({ signal }) => {
      let aborted = 0;
      for (let i = 0; i < n; i++) if (derive(signal)) aborted += 1;
      return aborted;
    },
  });

const controllerWithListener = (parent: AbortSignal): boolean => {
  const child = new AbortController();
  const listener = (): void => child.abort(parent.reason);
  parent.addEventListener('abort', listener, { once: true });
  parent.removeEventListener('abort', listener);
  return child.signal.aborted;
};
/** A controller of Node makes its signal when it is asked for, too: then it cannot even be asked whether it has aborted. */
const controllerUnread = (parent: AbortSignal): boolean => {
  const child = new AbortController();
  const listener = (): void => child.abort(parent.reason);
  parent.addEventListener('abort', listener, { once: true });
  parent.removeEventListener('abort', listener);
  return false;
};

const peers = {
  'AbortController + listener': discarded(controllerWithListener),
  'events.addAbortListener': discarded((parent) => {
    const child = new AbortController();
    const registration = addAbortListener(parent, () => child.abort(parent.reason));
    registration[Symbol.dispose]();
    return child.signal.aborted;
  }),
  'AbortSignal.any': discarded((parent) => AbortSignal.any([parent]).aborted),
  'any-signal': discarded((parent) => {
    const child = anySignalOfPeer([parent]);
    child.clear();
    return child.aborted;
  }),
};

await bench.compare({
  id: 'signals.unread',
  title: `deriving and discarding ${n.toLocaleString('en')} children of one signal, our signal not asked for`,
  ours: {
    link: discarded((parent) => {
      const child = link(parent);
      child.unlink();
      return child.aborted;
    }),
  },
  peers: { ...peers, 'AbortController + listener, signal never read': discarded(controllerUnread) },
  expect: 0,
  targets: [{ ours: 'link', of: 'AbortController + listener', atMost: { 20: 0.06, 24: 0.4 } }],
});

await bench.compare({
  id: 'signals.read',
  title: `the same, the child's signal asked for`,
  ours: {
    link: discarded((parent) => {
      const child = link(parent);
      const { signal } = child;
      child.unlink();
      return signal.aborted;
    }),
  },
  peers,
  expect: 0,
  targets: [{ ours: 'link', of: 'AbortController + listener', atMost: 0.9 }],
});

/** What stays after `n` children of a signal that lives on were dropped. */
const kept = (derive: (parent: AbortSignal) => unknown): Weighed => ({
  hold: () => {
    const parent = new AbortController();
    for (let i = 0; i < n; i++) derive(parent.signal);
    return parent;
  },
});
const nothing = (): void => undefined;

await bench.weigh({
  id: 'signals.kept',
  title: `bytes that the signal keeps of each of ${n.toLocaleString('en')} discarded children`,
  items: n,
  ours: {
    link: kept((parent) => link(parent).unlink()),
    'link, read': kept((parent) => {
      const child = link(parent);
      child.signal.addEventListener('abort', nothing);
      child.unlink();
    }),
    anySignal: kept((parent) => anySignal([parent])),
  },
  peers: {
    'AbortController + listener': kept(controllerWithListener),
    'AbortSignal.any': kept((parent) => AbortSignal.any([parent])),
    'AbortSignal.any + listener': kept((parent) => AbortSignal.any([parent]).addEventListener('abort', nothing)),
  },
  targets: [
    { ours: 'link', atMost: 1 },
    { ours: 'link, read', atMost: 1 },
    { ours: 'anySignal', atMost: 1 },
  ],
});

bench.end();
