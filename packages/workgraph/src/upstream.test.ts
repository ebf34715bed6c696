// The tests and examples of go-workgraph, one for one.
import { describe, expect, test } from '@jest/globals';
import { newRequest, Once, onceFunc, SelfDependencyError, spawn, UnresolvedError, Worker } from './index.js';
import { failure, within } from './test-support/timing.js';

describe('go-workgraph', () => {
  test('TestHappyPath', async () => {
    const main = new Worker();
    const greeting = newRequest<string>(main);
    const greetee = newRequest<string>(main);
    spawn((w) => greeting.resolver.resolve(w, 'Hello'), {}, greeting.resolver);
    spawn(() => void spawn((w) => greetee.resolver.resolve(w, 'world'), {}, greetee.resolver), {}, greetee.resolver);
    expect(`${await within(greeting.promise.await(main))}, ${await within(greetee.promise.await(main))}!`).toBe(
      'Hello, world!',
    );
  });

  test('TestSelfDependencyDirect', async () => {
    const main = new Worker();
    const { resolver, promise } = newRequest<string>(main);
    const error = (await failure(promise.await(main))) as SelfDependencyError;
    expect(error).toBeInstanceOf(SelfDependencyError);
    expect(error.requestIds).toEqual([resolver.requestId]);
    expect(error.requestIds[0]).toBe(promise.requestId);
  });

  test('TestSelfDependencyIndirect', async () => {
    const main = new Worker();
    const one = newRequest<string>(main);
    const two = newRequest<string>(main);
    spawn(async (w) => one.resolver.resolve(w, await two.promise.await(w)), {}, one.resolver);
    spawn(async (w) => two.resolver.resolve(w, await one.promise.await(w)), {}, two.resolver);
    const error = (await failure(one.promise.await(main))) as SelfDependencyError;
    expect(error).toBeInstanceOf(SelfDependencyError);
    expect(error.requestIds).toHaveLength(2);
    expect(new Set(error.requestIds)).toEqual(new Set([one.resolver.requestId, two.resolver.requestId]));
  });

  test('TestUnresolved', async () => {
    const main = new Worker();
    const { resolver, promise } = newRequest<string>(main);
    spawn(() => {}, {}, resolver);
    const error = (await failure(promise.await(main))) as UnresolvedError;
    expect(error).toBeInstanceOf(UnresolvedError);
    expect(error.requestId).toBe(resolver.requestId);
  });

  test('TestOnce_happy', async () => {
    const once = new Once<string>();
    const results: string[] = [];
    const greet = async (worker: Worker): Promise<void> =>
      void results.push(await once.do(worker, () => 'Hello, world!'));
    await within(Promise.all([greet(new Worker()), greet(new Worker())]));
    expect(results).toEqual(['Hello, world!', 'Hello, world!']);
  });

  test('TestOnce_selfDependencyDirect', async () => {
    const once = new Once<string>();
    const error = (await failure(
      once.do(new Worker(), (w) =>
        once.do(w, () => {
          throw new Error('the inner function was called');
        }),
      ),
    )) as SelfDependencyError;
    expect(error).toBeInstanceOf(SelfDependencyError);
    expect(error.requestIds).toEqual([once.requestId]);
  });

  test('TestOnceFunc', async () => {
    let calls = 0;
    const expected = new Error('expected error');
    const result = onceFunc(() => {
      calls++;
      throw expected;
    });
    expect(await failure(result(new Worker()))).toBe(expected);
    expect(await failure(result(new Worker()))).toBe(expected);
    expect(calls).toBe(1);
  });

  test('TestOnceFunc_selfDependencyDirect', async () => {
    const result: (worker: Worker) => Promise<string> = onceFunc((w) => result(w));
    const error = (await failure(result(new Worker()))) as SelfDependencyError;
    expect(error).toBeInstanceOf(SelfDependencyError);
    expect(error.requestIds).toHaveLength(1);
  });

  test('ExampleOnceFunc', async () => {
    const greeting = onceFunc(() => 'Hello');
    const name = onceFunc(() => 'world');
    const message = onceFunc(async (w) => `${await greeting(w)}, ${await name(w)}!`);
    expect(await within(message(new Worker()))).toBe('Hello, world!');
  });

  test('ExampleErrSelfDependency', async () => {
    const a: (worker: Worker) => Promise<string> = onceFunc((w) => b(w));
    const b: (worker: Worker) => Promise<string> = onceFunc((w) => a(w));
    const error = (await failure(a(new Worker()))) as SelfDependencyError;
    expect(`self-dependency error involving ${error.requestIds.length} requests`).toBe(
      'self-dependency error involving 2 requests',
    );
  });
});
