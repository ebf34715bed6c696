import { never } from '@x/abort';
import { beforeEach, expect, jest, test } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { deadly, type Parsed } from './parse.js';

class Child extends EventEmitter {
  readonly kill = jest.fn<(signal: string) => boolean>();
}

let child: Child;
jest.unstable_mockModule('node:child_process', () => ({ fork: () => child }));
const { parseInChild } = await import('./parse-child.js');
const parsed: Parsed = { imports: [{ specifier: './b', kind: 'static', at: 7 }], fault: undefined };

beforeEach(() => {
  child = new Child();
});

test('what a process says of a file is heard, even after its end', async () => {
  const parsing = parseInChild('a.ts', never);
  child.emit('exit', 0, null);
  child.emit('message', parsed);
  child.emit('close', 0, null);
  expect(await parsing).toBe(parsed);
});

test('a process that is ended by what it parses is told from one that did not begin', async () => {
  for (const [code, signal, outcome] of [
    [null, 'SIGSEGV', deadly],
    [0xc0000005, null, deadly],
    [1, null, undefined],
    [0, null, undefined],
  ] as const) {
    child = new Child();
    const parsing = parseInChild('a.ts', never);
    child.emit('exit', code, signal);
    child.emit('close', code, signal);
    expect(await parsing).toBe(outcome);
  }
  child = new Child();
  const parsing = parseInChild('a.ts', never);
  child.emit('error', new Error('no process can be had'));
  expect(await parsing).toBeUndefined();
});

test('a process that nobody waits for any more is ended at once', async () => {
  const controller = new AbortController();
  const parsing = parseInChild('a.ts', controller.signal);
  controller.abort('enough');
  await expect(parsing).rejects.toBe('enough');
  expect(child.kill.mock.calls).toEqual([['SIGKILL']]);
});
