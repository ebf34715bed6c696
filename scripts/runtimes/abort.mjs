import { deferred, dispose, equal, fail, failure, holds, later, live, same } from './harness.mjs';

/** @param {typeof import('@x/abort')} abort @returns {import('./harness.mjs').Checks} */
export const abort = ({
  abortable,
  aborted,
  anySignal,
  isAbort,
  link,
  LinkedController,
  never,
  onAbort,
  shield,
  sleep,
  throwIfAborted,
  withDeadline,
  withGrace,
  withTimeout,
}) => ({
  'a linked controller aborts with the reason of its parent, as it is': () => {
    for (const reason of [new Error('over'), 'over', null, 0, Symbol('over')]) {
      const parent = new AbortController();
      const child = link(parent.signal);
      parent.abort(reason);
      equal(child.reason, reason);
      equal(child.signal.reason, reason);
    }
  },
  'without a reason it is the AbortError that the platform makes': () => {
    const parent = new AbortController();
    const child = link(parent.signal);
    parent.abort();
    equal(child.signal.reason, parent.signal.reason);
    equal(child.signal.reason.name, 'AbortError');
  },
  'a parent that has aborted makes a child that has': () => {
    const child = link(AbortSignal.abort('before'));
    equal(child.aborted, true);
    equal(child.signal.aborted, true);
    equal(child.reason, 'before');
  },
  'the signal of a linked controller is one of the platform': async () => {
    const scope = link();
    holds(scope.signal instanceof AbortSignal, 'it is an AbortSignal');
    holds(scope instanceof LinkedController, 'made by LinkedController');
    let events = 0;
    scope.signal.addEventListener('abort', ({ type }) => void (events += type === 'abort' ? 1 : 100));
    scope.signal.onabort = () => void events++;
    const any = AbortSignal.any([scope.signal]);
    scope.abort('over');
    equal(events, 2, 'number of events');
    equal(any.reason, 'over');
    equal(await failure(() => scope.signal.throwIfAborted()), 'over');
  },
  'signals that only the platform makes can be followed': async () => {
    const timeout = link(AbortSignal.timeout(5));
    const composite = new AbortController();
    const child = link(AbortSignal.any([composite.signal, live()]));
    composite.abort('first');
    equal(child.reason, 'first');
    await Promise.race([aborted(timeout.signal), later(5_000)]);
    equal(timeout.signal.reason?.name, 'TimeoutError');
  },
  'ten thousand children are told in the order in which they were linked': () => {
    const parent = new AbortController();
    /** @type {number[]} */
    const order = [];
    const children = Array.from({ length: 10_000 }, () => link(parent.signal));
    children.forEach((child, index) => onAbort(child.signal, () => order.push(index)));
    for (const child of children.filter((_, index) => index % 2 === 1)) child.unlink();
    parent.abort();
    equal(order.length, 5_000, 'number of children told');
    holds(
      order.every((index, at) => index === at * 2),
      'in order, and none that was unlinked',
    );
  },
  'eleven and more listeners cause no warning': async (host) => {
    const { signal } = new AbortController();
    const listening = Array.from({ length: 50 }, () => onAbort(signal, () => {}));
    same(await host.reported(), []);
    for (const each of listening) each[dispose]();
  },
  'a timeout aborts with a TimeoutError, of the kind that the platform makes': async () => {
    const scope = withTimeout(5);
    const reason = await aborted(scope.signal);
    holds(reason instanceof DOMException, 'a DOMException');
    equal(/** @type {DOMException} */ (reason).name, 'TimeoutError');
    equal(
      withDeadline(Date.now() - 1).aborted || (await aborted(withDeadline(Date.now() - 1).signal)) !== undefined,
      true,
    );
  },
  'a timeout of more than 2^31 ms does not fire at once': async () => {
    const scope = withTimeout(2 ** 31 + 1);
    const far = withDeadline(new Date(Date.now() + 2 ** 40));
    await later(20);
    same([scope.aborted, far.aborted], [false, false]);
    scope.abort();
    far.abort();
  },
  'a grace period begins when the parent aborts': async () => {
    const parent = new AbortController();
    const now = withGrace(10, parent.signal);
    await later(30);
    equal(now.aborted, false);
    parent.abort('stop');
    equal(now.aborted, false);
    equal(await aborted(now.signal), 'stop');
  },
  'what is shielded runs to its end, within a limit of its own': async () => {
    equal(await shield(async (signal) => (await sleep(5), signal.aborted)), false);
    const error = await failure(() => shield((signal) => sleep(60_000, { signal }), { timeout: 5 }));
    equal(error.name, 'TimeoutError');
  },
  'of several signals the first to abort wins': () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const any = anySignal([a.signal, null, b.signal]);
    b.abort('b');
    a.abort('a');
    equal(any.reason, 'b');
    equal(never.aborted, false);
  },
  'a callback that throws stops no other, and is reported as the platform reports what a listener throws': async (
    host,
  ) => {
    const parent = new AbortController();
    let told = 0;
    onAbort(parent.signal, () => void told++);
    onAbort(parent.signal, () => {
      throw new Error('of a callback');
    });
    onAbort(parent.signal, () => void told++);
    onAbort(parent.signal, () => void (told += 100))[dispose]();
    parent.abort();
    equal(told, 2);
    same(
      (await host.reported()).map((error) => /** @type {Error} */ (error).message),
      ['of a callback'],
    );
  },
  "another listener's stopImmediatePropagation keeps nobody from being told, where the platform offers a way": () => {
    /** @param {(signal: AbortSignal, callback: () => void) => unknown} listen */
    const isTold = (listen) => {
      const parent = new AbortController();
      let told = false;
      parent.signal.addEventListener('abort', (event) => event.stopImmediatePropagation());
      listen(parent.signal, () => void (told = true));
      parent.abort();
      return told;
    };
    // That of Deno is there, but is kept from being told like any listener.
    const { process } = /** @type {any} */ (globalThis);
    const offered = process?.getBuiltinModule?.('node:events')?.addAbortListener;
    const offers = typeof offered === 'function' && isTold(offered);
    equal(isTold(onAbort), offers);
  },
  'a sleep ends in time, or with the reason of its signal': async () => {
    const begin = performance.now();
    await sleep(20);
    holds(performance.now() - begin >= 15, 'it took its time');
    const scope = new AbortController();
    const sleeping = failure(() => sleep(60_000, { signal: scope.signal }));
    scope.abort(null);
    equal(await sleeping, null);
    equal(await failure(() => sleep(1, { signal: AbortSignal.abort('before') })), 'before');
  },
  'what loses against an abort and rejects later is not reported': async () => {
    const scope = new AbortController();
    const slow = deferred();
    const waiting = failure(() => abortable(slow.promise, scope.signal));
    scope.abort('over');
    equal(await waiting, 'over');
    slow.reject(new Error('late'));
    equal(await abortable(Promise.resolve(1), live()), 1);
    equal(await failure(() => abortable(fail('no'), live())), 'no');
  },
  'an abort is told from an error': async () => {
    const scope = new AbortController();
    scope.abort('mine');
    equal(isAbort('mine', scope.signal), true);
    equal(isAbort('other', scope.signal), false);
    equal(isAbort(await failure(() => throwIfAborted(AbortSignal.abort()))), true);
    equal(isAbort(new Error('failed')), false);
  },
  'at the end of its scope a controller is aborted': () => {
    const scope = link();
    scope[dispose]();
    equal(scope.signal.reason.name, 'AbortError');
    scope[dispose]();
  },
  'what is wrong is refused at once, and named': async () => {
    equal((await failure(() => sleep(NaN))).name, 'RangeError');
    equal((await failure(() => withTimeout(/** @type {any} */ ('1')))).name, 'TypeError');
    equal((await failure(() => link(/** @type {any} */ (42)))).name, 'TypeError');
  },
});
