import { describe, expect, test } from '@jest/globals';
import { Latch, LatchTransitionError } from './index.js';
import { listenersOn, quiet } from './test-support/moments.js';

const transitions = ['starting', 'started', 'pausing', 'paused', 'resuming', 'active', 'stopping', 'stopped'] as const;
const states = { stopped: 0, starting: 1, resuming: 2, started: 3, active: 4, pausing: 5, paused: 6, stopping: 7 };
const ways: Record<(typeof transitions)[number], (typeof transitions)[number][]> = {
  stopped: [],
  starting: ['starting'],
  started: ['starting', 'started'],
  pausing: ['starting', 'started', 'pausing'],
  paused: ['starting', 'started', 'pausing', 'paused'],
  resuming: ['starting', 'started', 'pausing', 'resuming'],
  active: ['starting', 'started', 'pausing', 'resuming', 'active'],
  stopping: ['starting', 'started', 'stopping'],
};
const next: typeof ways = {
  stopped: ['starting'],
  starting: ['started'],
  started: ['pausing', 'stopping'],
  pausing: ['paused', 'resuming', 'stopping'],
  paused: ['resuming', 'stopping'],
  resuming: ['active', 'pausing', 'stopping'],
  active: ['pausing', 'stopping'],
  stopping: ['stopped'],
};

function latchIn(state: (typeof transitions)[number]): Latch {
  const latch = new Latch();
  for (const way of ways[state]) latch[way]();
  expect(latch.state).toBe(states[state]);
  return latch;
}

