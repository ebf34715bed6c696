import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { aborted, link, LinkedController, onAbort } from '@x/abort';
import fc from 'fast-check';
import { getEventListeners } from 'node:events';
import { runInThisContext } from 'node:vm';
import { uncaught } from '../../../test/test-support/uncaught.js';
import { abortActor, GraceExceededError, Group, type Actor, type GroupEvent } from './index.js';

const deferred = <T = void>() => {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((y, n) => {
    resolve = y;
    reject = n;
  });
  return { promise, resolve, reject };
};
const ticks = async (n = 20): Promise<void> => {
  for (let i = 0; i < n; i++) await Promise.resolve();
};
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('it has resolved');
    },
    (error: unknown) => error,
  );

/** An actor that notes what happens to it and ends as it is told. */
function actor(log: string[], name: string, more: Partial<Actor> = {}) {
  const end = deferred<unknown>();
  return {
    name,
    end,
    execute() {
      log.push(`start ${name}`);
      return end.promise.finally(() => log.push(`exit ${name}`));
    },
    interrupt(reason: unknown) {
      log.push(reason === undefined ? `interrupt ${name}` : `interrupt ${name} ${reason as string}`);
      end.resolve(undefined);
    },
    ...more,
  } as Actor & { end: typeof end };
}

const raise = (): never => {
  throw 'thrown';
};

