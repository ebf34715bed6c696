import { channel, subscribe as listen, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  concurrent,
  concurrentGroup,
  log,
  scoped,
  sequence,
  shield,
  subscribe,
  supervise,
  task,
  TaskError,
  traceRegion,
  withTimeout,
  type Log,
  type Proc,
  type Span,
  type Tracer,
} from '@x/proc';
import { deferred, failWith, live, microtasks, thrownBy, untilAborted } from './test-support/deferred.js';

const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for('Symbol.dispose') as never);
const subscriptions: Disposable[] = [];
const watch = (tracer: Tracer): Disposable => {
  const subscription = subscribe(tracer);
  subscriptions.push(subscription);
  return subscription;
};
afterEach(() => {
  for (const each of subscriptions.splice(0)) each[dispose]();
});

/** Everything that is told, in order. */
function recorder(): { spans: Span[]; logs: Log[]; lines: string[]; subscription: Disposable } {
  const [spans, logs, lines]: [Span[], Log[], string[]] = [[], [], []];
  const subscription = watch({
    start(span) {
      spans.push(span);
      lines.push(`start ${span.type}`);
    },
    end(span) {
      lines.push(`end ${span.type} ${span.outcome}`);
    },
    log(event) {
      logs.push(event);
      lines.push(`log ${event.category}: ${event.message}`);
    },
  });
  return { spans, logs, lines, subscription };
}
const named = (spans: readonly Span[], type: string): Span => spans.find((span) => span.type === type) as Span;
const parentOf = (spans: readonly Span[], type: string): string | undefined =>
  spans.find(({ id }) => id === named(spans, type).parentId)?.type;

