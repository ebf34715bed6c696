import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { concurrent, concurrentGroup, MultiError, TaskError } from '@x/proc';

describe('MultiError', () => {
  test('has its name, its code, its members, and their messages', () => {
    const error = new MultiError([new Error('a'), 'b', undefined]);
    expect(error).toMatchObject({ name: 'MultiError', code: 'ERR_MULTI' });
    expect(error.errors.slice(1)).toEqual(['b', undefined]);
    expect(error.message).toBe('3 errors:\n- a\n- b\n- undefined');
    expect(error).toBeInstanceOf(AggregateError);
    expect(String(error.stack)).toContain('MultiError');
  });

  test('is flat, however deep the MultiErrors in it are', () => {
    const deep = new MultiError([new MultiError([new MultiError([1, 2]), 3]), 4]);
    expect(deep.errors).toEqual([1, 2, 3, 4]);
  });

  test('says what it can of members that have no message', () => {
    const hostile = {
      get message(): never {
        throw new Error('no');
      },
    };
    const bare = Object.create(null) as object;
    const error = new MultiError([Symbol('s'), null, hostile, bare, new Error('')]);
    expect(error.message).toBe('5 errors:\n- Symbol(s)\n- null\n- an object\n- an object\n- Error');
  });

  test('has members that throw whatever is asked of them, and so have those who throw them', async () => {
    const closed = new Proxy(new Error('closed'), {
      get() {
        throw new Error('trap');
      },
    });
    const unlisted = Object.defineProperty(new MultiError([1, 2]), 'errors', {
      get() {
        throw new Error('unlisted');
      },
    });
    expect(
      new MultiError([closed, unlisted]).errors.map((error) => [closed, unlisted].indexOf(error as Error)),
    ).toEqual([0, 1]);
    for (const combine of [concurrent, concurrentGroup]) {
      const both = combine(
        () => Promise.reject(closed),
        () => Promise.reject(unlisted),
      );
      const { errors } = (await Promise.resolve(both(new AbortController().signal)).catch(
        (error: unknown) => error,
      )) as MultiError;
      expect([errors.length, errors[0] === closed, errors[1] === unlisted]).toEqual([2, true, true]);
    }
  });
});

describe('TaskError', () => {
  test('has its name, its code, the type of the task, and what was thrown', () => {
    const cause = new Error('inside');
    const error = new TaskError('load', cause);
    expect(error).toMatchObject({ name: 'TaskError', code: 'ERR_TASK', taskType: 'load', message: 'load: inside' });
    expect(error.cause).toBe(cause);
    expect('cause' in new TaskError('load', undefined)).toBe(true);
  });
});

test.each([
  ['ERR_MULTI', new MultiError([1, 2])],
  ['ERR_TASK', new TaskError('load', 1)],
])('%s is seen by whoever prints or copies an error', (code, error) => {
  expect({ ...error }).toMatchObject({ code });
  expect(inspect(error)).toContain(`code: '${code}'`);
});

describe.each([
  ['MultiError', MultiError],
  ['TaskError', TaskError],
])('instanceof %s', (name, type) => {
  test('knows the instances of another copy by a registered symbol', () => {
    expect(Object.create({ [Symbol.for(`@x/proc/${name}`)]: true }) instanceof type).toBe(true);
  });

  test.each([[new Error('x')], [{}], [null], [undefined], ['x'], [Symbol('x')]])(
    'does not take %p for one',
    (value) => {
      expect((value as object) instanceof type).toBe(false);
    },
  );

  test('of a subclass does not take instances of its base for its own', () => {
    class Own extends (type as typeof TaskError) {}
    expect(new TaskError('x', 1) instanceof Own).toBe(false);
    expect(new Own('x', []) instanceof Own).toBe(true);
    expect(new Own('x', []) instanceof type).toBe(true);
  });
});