describe('upstream', () => {
  test('TestZero: a group without actors resolves', async () => {
    await new Group().run();
    await new Group().run(AbortSignal.abort());
  });
  test('TestOne: the error of the only actor is the outcome', async () => {
    const error = new Error('foobar');
    const group = new Group().add(
      () => Promise.reject(error),
      () => {},
    );
    expect(await failure(group.run())).toBe(error);
  });
  test('TestMany: the first error ends the others and is the outcome', async () => {
    const error = new Error('interrupt');
    const cancel = deferred();
    const group = new Group();
    group.add(
      () => Promise.reject(error),
      () => {},
    );
    group.add(
      () => cancel.promise,
      () => cancel.resolve(),
    );
    expect(await failure(group.run())).toBe(error);
    expect(group.suppressed).toEqual([]);
  });
  test('TestContextHandler: an aborted signal ends the group with its reason', async () => {
    const controller = new AbortController();
    const run = new Group().add(abortActor(controller.signal)).run();
    controller.abort();
    expect(await failure(run)).toBe(controller.signal.reason);
  });
  test('ExampleGroup_Add_basic: prints in the same order', async () => {
    const out: string[] = [];
    const cancel = deferred();
    const group = new Group();
    group.add(
      () => cancel.promise.then(() => void out.push('The first actor was canceled')),
      (error) => {
        out.push(`The first actor was interrupted with: ${(error as Error).message}`);
        cancel.resolve();
      },
    );
    group.add(
      () => {
        out.push('The second actor is returning immediately');
        throw new Error('immediate teardown');
      },
      (error) => out.push(`The second actor was interrupted with: ${(error as Error).message}`),
    );
    out.push(`The group was terminated with: ${((await failure(group.run())) as Error).message}`);
    expect(out).toEqual([
      'The second actor is returning immediately',
      'The first actor was interrupted with: immediate teardown',
      'The second actor was interrupted with: immediate teardown',
      'The first actor was canceled',
      'The group was terminated with: immediate teardown',
    ]);
  });
  test('ExampleGroup_Add_context: a cancelled context ends the group with its error', async () => {
    const controller = new AbortController();
    const group = new Group().go(
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    queueMicrotask(() => controller.abort('context canceled'));
    expect(await failure(group.run(controller.signal))).toBe('context canceled');
  });
});

describe('the outcome', () => {
  test.each([['first-exit' as const], ['first-error' as const], ['all' as const]])(
    'an undefined that was thrown is a failure (%s)',
    async (until) => {
      const group = new Group({ until }).go(() => {
        throw undefined;
      });
      expect(await failure(group.run())).toBe(undefined);
    },
  );
  test.each<[string, () => unknown, () => unknown, unknown]>([
    ['a rejection before a throw', () => Promise.reject('first'), raise, 'first'],
    ['a throw before a rejection', raise, () => Promise.reject('second'), 'thrown'],
    ['a resolution before a throw', () => Promise.resolve(), raise, undefined],
    ['a return before a rejection', () => {}, () => Promise.reject('second'), undefined],
  ])('the first decides, sync or async: %s', async (_what, first, second, outcome) => {
    const reasons: unknown[] = [];
    const suppressed: unknown[] = [];
    const note = (reason: unknown): void => void reasons.push(reason);
    const group = new Group({ onSuppressed: (error) => suppressed.push(error) }).add(first, note).add(second, note);
    expect(await group.run().catch((error: unknown) => error)).toBe(outcome);
    expect(reasons).toEqual([outcome, outcome]);
    expect(suppressed).toHaveLength(1);
  });

  test('events of what starts together: all are started before the first has ended', async () => {
    const events: string[] = [];
    const group = new Group({ onEvent: ({ type, actor }) => events.push(`${type} ${actor}`) });
    await group
      .go(() => {}, 'a')
      .go(() => {}, 'b')
      .run();
    expect(events.slice(0, 3)).toEqual(['start a', 'start b', 'exit a']);
  });

  test('an actor that throws before the others have started: those are started, then all are interrupted', async () => {
    const log: string[] = [];
    const a = actor(log, 'a', {
      execute: () => {
        throw 'early';
      },
    });
    const group = new Group().add(a).add(actor(log, 'b')).add(actor(log, 'c'));
    expect(await failure(group.run())).toBe('early');
    expect(log).toEqual([
      ...['start b', 'start c', 'interrupt a early', 'interrupt b early', 'interrupt c early'],
      ...['exit b', 'exit c'],
    ]);
  });
  test('it settles only when every execute and every interrupt has', async () => {
    const stopping = deferred();
    const execute = deferred();
    let settled = false;
    const group = new Group().go(() => {}).add({ execute: () => execute.promise, interrupt: () => stopping.promise });
    const run = group.run().then(() => (settled = true));
    await ticks();
    execute.resolve();
    await ticks();
    expect(settled).toBe(false);
    stopping.resolve();
    await run;
  });
  test('what go adds can be wrapped by an add of a subclass', async () => {
    const log: unknown[] = [];
    class Noting extends Group {
      override add(first: Actor | (() => unknown)): this {
        const inner = first as Actor;
        return super.add({
          ...inner,
          interrupt(reason) {
            log.push([inner.name, reason]);
            return inner.interrupt(reason);
          },
        });
      }
    }
    const group = new Noting();
    group.go(async (signal) => log.push(await aborted(signal)), 'waits');
    group.go(() => Promise.reject('no'), 'fails');
    // Each run with a signal of its own.
    for (let run = 0; run < 2; run++) expect(await failure(group.run())).toBe('no');
    const once = [['waits', 'no'], ['fails', 'no'], 'no'];
    expect(log).toEqual([...once, ...once]);
  });

  test('to end with the reason, or with the AbortError of the signal that go aborted, is to obey', async () => {
    const error = new Error('first');
    const late = deferred();
    const group = new Group();
    group.add(
      () => late.promise,
      (reason) => late.reject(reason),
    );
    group.go(async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw Object.assign(new Error('wrapped'), { name: 'AbortError', cause: signal.reason as unknown });
    });
    group.go(() => Promise.reject(error));
    expect(await failure(group.run())).toBe(error);
    expect(group.suppressed).toEqual([]);
    const clean = new Group()
      .go(() => {})
      .go(async (signal) => {
        await ticks();
        signal.throwIfAborted();
      });
    await clean.run();
  });
  test('after a clean first exit there is no reason, and any throw is an error', async () => {
    const end = deferred();
    const group = new Group()
      .go(() => {})
      .add(
        () => end.promise,
        (reason) => end.reject(reason),
      );
    expect(await failure(group.run())).toBe(undefined);
    expect(group.suppressed).toEqual([undefined]);
  });
  test('errors after a failed first stand in suppressed; after a clean first they are the outcome', async () => {
    const make = (first: () => unknown, options = {}) =>
      new Group(options)
        .go(first)
        .add(
          () => {},
          () => {
            throw new Error('one');
          },
        )
        .add(
          () => {},
          () => Promise.reject(new TypeError('two')),
        );
    const failed = make(() => Promise.reject(new Error('x')));
    const failing = make(() => {
      throw 'zero';
    });
    expect(await failure(failing.run())).toBe('zero');
    expect(failing.suppressed.map(String)).toEqual(['Error: one', 'TypeError: two']);
    const error = (await failure(make(() => {}).run())) as AggregateError;
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.message).toBe('Error: one; TypeError: two');
    expect(error.errors.map(String)).toEqual(['Error: one', 'TypeError: two']);
    const seen: unknown[] = [];
    const told = make(() => {}, { onSuppressed: (e: unknown) => seen.push(e) });
    await told.run();
    expect(seen.map(String)).toEqual(['Error: one', 'TypeError: two']);
    expect(told.suppressed).toEqual([]);
    await failure(failed.run());
  });
  test('what onSuppressed or onEvent throw is not lost', async () => {
    const group = new Group({
      onSuppressed: () => {
        throw 'handler';
      },
    })
      .go(() => {})
      .add(
        () => {},
        () => {
          throw 'interrupt';
        },
      );
    expect(await failure(group.run())).toBe('handler');
    const watched = new Group({
      onEvent: ({ type }) => {
        if (type === 'exit') throw 'observer';
      },
    }).go(() => {});
    expect(await failure(watched.run())).toBe('observer');
  });
  test('what onSuppressed or onEvent reject with is not lost, and no unhandled rejection', async () => {
    const told: unknown[] = [];
    const onEvent = async ({ type }: GroupEvent): Promise<void> => {
      await Promise.resolve();
      if (type === 'exit') throw 'observer';
    };
    const onSuppressed = async (error: unknown): Promise<void> => {
      told.push(error);
      await Promise.resolve();
      throw 'handler';
    };
    const groups = [{ onEvent }, { onEvent, onSuppressed }].map((options) => new Group(options).go(() => {}));
    expect(await uncaught(() => Promise.allSettled(groups.map((group) => group.run())))).toEqual([]);
    expect(groups.map(({ suppressed }) => suppressed)).toEqual([['observer'], ['handler']]);
    expect(told).toEqual(['observer']);
  });
  test('messages of aggregates survive what cannot be printed', async () => {
    const bad = { toString: () => { throw 1; } }; // prettier-ignore
    const group = new Group({ until: 'all' }).go(() => Promise.reject(bad)).go(() => Promise.reject(Symbol('s')));
    expect(((await failure(group.run())) as Error).message).toBe('object; Symbol(s)');
  });
  test('thenables are waited for, and a then that throws is a failure', async () => {
    const thenable = (fn: (resolve: (v?: unknown) => void, reject: (e: unknown) => void) => void) => ({ then: fn });
    await new Group().go(() => thenable((resolve) => resolve())).run();
    expect(await failure(new Group().go(() => thenable((_, reject) => reject('no'))).run())).toBe('no');
    const getter = { get then() { throw 'getter'; } }; // prettier-ignore
    expect(await failure(new Group().go(() => getter).run())).toBe('getter');
  });
});

