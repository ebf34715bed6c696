import { expect, test } from '@jest/globals';
import { newRequest, RequestId, SelfDependencyError, UnresolvedError, Worker, WorkgraphUsageError } from './index.js';

const { requestId: id } = newRequest(new Worker(), { name: 'it' }).promise;
test.each([
  ['SelfDependencyError', 'ERR_SELF_DEPENDENCY', SelfDependencyError, new SelfDependencyError([id])],
  ['UnresolvedError', 'ERR_UNRESOLVED', UnresolvedError, new UnresolvedError(id, 'why')],
  ['WorkgraphUsageError', 'ERR_WORKGRAPH_USAGE', WorkgraphUsageError, new WorkgraphUsageError('what')],
])('%s has a name, a code, and is known across copies', (name, code, errorClass, error) => {
  expect(error).toBeInstanceOf(Error);
  expect(error).toBeInstanceOf(errorClass);
  expect(error.name).toBe(name);
  expect(Object.keys(error)).not.toContain('name');
  expect(Object.getOwnPropertyDescriptor(errorClass.prototype, 'name')).toEqual({
    value: name,
    configurable: true,
    enumerable: false,
    writable: true,
  });
  expect(error.code).toBe(code);
  expect(error.stack).toMatch(new RegExp(`^${name}: `));
  const copy = Object.assign(new Error('copy'), { [Symbol.for(`@x/workgraph/${name}`)]: true });
  expect(copy).toBeInstanceOf(errorClass);
  for (const other of [undefined, null, 5, {}, new Error(name)]) expect(other).not.toBeInstanceOf(errorClass);
  class Sub extends (errorClass as new (...args: unknown[]) => Error) {}
  expect(error).not.toBeInstanceOf(Sub);
  expect(Object.create(Sub.prototype)).toBeInstanceOf(Sub);
  expect(Object.create(Sub.prototype)).toBeInstanceOf(errorClass);
});

test('errors of one kind are not of another', () => {
  expect(new UnresolvedError(id, 'why')).not.toBeInstanceOf(SelfDependencyError);
  expect(newRequest(new Worker()).promise.requestId).toBeInstanceOf(RequestId);
});
