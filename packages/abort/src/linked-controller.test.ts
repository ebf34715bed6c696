import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LinkedController, link, never, onAbort } from './index.js';
import { collect, growth } from '../../../test/test-support/gc.js';
import { listeners } from '../../../test/test-support/listeners.js';
import { uncaught } from '../../../test/test-support/uncaught.js';

describe('LinkedController', () => {
  it('fits wherever an AbortController does', () => {
    const controller: AbortController = new LinkedController();
    const reasons: unknown[] = [];
    controller.signal.addEventListener('abort', () => reasons.push(controller.signal.reason));
    controller.abort('stop');
    expect(reasons).toEqual(['stop']);
    expect(controller.signal).toBeInstanceOf(AbortSignal);
  });

  it('gives the same signal each time', () => {
    const controller = link();
    expect(controller.signal).toBe(controller.signal);
  });

  it('aborts when a parent does, with the same reason', () => {
    for (const which of [0, 1, 2]) {
      const parents = [new AbortController(), new AbortController(), new AbortController()];
      const child = link(...parents.map((parent) => parent.signal));
      const reason = { which };
      parents[which]!.abort(reason);
      expect(child.aborted).toBe(true);
      expect(child.reason).toBe(reason);
      expect(child.signal.aborted).toBe(true);
      expect(child.signal.reason).toBe(reason);
      expect(parents.map((parent) => listeners(parent.signal))).toEqual([0, 0, 0]);
    }
  });

  it('has aborted when a parent has whose signal is older than reasons', () => {
    class OlderSignal extends EventTarget {
      aborted = false;
    }
    const gone = Object.assign(new OlderSignal(), { aborted: true });
    const late = new OlderSignal();
    const of = (...signals: OlderSignal[]): LinkedController => link(...(signals as unknown as AbortSignal[]));
    const children = [of(gone), of(new OlderSignal(), gone), of(late)];
    late.dispatchEvent(new Event('abort'));
    for (const child of children) {
      expect(child.aborted).toBe(true);
      expect(child.reason).toMatchObject({ name: 'AbortError', message: 'This operation was aborted' });
      expect(child.signal.reason).toBe(child.reason);
    }
  });

  it('knows whether and why it has aborted without making the signal', () => {
    const parent = new AbortController();
    const child = link(parent.signal);
    expect([child.aborted, child.reason]).toEqual([false, undefined]);
    parent.abort(0);
    expect([child.aborted, child.reason]).toEqual([true, 0]);
    expect([child.signal.aborted, child.signal.reason]).toEqual([true, 0]);
  });

  it('takes falsy reasons as they are', () => {
    for (const reason of [null, 0, '', false, NaN]) {
      const parent = new AbortController();
      const child = link(parent.signal);
      parent.abort(reason);
      expect(child.aborted).toBe(true);
      expect(child.reason).toBe(reason);
    }
  });

  it('aborts with an AbortError by default, the same for controller and signal', () => {
    const unread = link();
    unread.abort();
    const read = link();
    void read.signal;
    read.abort(undefined);
    for (const controller of [unread, read]) {
      expect((controller.reason as DOMException).name).toBe('AbortError');
      expect(controller.signal.reason).toBe(controller.reason);
    }
  });

  it('does nothing on a second abort', () => {
    const controller = link();
    let calls = 0;
    controller.signal.addEventListener('abort', () => calls++);
    controller.abort('first');
    controller.abort('second');
    expect([controller.reason, controller.signal.reason, calls]).toEqual(['first', 'first', 1]);
  });

  it('has aborted already under a parent that has, with its reason and without a listener', () => {
    const alive = new AbortController();
    const gone = AbortSignal.abort('gone');
    for (const child of [link(gone), link(alive.signal, gone), link(gone, alive.signal), link(null, gone, undefined)]) {
      expect([child.aborted, child.reason, child.signal.reason]).toEqual([true, 'gone', 'gone']);
    }
    expect(listeners(gone)).toBe(0);
    expect(listeners(alive.signal)).toBe(0);
  });

  it('takes the reason of the first in the list of several parents that have aborted', () => {
    expect(link(AbortSignal.abort('a'), AbortSignal.abort('b')).reason).toBe('a');
  });

  it('follows the same parent twice without harm', () => {
    const parent = new AbortController();
    const child = link(parent.signal, parent.signal);
    parent.abort('x');
    expect(child.reason).toBe('x');
    expect(listeners(parent.signal)).toBe(0);
  });

  it('stops following on unlink, in which it does not abort', () => {
    const parents = [new AbortController(), new AbortController()];
    const child = link(parents[0]!.signal, parents[1]!.signal);
    child.unlink();
    child.unlink();
    expect(parents.map((parent) => listeners(parent.signal))).toEqual([0, 0]);
    parents.forEach((parent) => parent.abort());
    expect(child.aborted).toBe(false);
    child.abort('by hand');
    expect(child.reason).toBe('by hand');
  });

  it('aborts and unlinks when disposed: an AbortError that says that the scope has exited', () => {
    for (const readBefore of [false, true]) {
      const parent = new AbortController();
      const child = link(parent.signal);
      if (readBefore) void child.signal;
      child[Symbol.dispose]();
      expect(listeners(parent.signal)).toBe(0);
      const reason = child.reason as DOMException;
      expect([child.aborted, reason.name, reason.message]).toEqual([true, 'AbortError', 'scope exited']);
      expect(child.signal.reason).toBe(reason);
      child[Symbol.dispose]();
      expect(child.reason).toBe(reason);
    }
  });

  it('keeps its reason when it is disposed after it has aborted', () => {
    const child = link();
    child.abort('done');
    child[Symbol.dispose]();
    expect(child.reason).toBe('done');
  });

  it('gives each scope that exits a reason of its own', () => {
    const [a, b] = [link(), link()];
    a[Symbol.dispose]();
    b[Symbol.dispose]();
    expect(a.reason).not.toBe(b.reason);
  });

  it('has one listener on a parent with 100,000 children, and tells them in the order in which they were linked', () => {
    const parent = new AbortController();
    const told: number[] = [];
    const children = Array.from({ length: 100_000 }, (_, index) => {
      const child = link(parent.signal);
      if (index % 1000 === 0) child.signal.addEventListener('abort', () => told.push(index));
      return child;
    });
    expect(listeners(parent.signal)).toBe(1);
    const reason = new Error('all');
    parent.abort(reason);
    expect(children.every((child) => child.reason === reason)).toBe(true);
    expect(told).toEqual(Array.from({ length: 100 }, (_, index) => index * 1000));
    expect(listeners(parent.signal)).toBe(0);
  });

  it('leaves no listener when the last child has gone, whatever the order of going', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 20 }), (picks) => {
        const parent = new AbortController();
        const children = picks.map(() => link(parent.signal));
        for (const pick of picks) {
          expect(listeners(parent.signal)).toBe(1);
          children.splice(pick % children.length, 1)[0]!.unlink();
        }
        expect(listeners(parent.signal)).toBe(0);
      }),
    );
  });

  it('leaves no listener after a loop of a million children', async () => {
    const parent = new AbortController();
    const comeAndGo = (): void => {
      for (let i = 0; i < 1_000_000; i++) link(parent.signal).unlink();
    };
    // What the engine makes room for stays.
    comeAndGo();
    const round = async (): Promise<void> => {
      comeAndGo();
      await Promise.resolve();
      expect(listeners(parent.signal)).toBe(0);
      for (let i = 0; i < 2_000; i++) {
        link(parent.signal)[Symbol.dispose]();
        await Promise.resolve();
        expect(listeners(parent.signal)).toBe(0);
      }
    };
    expect(await growth(2_000_000, round)).toBeLessThan(2_000_000);
    const last = link(parent.signal);
    parent.abort('still heard');
    expect(last.reason).toBe('still heard');
  });

  it('still hears the parent when it is linked in the middle of such a loop', async () => {
    const parent = new AbortController();
    for (let i = 0; i < 5_000; i++) link(parent.signal).unlink();
    const child = link(parent.signal);
    await Promise.resolve();
    expect(listeners(parent.signal)).toBe(1);
    parent.abort('x');
    expect(child.reason).toBe('x');
  });

  it('is held by no parent once it is unlinked, disposed or aborted, and by the parent until then', async () => {
    const parent = new AbortController();
    const make = (end: (child: LinkedController) => void): WeakRef<LinkedController> => {
      const child = link(parent.signal, new AbortController().signal, parent.signal);
      void child.signal;
      end(child);
      return new WeakRef(child);
    };
    const ended = [
      make((child) => child.unlink()),
      make((child) => child.abort()),
      make((child) => child[Symbol.dispose]()),
    ];
    const kept = make(() => {});
    await collect();
    expect(ended.map((ref) => ref.deref())).toEqual([undefined, undefined, undefined]);
    expect(kept.deref()).toBeDefined();
    parent.abort();
    await collect();
    expect(kept.deref()).toBeUndefined();
  });

  it('does not tell a child that was unlinked by one that was told before it', () => {
    const parent = new AbortController();
    const first = link(parent.signal);
    const second = link(parent.signal);
    first.signal.addEventListener('abort', () => second.unlink());
    parent.abort();
    expect([first.aborted, second.aborted]).toEqual([true, false]);
  });

  it('aborts a child at once that is linked while the parent aborts', () => {
    const parent = new AbortController();
    const late: LinkedController[] = [];
    onAbort(parent.signal, () => late.push(link(parent.signal)));
    parent.abort('now');
    expect(late[0]!.reason).toBe('now');
    expect(listeners(parent.signal)).toBe(0);
  });

  it('is aborted, and its whole tree, when abort of the root returns, also from within a callback', () => {
    const outer = new AbortController();
    const inner = new AbortController();
    const leaf = link(link(inner.signal).signal);
    let seen = false;
    onAbort(outer.signal, () => {
      inner.abort('deep');
      seen = leaf.aborted;
    });
    outer.abort();
    expect(seen).toBe(true);
  });

  it('aborts a chain of 100,000 links without using up the stack', () => {
    const root = new AbortController();
    let last = link(root.signal);
    for (let i = 1; i < 100_000; i++) last = link(last.signal);
    root.abort('all the way');
    expect(last.reason).toBe('all the way');
    // The next abort is as shallow as ever.
    const again = link(root.signal, new AbortController().signal);
    expect(again.reason).toBe('all the way');
  });

  it('aborts a chain of any depth also after an abort that failed before its followers were told', async () => {
    const error = new Error('no reason');
    const broken = new AbortController();
    onAbort(broken.signal, () => {});
    Object.defineProperty(broken.signal, 'reason', {
      get() {
        throw error;
      },
    });
    expect(await uncaught(() => broken.abort())).toEqual([error]);
    const root = new AbortController();
    let last = link(root.signal);
    for (let i = 1; i < 200; i++) last = link(last.signal);
    root.abort();
    expect(last.aborted).toBe(true);
  });

  it('reports what a listener of a child throws, and tells the others', async () => {
    const parent = new AbortController();
    const error = new Error('listener');
    const [first, second] = [link(parent.signal), link(parent.signal)];
    first.signal.addEventListener('abort', () => {
      throw error;
    });
    const errors = await uncaught(() => parent.abort());
    expect(errors).toEqual([error]);
    expect(second.aborted).toBe(true);
  });

  it('follows a never without holding anything', () => {
    const child = link(never);
    child.abort();
    expect(child.aborted).toBe(true);
  });

  it('lets a subclass have names of its own', () => {
    class Feed extends LinkedController {
      told = false;
      hub = 'news';
      follow(user: string): string {
        return `follows ${user}`;
      }
      unfollow = undefined;
      leave = undefined;
    }
    const parent = new AbortController();
    const feed = new Feed(parent.signal);
    expect(feed.follow('ada')).toBe('follows ada');
    parent.abort('stop');
    expect(feed.reason).toBe('stop');
    new Feed(link().signal).unlink();
    expect(listeners(parent.signal)).toBe(0);
  });

  it('names a parent that is no signal, and follows none', () => {
    const parent = new AbortController();
    for (const wrong of [
      5,
      'x',
      {},
      true,
      Symbol('s'),
      5n,
      () => {},
      [],
      { aborted: false },
      { aborted: 1, addEventListener() {} },
    ]) {
      expect(() => link(parent.signal, wrong as never)).toThrow(TypeError);
      expect(() => new LinkedController(wrong as never)).toThrow(/^parents must be an AbortSignal, got /);
    }
    expect(listeners(parent.signal)).toBe(0);
    expect(() => link('x' as never)).toThrow('parents must be an AbortSignal, got string x');
    expect(() => link({} as never)).toThrow('parents must be an AbortSignal, got object');
  });
});
