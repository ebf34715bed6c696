import { expect, test } from '@jest/globals';
import { Errors } from './index.js';

test('Test_Errors_All', () => {
  const errors = new Errors();
  expect(errors.all()).toBeUndefined();
  errors.add(new Error('this is just a test 0'));
  errors.add(new Error('this is just a test 1'));
  const all = errors.all();
  expect(all).toBeInstanceOf(AggregateError);
  expect(all?.errors.map((error: Error) => error.message)).toEqual(['this is just a test 0', 'this is just a test 1']);
  expect(all?.message).toBe('this is just a test 0; this is just a test 1');
});

test('Test_Errors_First', () => {
  const errors = new Errors();
  expect(errors.first()).toBeUndefined();
  errors.add(new Error('this is just a test 0'));
  errors.add(new Error('this is just a test 1'));
  expect((errors.first() as Error).message).toBe('this is just a test 0');
});

test('reading takes nothing away, and undefined is kept like any value', () => {
  const errors = new Errors();
  const hostile = {
    get message(): string {
      throw new Error('never');
    },
  };
  const values = [undefined, null, 0, Symbol('s'), hostile, () => {}, { message: 1 }];
  for (const value of values) errors.add(value);
  for (let time = 0; time < 2; time++) {
    expect([errors.size, errors.first(), [...errors]]).toEqual([7, undefined, values]);
    expect(errors.all()?.errors).toEqual(values);
    expect(errors.all()?.message).toBe('undefined; null; 0; Symbol(s); an object; a function; an object');
  }
});