describe('until', () => {
  test('first-error: a clean return just leaves and is not interrupted; the first error takes the rest down', async () => {
    const log: string[] = [];
    const [a, b, c] = ['a', 'b', 'c'].map((name) => actor(log, name));
    const group = new Group({ until: 'first-error' }).add(a!).add(b!).add(c!);
    const run = failure(group.run());
    a!.end.resolve(1);
    await ticks();
    expect(log.at(-1)).toBe('exit a');
    b!.end.reject('bad');
    expect(await run).toBe('bad');
    expect(log.slice(3)).toEqual(['exit a', 'exit b', 'interrupt b bad', 'interrupt c bad', 'exit c']);
    await new Group({ until: 'first-error' })
      .go(() => {})
      .go(async () => {})
      .run();
  });
  test('all: one error as it is, several as an AggregateError in the order in which they happened', async () => {
    const log: string[] = [];
    const [a, b, c] = ['a', 'b', 'c'].map((name) => actor(log, name));
    const group = new Group({ until: 'all' }).add(a!).add(b!).add(c!);
    const run = failure(group.run());
    b!.end.reject('B');
    await ticks();
    a!.end.reject('A');
    c!.end.resolve(1);
    expect(((await run) as AggregateError).errors).toEqual(['B', 'A']);
    expect(log.filter((line) => line.startsWith('interrupt'))).toEqual([]);
    expect(
      await failure(
        new Group({ until: 'all' })
          .go(() => {})
          .go(() => Promise.reject('one'))
          .run(),
      ),
    ).toBe('one');
  });
  test('all: an abort brings the rest down, and who has left is not interrupted', async () => {
    const log: string[] = [];
    const [a, b] = ['a', 'b'].map((name) => actor(log, name));
    const controller = new AbortController();
    const run = failure(new Group({ until: 'all' }).add(a!).add(b!).run(controller.signal));
    a!.end.resolve(1);
    await ticks();
    controller.abort('stop');
    expect(await run).toBe('stop');
    expect(log.slice(2)).toEqual(['exit a', 'interrupt b stop', 'exit b']);
  });
});

describe('the signal', () => {
  test('aborted before: the actors are started and interrupted, and its reason is the outcome', async () => {
    const log: string[] = [];
    expect(await failure(new Group().add(actor(log, 'a')).run(AbortSignal.abort('before')))).toBe('before');
    expect(log).toEqual(['start a', 'interrupt a before', 'exit a']);
    const sequential = new Group({ startup: 'sequential' }).add(actor(log, 'never'));
    expect(await failure(sequential.run(AbortSignal.abort('before')))).toBe('before');
    expect(log).toHaveLength(3);
  });
  test('aborted while it comes down, or after: changes nothing, and no listener is left', async () => {
    const log: string[] = [];
    const controller = new AbortController();
    const remove = jest.spyOn(controller.signal, 'removeEventListener');
    const a = actor(log, 'a', { interrupt: () => controller.abort('late') });
    const run = new Group()
      .add(a)
      .go(() => {})
      .run(controller.signal);
    await ticks();
    a.end.resolve(1);
    await run;
    expect(remove).toHaveBeenCalled();
    const other = new AbortController();
    await new Group().go(() => {}).run(other.signal);
    other.abort();
  });
});