describe('upstream', () => {
  test('TestLatch', async () => {
    const latch = new Latch();
    latch.starting();
    expect([latch.isStarting(), latch.isStarted(), latch.isStopping(), latch.isStopped()]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    const log: string[] = [];
    void (async () => {
      latch.started();
      log.push('started');
      await latch.notifyStopping();
      log.push('stopping');
      latch.stopped();
    })();
    await latch.notifyStarted();
    expect(latch.isStarted()).toBe(true);
    latch.stopping();
    await latch.notifyStopped();
    expect(log).toEqual(['started', 'stopping']);
    expect([latch.isStopping(), latch.isStarted(), latch.isStopped()]).toEqual([false, false, true]);

    queueMicrotask(() => latch.starting());
    await latch.notifyStarting();
    expect([latch.isStarting(), latch.isStarted(), latch.isStopping(), latch.isStopped()]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    queueMicrotask(() => latch.started());
    await latch.notifyStarted();
  });
});

test.each(transitions)(
  'from %s the allowed transitions are made, and the others throw and name both states',
  (state) => {
    for (const to of transitions) {
      const latch = latchIn(state);
      if (to === state || next[state].includes(to)) {
        latch[to]();
        expect(latch.state).toBe(states[to]);
      } else {
        expect(() => latch[to]()).toThrow(LatchTransitionError);
        expect(() => latch[to]()).toThrow(`Latch cannot go from ${state} to ${to}`);
        expect(latch.state).toBe(states[state]);
      }
      expect(latchIn(state).canStart()).toBe(state === 'stopped');
      expect(latchIn(state).canStop()).toBe(
        next[state].includes('stopping') || state === 'stopping' ? next[state].includes('stopping') : false,
      );
    }
  },
);

test('every waiter is told, however many wait and whenever they came', async () => {
  const latch = new Latch();
  const log: string[] = [];
  for (const who of ['a', 'b']) {
    void latch.notifyStarting().then(() => log.push(`${who} starting`));
    void latch.notifyStarted().then(() => log.push(`${who} started`));
    void latch.notifyStopping().then(() => log.push(`${who} stopping`));
  }
  for (const step of ['starting', 'started', 'stopping', 'stopped'] as const) {
    latch[step]();
    if (step === 'starting')
      for (const who of ['a', 'b']) void latch.notifyStopped().then(() => log.push(`${who} stopped`));
    await latch[`notify${step[0]!.toUpperCase()}${step.slice(1)}` as 'notifyStarted']();
    await quiet();
  }
  expect(log).toEqual(['starting', 'started', 'stopping', 'stopped'].flatMap((step) => [`a ${step}`, `b ${step}`]));
});

test('reset goes back to stopped, tells who waits for that, and lets the others wait on', async () => {
  const latch = latchIn('started');
  const told: string[] = [];
  void latch.notifyStopped().then(() => told.push('stopped'));
  void latch.notifyStarting().then(() => told.push('starting'));
  latch.reset();
  expect([latch.isStopped(), latch.canStart()]).toEqual([true, true]);
  await quiet();
  expect(told).toEqual(['stopped']);
  latch.reset();
  latch.starting();
  await quiet();
  expect(told).toEqual(['stopped', 'starting']);
});

test('who asks for the state that it is in is told at once, also when it is new, or reset', async () => {
  for (const latch of [new Latch(), latchIn('stopped'), latchIn('started')]) {
    latch.reset();
    await latch.notifyStopped();
    await latch.waitStopped();
  }
  for (const state of ['starting', 'started', 'stopping'] as const)
    await latchIn(state)[`notify${state[0]!.toUpperCase()}${state.slice(1)}` as 'notifyStarted']();
});

test('a reset of what is starting tells who waits for the stop, and no later life is stopped on its behalf', async () => {
  for (const again of [false, true]) {
    const latch = latchIn('starting');
    const waiting = latch.waitStopped();
    latch.reset();
    if (again) {
      latch.starting();
      latch.started();
    }
    await waiting;
    expect(latch.isStarted()).toBe(again);
  }
});

test('who waits for the stop of a life that ends at once does not stop the next', async () => {
  const latch = latchIn('starting');
  const waiting = latch.waitStopped();
  for (const step of ['started', 'stopping', 'stopped', 'starting', 'started'] as const) latch[step]();
  await waiting;
  expect(latch.isStarted()).toBe(true);
});

test('over a reset waitStarted waits for the next start, and makes it only if it has not made one', async () => {
  const log: string[] = [];
  const latch = new Latch();
  void latch.waitStarted().then(() => log.push('started'));
  latch.reset();
  await quiet();
  expect([log, latch.isStopped()]).toEqual([[], true]);
  latch.starting();
  latch.started();
  await quiet();
  expect(log).toEqual(['started']);
  const stopping = latchIn('stopping');
  void stopping.waitStarted();
  stopping.reset();
  await quiet();
  expect(stopping.isStarting()).toBe(true);
});

/** Makes the transitions that the one who runs the thing would make. */
function serve(latch: Latch): void {
  const step = (): void => {
    if (latch.isStarting()) latch.started();
    else if (latch.isStopping()) latch.stopped();
    void Promise.race([latch.notifyStarting(), latch.notifyStopping()]).then(step);
  };
  setImmediate(step);
}

test.each(transitions)('waitStarted and waitStopped work from %s', async (state) => {
  for (const wait of ['waitStarted', 'waitStopped'] as const) {
    const latch = latchIn(state);
    serve(latch);
    await latch[wait]();
    expect(latch.isStopped()).toBe(wait === 'waitStopped');
  }
});

test('waiting ends with the reason of the signal', async () => {
  const latch = new Latch();
  const controller = new AbortController();
  const waiting = latch.waitStarted({ signal: controller.signal });
  expect(latch.isStarting()).toBe(true);
  controller.abort('reason');
  await expect(waiting).rejects.toBe('reason');
  expect(listenersOn(controller.signal)).toBe(0);
  await expect(latch.waitStopped({ signal: controller.signal })).rejects.toBe('reason');
  await expect(latch.waitStopped({ signal: 1 as never })).rejects.toThrow(TypeError);
  await expect(latch.waitStopped(null as never)).rejects.toThrow(TypeError);
});

test('waitStarted starts what is stopping again, when it has stopped, and waits until it has started', async () => {
  const latch = latchIn('stopping');
  let told = false;
  const waiting = latch.waitStarted().then(() => (told = true));
  await quiet();
  expect([latch.isStopping(), told]).toEqual([true, false]);
  latch.stopped();
  await quiet();
  expect([latch.isStarting(), told]).toEqual([true, false]);
  latch.started();
  await waiting;
});

test('who has stopped waiting changes the latch no more', async () => {
  for (const [from, wait, step] of [
    ['stopping', 'waitStarted', 'stopped'],
    ['starting', 'waitStopped', 'started'],
  ] as const) {
    const latch = latchIn(from);
    const controller = new AbortController();
    const waiting = latch[wait]({ signal: controller.signal });
    controller.abort('reason');
    await expect(waiting).rejects.toBe('reason');
    latch[step]();
    await quiet();
    expect(latch.state).toBe(states[step]);
  }
});

test('nor does who stops waiting before having heard of the state that let it go on', async () => {
  for (const [from, wait, step] of [
    ['stopping', 'waitStarted', 'stopped'],
    ['starting', 'waitStopped', 'started'],
  ] as const) {
    const latch = latchIn(from);
    const controller = new AbortController();
    const waiting = latch[wait]({ signal: controller.signal });
    latch[step]();
    controller.abort('reason');
    await expect(waiting).rejects.toBe('reason');
    expect(latch.state).toBe(states[step]);
    expect(listenersOn(controller.signal)).toBe(0);
  }
});

test('who waits for a stop that comes before the abort has waited well', async () => {
  const latch = latchIn('stopping');
  const controller = new AbortController();
  const waiting = latch.waitStopped({ signal: controller.signal });
  latch.stopped();
  controller.abort('reason');
  await waiting;
});
