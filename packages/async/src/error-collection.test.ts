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

test('the message of one without a message is that of its members, or its name', () => {
  class Unnamed extends Error {
    override readonly name = '';
  }
  const errors = new Errors();
  const inner = new AggregateError([new RangeError(), new Error('inside')]);
  const round = new AggregateError([new Error('first')]);
  round.errors.push(round);
  for (const error of [new TypeError(), inner, new AggregateError([]), round, new Unnamed(), { message: '' }])
    errors.add(error);
  expect(errors.all()?.message).toBe(
    'TypeError; RangeError; inside; AggregateError; first; AggregateError; an object; an object',
  );
  // However often something is a member of its own members, it is gone through once.
  for (let depth = 0, member = inner; depth < 100; depth++) errors.add((member = new AggregateError([member, member])));
  expect(errors.all()?.message.length).toBeLessThan(10_000);
});