describe('order', () => {
  test.each([
    ['reverse' as const, ['c', 'b', 'a']],
    ['forward' as const, ['a', 'b', 'c']],
  ])('%s: each actor is fully down before the next is interrupted', async (teardown, order) => {
    const log: string[] = [];
    const group = new Group({ teardown });
    const stops = new Map<string, () => void>();
    for (const name of ['a', 'b', 'c']) {
      const stopping = deferred();
      const end = deferred();
      stops.set(name, stopping.resolve);
      group.add(
        () => end.promise.then(() => log.push(`exit ${name}`)),
        () => {
          log.push(`interrupt ${name}`);
          end.resolve();
          return stopping.promise;
        },
        name,
      );
    }
    const run = failure(group.run(AbortSignal.abort('x')));
    const expected: string[] = [];
    for (const name of order) {
      await ticks();
      expected.push(`interrupt ${name}`, `exit ${name}`);
      expect(log).toEqual(expected);
      stops.get(name)!();
    }
    expect(await run).toBe('x');
  });
  test('sequential: starts when the one before is ready or has returned; twice or late changes nothing', async () => {
    const log: string[] = [];
    const readies: (() => void)[] = [];
    const events: string[] = [];
    const onEvent = ({ type, actor }: GroupEvent) => events.push(`${type} ${actor}`);
    const group = new Group({ startup: 'sequential', until: 'first-error', onEvent });
    const a = actor(log, 'a', { execute: (ready) => (readies.push(ready), log.push('start a'), a.end.promise) });
    const b = actor(log, 'b');
    const c = actor(log, 'c');
    const run = failure(group.add(a).add(b).add(c).add(actor(log, 'd')).run());
    await ticks();
    expect(log).toEqual(['start a']);
    readies[0]!();
    readies[0]!();
    expect(log).toEqual(['start a', 'start b']);
    b.end.resolve(1);
    await ticks();
    expect(log).toEqual(['start a', 'start b', 'exit b', 'start c']);
    a.end.reject('bad');
    expect(await run).toBe('bad');
    readies[0]!();
    expect(log.slice(4)).toEqual(['interrupt a bad', 'interrupt c bad', 'exit c']);
    expect(events.filter((e) => e.startsWith('ready'))).toEqual(['ready a']);
  });
  test.each<[string, Actor['execute'], unknown]>([
    ['throws', (ready) => (ready(), raise()), 'thrown'],
    ['rejects', (ready) => (ready(), Promise.reject('rejected')), 'rejected'],
    ['returns', (ready) => ready(), 'resolved'],
  ])(
    'sequential: after one that says that it is ready and %s at once none is started',
    async (_how, execute, outcome) => {
      const log: string[] = [];
      const events: string[] = [];
      const onEvent = ({ type, actor }: GroupEvent) => events.push(`${type} ${actor}`);
      const group = new Group({ startup: 'sequential', onEvent });
      group.add(actor(log, 'a', { execute })).add(actor(log, 'b'));
      expect(await group.run().then(() => 'resolved', (error: unknown) => error)).toBe(outcome); // prettier-ignore
      expect(events).toEqual(['start a', 'ready a', 'exit a', 'interrupt a', 'down a']);
      expect(log.filter((each) => each.endsWith('b'))).toEqual([]);
    },
  );
  test('sequential: nor is one when the actor before has become ready in the very moment after its start', async () => {
    for (let turns = 0; turns < 4; turns++) {
      const log: string[] = [];
      const a = actor(log, 'a', {
        execute: async (ready) => {
          await ticks(turns);
          ready();
          return a.end.promise;
        },
      });
      const b = actor(log, 'b', { execute: (ready) => (ready(), raise()) });
      const group = new Group({ startup: 'sequential' }).add(a).add(b).add(actor(log, 'c'));
      expect(await failure(group.run())).toBe('thrown');
      expect(log).toEqual(['interrupt a thrown', 'interrupt b thrown']);
    }
  });
  test('sequential: nor is one when another leaves in that very moment', async () => {
    const log: string[] = [];
    const a = actor(log, 'a', { execute: (ready) => (ready(), a.end.promise) });
    const b = actor(log, 'b', {
      execute: (ready) => {
        // Ends before this does.
        a.end.resolve(undefined);
        ready();
        return Promise.reject('rejected');
      },
    });
    const group = new Group({ startup: 'sequential', until: 'first-error' }).add(a).add(b).add(actor(log, 'c'));
    expect(await failure(group.run())).toBe('rejected');
    expect(log).toEqual(['interrupt b rejected']);
  });
  test('ten thousand actors start in sequence and come down in order without deepening the stack', async () => {
    for (const teardown of ['together', 'reverse'] as const) {
      const group = new Group({ startup: 'sequential', teardown });
      let up = 0;
      for (let i = 0; i < 10_000; i++) {
        let stop!: () => void;
        group.add({
          execute: (ready) => {
            up++;
            ready();
            return new Promise<void>((resolve) => (stop = resolve));
          },
          interrupt: () => {
            up--;
            stop();
          },
        });
      }
      await group.go(() => {}).run();
      expect(up).toBe(0);
    }
  });
  test('prepare is called for all before any execute; who fails in it is not started, who has it is interrupted', async () => {
    const log: string[] = [];
    const group = new Group()
      .add(actor(log, 'a', { prepare: () => log.push('prepare a') }))
      .add(actor(log, 'b', { prepare: () => { throw 'unprepared'; } })); // prettier-ignore
    expect(await failure(group.run())).toBe('unprepared');
    expect(log).toEqual(['prepare a', 'start a', 'interrupt a unprepared', 'interrupt b unprepared', 'exit a']);
    log.length = 0;
    const late = actor(log, 'b', { prepare: () => log.push('prepare b') });
    await new Group({ startup: 'sequential' })
      .go(() => {})
      .add(actor(log, 'a'))
      .add(late)
      .run();
    expect(log).toEqual(['prepare b', 'interrupt b']);
  });
});

