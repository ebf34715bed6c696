import { expect, test } from '@jest/globals';
import { type Actioner, interceptors, noopActioner, Queue } from './index.js';

const { signal } = new AbortController();

test('Test_Interceptors', () => {
  const calls: string[] = [];
  const named = (name: string) => ({ intercept: (action: Actioner) => (calls.push(name), action) });
  const result = interceptors(named('a'), named('b'), named('c'))?.intercept(noopActioner);
  expect(calls).toEqual(['a', 'b', 'c']);
  expect(result).toBe(noopActioner);
  expect(noopActioner.action(1, signal)).toBeUndefined();
});

test('Test_Interceptors_all_nil', () => {
  expect(interceptors(null, undefined, null)).toBeUndefined();
  expect(interceptors()).toBeUndefined();
});

test('Test_Interceptors_some_nil', () => {
  const calls: string[] = [];
  const named = (name: string) => (action: Actioner) => (calls.push(name), action);
  interceptors(null, named('a'), undefined, named('c'))?.(noopActioner);
  expect(calls).toEqual(['a', 'c']);
});

test('the first is applied first, so the last is the outermost; plain functions do for actioners', async () => {
  const around = (name: string) => (inner: Actioner<string, string>) => async (args: string, given: AbortSignal) =>
    `${name}(${await inner.action(args, given)})`;
  const action = interceptors<string, string>(around('a'), around('b'), around('c'))?.((args) => args);
  expect(await action?.action('x', signal)).toBe('c(b(a(x)))');
  const queue = new Queue(action as Actioner<string, string>);
  await queue.start();
  expect(await queue.submit('y')).toBe('c(b(a(y)))');
});

test('what is no interceptor is told, with its place', () => {
  expect(() => interceptors(null, {} as never)).toThrow('interceptors[1].intercept must be a function, got undefined');
  expect(() => interceptors((action) => action)?.(undefined as never)).toThrow(TypeError);
});
