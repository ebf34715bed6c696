// What the system does with a trace's writes: between any two of its calls the program may be killed, and a call need not write all.
import * as files from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { log, sequence, task } from '@x/proc';
import { live } from './test-support/deferred.js';

/** How many bytes a call writes at most. */
let most = Infinity;
/** Is called after each call that changes a file. */
let changed = (): void => {};
jest.unstable_mockModule('node:fs', () => ({
  ...files,
  writeSync(fd: number, data: Uint8Array | string, ...where: (number | null)[]) {
    const [offset = 0, length = 0, position = null] = where;
    const written =
      typeof data === 'string'
        ? files.writeSync(fd, data, offset)
        : files.writeSync(fd, data, offset, Math.min(most, length as number), position);
    changed();
    return written;
  },
  ftruncateSync(fd: number, length?: number) {
    files.ftruncateSync(fd, length);
    changed();
  },
}));
const { trace } = await import('@x/proc/node');

let folder: string;
let file: string;
beforeEach(() => {
  folder = files.mkdtempSync(join(files.realpathSync(tmpdir()), 'trace-'));
  file = join(folder, 'trace.json');
});
afterEach(() => {
  most = Infinity;
  changed = () => {};
  files.rmSync(folder, { recursive: true, force: true });
});

interface Event {
  ph: string;
  name: string;
}
const read = (): string[] =>
  (JSON.parse(files.readFileSync(file, 'utf8')) as Event[])
    .filter(({ ph }) => ph !== 'M')
    .map(({ ph, name }) => `${ph} ${name}`);
const work = sequence(
  task('first', (signal) => log(signal, 'é', '😀')),
  task('second', () => {}),
);
const EVENTS = ['B first', 'i é', 'E first', 'B second', 'E second'];

test.each([
  ['by its path', () => file],
  ['by a descriptor', () => files.openSync(file, 'w')],
  [
    'by a descriptor of what had something in it',
    () => (files.writeFileSync(file, '[1, 2, 3]'), files.openSync(file, 'r+')),
  ],
])('a file that is given %s is whole JSON after each call of the system', async (_how, open) => {
  const destination = open();
  const tracing = trace.start(destination);
  const states: string[][] = [];
  changed = () => void states.push(read());
  await work(live());
  await tracing.stop();
  if (typeof destination === 'number') files.closeSync(destination);
  expect(states.at(-1)).toEqual(EVENTS);
  // Each has what the one before it had.
  states.forEach((state) => expect(state).toEqual(EVENTS.slice(0, state.length)));
});

test.each([
  ['by its path', () => file],
  ['by a descriptor', () => files.openSync(file, 'w')],
  ['by a descriptor that appends', () => files.openSync(file, 'a')],
])('a file that is given %s misses nothing when the system writes less than it is told to', async (_how, open) => {
  most = 7;
  const destination = open();
  const tracing = trace.start(destination);
  await work(live());
  await tracing.stop();
  if (typeof destination === 'number') files.closeSync(destination);
  expect(read()).toEqual(EVENTS);
  expect(files.readFileSync(file, 'utf8')).toMatch(/\}\n\]\n$/);
});
