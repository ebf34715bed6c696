import { expect, test } from '@jest/globals';
import { search } from './search.js';

const found = (paths: string[], query: string): string[] => search(paths, query).map(({ path }) => path);

test('what is called so comes first, then what begins so, then what has it in its name, then in its folders', () => {
  const paths = ['queue/a.ts', 'src/my-queue.ts', 'src/queue-item.ts', 'src/deep/queue.ts', 'src/queue.test.ts'];
  expect(found(paths, 'queue')).toEqual([
    'src/deep/queue.ts',
    'src/queue-item.ts',
    'src/queue.test.ts',
    'src/my-queue.ts',
    'queue/a.ts',
  ]);
});

test('the shorter of equals comes first', () => {
  expect(found(['long/folder/a.ts', 'x/a.ts', 'b/a.ts'], 'a')).toEqual(['b/a.ts', 'x/a.ts', 'long/folder/a.ts']);
});

test('every word has to be there, in any order, whatever the case', () => {
  const paths = ['packages/async/src/Queue.ts', 'packages/run/src/queue.ts'];
  expect(found(paths, 'QUEUE async')).toEqual(['packages/async/src/Queue.ts']);
  expect(found(paths, 'async nothing')).toEqual([]);
});

test('a whole path is found, first', () => {
  expect(found(['a/src/x.ts', 'src/x.ts'], 'src/x.ts')).toEqual(['src/x.ts', 'a/src/x.ts']);
});

test('nothing is found by nothing', () => {
  expect(found(['a.ts'], '')).toEqual([]);
  expect(found(['a.ts'], '   ')).toEqual([]);
});

test('it says where in the path the words are, those that touch as one', () => {
  expect(search(['src/queue.ts'], 'queue src')).toEqual([
    {
      path: 'src/queue.ts',
      ranges: [
        [0, 3],
        [4, 9],
      ],
    },
  ]);
  expect(search(['src/queue.ts'], 'que ueue')).toEqual([{ path: 'src/queue.ts', ranges: [[4, 9]] }]);
  // The name counts more than the folder.
  expect(search(['run/run.ts'], 'run')).toEqual([{ path: 'run/run.ts', ranges: [[4, 7]] }]);
});

test('it says so, too, where a letter has a longer one of lower case', () => {
  expect(search(['\u0130\u0130abc.ts'], 'ABC')).toEqual([{ path: '\u0130\u0130abc.ts', ranges: [[2, 5]] }]);
  expect(found(['\u0130\u0130abc.ts', 'i.ts'], '\u0130\u0130')).toEqual(['\u0130\u0130abc.ts']);
});

test('what a pattern would take for more is text', () => {
  expect(found(['a[b].ts', '.*', '<img src=x onerror=alert(1)>.ts'], '.*')).toEqual(['.*']);
  expect(found(['a[b].ts', '<img src=x onerror=alert(1)>.ts'], '<img')).toEqual(['<img src=x onerror=alert(1)>.ts']);
});
