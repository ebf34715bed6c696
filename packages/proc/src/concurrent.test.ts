import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { link } from '@x/abort';
import { concurrent, concurrentGroup, MultiError, scoped, sequence, task, type Proc } from '@x/proc';
import { deferred, failWith, live, microtasks, thrownBy, untilAborted } from './test-support/deferred.js';

const errorsOf = (error: unknown): unknown[] => {
  expect(error).toBeInstanceOf(MultiError);
  return (error as MultiError).errors;
};

describe.each([
  ['concurrent', concurrent],
  ['concurrentGroup', concurrentGroup],
])('%s', (_name, combine) => {
  test('starts all in their order, and waits for all', async () => {
    const log: string[] = [];
    const [a, b] = [deferred(), deferred()];
    const running = Promise.resolve(
      combine(
        () => (log.push('a'), a.promise),
        () => (log.push('b'), b.promise),
        () => void log.push('c'),
      )(live()),
    ).then(() => log.push('over'));
    expect(log).toEqual(['a', 'b', 'c']);
    b.resolve();
    await microtasks();
    expect(log).toEqual(['a', 'b', 'c']);
    a.resolve();
    await running;
    expect(log).toEqual(['a', 'b', 'c', 'over']);
  });

  test('of nothing ends at once', async () => {
    await expect(combine()(live())).resolves.toBeUndefined();
    await expect(combine()(AbortSignal.abort('over'))).resolves.toBeUndefined();
  });

  test.each([[new Error('a')], ['a string'], [undefined], [null], [0]])(
    'throws one error as it is: %p',
    async (error) => {
      expect(await thrownBy(combine(failWith(error), () => {})(live()))).toBe(error);
      const thrower: Proc = () => {
        throw error;
      };
      expect(await thrownBy(combine(thrower, () => {})(live()))).toBe(error);
    },
  );

  test('throws several errors as a MultiError, in the order in which they happened', async () => {
    const [a, b, c] = [deferred(), deferred(), deferred()];
    const running = thrownBy(
      combine(
        () => a.promise,
        () => b.promise,
        () => c.promise,
        () => {
          throw undefined;
        },
      )(live()),
    );
    c.reject('c');
    await microtasks();
    a.reject('a');
    await microtasks();
    b.reject('b');
    expect(errorsOf(await running)).toEqual([undefined, 'c', 'a', 'b']);
  });

  test('a process that throws at once keeps no other from being started', async () => {
    const log: string[] = [];
    const thrower: Proc = () => {
      throw new Error('at once');
    };
    const error = await thrownBy(combine(thrower, () => void log.push('started'), thrower)(live()));
    expect(log).toEqual(['started']);
    expect(errorsOf(error)).toHaveLength(2);
  });

  test('spreads a MultiError into the errors, and keeps a lone one as it is', async () => {
    const inner = new MultiError(['a', 'b']);
    expect(await thrownBy(combine(failWith(inner))(live()))).toBe(inner);
    expect(errorsOf(await thrownBy(combine(failWith(inner), failWith('c'))(live())))).toEqual(['a', 'b', 'c']);
    expect(errorsOf(await thrownBy(combine(failWith('c'), failWith(inner))(live())))).toEqual(['c', 'a', 'b']);
    const nested = combine(combine(failWith(1), failWith(2)), combine(failWith(3), failWith(4)));
    expect((errorsOf(await thrownBy(nested(live()))) as number[]).sort()).toEqual([1, 2, 3, 4]);
  });

  test('members of a nested MultiError stand together where the process that threw it has ended', async () => {
    const [a, b, c] = [deferred(), deferred(), deferred()];
    const inner = concurrent(
      () => a.promise,
      () => c.promise,
    );
    const running = thrownBy(combine(inner, () => b.promise)(live()));
    for (const [each, error] of [
      [a, 'a'],
      [b, 'b'],
      [c, 'c'],
    ] as const) {
      each.reject(error);
      await microtasks();
    }
    expect(errorsOf(await running)).toEqual(['b', 'a', 'c']);
  });

  test('throws an error that comes by two ways once', async () => {
    const error = new Error('shared');
    expect(await thrownBy(combine(failWith(error), failWith(error))(live()))).toBe(error);
    const throwing: Proc = () => {
      throw error;
    };
    expect(await thrownBy(combine(throwing, throwing)(live()))).toBe(error);
  });

  test('counts equal values that are no objects as the errors that they are, unless they are echoes', async () => {
    const thrower: Proc = () => {
      throw 'x';
    };
    const outcome = await thrownBy(combine(thrower, thrower)(live()));
    if (combine === concurrent) expect(errorsOf(outcome)).toEqual(['x', 'x']);
    else expect(outcome).toBe('x');
  });

  test('a throw comes in its turn, as a rejection does', async () => {
    const thrower = (error: number) => () => {
      throw error;
    };
    const outcome = combine(failWith(1), thrower(2), failWith(3), thrower(4))(live());
    expect(errorsOf(await thrownBy(outcome))).toEqual([1, 2, 3, 4]);
  });

  test('when aborted from outside it waits for every process', async () => {
    const controller = new AbortController();
    const slow = deferred();
    let over = false;
    const running = thrownBy(combine(untilAborted, () => slow.promise)(controller.signal)).finally(() => (over = true));
    controller.abort('stop');
    await microtasks();
    expect(over).toBe(false);
    slow.resolve();
    expect(await running).toBe('stop');
  });

  test('when aborted from outside, echoes of the reason count as one', async () => {
    const controller = new AbortController();
    const reason = new Error('stop');
    const running = thrownBy(combine(untilAborted, untilAborted, untilAborted)(controller.signal));
    controller.abort(reason);
    expect(await running).toBe(reason);
  });

  test('an AbortError caused by the reason is an echo, too, and the reason itself is thrown', async () => {
    const controller = new AbortController();
    const wrapping: Proc = (signal) =>
      untilAborted(signal).catch((cause: unknown) => {
        throw Object.assign(new Error('aborted', { cause }), { name: 'AbortError' });
      });
    const running = thrownBy(combine(wrapping, wrapping)(controller.signal));
    controller.abort('stop');
    expect(await running).toBe('stop');
  });

  test('when aborted from outside, echoes do not count beside a real error, whichever is first', async () => {
    for (const late of [true, false]) {
      const controller = new AbortController();
      const error = new Error('clean-up failed');
      const failing: Proc = (signal) =>
        untilAborted(signal).catch(async () => {
          if (late) await microtasks();
          throw error;
        });
      const running = thrownBy(combine(untilAborted, failing, untilAborted)(controller.signal));
      controller.abort('stop');
      expect(await running).toBe(error);
    }
  });

  test('when aborted from outside and all return, there is no error', async () => {
    const controller = new AbortController();
    const obeying: Proc = (signal) => untilAborted(signal).catch(() => {});
    const running = combine(obeying, obeying)(controller.signal);
    controller.abort('stop');
    await expect(running).resolves.toBeUndefined();
  });

  test('what equals the reason but was thrown before the abort is an error', async () => {
    const controller = new AbortController();
    const running = thrownBy(combine(failWith('same'), untilAborted, failWith('other'))(controller.signal));
    await microtasks();
    controller.abort('same');
    expect(errorsOf(await running)).toEqual(['same', 'other']);
  });

  test('runs the processes although the signal has aborted already', async () => {
    const seen: boolean[] = [];
    await combine((signal) => void seen.push(signal.aborted))(AbortSignal.abort('over'));
    expect(seen).toEqual([true]);
  });

  test('takes thenables, also those that misbehave', async () => {
    const twice = { then: (yes: () => void) => (yes(), yes()) } as unknown as PromiseLike<void>;
    const throwing = {
      get then(): never {
        throw new Error('no then');
      },
    } as unknown as PromiseLike<void>;
    await combine(
      () => twice,
      () => twice,
    )(live());
    expect(await thrownBy(combine(() => throwing)(live()))).toHaveProperty('message', 'no then');
  });

  test('throws what cannot even be looked at, when all have ended', async () => {
    const { proxy, revoke } = Proxy.revocable(() => {}, {});
    revoke();
    const other = deferred();
    const seen: boolean[] = [];
    const running = (async () => {
      try {
        await combine(
          () => other.promise,
          () => Promise.reject(proxy),
        )(live());
      } catch (error) {
        seen.push(error === proxy);
      }
    })();
    await microtasks();
    expect(seen).toEqual([]);
    other.resolve();
    await running;
    expect(seen).toEqual([true]);
  });

  test('waits for the others when a promise cannot even be asked', async () => {
    const other = deferred();
    const unusable = Object.defineProperty(Promise.resolve(), 'constructor', {
      get() {
        throw new Error('no constructor');
      },
    });
    const running = thrownBy(
      combine(
        () => unusable,
        () => other.promise,
      )(live()),
    );
    await microtasks();
    other.resolve();
    expect(await running).toHaveProperty('message', 'no constructor');
  });

  test('rejects what is no process at the call, naming it', () => {
    expect(() => combine(() => {}, 'x' as unknown as Proc)).toThrow(new TypeError('procs[1] must be function, got x'));
    expect(() => combine(undefined as unknown as Proc)).toThrow(
      new TypeError('procs[0] must be function, got undefined'),
    );
  });

  test('rejects a missing signal, before anything has started', async () => {
    const log: string[] = [];
    const process = combine(() => void log.push('started'));
    expect(await thrownBy(process(undefined as unknown as AbortSignal))).toBeInstanceOf(TypeError);
    expect(await thrownBy(process(null as unknown as AbortSignal))).toBeInstanceOf(TypeError);
    // It has an `aborted`, too.
    expect(await thrownBy(process(link() as unknown as AbortSignal))).toBeInstanceOf(TypeError);
    expect(log).toEqual([]);
  });

  test('leaves no listener on the signal', async () => {
    const signal = live();
    for (let run = 0; run < 20; run++) await combine(() => {}, failWith('x'))(signal)?.then(undefined, () => {});
    await microtasks();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('concurrent', () => {
  test('hands on the signal as it is, and an error aborts nothing', async () => {
    const signal = live();
    const seen: AbortSignal[] = [];
    await thrownBy(concurrent(failWith('x'), (own) => void seen.push(own))(signal));
    expect(seen).toEqual([signal]);
    expect(signal.aborted).toBe(false);
  });
});

describe('concurrentGroup', () => {
  test('the first error aborts the signal of the others, with it as the reason', async () => {
    const error = new Error('a');
    let reason: unknown;
    const other: Proc = (signal) => untilAborted(signal).catch((seen) => void (reason = seen));
    expect(await thrownBy(concurrentGroup(other, failWith(error))(live()))).toBe(error);
    expect(reason).toBe(error);
  });

  test("what the others throw because of the group's abort is no error of the group", async () => {
    const error = new Error('a');
    expect(await thrownBy(concurrentGroup(failWith(error), untilAborted, untilAborted)(live()))).toBe(error);
    expect(await thrownBy(concurrentGroup(untilAborted, failWith(undefined))(live()))).toBe(undefined);
    const tasks = concurrentGroup(task('a', failWith(error)), task('b', untilAborted), sequence(untilAborted));
    expect(await thrownBy(tasks(live()))).toMatchObject({ code: 'ERR_TASK', taskType: 'a', cause: error });
  });

  test('is over when the call returns if all of it is by then', async () => {
    let own: AbortSignal | undefined;
    const running = concurrentGroup(
      (signal) => void (own = signal),
      () => {},
    )(live());
    // It aborts at the end of the group.
    expect(own?.aborted).toBe(true);
    await running;
  });

  test('real errors of the others come after it', async () => {
    const failing: Proc = (signal) => untilAborted(signal).catch(failWith('b'));
    expect(errorsOf(await thrownBy(concurrentGroup(failing, failWith('a'), untilAborted)(live())))).toEqual(['a', 'b']);
  });

  test('all have been started before it aborts, so that whoever only listens is told', async () => {
    const thrower: Proc = () => {
      throw 'a';
    };
    const listener: Proc = (signal) => {
      expect(signal.aborted).toBe(false);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
    };
    expect(await thrownBy(concurrentGroup(thrower, listener)(live()))).toBe('a');
  });

  test('has aborted its signal before it ends, on the happy path, too', async () => {
    let own = live();
    await concurrentGroup((signal) => void (own = signal))(live());
    expect(own.aborted).toBe(true);
    await thrownBy(concurrentGroup((signal) => void (own = signal), failWith('x'))(live()));
    expect(own.aborted).toBe(true);
  });

  test('an abort from outside reaches the processes with its reason', async () => {
    const controller = new AbortController();
    const running = thrownBy(concurrentGroup((signal) => untilAborted(signal))(controller.signal));
    controller.abort('stop');
    expect(await running).toBe('stop');
  });

  test('when it has failed and is then aborted from outside, echoes of either are none of its errors', async () => {
    const controller = new AbortController();
    const slow: Proc = (signal) =>
      untilAborted(signal).catch(async () => {
        controller.abort('outside');
        await microtasks();
        throw 'outside';
      });
    expect(await thrownBy(concurrentGroup(failWith('a'), slow)(controller.signal))).toBe('a');
  });

  test('in groups, an error passes upwards once', async () => {
    const error = new Error('deep');
    const deep = concurrentGroup(
      concurrentGroup(untilAborted, concurrentGroup(failWith(error), untilAborted)),
      scoped((scope) => {
        scope.spawn(untilAborted);
      }),
    );
    expect(await thrownBy(deep(live()))).toBe(error);
  });
});