describe('the grace period', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());
  const hang = () => new Promise(() => {});

  test('names who is still up, with the first outcome as cause; later errors are suppressed', async () => {
    const late = deferred();
    const group = new Group({ gracePeriod: 100 });
    group.go(() => {
      throw new Error('first');
    }, 'first');
    group.add(() => {}, hang, 'hangs');
    group.add(() => late.promise, () => {}); // prettier-ignore
    const run = failure(group.run());
    await jest.advanceTimersByTimeAsync(99);
    await jest.advanceTimersByTimeAsync(1);
    const error = (await run) as GraceExceededError;
    expect(error).toBeInstanceOf(GraceExceededError);
    expect(error).toMatchObject({ name: 'GraceExceededError', code: 'ERR_GRACE_EXCEEDED', actors: ['hangs', '#3'] });
    expect((error.cause as Error).message).toBe('first');
    expect(error.message).toContain('hangs, #3');
    late.reject('late');
    await ticks();
    expect(group.suppressed).toEqual(['late']);
    expect(jest.getTimerCount()).toBe(0);
  });
  test('what an actor of an earlier run fails with later is suppressed there, and is nothing to the next run', async () => {
    const late = deferred();
    const [first, second] = [deferred(), deferred()];
    const works = [late.promise, second.promise];
    const ends = [first.promise, second.promise];
    const group = new Group({ gracePeriod: 100 }).add(() => works.shift(), () => {}).go(() => ends.shift()); // prettier-ignore
    const run = failure(group.run());
    first.resolve();
    await jest.advanceTimersByTimeAsync(100);
    expect(await run).toBeInstanceOf(GraceExceededError);
    const earlier = group.suppressed;
    const again = group.run();
    late.reject('late');
    await ticks();
    expect([earlier, group.suppressed]).toEqual([['late'], []]);
    second.resolve();
    await again;
  });
  test('a subclass of the error has instances of its own', () => {
    class Own extends GraceExceededError {}
    expect(new GraceExceededError([])).not.toBeInstanceOf(Own);
    expect(new Own([])).toBeInstanceOf(Own);
    expect(null).not.toBeInstanceOf(GraceExceededError);
    const other = { [Symbol.for('@x/run/GraceExceededError')]: true };
    expect(other).toBeInstanceOf(GraceExceededError);
    expect(Symbol.for('@x/run/GraceExceededError') in new GraceExceededError([])).toBe(true);
  });
  test('an actor over its own limit no longer holds up the next; the run ends when the others are down', async () => {
    const log: string[] = [];
    const deaf = actor(log, 'deaf', { gracePeriod: 50, interrupt: () => {} });
    const group = new Group({ teardown: 'reverse' })
      .add(actor(log, 'a'))
      .add(deaf)
      .go(() => {});
    const run = failure(group.run());
    await jest.advanceTimersByTimeAsync(50);
    expect(await run).toMatchObject({ actors: ['deaf'], cause: undefined });
    expect(log).toEqual(['start a', 'start deaf', 'interrupt a', 'exit a']);
    expect(jest.getTimerCount()).toBe(0);
  });
  test('when the limit of the group is over who waits for its turn is interrupted, too', async () => {
    const log: string[] = [];
    const deaf = actor(log, 'deaf', { interrupt: () => {} });
    const group = new Group({ teardown: 'reverse', gracePeriod: 10 })
      .add(actor(log, 'a'))
      .add(deaf)
      .go(() => {});
    const run = failure(group.run());
    await jest.advanceTimersByTimeAsync(10);
    expect(await run).toMatchObject({ actors: ['a', 'deaf'] });
    expect(log).toContain('interrupt a');
  });
  test('who comes down in time leaves no timer', async () => {
    const log: string[] = [];
    await new Group({ gracePeriod: 100 })
      .add(actor(log, 'a', { gracePeriod: 10 }))
      .go(() => {})
      .run();
    expect(jest.getTimerCount()).toBe(0);
  });
});

