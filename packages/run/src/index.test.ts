import { expect, test } from '@jest/globals';
import * as main from './index.js';
import * as node from './node.js';

test('the names of the entries', () => {
  expect(Object.keys(main).sort()).toEqual(['GraceExceededError', 'Group', 'abortActor']);
  expect(Object.keys(node).sort()).toEqual(['serverActor', 'signalActor', 'streamActor']);
});
