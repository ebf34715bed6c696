import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { CloseTimeoutError, CycleError, Process, ProcessClosedError } from './index.js';

const closed = new ProcessClosedError('server');
const cycle = new CycleError([new Process({ name: 'a' })]);
const timeout = new CloseTimeoutError('server', 10, 'server\n  a child');

test.each([
  ['ProcessClosedError', 'ERR_PROCESS_CLOSED', closed],
  ['CycleError', 'ERR_PROCESS_CYCLE', cycle],
  ['CloseTimeoutError', 'ERR_CLOSE_TIMEOUT', timeout],
])('%s has a name and a code, which whoever prints or copies it sees', (name, code, error) => {
  expect([error.name, error.code, String(error).split(':')[0]]).toEqual([name, code, name]);
  expect(Object.keys(error)).not.toContain('name');
  expect({ ...error }).toMatchObject({ code });
  expect(inspect(error, { depth: 0 })).toContain(`code: '${code}'`);
});