test('events tell everything in order', async () => {
  const log: string[] = [];
  const events: GroupEvent[] = [];
  const group = new Group({ onEvent: (event) => events.push(event) });
  await failure(
    group
      .add(actor(log, 'a'))
      .go(() => Promise.reject('bad'), 'b')
      .run(),
  );
  expect(events.map(({ type, actor, error }) => `${type} ${actor} ${String(error)}`)).toEqual([
    ...['start a undefined', 'start b undefined', 'exit b bad', 'interrupt a bad', 'interrupt b bad'],
    ...['down b undefined', 'exit a undefined', 'down a undefined'],
  ]);
  expect(typeof events[0]!.at).toBe('number');
});

test('down tells what the interrupt failed with, also of an actor whose execute ends after it', async () => {
  const end = deferred();
  const events: GroupEvent[] = [];
  const group = new Group({ onEvent: (event) => events.push(event), onSuppressed: () => {} });
  group.add(() => end.promise, () => Promise.reject('interrupt'), 'a'); // prettier-ignore
  const run = group.go(() => {}).run();
  await ticks();
  end.reject('execute');
  await run;
  expect(events.filter(({ actor }) => actor === 'a').map(({ type, error }) => [type, error])).toEqual([
    ['start', undefined],
    ['interrupt', undefined],
    ['exit', 'execute'],
    ['down', 'interrupt'],
  ]);
});

test('while it runs add and run are refused; afterwards it runs again', async () => {
  const log: string[] = [];
  let rounds = 0;
  const group = new Group().add(abortActor()).go((signal) => {
    rounds++;
    expect(signal.aborted).toBe(false);
    return ticks();
  });
  const run = group.run();
  expect(() => group.add(actor(log, 'x'))).toThrow('the group is running');
  expect(() => group.go(() => {})).toThrow(TypeError);
  expect(await failure(group.run())).toBeInstanceOf(TypeError);
  await run;
  await group.run();
  expect(rounds).toBe(2);
});

test('bad arguments are told at the call', async () => {
  const bad = (options: object) => () => new Group(options);
  expect(bad({ gracePeriod: -1 })).toThrow(RangeError);
  expect(bad({ gracePeriod: NaN })).toThrow(RangeError);
  expect(bad({ gracePeriod: '1' })).toThrow('gracePeriod');
  expect(bad({ teardown: 'sideways' })).toThrow(RangeError);
  expect(bad({ until: Symbol('x') })).toThrow(TypeError);
  expect(bad({ onEvent: 1 })).toThrow('onEvent must be function, got 1');
  expect(() => new Group(1 as never)).toThrow('options must be object, got 1');
  const group = new Group();
  expect(() => group.add(null as never)).toThrow(TypeError);
  expect(() => group.add({ execute() {} } as never)).toThrow('interrupt');
  expect(() => group.add(() => {}, undefined as never)).toThrow('interrupt');
  expect(() => group.add({ execute() {}, interrupt() {}, gracePeriod: -1 })).toThrow(RangeError);
  expect(() => group.add({ execute() {}, interrupt() {}, prepare: 1 } as never)).toThrow('prepare');
  expect(() => group.go(1 as never)).toThrow('work');
  expect(() => group.go(() => {}, 1 as never)).toThrow('name');
  expect(await failure(group.run(1 as never))).toBeInstanceOf(TypeError);
  expect(() => abortActor(1 as never)).toThrow(new TypeError('signal must be an AbortSignal, got number 1'));
  expect(group.suppressed).toEqual([]);
});

test('what is wrong with an actor is told with its name', () => {
  const group = new Group();
  const add = (actor: object) => () => group.add({ execute() {}, interrupt() {}, name: 'api', ...actor });
  expect(add({ execute: 1 })).toThrow(new TypeError('api: execute must be function, got 1'));
  expect(add({ gracePeriod: -1 })).toThrow(new RangeError('api: gracePeriod must be number >= 0, got -1'));
  expect(add({ name: 1 })).toThrow(new TypeError('name must be string, got 1'));
  expect(() => group.add(() => {}, 1 as never, 'api')).toThrow(new TypeError('api: interrupt must be function, got 1'));
  expect(() => group.go(1 as never, 'api')).toThrow(new TypeError('api: work must be function, got 1'));
});

