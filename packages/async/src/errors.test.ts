import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { CannotCancelError, CannotStartError, CannotStopError, DiscardedError, LatchTransitionError } from './index.js';

const classes = [
  [CannotStartError, 'CannotStartError', 'ERR_CANNOT_START'],
  [CannotStopError, 'CannotStopError', 'ERR_CANNOT_STOP'],
  [CannotCancelError, 'CannotCancelError', 'ERR_CANNOT_CANCEL'],
  [LatchTransitionError, 'LatchTransitionError', 'ERR_LATCH_TRANSITION'],
  [DiscardedError, 'DiscardedError', 'ERR_DISCARDED'],
] as const;

test.each(classes)('%p has a name, a code and a message', (Class, name, code) => {
  const error = new Class('what happened', []);
  expect([error.name, error.code, error.message, String(error)]).toEqual([
    name,
    code,
    'what happened',
    `${name}: what happened`,
  ]);
  expect(error instanceof Error && error instanceof Class).toBe(true);
  expect(inspect(error)).toContain(`${name}: what happened`);
  // Whoever prints or copies it sees the code.
  expect({ ...error }).toMatchObject({ code });
  expect(inspect(error)).toContain(`code: '${code}'`);
  expect(classes.filter(([other]) => error instanceof other)).toHaveLength(1);
});

test('instanceof holds across copies of the package, and knows nothing else', () => {
  const foreign = { [Symbol.for('@x/async/CannotStopError')]: true };
  expect(foreign instanceof CannotStopError).toBe(true);
  for (const other of [{}, null, undefined, 1, Symbol()])
    expect((other as object) instanceof CannotStopError).toBe(false);
});

test("a subclass of a user's knows its own", () => {
  class Mine extends CannotStopError {}
  expect(new Mine('') instanceof Mine && new Mine('') instanceof CannotStopError).toBe(true);
  expect(new CannotStopError('') instanceof Mine).toBe(false);
});

test('a DiscardedError has the items', () => {
  const error: DiscardedError = new DiscardedError('not run', [1]);
  expect([error.items, error.code]).toEqual([[1], 'ERR_DISCARDED']);
  expect('items' in new CannotStopError('')).toBe(false);
});
