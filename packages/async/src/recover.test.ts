import { expect, test } from '@jest/globals';
import { Errors, recover, recoverGroup, SignalGroup } from './index.js';

test('Test_Recover', async () => {
  const errors = new Errors();
  await recover(async () => Promise.reject(new Error('test')), errors);
  expect(errors.first()).toMatchObject({ message: 'test' });
  const thrown = new Errors();
  void recover(() => {
    throw 'test';
  }, thrown);
  expect(thrown.first()).toBe('test');
});

test('what goes well adds nothing', async () => {
  const errors = new Errors();
  await recover(() => 1, errors);
  await recoverGroup(() => 1, errors);
  await recoverGroup(() => 1, errors, null);
  expect(errors.size).toBe(0);
});

test('recoverGroup adds the error before it counts as done', async () => {
  const errors = new Errors();
  const group = new SignalGroup();
  group.add(2);
  void recoverGroup(() => Promise.reject('a'), errors, group);
  void recoverGroup(() => Promise.reject('b'), errors, { done: () => (expect(errors.size).toBe(2), group.done()) });
  await group.wait();
  expect([...errors]).toEqual(['a', 'b']);
});

test('bad arguments are told', async () => {
  await expect(recover(1 as never, new Errors())).rejects.toThrow('fn must be a function, got 1');
  await expect(recover(() => {}, undefined as never)).rejects.toThrow(TypeError);
  await expect(recoverGroup(() => {}, new Errors(), {} as never)).rejects.toThrow(
    'group must be an object with done()',
  );
});

test('errors that cannot be added reject, and the group counts all the same', async () => {
  const group = new SignalGroup();
  group.add(1);
  const full = {
    add: () => {
      throw 'full';
    },
  };
  await expect(recoverGroup(() => Promise.reject('a'), full, group)).rejects.toBe('full');
  await group.wait();
  group.add(1);
  await expect(recoverGroup(1 as never, full, group)).rejects.toThrow(TypeError);
  expect(() => group.add(-1)).not.toThrow();
});