test.each([
  // What is left to the abort, and what the run fails with.
  ['first-exit', [], 'own'],
  ['first-error', [], 'own'],
  ['all', ['stop'], 'own; stop'],
] as const)('until %s, an exit counts before the abort that onEvent answers it with', async (until, left, outcome) => {
  const controller = new AbortController();
  const reasons: unknown[] = [];
  const events: string[] = [];
  const onEvent = ({ type, actor, error }: GroupEvent): void => {
    events.push(`${type} ${actor} ${String(error)}`);
    if (type === 'exit' && actor === 'fails') controller.abort('stop');
  };
  const group = new Group({ until, onEvent });
  group.go(() => Promise.reject('own'), 'fails');
  group.add(
    () => aborted(controller.signal),
    (reason) => reasons.push(reason),
    'waits',
  );
  const error = await failure(group.run(controller.signal));
  expect(error instanceof AggregateError ? error.message : error).toBe(outcome);
  expect(reasons).toEqual(left.length > 0 ? left : ['own']);
  expect(group.suppressed).toEqual([]);
  const at = (event: string): number => events.findIndex((each) => each.startsWith(event));
  expect(at('exit fails own')).toBe(2);
  expect(at('interrupt waits')).toBeGreaterThan(2);
});

test('only an actor that has a signal of the group obeys by an AbortError, and only by that of the signal', async () => {
  const onSuppressed = jest.fn();
  const aborted = new DOMException('This operation was aborted', 'AbortError');
  const other = new Error('other');
  const stop = deferred();
  const waits = (error?: unknown) => (signal: AbortSignal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(error ?? signal.reason)));
  await new Group({ onSuppressed })
    .go(waits(), 'obeys')
    .go(waits(other), 'fails')
    .add({ name: 'has none', execute: () => stop.promise, interrupt: () => stop.reject(aborted) })
    .go(() => {})
    .run();
  const told = onSuppressed.mock.calls.map(([error, actor]) => [(actor as Actor).name, error]);
  expect(told).toEqual([
    ['fails', other],
    ['has none', aborted],
  ]);
});

test('an actor whose prepare fails and whose turn to start never comes holds up nobody', async () => {
  const log: string[] = [];
  const bad = actor(log, 'b', {
    prepare: () => {
      throw 'unprepared';
    },
  });
  const group = new Group({ startup: 'sequential' }).add(actor(log, 'a')).add(bad);
  expect(await failure(group.run())).toBe('unprepared');
  expect(log).toEqual(['interrupt b unprepared']);
});

test.each([
  ['by default', {}],
  ['told to come down together', { teardown: 'together' as const }],
])(
  '%s, an interrupt that hangs holds up no other, and an actor twice as slow as the grace period is named',
  async (_how, options) => {
    jest.useFakeTimers();
    try {
      const log: string[] = [];
      const slow = actor(log, 'slow', { interrupt: () => void setTimeout(() => slow.end.reject('too late'), 200) });
      const hangs = actor(log, 'hangs', { interrupt: () => new Promise(() => {}) });
      const seen: unknown[] = [];
      const group = new Group({
        ...options,
        gracePeriod: 100,
        onSuppressed: (error, { name }) => seen.push([error, name]),
      });
      const run = failure(
        group
          .add(hangs)
          .add(slow)
          .add(actor(log, 'good'))
          .go(() => {})
          .run(),
      );
      await ticks();
      expect(log).toContain('exit good');
      await jest.advanceTimersByTimeAsync(100);
      expect(await run).toMatchObject({ actors: ['hangs', 'slow'], cause: undefined });
      await jest.advanceTimersByTimeAsync(100);
      expect(seen).toEqual([['too late', 'slow']]);
    } finally {
      jest.useRealTimers();
    }
  },
);

test('no listener is left on the signal, however it ends', async () => {
  const controller = new AbortController();
  for (let i = 0; i < 20; i++) {
    await new Group()
      .add(abortActor(controller.signal))
      .go(() => i)
      .run(controller.signal);
  }
  await ticks();
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
});

test('what has run is held by nobody', async () => {
  const finished = new WeakRef(new Group().add(abortActor()).go(() => {}));
  const signal = new AbortController().signal;
  await finished.deref()!.run(signal);
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    (globalThis as { gc?: () => void }).gc?.();
  }
  expect(finished.deref()).toBe(undefined);
  expect(signal.aborted).toBe(false);
});

