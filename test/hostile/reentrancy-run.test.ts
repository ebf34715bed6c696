// What @x/run calls, while it calls back.
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect } from '@jest/globals';
import { aborted } from '@x/abort';
import { abortActor, Group, type Actor, type GroupOptions } from '@x/run';
import { serverActor, signalActor, streamActor } from '@x/run/node';
import { type Hit, methods, Reentrancy, type Scene, type Stage, STOP } from '../test-support/reentrancy.js';
import { waitsOn } from '../test-support/surroundings.js';

const nothing = (): void => {};

/** An actor that runs until it is interrupted. */
function patient(): Actor & { interrupts: number; leave: () => void } {
  let end = nothing;
  return {
    leave: () => end(),
    name: 'patient',
    interrupts: 0,
    execute(ready) {
      ready();
      return new Promise<void>((resolve) => (end = resolve));
    },
    interrupt() {
      this.interrupts++;
      end();
    },
  };
}

/** A group of what `add` adds, and one that waits for its interrupt. */
function inGroup(stop: AbortController, add: (group: Group) => unknown, options: GroupOptions = {}, calls = {}): Scene {
  const group = new Group(options);
  const other = patient();
  add(group);
  group.add(other);
  return {
    around: {
      ...methods(group, { add: () => [abortActor()], go: () => [nothing], run: () => [stop.signal] }),
      'another group': () => new Group().add(abortActor()).go(nothing).run(stop.signal),
      'the other leaves': () => other.leave(),
      ...calls,
      ...waitsOn(stop.signal),
      stop: () => stop.abort(STOP),
    },
    start: () =>
      group.run(stop.signal).finally(() => {
        // Who has not been started, or has left, need not be told.
        if (options.until === undefined) expect(other.interrupts).toBe(1);
        else expect(other.interrupts).toBeLessThan(2);
      }),
    end() {
      stop.abort(STOP);
      other.leave();
    },
    // It can run again.
    holds: async () => expect(await group.run(stop.signal).catch((error: unknown) => error)).toBe(STOP),
  };
}

/** With each teardown. */
const teardowns = ['together', 'reverse', 'forward'] as const;
type Add = (hit: Hit, stop: AbortController) => (group: Group) => unknown;
const inGroups = (
  table: Reentrancy,
  name: string,
  add: Add,
  options: (hit: Hit) => GroupOptions = () => ({}),
): void => {
  for (const teardown of teardowns) {
    const stage: Stage = (hit, stop) => inGroup(stop, add(hit, stop), { teardown, ...options(hit) });
    table.row(name, stage, { note: teardown });
  }
};

describe('@x/run', () => {
  const table = new Reentrancy('run');
  const fails = (): never => {
    throw STOP;
  };
  inGroups(table, 'run Actor.execute', (hit) => (group) => group.add({ execute: (ready) => (ready(), hit()), interrupt: nothing })); // prettier-ignore
  inGroups(table, 'run Group.add execute', (hit) => (group) => group.add(() => hit(), nothing));
  inGroups(table, 'run Group.go work', (hit) => (group) => group.go((signal) => hit(undefined, signal)));
  inGroups(table, 'run Actor.interrupt', (hit) => (group) => group.add({ execute: nothing, interrupt: () => hit() }));
  inGroups(table, 'run Group.add interrupt', (hit) => (group) => group.add(nothing, () => hit()));
  inGroups(table, 'run Actor.prepare', (hit) => (group) => group.add({ prepare: () => hit(), execute: nothing, interrupt: nothing })); // prettier-ignore
  inGroups(table, 'run GroupOptions.onEvent', () => (group) => group.go(nothing), (hit) => ({ onEvent: () => hit() })); // prettier-ignore
  inGroups(table, 'run GroupOptions.onSuppressed', () => (group) => group.add(nothing, fails), (hit) => ({ onSuppressed: () => hit() })); // prettier-ignore
  for (const until of ['first-error', 'all'] as const) {
    table.row('run Group.go work', (hit, stop) => inGroup(stop, (group) => group.go((signal) => hit(undefined, signal)), { until, startup: 'sequential' }), { note: `until ${until}, one after the other` }); // prettier-ignore
  }
  table.none('run Actor.execute ready', "a group's own, handed to the actors that users call by hand");

  table
    .row('run/node SignalActorOptions.onSignal', (hit, stop) => {
      const actor = signalActor(['SIGUSR2'], { onSignal: () => hit() });
      const again = { 'the signal again': () => process.emit('SIGUSR2') };
      const scene = inGroup(stop, (group) => group.add(actor), {}, again);
      return {
        ...scene,
        start() {
          const run = scene.start();
          process.emit('SIGUSR2');
          return run;
        },
        async holds() {
          await scene.holds?.();
          expect(process.listenerCount('SIGUSR2')).toBe(0);
        },
      };
    })
    .row('run/node streamActor fn', (hit, stop) => {
      const stream = Readable.from(['a', 'b', 'c']);
      const actor = streamActor(stream, (_chunk, signal) => hit(undefined, signal));
      const calls = { destroy: () => stream.destroy(), pause: () => stream.pause(), resume: () => stream.resume(), read: () => stream.read() as unknown }; // prettier-ignore
      return {
        ...inGroup(stop, (group) => group.add(actor), {}, calls),
        holds: () => expect(stream.destroyed).toBe(true),
      };
    })
    .row('run/node streamActor readable: Readable', (hit, stop) => {
      const stream = new Readable({
        read() {
          this.push('chunk');
          hit();
          this.push(null);
        },
      });
      const actor = streamActor(stream, () => {});
      const calls = { destroy: () => stream.destroy() };
      return {
        ...inGroup(stop, (group) => group.add(actor), {}, calls),
        holds: () => expect(stream.destroyed).toBe(true),
      };
    });

  table
    .none('run/node serverActor listenOptions: Server', 'its handle is taken')
    .none('run/node serverActor listenOptions: Socket', 'its handle is taken');
  for (const event of ['request', 'listening', 'close'] as const) {
    table.row(
      'run/node serverActor server: Server',
      (hit, stop) => {
        const server = createServer((_request, response) => {
          if (event === 'request') hit();
          response.end('done');
        });
        const before = server.listenerCount('close');
        if (event !== 'request') server.on(event, () => hit());
        const listening = new Promise((resolve) => server.prependOnceListener('listening', resolve as () => void).prependOnceListener('close', resolve as () => void)); // prettier-ignore
        const actor = serverActor(server, { port: 0, host: '127.0.0.1' });
        const calls = {
          'close the server': () => server.close(),
          'close all connections': () => server.closeAllConnections(),
          'an error': () => server.listenerCount('error') > 0 && server.emit('error', STOP),
        };
        const scene = inGroup(stop, (group) => group.add(actor), {}, calls);
        return {
          ...scene,
          async start() {
            const run = Promise.resolve(scene.start());
            run.catch(nothing);
            await listening;
            const address = server.address() as AddressInfo | null;
            if (event === 'request' && address) get({ port: address.port, host: '127.0.0.1', agent: false }, (response) => response.resume()).on('error', nothing); // prettier-ignore
            if (event !== 'request') stop.abort(STOP);
            return run;
          },
          async end() {
            server.closeAllConnections();
            await scene.end?.();
          },
          async holds() {
            await aborted(stop.signal);
            const left = server.listenerCount('close') - Number(event === 'close');
            expect([server.listening, server.listenerCount('error'), left]).toEqual([false, 0, before]);
          },
        };
      },
      { note: `its '${event}'` },
    );
  }
  table.complete();
});
