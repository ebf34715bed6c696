import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { MultiError, scoped, type Proc, type Scope } from '@x/proc';
import { deferred, failWith, live, microtasks, thrownBy, untilAborted } from './test-support/deferred.js';

describe('scoped', () => {
  test('ends when its function and all children have, which are not told to', async () => {
    const log: string[] = [];
    const child = deferred();
    let own = live();
    const running = Promise.resolve(
      scoped((scope) => {
        own = scope.signal;
        scope.spawn(() => child.promise);
        log.push('returned');
      })(live()),
    ).then(() => log.push('over'));
    await microtasks();
    expect(log).toEqual(['returned']);
    expect(own.aborted).toBe(false);
    child.resolve();
    await running;
    expect(log).toEqual(['returned', 'over']);
    expect(own.aborted).toBe(true);
  });

  test('starts a child after the call that spawns it has returned, in the order of the calls', async () => {
    const log: string[] = [];
    await scoped(async (scope) => {
      scope.spawn(() => void log.push('a'));
      scope.spawn(() => void log.push('b'));
      log.push('spawned');
      await Promise.resolve();
      scope.spawn(() => void log.push('c'));
    })(live());
    expect(log).toEqual(['spawned', 'a', 'b', 'c']);
  });

  test('runs a child in the context of whoever spawns it, also when several do in the same turn', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    await scoped((scope) => {
      for (const name of ['a', 'b']) storage.run(name, () => scope.spawn(() => void seen.push(storage.getStore())));
    })(live());
    expect(seen).toEqual(['a', 'b']);
  });

  test('hands its function and its children the same signal', async () => {
    const seen: AbortSignal[] = [];
    await scoped((scope, signal) => {
      seen.push(scope.signal, signal);
      scope.spawn((own) => void seen.push(own));
    })(live());
    expect(new Set(seen).size).toBe(1);
    expect(seen).toHaveLength(3);
  });

  test('a child may spawn children, also when the function has returned', async () => {
    const log: number[] = [];
    const nest =
      (scope: Scope, depth: number): Proc =>
      async () => {
        await microtasks();
        log.push(depth);
        if (depth < 3) scope.spawn(nest(scope, depth + 1));
      };
    await scoped((scope) => scope.spawn(nest(scope, 1)))(live());
    expect(log).toEqual([1, 2, 3]);
  });

  test('nesting does not deepen the stack', async () => {
    let count = 0;
    const next =
      (scope: Scope): Proc =>
      () => {
        if (++count < 100_000) scope.spawn(next(scope));
      };
    await scoped((scope) => scope.spawn(next(scope)))(live());
    expect(count).toBe(100_000);
  });

  test('the first error of a child aborts the others and the function, and is the outcome', async () => {
    const error = new Error('child');
    const reasons: unknown[] = [];
    const obeying: Proc = (signal) => untilAborted(signal).catch((reason) => void reasons.push(reason));
    const running = scoped(async (scope) => {
      scope.spawn(obeying);
      scope.spawn(failWith(error));
      await untilAborted(scope.signal);
    })(live());
    expect(await thrownBy(running)).toBe(error);
    expect(reasons).toEqual([error]);
  });

  test('an error of the function aborts the children, which are waited for', async () => {
    let ended = false;
    const child: Proc = (signal) =>
      untilAborted(signal)
        .catch(() => microtasks())
        .finally(() => (ended = true));
    const running = scoped((scope) => {
      scope.spawn(child);
      throw undefined;
    })(live());
    expect(await thrownBy(running)).toBe(undefined);
    expect(ended).toBe(true);
  });

  test('several errors come in the order in which they happened', async () => {
    const failing: Proc = (signal) => untilAborted(signal).catch(failWith('second'));
    const running = scoped((scope) => {
      scope.spawn(failing);
      scope.spawn(failWith('first'));
    })(live());
    expect(await thrownBy(running)).toMatchObject({ errors: ['first', 'second'] });
    expect(
      await thrownBy(
        scoped((scope) => {
          scope.spawn(failWith(1));
          scope.spawn(failWith(2));
        })(live()),
      ),
    ).toBeInstanceOf(MultiError);
  });

  test('a child that is spawned when the signal has aborted runs, and finds it aborted', async () => {
    const seen: boolean[] = [];
    const controller = new AbortController();
    const running = scoped((scope) => {
      controller.abort('x');
      scope.spawn((signal) => void seen.push(signal.aborted));
      throw 'y';
    })(controller.signal);
    expect(await thrownBy(running)).toBe('y');
    expect(seen).toEqual([true]);
  });

  test('an abort from outside reaches everybody; echoes count as one', async () => {
    const controller = new AbortController();
    const running = thrownBy(
      scoped((scope) => {
        scope.spawn(untilAborted);
        return untilAborted(scope.signal);
      })(controller.signal),
    );
    await microtasks();
    controller.abort('stop');
    expect(await running).toBe('stop');
  });

  test('spawning in a scope that has ended throws, and runs nothing', async () => {
    const log: string[] = [];
    let kept: Scope | undefined;
    await scoped((scope) => void (kept = scope))(live());
    expect(() => kept?.spawn(() => void log.push('ran'))).toThrow(new TypeError('scope must be running, got ended'));
    expect(() => kept?.spawn(() => void log.push('ran'))).toThrow(TypeError);
    await microtasks();
    expect(log).toEqual([]);
  });

  test('leaves no listener on the signal', async () => {
    const signal = live();
    await scoped((scope) => scope.spawn(() => {}))(signal);
    await thrownBy(scoped((scope) => scope.spawn(failWith('x')))(signal));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('rejects what is no function, and a missing signal', async () => {
    expect(() => scoped(3 as never)).toThrow('fn must be function, got 3');
    await scoped((scope) => {
      expect(() => scope.spawn('x' as never)).toThrow('proc must be function, got x');
    })(live());
    expect(await thrownBy(scoped(() => {})(undefined as unknown as AbortSignal))).toBeInstanceOf(TypeError);
  });
});
