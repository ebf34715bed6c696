// What @x/proc promises about order, under a thousand random schedules each. docs/proof.md says which promise each test holds.
import { constants } from 'node:os';
import { describe, expect, jest, test } from '@jest/globals';
import { abortable } from '@x/abort';
import type { SignalError } from '@x/abort/node';
import fc from 'fast-check';
import { concurrent, concurrentGroup, MultiError, scoped, sequence, type Proc } from '@x/proc';
import { main } from '@x/proc/node';
import { few, never, schedules, turns } from '../test-support/schedules.js';

// On a busy machine, with coverage.
jest.setTimeout(120_000);

describe('@x/proc', () => {
  test('errors of processes at the same time come in the order in which they happened, when all have ended', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, few(turns, 2), fc.boolean(), async (s, delays, nursery) => {
        const happened: number[] = [];
        const procs = delays.map((delay, index): Proc => async () => {
          await s.steps(delay);
          happened.push(index);
          throw index;
        });
        const proc = nursery ? scoped((scope) => procs.forEach((each) => scope.spawn(each))) : concurrent(...procs);
        const error: unknown = await s.play(Promise.resolve(proc(never)).catch((thrown: unknown) => thrown));
        expect((error as MultiError).errors).toEqual(happened);
      }),
      { numRuns: 1000 },
    );
  });

  test('the first error of a group aborts the others, who are waited for, and their echo of it is no error', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, few(fc.tuple(turns, fc.boolean()), 2), async (s, plan) => {
        let running = 0;
        const failures: number[] = [];
        let own = never;
        const procs = plan.map(([delay, fails], index): Proc => async (signal) => {
          own = signal;
          running++;
          try {
            await s.steps(delay);
            signal.throwIfAborted();
            if (!fails) return;
            failures.push(index);
            throw index;
          } finally {
            running--;
          }
        });
        const outcome: unknown = await s.play(
          Promise.resolve(concurrentGroup(...procs)(never)).then(() => 'fine', (thrown: unknown) => thrown), // prettier-ignore
        );
        // Aborted before the group returns, always.
        expect([running, own.aborted]).toEqual([0, true]);
        expect(outcome instanceof MultiError ? outcome.errors : [outcome]).toEqual(
          failures.length > 0 ? failures : ['fine'],
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('a sequence starts each when the one before it has ended, and none after an abort or an error', async () => {
    await fc.assert(
      fc.asyncProperty(
        schedules,
        few(fc.tuple(turns, fc.integer({ min: 0, max: 9 }))),
        fc.nat(15),
        async (s, plan, abortAt) => {
          const stop = new AbortController();
          const log: string[] = [];
          const procs = plan.map(([delay, luck], index): Proc => async () => {
            expect(stop.signal.aborted).toBe(false);
            log.push(`start ${index}`);
            await s.steps(delay);
            log.push(`end ${index}`);
            if (luck === 0) throw index;
          });
          void s.steps(abortAt + 1).then(() => stop.abort('stop'));
          const outcome: unknown = await s.play(
            Promise.resolve(sequence(...procs)(stop.signal)).then(() => 'fine', (thrown: unknown) => thrown), // prettier-ignore
          );
          const done = log.length / 2;
          expect(log).toEqual(Array.from({ length: done }, (_, index) => [`start ${index}`, `end ${index}`]).flat());
          const failed = plan[done - 1]?.[1] === 0;
          expect(outcome).toBe(failed ? done - 1 : done === plan.length ? 'fine' : 'stop');
          await s.playOut();
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('an abort from outside waits for every process; echoes of its reason count as one, and not at all beside an error', async () => {
    await fc.assert(
      fc.asyncProperty(
        schedules,
        few(fc.tuple(turns, fc.constantFrom('returns', 'echoes', 'fails')), 2),
        turns,
        fc.constantFrom('concurrent', 'concurrentGroup', 'scoped'),
        async (s, plan, abortAt, how) => {
          const stop = new AbortController();
          let running = 0;
          let echoes = 0;
          const failures: number[] = [];
          const procs = plan.map(([delay, kind], index): Proc => async (signal) => {
            running++;
            try {
              await s.steps(delay + 1);
              if (kind === 'fails') {
                failures.push(index);
                throw index;
              }
              if (kind === 'echoes' && stop.signal.aborted && signal.reason === 'stop') {
                echoes++;
                signal.throwIfAborted();
              }
            } finally {
              running--;
            }
          });
          const proc =
            how === 'scoped'
              ? scoped((scope) => procs.forEach((each) => scope.spawn(each)))
              : (how === 'concurrent' ? concurrent : concurrentGroup)(...procs);
          void s.steps(abortAt).then(() => stop.abort('stop'));
          const outcome: unknown = await s.play(
            Promise.resolve(proc(stop.signal)).then(() => 'fine', (thrown: unknown) => thrown), // prettier-ignore
          );
          expect(running).toBe(0);
          expect(outcome instanceof MultiError ? outcome.errors : [outcome]).toEqual(
            failures.length > 0 ? failures : [echoes > 0 ? 'stop' : 'fine'],
          );
          await s.playOut();
        },
      ),
      { numRuns: 1000 },
    );
  });

  /** A program in `main`, as it should be. */
  interface Program {
    /** Its process runs; it has ended; `main` has settled. */
    phase: 'running' | 'ended' | 'over';
    readonly told: string[];
    first: NodeJS.Signals | undefined;
    firstAt: number;
    signal: AbortSignal;
    readonly forceOnSecond: boolean;
  }

  test('main catches signals before its process starts and lets go of them before it settles; the first aborts, a second or the end of the grace ends the program', async () => {
    const NAMES = ['SIGINT', 'SIGTERM'] as const;
    const handlers = (): number[] => NAMES.map((name) => process.listenerCount(name));
    const restore = handlers();
    let clock = 0;
    const exits: unknown[] = [];
    /** What they should be. */
    const ends: unknown[] = [];
    jest.spyOn(performance, 'now').mockImplementation(() => clock);
    jest.spyOn(process, 'exit').mockImplementation(((code: unknown) => void exits.push(code)) as never);
    jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const program = fc.record({
      begin: turns,
      length: fc.nat(6),
      end: fc.constantFrom('obeys', 'returns', 'throws'),
      gracePeriod: fc.constantFrom(undefined, 1000),
      forceOnSecond: fc.boolean(),
    });
    const arrival = fc.record({ wait: turns, name: fc.constantFrom(...NAMES), ms: fc.constantFrom(0, 1, 499, 500) });
    await fc.assert(
      fc.asyncProperty(
        schedules,
        fc.array(program, { minLength: 1, maxLength: 3 }),
        few(arrival),
        async (s, plan, arrivals) => {
          exits.length = ends.length = 0;
          const programs: Program[] = [];
          /** One handler a signal for all who run, none when nobody does. */
          const holds = (): void => {
            if (programs.some(({ phase }) => phase === 'running')) expect(handlers()).toEqual([1, 1]);
            else if (programs.every(({ phase }) => phase === 'over')) expect(handlers()).toEqual([0, 0]);
          };

          const run = async ({ begin, length, end, ...options }: (typeof plan)[number]): Promise<void> => {
            await s.steps(begin);
            const { forceOnSecond } = options;
            const me: Program = {
              phase: 'ended',
              told: [],
              first: undefined,
              firstAt: 0,
              signal: never,
              forceOnSecond,
            };
            const proc: Proc = async (signal) => {
              Object.assign(me, { phase: 'running', signal });
              programs.push(me);
              holds();
              try {
                await (end === 'obeys' ? abortable(s.steps(length), signal) : s.steps(length));
                if (end === 'throws') throw me;
              } finally {
                me.phase = 'ended';
              }
            };
            const outcome: unknown = await main(proc, {
              ...options,
              onSignal: (name) => void me.told.push(`${name}, ${me.signal.aborted ? 'late' : 'first'}`),
              onRepeat: (name) => void me.told.push(`${name}, after ${exits.length}`),
              onTimeout: (name) => {
                if (me.phase === 'over' || name !== me.first || options.gracePeriod === undefined) ends.push(name);
                ends.push(128 + constants.signals[name]);
              },
            }).catch((error: unknown) => error);
            me.phase = 'over';
            holds();
            expect(outcome).toBe(end === 'throws' ? me : me.first);
          };

          const send = async (): Promise<void> => {
            for (const { wait, name, ms } of arrivals) {
              await s.steps(wait);
              clock += ms;
              const before = programs.map(({ told }) => told.length);
              process.emit(name);
              programs.forEach((me, index) => {
                const said = me.told.slice(before[index]);
                // Between its process's end and its own, `main` may have let go of the signals already, or not yet.
                if (me.phase === 'over' || (me.phase === 'ended' && said.length === 0)) {
                  expect(said).toEqual([]);
                } else if (me.first === undefined) {
                  me.first = name;
                  me.firstAt = clock;
                  expect(said).toEqual([`${name}, first`]);
                  expect([me.signal.aborted, (me.signal.reason as SignalError).signal]).toEqual([true, name]);
                } else if (name === me.first && clock - me.firstAt < 500) {
                  expect(said).toEqual([]);
                } else {
                  expect(said).toEqual([`${name}, after ${ends.length}`]);
                  if (me.forceOnSecond) ends.push(128 + constants.signals[name]);
                }
              });
              expect(exits).toEqual(ends);
              holds();
            }
          };

          await s.playTimers(() => Promise.all([send(), ...plan.map(run)]));
          await s.playOut();
          expect(exits).toEqual(ends);
          expect(handlers()).toEqual(restore);
        },
      ),
      // What has failed leaves signals caught, by which smaller ones would be judged.
      { numRuns: 1000, endOnFailure: true },
    );
    jest.restoreAllMocks();
  });
});