describe.each([
  ['while nobody is subscribed', () => {}],
  ['while somebody is subscribed', () => void recorder()],
])('task, %s,', (_when, prepare) => {
  test("wraps what its process throws in a TaskError, and its signal's reason not", async () => {
    prepare();
    for (const cause of [new Error('x'), undefined, 'x']) {
      const error = await thrownBy(task('load', failWith(cause))(live()));
      expect(error).toBeInstanceOf(TaskError);
      expect((error as TaskError).cause).toBe(cause);
      expect((error as TaskError).taskType).toBe('load');
    }
    const thrower: Proc = () => {
      throw 'at once';
    };
    expect(await thrownBy(task('load', thrower)(live()))).toMatchObject({ cause: 'at once' });
    const controller = new AbortController();
    const running = thrownBy(task('wait', untilAborted)(controller.signal));
    controller.abort('stop');
    expect(await running).toBe('stop');
  });

  test('leaves what is thrown in a region as it is', async () => {
    prepare();
    for (const error of [new Error('x'), undefined, 'x']) {
      expect(await thrownBy(traceRegion('region', failWith(error))(live()))).toBe(error);
    }
  });

  test("wraps what only happens to equal a reason of somebody else's", async () => {
    prepare();
    expect(await thrownBy(task('x', failWith(new DOMException('mine', 'AbortError')))(live()))).toBeInstanceOf(
      TaskError,
    );
  });

  test('returns when its process does, without a value', async () => {
    prepare();
    const work = deferred();
    let over = false;
    const running = Promise.resolve(task('x', () => work.promise)(live())).then((value: unknown) => {
      over = true;
      return value;
    });
    await microtasks();
    expect(over).toBe(false);
    work.resolve();
    expect(await running).toBeUndefined();
    expect(await task('x', () => 1 as never)(live())).toBeUndefined();
  });

  test('leaves no listener on the signal', async () => {
    prepare();
    const signal = live();
    for (let run = 0; run < 20; run++) {
      await task('x', (own) => void task('y', () => {})(own))(signal);
      await thrownBy(task('x', failWith('x'))(signal));
      await traceRegion('x', () => {})(signal);
    }
    // The signal of a task follows until it is collected.
    for (let round = 0; round < 20 && getEventListeners(signal, 'abort').length > 0; round++) {
      await new Promise((resolve) => setTimeout(resolve));
      globalThis.gc?.();
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('what a process leaves behind hears of an abort after its task has ended', async () => {
    prepare();
    const controller = new AbortController();
    const heard: unknown[] = [];
    let own = live();
    await task('start', (signal) => {
      own = signal;
      signal.addEventListener('abort', () => heard.push('early'));
    })(controller.signal);
    const forget = (): void => void heard.push('forgotten');
    await task('start', (signal) => {
      signal.addEventListener('abort', forget);
      signal.removeEventListener('abort', forget);
      void microtasks().then(() => signal.addEventListener('abort', () => heard.push('late')));
    })(controller.signal);
    await microtasks();
    await microtasks();
    controller.abort('stop');
    expect(heard.sort()).toEqual(['early', 'late']);
    expect(own.reason).toBe('stop');
  });
});

test.each([
  ['task', task],
  ['traceRegion', traceRegion],
])('%s rejects what is no type, no process, and a missing signal', async (_name, wrap) => {
  expect(() => wrap(1 as never, () => {})).toThrow('type must be string, got 1');
  expect(() => wrap('x', undefined as never)).toThrow(new TypeError('x: proc must be function, got undefined'));
  expect(await thrownBy(wrap('x', () => {})(undefined as never))).toBeInstanceOf(TypeError);
});

test('while nobody is subscribed a process is handed the signal as it is', async () => {
  const signal = live();
  const seen: AbortSignal[] = [];
  await task('x', (own) => void seen.push(own))(signal);
  await traceRegion('x', (own) => void seen.push(own))(signal);
  expect(seen).toEqual([signal, signal]);
  expect(seen[0]).toBe(signal);
});

test('so it is again when the last subscriber has left', async () => {
  const [first, second] = [watch({}), watch({})];
  const signal = live();
  const seen: boolean[] = [];
  const compare = task('x', (own) => void seen.push(own === signal));
  await compare(signal);
  first[dispose]();
  await compare(signal);
  second[dispose]();
  await compare(signal);
  expect(seen).toEqual([false, false, true]);
});

describe('while somebody is subscribed', () => {
  test('a task has a signal of its own that aborts when its parent does, and a region has not', async () => {
    recorder();
    const controller = new AbortController();
    let own = live();
    const running = thrownBy(task('x', (signal) => ((own = signal), untilAborted(signal)))(controller.signal));
    await traceRegion('x', (signal) => void expect(signal).toBe(controller.signal))(controller.signal);
    expect(own).not.toBe(controller.signal);
    expect(own).toBeInstanceOf(AbortSignal);
    controller.abort('stop');
    expect(await running).toBe('stop');
    expect(own.reason).toBe('stop');
  });

  test('a task under a signal that has aborted already gets one that has', async () => {
    recorder();
    await task('x', (signal) => void expect(signal.reason).toBe('over'))(AbortSignal.abort('over'));
  });

  test('it is told of tasks, regions and logs: ids, parents, times, errors', async () => {
    const { spans, logs, lines } = recorder();
    const before = performance.now();
    const error = await thrownBy(
      task('outer', async (signal) => {
        log(signal, 'status', '200');
        await traceRegion('region', (own) => log(own, 'inside', 'x'))(signal);
        await task('inner', failWith('broken'))(signal);
      })(live()),
    );
    expect(lines).toEqual([
      'start outer',
      'log status: 200',
      'start region',
      'log inside: x',
      'end region done',
      'start inner',
      'end inner failed',
      'end outer failed',
    ]);
    const [outer, region, inner] = ['outer', 'region', 'inner'].map((type) => named(spans, type)) as [Span, Span, Span];
    expect([outer.kind, region.kind, inner.kind]).toEqual(['task', 'region', 'task']);
    expect([outer.parentId, region.parentId, inner.parentId]).toEqual([undefined, outer.id, outer.id]);
    expect(logs.map(({ parentId }) => parentId)).toEqual([outer.id, outer.id]);
    expect(new Set([...spans, ...logs].map(({ id }) => id)).size).toBe(5);
    expect(inner.error).toBe('broken');
    expect(outer.error).toMatchObject({ taskType: 'inner', cause: 'broken' });
    expect((error as TaskError).cause).toBe(outer.error);
    for (const { startTime, endTime } of spans) {
      expect(startTime).toBeGreaterThanOrEqual(before);
      expect(endTime).toBeGreaterThanOrEqual(startTime);
      expect(endTime).toBeLessThanOrEqual(performance.now());
    }
    expect(logs[0]?.time).toBeGreaterThanOrEqual(outer.startTime);
  });

  test('what throws its reason has been aborted, and has not failed', async () => {
    const { lines, spans } = recorder();
    const controller = new AbortController();
    const running = thrownBy(task('wait', traceRegion('inside', untilAborted))(controller.signal));
    controller.abort('stop');
    await running;
    expect(lines.slice(2)).toEqual(['end inside aborted', 'end wait aborted']);
    expect(spans.map(({ error }) => error)).toEqual(['stop', 'stop']);
  });

  test('tasks nest by the signal, across await and through all combinators', async () => {
    const { spans } = recorder();
    const leaf = (name: string): Proc => task(name, () => {});
    await task('root', async (signal) => {
      await microtasks();
      await concurrent(leaf('concurrent'))(signal);
      await concurrentGroup(leaf('group'))(signal);
      await sequence(leaf('sequence'))(signal);
      await shield(leaf('shield'))(signal);
      await withTimeout(1_000, leaf('timeout'))(signal);
      await supervise(leaf('supervise'))(signal);
      await scoped((scope) => scope.spawn(leaf('scoped')))(signal);
      await traceRegion('region', leaf('in region'))(signal);
      await task('middle', sequence(concurrentGroup(leaf('deep'))))(signal);
    })(live());
    for (const type of ['concurrent', 'group', 'sequence', 'shield', 'timeout', 'supervise', 'scoped', 'in region']) {
      expect([type, parentOf(spans, type)]).toEqual([type, 'root']);
    }
    expect(parentOf(spans, 'deep')).toBe('middle');
  });

  test('concurrent tasks of one type do not get mixed up', async () => {
    const { spans } = recorder();
    const child: Proc = task('child', () => microtasks());
    await concurrent(task('a', child), task('b', child))(live());
    const parents = spans.filter(({ type }) => type === 'child').map(({ parentId }) => parentId);
    expect(parents).toEqual([named(spans, 'a').id, named(spans, 'b').id]);
  });

  test('several are told alike; one may subscribe twice and leave once', async () => {
    const lines: string[] = [];
    const tracer: Tracer = { start: ({ type }) => void lines.push(type) };
    const first = watch(tracer);
    watch(tracer);
    await task('x', () => {})(live());
    first[dispose]();
    first[dispose]();
    await task('y', () => {})(live());
    expect(lines).toEqual(['x', 'x', 'y']);
  });

  test('who comes late is not told of the end of what it has not seen begin; who has left is told nothing', async () => {
    const work = deferred();
    const early = recorder();
    const running = task('x', () => work.promise)(live());
    const late = recorder();
    early.subscription[dispose]();
    work.resolve();
    await running;
    expect(early.lines).toEqual(['start x']);
    expect(late.lines).toEqual([]);
  });

  test('what a tracer throws stops nothing, and is reported as an unhandled rejection', async () => {
    const reported: unknown[] = [];
    const reject = jest.spyOn(Promise, 'reject').mockImplementation((error: unknown) => {
      reported.push(error);
      return Promise.resolve();
    });
    watch({
      start() {
        throw 'start';
      },
      end() {
        throw 'end';
      },
      log() {
        throw 'log';
      },
    });
    const { lines } = recorder();
    await task('x', (signal) => log(signal, 'a', 'b'))(live());
    reject.mockRestore();
    expect(reported).toEqual(['start', 'log', 'end']);
    expect(lines).toEqual(['start x', 'log a: b', 'end x done']);
  });

  test('a tracer may run the process within something', async () => {
    const lines: string[] = [];
    for (const name of ['outside', 'inside'].reverse()) {
      watch({
        start: () => (run) => {
          lines.push(name);
          return run();
        },
      });
    }
    await task('x', () => void lines.push('process'))(live());
    expect(lines).toEqual(['outside', 'inside', 'process']);
  });

  test('a tracer that only wants some of it is told only that', async () => {
    watch({});
    await task('x', (signal) => log(signal, 'a', 'b'))(live());
  });

  test('a task that has ended is held by nobody', async () => {
    recorder().subscription[dispose]();
    watch({ end: () => {} });
    const parent = live();
    let own: WeakRef<AbortSignal> | undefined;
    await task('x', (signal) => void (own = new WeakRef(signal)))(parent);
    for (let round = 0; round < 10 && own?.deref(); round++) {
      await new Promise((resolve) => setImmediate(resolve));
      globalThis.gc?.();
    }
    expect(own?.deref()).toBeUndefined();
    expect(parent.aborted).toBe(false);
  });
});

describe('log', () => {
  test('is heard by nobody while nobody is subscribed', () => {
    log(live(), 'status', '200');
    const { logs } = recorder();
    expect(logs).toEqual([]);
  });

  test('under a signal of no task belongs to none', () => {
    const { logs } = recorder();
    log(live(), 'a', 'b');
    expect(logs).toMatchObject([{ kind: 'log', parentId: undefined, category: 'a', message: 'b' }]);
  });

  test('rejects what is no signal and no message, whether somebody is subscribed or not', () => {
    expect(() => log(undefined as never, 'a', 'b')).toThrow('signal must be AbortSignal, got undefined');
    expect(() => log(live(), 'a', null as never)).toThrow('message must be string, got null');
  });
});

describe('subscribe', () => {
  test('rejects what is no object', () => {
    expect(() => subscribe(undefined as never)).toThrow('tracer must be object, got undefined');
    expect(() => subscribe((() => {}) as never)).toThrow(TypeError);
  });
});

describe("Node's diagnostics channels", () => {
  const names = ['@x/proc:start', '@x/proc:end', '@x/proc:log'];

  test('are told of the same events, while somebody listens', async () => {
    const events: unknown[] = [];
    const hear = (message: unknown, name: string | symbol): void => {
      events.push([name, { ...(message as Span | Log) }]);
    };
    for (const name of names) listen(name, hear);
    await task('x', (signal) => log(signal, 'a', 'b'))(live());
    for (const name of names) unsubscribe(name, hear);
    await task('y', () => {})(live());
    expect(events).toMatchObject([
      ['@x/proc:start', { kind: 'task', type: 'x' }],
      ['@x/proc:log', { kind: 'log', category: 'a', message: 'b' }],
      ['@x/proc:end', { kind: 'task', type: 'x', outcome: 'done' }],
    ]);
  });

  test.each(names)('one listener, of %s, is enough', async (name) => {
    const events: unknown[] = [];
    const hear = (message: unknown): void => void events.push(message);
    listen(name, hear);
    await task('x', (signal) => log(signal, 'a', 'b'))(live());
    unsubscribe(name, hear);
    expect(events).toHaveLength(1);
    expect(channel(name).hasSubscribers).toBe(false);
  });
});