test('in whatever order promises settle: one start, one interrupt an actor, in order; the first outcome stands', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.record({ fails: fc.boolean(), slow: fc.boolean() }), { minLength: 1, maxLength: 6 }),
      fc.constantFrom('together' as const, 'reverse' as const, 'forward' as const),
      async (scheduler, plan, teardown) => {
        const log: string[] = [];
        const events: GroupEvent[] = [];
        const group = new Group({ teardown, onEvent: (event) => events.push(event), onSuppressed: () => {} });
        plan.forEach(({ fails, slow }, i) => {
          const name = String(i);
          group.add({
            name,
            execute: () => {
              log.push(`start ${name}`);
              const value = `error ${name}`;
              return fails ? scheduler.schedule(Promise.reject(value)) : scheduler.schedule(Promise.resolve());
            },
            interrupt: () => {
              log.push(`interrupt ${name}`);
              return slow ? scheduler.schedule(Promise.resolve()) : undefined;
            },
          });
        });
        let outcome: unknown = 'none';
        const run = group.run().catch((error: unknown) => (outcome = error));
        await scheduler.waitFor(run);
        const names = plan.map((_, i) => String(i));
        expect(log.filter((line) => line.startsWith('start'))).toEqual(names.map((name) => `start ${name}`));
        const order = teardown === 'reverse' ? names.reverse() : names;
        expect(log.filter((line) => line.startsWith('inter'))).toEqual(order.map((name) => `interrupt ${name}`));
        const first = events.find(({ type }) => type === 'exit')!;
        expect(outcome).toBe(first.error ?? 'none');
        for (const type of ['start', 'exit', 'interrupt', 'down'] as const) {
          expect(events.filter((event) => event.type === type)).toHaveLength(plan.length);
        }
        if (teardown !== 'together') {
          const steps = events.filter(({ type }) => type === 'interrupt' || type === 'down');
          expect(steps.map(({ type, actor }) => `${type} ${actor}`)).toEqual(
            order.flatMap((name) => [`interrupt ${name}`, `down ${name}`]),
          );
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('a time of zero is one, a word for the kind of a rule is no value', async () => {
  const group = new Group({ gracePeriod: 0 }).add({
    execute: () => new Promise(() => {}),
    interrupt() {},
    name: 'deaf',
  });
  await expect(group.go(() => {}).run()).rejects.toThrow(GraceExceededError);
  for (const word of ['string', 'string: together']) {
    expect(() => new Group({ teardown: word as never })).toThrow(RangeError);
  }
});

test('after a clean first exit the signals of all actors have the same reason', async () => {
  const signals: AbortSignal[] = [];
  const wait = (signal: AbortSignal): Promise<void> => {
    signals.push(signal);
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
  };
  await new Group()
    .go(wait)
    .go(wait)
    .go(() => {})
    .run();
  expect(signals).toHaveLength(2);
  expect((signals[0]?.reason as Error).name).toBe('AbortError');
  expect(signals[0]?.reason).toBe(signals[1]?.reason);
});

test('no unhandled rejection comes of errors that were suppressed, or thrown by callbacks, or come after the grace period', async () => {
  const real = runInThisContext('process') as NodeJS.Process;
  const unhandled: unknown[] = [];
  const before = real.listeners('unhandledRejection');
  real.removeAllListeners('unhandledRejection');
  real.on('unhandledRejection', (error) => unhandled.push(error));
  try {
    for (const onSuppressed of [undefined, () => {}, () => Promise.reject(new Error('onSuppressed')).catch(() => {})]) {
      const group = new Group({ gracePeriod: 1, onSuppressed });
      const late = deferred();
      group.go(() => Promise.reject(new Error('first')));
      group.go(() => Promise.reject(new Error('second')));
      group.add({ execute: () => late.promise, interrupt: () => Promise.reject(new Error('interrupt')) });
      await expect(group.run()).rejects.toBeInstanceOf(GraceExceededError);
      late.reject(new Error('late'));
      // Rejections are reported when the microtasks are over.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(unhandled).toEqual([]);
  } finally {
    real.removeAllListeners('unhandledRejection');
    for (const listener of before) real.on('unhandledRejection', listener);
  }
});

test('an abort that is told late, because it is nested deeply, after the group has come down by another way, changes nothing', async () => {
  for (let depth = 60; depth < 68; depth++) {
    const top = new LinkedController();
    let { signal } = top;
    for (let i = 0; i < depth; i++) signal = link(signal).signal;
    const up = deferred();
    let ready = (): void => {};
    let interrupts = 0;
    const run = new Group({ startup: 'sequential' })
      .add({
        execute: (told) => {
          ready = told;
          return up.promise;
        },
        interrupt: () => {
          interrupts++;
          up.resolve();
        },
      })
      .add(
        () => {
          throw 'at once';
        },
        () => void interrupts++,
      )
      .run(signal);
    onAbort(signal, () => ready());
    top.abort('enough');
    expect(['enough', 'at once']).toContain(await failure(run));
    expect(interrupts).toBeLessThanOrEqual(2);
  }
});
