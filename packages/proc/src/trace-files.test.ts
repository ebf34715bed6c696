// What the system does with a trace's writes: between any two of its calls the program may be killed, and a call need not write all.
import * as files from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { log, sequence, task } from '@x/proc';
import { live } from './test-support/deferred.js';

/** How many bytes a call writes at most. */
let most = Infinity;
/** How many bytes the disk has for the file. */
let room = Infinity;
/** Whether what is written goes to the end of the file. */
let appends = false;
/** Is called after each call that changes a file. */
let changed = (): void => {};
jest.unstable_mockModule('node:fs', () => ({
  ...files,
  writeSync(fd: number, data: Uint8Array | string, ...where: (number | null)[]) {
    const [offset = 0, length = 0, position = null] = where;
    const left = room - (appends ? files.fstatSync(fd).size : (position ?? 0));
    if (left <= 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    const written =
      typeof data === 'string'
        ? files.writeSync(fd, data, offset)
        : files.writeSync(fd, data, offset, Math.min(most, left, length as number), position);
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
  most = room = Infinity;
  appends = false;
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

test('throws at once when the disk is full from the beginning', () => {
  room = 10;
  expect(() => trace.start(file)).toThrow('ENOSPC');
});

test.each([
  ['by its path', 'w', () => file],
  ['by a descriptor', 'w', () => files.openSync(file, 'w')],
  ['by a descriptor that appends', 'a', () => files.openSync(file, 'a')],
])('a file that is given %s is whole JSON after the disk was full, wherever that was', async (_how, flags, open) => {
  appends = flags === 'a';
  const trial = async (size: number): Promise<unknown> => {
    files.rmSync(file, { force: true });
    const destination = open();
    const tracing = trace.start(destination);
    room = size;
    await work(live());
    const written = read();
    expect(written).toEqual(EVENTS.slice(0, written.length));
    const outcome: unknown = await tracing.stop().catch((error: { code: string }) => error.code);
    if (typeof destination === 'number') files.closeSync(destination);
    room = Infinity;
    // Not what has waited then: that is written by a stop, or was lost.
    expect(EVENTS.slice(0, read().length)).toEqual(read());
    expect(read().length).toBeGreaterThanOrEqual(written.length);
    return outcome;
  };
  const tracing = trace.start(file);
  await tracing.stop();
  // There is room for what is there when it begins.
  const outcomes: unknown[] = [];
  for (let size = files.statSync(file).size; outcomes.at(-1) !== undefined || outcomes.length === 0; size++) {
    outcomes.push(await trial(size));
  }
  expect(outcomes.length).toBeGreaterThan(500);
  expect(new Set(outcomes)).toEqual(new Set(['ENOSPC', undefined]));
});
