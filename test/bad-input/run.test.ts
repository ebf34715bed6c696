import { describe } from '@jest/globals';
import * as main from '@x/run';
import * as node from '@x/run/node';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { kinds, oneOf, optional, or, Table } from '../test-support/bad-input.js';

const { signal, time, string } = kinds;
const fn = kinds.function;
const name = optional(string);

/** A group of which nothing has become: it has one actor, whose run is the group's. */
const group = {
  subject: () => new main.Group().go(() => {}, 'first'),
  works: async (one: main.Group) => {
    const started: string[] = [];
    await one.go(() => void started.push('second'), 'second').run();
    if (started.length !== 1) throw new Error('does not work any more');
  },
};

const actor = (changes: object): main.Actor => ({ execute: () => {}, interrupt: () => {}, ...changes });

describe('@x/run, handed over wrongly', () => {
  new Table('run')
    .options(
      'throws',
      'new Group',
      'GroupOptions',
      {
        gracePeriod: time,
        teardown: oneOf('together', 'reverse', 'forward'),
        until: oneOf('first-exit', 'first-error', 'all'),
        startup: oneOf('together', 'sequential'),
        onEvent: fn,
        onSuppressed: fn,
      },
      (value) => new main.Group(value),
    )
    .throws('Group.add', 'actor', kinds.nothing, (value, one: main.Group) => one.add(value), {
      ...group,
      says: /^(.*: )?(actor|execute|interrupt) must be/,
    })
    .free('Group.add first')
    .throws('Group.add', 'interrupt', fn, (value, one: main.Group) => one.add(() => {}, value), group)
    .throws(
      'Group.add',
      'name',
      name,
      (value, one: main.Group) =>
        one.add(
          () => {},
          () => {},
          value,
        ),
      group,
    )
    .throws('Group.go', 'work', fn, (value, one: main.Group) => one.go(value), group)
    .throws('Group.go', 'name', name, (value, one: main.Group) => one.go(() => {}, value), group)
    .rejects('Group.run', 'signal', or(signal, undefined, null), (value, one: main.Group) => one.run(value), {
      ...group,
      says: /\b(signal|parents)\b/,
    })
    .property(
      'Group.add',
      'Actor',
      'execute',
      fn,
      (value, one: main.Group) => one.add(actor({ execute: value })),
      group,
    )
    .property(
      'Group.add',
      'Actor',
      'interrupt',
      fn,
      (value, one: main.Group) => one.add(actor({ interrupt: value })),
      group,
    )
    .property(
      'Group.add',
      'Actor',
      'prepare',
      optional(fn),
      (value, one: main.Group) => one.add(actor({ prepare: value })),
      group,
    )
    .property(
      'Group.add',
      'Actor',
      'gracePeriod',
      optional(time),
      (value, one: main.Group) => one.add(actor({ gracePeriod: value })),
      group,
    )
    .property('Group.add', 'Actor', 'name', name, (value, one: main.Group) => one.add(actor({ name: value })), group)
    .throws('abortActor', 'signal', or(signal, undefined, null), (value) => main.abortActor(value), {
      says: /\b(signal|parents)\b/,
    })
    .takesAnything('new GraceExceededError')
    .options('throws', 'signalActor', 'SignalActorOptions', { name: string }, (value) =>
      node.signalActor('SIGUSR2', value),
    )
    .throws('signalActor', 'signals', kinds.nothing, (value) => node.signalActor(value))
    .throws('serverActor', 'server', kinds.nothing, (value) => node.serverActor(value, 0))
    .throws(
      'serverActor',
      'listenOptions',
      // A path is any text that is no number; the port that a text may say, too, is for the package's own tests.
      { ...kinds.port, takes: (value) => (typeof value === 'string' && value !== '') || kinds.port.takes(value) },
      (value) => node.serverActor(createServer(), value),
    )
    .options('throws', 'serverActor', 'ServerActorOptions', { drain: time, name: string }, (value) =>
      node.serverActor(createServer(), 0, value),
    )
    .throws('streamActor', 'readable', kinds.nothing, (value) => node.streamActor(value, () => {}))
    .throws('streamActor', 'fn', fn, (value) => node.streamActor(Readable.from([]), value))
    .options('throws', 'streamActor', 'StreamActorOptions', { name: string }, (value) =>
      node.streamActor(Readable.from([]), () => {}, value),
    )
    .complete(main, node);
});
