import { createHook } from 'node:async_hooks';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { concurrent, log, sequence, subscribe, task, traceRegion, type Proc, type Span } from '@x/proc';
import { trace } from '@x/proc/node';
import { deferred, failWith, live, microtasks, thrownBy } from './test-support/deferred.js';
import { Program, programs, type Programs } from './test-support/program.js';
import { uncaught } from '../../../test/test-support/uncaught.js';

/** Not that of fake timers. */
const { setImmediate: nextTurn } = globalThis;

/** A file that is always full, on the systems that have one. */
const FULL = '/dev/full';
const onFull = existsSync(FULL) ? test : test.skip;

interface TraceEvent {
  ph: 'M' | 'B' | 'E' | 'i';
  pid: number;
  tid: number;
  ts: number;
  name: string;
  cat: string;
  args: Record<string, unknown>;
}

interface Slice {
  name: string;
  lane: number;
  start: number;
  end: number | undefined;
  args: Record<string, unknown>;
  inside: Slice | undefined;
}

/** Reads a trace as the viewers do: a missing end does not matter to them. */
function load(file: string): { slices: Slice[]; open: Slice[]; instants: TraceEvent[] } {
  let events: TraceEvent[];
  const content = readFileSync(file, 'utf8');
  try {
    events = JSON.parse(content) as TraceEvent[];
  } catch {
    events = JSON.parse(`${content.replace(/,?\s*$/, '')}]`) as TraceEvent[];
  }
  const stacks = new Map<number, Slice[]>();
  const slices: Slice[] = [];
  let last = 0;
  for (const event of events.filter(({ ph }) => ph === 'B' || ph === 'E')) {
    const stack = stacks.get(event.tid) ?? [];
    stacks.set(event.tid, stack);
    expect(event.ts).toBeGreaterThanOrEqual(last);
    last = event.ts;
    if (event.ph === 'B') {
      const slice = {
        name: event.name,
        lane: event.tid,
        start: event.ts,
        end: undefined,
        args: event.args,
        inside: stack.at(-1),
      };
      stack.push(slice);
      slices.push(slice);
    } else {
      const slice = stack.pop() as Slice;
      slice.end = event.ts;
      slice.args = { ...slice.args, ...event.args };
    }
  }
  return { slices, open: [...stacks.values()].flat(), instants: events.filter(({ ph }) => ph === 'i') };
}

describe('trace.start', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(realpathSync(tmpdir()), 'trace-'));
    file = join(folder, 'trace.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('writes tasks, regions and logs as Chrome trace events, which nest right', async () => {
    const tracing = trace.start(file);
    await task(
      'root',
      sequence(
        traceRegion('region', () => microtasks()),
        concurrent(
          task('a', (signal) => log(signal, 'status', '200 "quoted" é 😀')),
          task('b', () => microtasks()),
        ),
        task('c', () => {}),
      ),
    )(live());
    await tracing.stop();
    const { slices, open, instants } = load(file);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toBeInstanceOf(Array);
    expect(open).toEqual([]);
    expect(slices.map(({ name, inside }) => [name, inside?.name])).toEqual([
      ['root', undefined],
      ['region', 'root'],
      ['a', 'root'],
      ['b', undefined],
      ['c', 'root'],
    ]);
    const [root, , a, b] = slices as [Slice, Slice, Slice, Slice];
    expect(b.args['parent']).toBe(root.args['id']);
    expect(b.lane).not.toBe(root.lane);
    expect(instants).toMatchObject([{ name: 'status', tid: a.lane, args: { message: '200 "quoted" é 😀' } }]);
    expect(slices.every(({ start, end }) => end !== undefined && end >= start)).toBe(true);
    expect(root.args).toEqual({ id: expect.any(Number), outcome: 'done' });
  });

  test('times are those of the task, in microseconds, to the nanosecond', async () => {
    const spans: Span[] = [];
    const subscription = subscribe({ end: (span) => void spans.push(span) });
    const tracing = trace.start(file);
    for (let count = 0; count < 20; count++) await task('x', () => microtasks())(live());
    await tracing.stop();
    subscription[Symbol.dispose ?? (Symbol.for('Symbol.dispose') as never)]();
    const micros = (ms: number): string => (ms * 1_000).toFixed(3);
    const times = [...readFileSync(file, 'utf8').matchAll(/"ph":"[BE]".*?"ts":([^,]*),/g)].map(([, time]) => time);
    expect(times).toHaveLength(40);
    times.forEach((time, index) => {
      const span = spans[index >> 1] as Span;
      expect(time).toMatch(/^\d+\.\d{3}$/);
      expect(Number(time)).toBeCloseTo(Number(micros((index % 2 ? span.endTime : span.startTime) as number)), 2);
    });
  });

  test('an event is written by the next turn of the event loop, or when the program exits', async () => {
    const exits = process.listenerCount('exit');
    const tracing = trace.start(file);
    const logged = (): number => load(file).instants.length;
    for (let count = 1; count <= 3; count++) {
      log(live(), 'count', String(count));
      await new Promise((resolve) => setImmediate(resolve));
      expect(logged()).toBe(count);
    }
    log(live(), 'count', 'last');
    expect(process.listenerCount('exit')).toBe(exits + 1);
    (process.listeners('exit').at(-1) as () => void)();
    expect(logged()).toBe(4);
    await tracing.stop();
    expect(process.listenerCount('exit')).toBe(exits);
  });

  test('however many traces there are, they have one listener for the exit of the program, which writes what waits in each', async () => {
    const exits = process.listenerCount('exit');
    const files = Array.from({ length: 11 }, (_, index) => join(folder, `${index}.json`));
    const all = files.map((each) => trace.start(each));
    expect(process.listenerCount('exit')).toBe(exits + 1);
    log(live(), 'count', 'last');
    (process.listeners('exit').at(-1) as () => void)();
    expect(files.map((each) => load(each).instants.length)).toEqual(files.map(() => 1));
    await all.pop()?.stop();
    expect(process.listenerCount('exit')).toBe(exits + 1);
    for (const each of all) await each.stop();
    expect(process.listenerCount('exit')).toBe(exits);
  });

  test('finishes and closes the file that it has opened', async () => {
    // Where the system says which files are open.
    const descriptors = existsSync('/proc/self/fd') ? '/proc/self/fd' : folder;
    const open = (): string[] =>
      readdirSync(descriptors).filter((fd) => {
        try {
          return readlinkSync(join(descriptors, fd)) === file;
        } catch {
          return false;
        }
      });
    const tracing = trace.start(file);
    if (descriptors !== folder) expect(open()).toHaveLength(1);
    expect(tracing[Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as never)]()).toBe(tracing.stop());
    await tracing.stop();
    expect(open()).toEqual([]);
    expect(readFileSync(file, 'utf8')).toMatch(/\}\n\]\n$/);
  });

  test('says how tasks have failed', async () => {
    const tracing = trace.start(file);
    await thrownBy(task('x', failWith(new Error('broken\n"really"')))(live()));
    log(live(), 'of', 'nobody');
    await tracing.stop();
    const { slices, instants } = load(file);
    expect(slices[0]?.args).toMatchObject({ outcome: 'failed', error: 'broken\n"really"' });
    expect(instants).toMatchObject([{ tid: 0, name: 'of' }]);
  });

  test('an empty lane is used again', async () => {
    const tracing = trace.start(file);
    const both = concurrent(
      task('a', () => microtasks()),
      task('b', () => microtasks()),
    );
    await sequence(both, both)(live());
    await tracing.stop();
    expect(load(file).slices.map(({ lane }) => lane)).toEqual([1, 2, 1, 2]);
  });

  /** On which lane each slice has to be, in the order in which they begin, by a look at all lanes each time. */
  function lanesInPlain(): { lanes: number[]; subscription: Disposable } {
    const lanes: number[] = [];
    const stacks: Span[][] = [];
    const begin = (span: Span, goesOn?: boolean): void => {
      let lane = stacks.findIndex((stack) => !goesOn && stack.length > 0 && stack.at(-1)?.id === span.parentId);
      if (lane === -1) lane = stacks.findIndex((stack) => stack.length === 0);
      if (lane === -1) lane = stacks.push([]) - 1;
      stacks[lane]?.push(span);
      // Lane 0 is for what belongs to no task.
      lanes.push(lane + 1);
    };
    const end = (span: Span): void => {
      const stack = stacks.find((each) => each.includes(span)) as Span[];
      const [, ...above] = stack.splice(stack.indexOf(span));
      for (const each of above) begin(each, true);
    };
    return { lanes, subscription: subscribe({ start: (span) => begin(span), end }) };
  }

  test('the lowest empty lane is the one that is used, whatever begins and ends, and where it belongs', async () => {
    const command = fc.record({ begins: fc.boolean(), which: fc.nat({ max: 20 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60, size: 'max' }), async (commands) => {
        const tracing = trace.start(file);
        const { lanes, subscription } = lanesInPlain();
        const signals = [live()];
        const working: { end: () => void; ended: void | PromiseLike<void> }[] = [];
        for (const { begins, which } of commands) {
          if (begins) {
            const work = deferred();
            const proc = task('x', (signal) => (signals.push(signal), work.promise));
            working.push({ end: work.resolve, ended: proc(signals[which % signals.length] as AbortSignal) });
          } else {
            for (const { end, ended } of working.splice(which % (working.length + 1), 1)) await (end(), ended);
          }
        }
        for (const { end, ended } of working) await (end(), ended);
        subscription[Symbol.dispose ?? (Symbol.for('Symbol.dispose') as never)]();
        await tracing.stop();
        const { slices, open } = load(file);
        expect(slices.map(({ lane }) => lane)).toEqual(lanes);
        expect(open).toEqual([]);
      }),
    );
  });

  test('what outlives its parent goes on as a slice of its own', async () => {
    const tracing = trace.start(file);
    const work = deferred();
    let left: Promise<void> | undefined;
    const leaving: Proc = (signal) => {
      left = Promise.resolve(task('left behind', () => work.promise)(signal));
    };
    await task('root', leaving)(live());
    work.resolve();
    await left;
    await tracing.stop();
    const { slices, open } = load(file);
    expect(open).toEqual([]);
    expect(slices.map(({ name, args }) => [name, args['outcome']])).toEqual([
      ['root', 'done'],
      ['left behind', 'goes on'],
      ['left behind', 'done'],
    ]);
    expect(slices[2]).toMatchObject({ args: { continued: true }, inside: undefined });
  });

  test('of what outlives its parent the innermost is closed first', async () => {
    const tracing = trace.start(file);
    const work = deferred();
    let left: Promise<void> | undefined;
    const leaving: Proc = (signal) => {
      left = Promise.resolve(
        task(
          'outer',
          task('inner', () => work.promise),
        )(signal),
      );
    };
    await task('root', leaving)(live());
    const ends = (JSON.parse(readFileSync(file, 'utf8')) as TraceEvent[]).filter(({ ph }) => ph === 'E');
    expect(ends.map(({ name }) => name)).toEqual(['inner', 'outer', 'root']);
    work.resolve();
    await left;
    await tracing.stop();
    expect(load(file).open).toEqual([]);
  });

  test('of a chain of which each outlives the one before, each moves once', async () => {
    const tracing = trace.start(file);
    const works = Array.from({ length: 50 }, () => deferred());
    const tasks: (void | PromiseLike<void>)[] = [];
    const chain = (index: number): Proc =>
      task('x', (signal) => {
        if (index + 1 < works.length) tasks[index + 1] = chain(index + 1)(signal);
        return works[index]?.promise;
      });
    tasks[0] = chain(0)(live());
    for (const [index, { resolve }] of works.entries()) await (resolve(), tasks[index]);
    await tracing.stop();
    const { slices, open } = load(file);
    expect([slices.length, open]).toEqual([2 * works.length - 1, []]);
  });

  test('what ends in the middle of its lane closes what is above it, and leaves open what is below', async () => {
    const tracing = trace.start(file);
    const work = deferred();
    let left: Promise<void> | undefined;
    const leaving: Proc = (signal) => {
      left = Promise.resolve(task('inner', () => work.promise)(signal));
    };
    const closed = (): string[] =>
      (JSON.parse(readFileSync(file, 'utf8')) as TraceEvent[])
        .filter(({ ph }) => ph === 'E')
        .map(({ name, args }) => `${name} ${String(args['outcome'])}`);
    await task(
      'root',
      sequence(task('outer', leaving), async () => {
        await new Promise((resolve) => setImmediate(resolve));
        expect(closed()).toEqual(['inner goes on', 'outer done']);
        work.resolve();
        await left;
      }),
    )(live());
    await tracing.stop();
    expect(closed()).toEqual(['inner goes on', 'outer done', 'inner done', 'root done']);
    const { slices, open } = load(file);
    expect(open).toEqual([]);
    expect(slices.map(({ name, inside, lane }) => [name, inside?.name, lane])).toEqual([
      ['root', undefined, 1],
      ['outer', 'root', 1],
      ['inner', 'outer', 1],
      ['inner', undefined, 2],
    ]);
  });

  test('the file is whole JSON at any time, and misses at most the last event', async () => {
    const tracing = trace.start(file);
    const read = (): string[] =>
      (JSON.parse(readFileSync(file, 'utf8')) as TraceEvent[]).filter(({ ph }) => ph !== 'M').map(({ ph }) => ph);
    await task('x', (signal) => {
      const written: string[] = [];
      for (let count = 0; count < 5; count++) {
        log(signal, 'count', String(count));
        written.push('i');
        expect(read().length).toBeGreaterThanOrEqual(written.length);
      }
    })(live());
    await new Promise((resolve) => setImmediate(resolve));
    expect(read()).toHaveLength(7);
    await tracing.stop();
    expect(read()).toHaveLength(7);
  });

  test('stops once, whoever asks; what comes after is not written', async () => {
    const tracing = trace.start(pathToFileURL(file));
    expect(tracing.stop()).toBe(tracing.stop());
    await tracing[Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as never)]();
    const before = readFileSync(file, 'utf8');
    await task('x', () => {})(live());
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(process.listeners('exit').filter(({ name }) => name.includes('flush'))).toEqual([]);
  });

  test('empties a file that exists; two traces do not disturb each other', async () => {
    writeFileSync(file, 'x'.repeat(10_000));
    const other = join(folder, 'other.json');
    const [first, second] = [trace.start(file), trace.start(other)];
    await task('x', () => {})(live());
    await first.stop();
    await task('y', () => {})(live());
    await second.stop();
    expect(load(file).slices.map(({ name }) => name)).toEqual(['x']);
    expect(load(other).slices.map(({ name }) => name)).toEqual(['x', 'y']);
  });

  test('writes to a descriptor, and leaves it open', async () => {
    const fd = openSync(file, 'w');
    const tracing = trace.start(fd);
    await task('x', () => {})(live());
    await tracing.stop();
    closeSync(fd);
    expect(load(file).slices).toHaveLength(1);
  });

  test('empties the file of a descriptor, wherever it has been written to before', async () => {
    for (const flags of ['w', 'a', 'r+']) {
      writeFileSync(file, 'something else, which is longer than the trace. '.repeat(50));
      const fd = openSync(file, flags);
      if (flags === 'w') writeSync(fd, 'something else');
      const tracing = trace.start(fd);
      await task('x', () => {})(live());
      expect(JSON.parse(readFileSync(file, 'utf8'))).toBeInstanceOf(Array);
      await tracing.stop();
      closeSync(fd);
      expect(load(file).slices.map(({ name }) => name)).toEqual(['x']);
    }
  });

  test('writes to what is no regular file, too', async () => {
    const fd = openSync('/dev/null', 'w');
    const tracing = trace.start(fd);
    await task('x', () => {})(live());
    await tracing.stop();
    closeSync(fd);
  });

  test('writes the events to a pipe one after the other', async () => {
    execFileSync('mkfifo', [file]);
    // For both: it is open at once, and nobody waits for what is not there.
    const fd = openSync(file, 'r+');
    const tracing = trace.start(fd);
    await sequence(
      task('x', () => {}),
      task('y', (signal) => log(signal, 'in', 'y')),
    )(live());
    await tracing.stop();
    const content = Buffer.alloc(65_536);
    const length = readSync(fd, content);
    closeSync(fd);
    const events = JSON.parse(content.toString('utf8', 0, length)) as TraceEvent[];
    expect(events.filter(({ ph }) => ph !== 'M').map(({ ph, name }) => ph + name)).toEqual([
      'Bx',
      'Ex',
      'By',
      'iin',
      'Ey',
    ]);
  });

  describe('to a pipe that does not block', () => {
    let fd: number;
    beforeEach(() => {
      execFileSync('mkfifo', [file]);
      fd = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
      jest.useFakeTimers();
    });
    afterEach(() => {
      jest.useRealTimers();
      closeSync(fd);
    });
    /** All that is in it. */
    const read = (): string => {
      const content = Buffer.alloc(1_000_000);
      let length = 0;
      try {
        for (;;) length += readSync(fd, content, length, content.length - length, null);
      } catch (error) {
        expect(error).toHaveProperty('code', 'EAGAIN');
      }
      return content.toString('latin1', 0, length);
    };
    const messages = (content: string): unknown[] =>
      (JSON.parse(content) as TraceEvent[]).filter(({ ph }) => ph === 'i').map(({ args }) => args['message']);
    const long = 'x'.repeat(10_000);
    /** More than it takes, and that many messages. */
    const fill = (from: number): string[] => {
      const logged = Array.from({ length: 25 }, (_, index) => `${from + index} ${long}`);
      for (const each of logged) log(live(), 'long', each);
      return logged;
    };

    test('what it does not take is written before what comes next, and stop waits for it', async () => {
      const tracing = trace.start(fd);
      const logged = fill(0);
      let content = read();
      logged.push(...fill(25));
      content += read();
      let settled = false;
      const stopping = tracing.stop().then(() => void (settled = true));
      for (let most = 0; most < 20 && !settled; most++) {
        // It waits by a timer, and is not busy meanwhile.
        expect(jest.getTimerCount()).toBe(1);
        await jest.advanceTimersByTimeAsync(10);
        if (most > 2) content += read();
      }
      await stopping;
      expect(messages(content + read())).toEqual(logged);
      expect(jest.getTimerCount()).toBe(0);
    });

    test('what it has not taken is offered again when the program exits', async () => {
      const tracing = trace.start(fd);
      const logged = fill(0);
      // Nothing waits but what it has not taken.
      await new Promise((resolve) => nextTurn(resolve));
      let content = read();
      for (let times = 0; times < 5; times++) {
        (process.listeners('exit').at(-1) as () => void)();
        content += read();
      }
      expect(messages(`${content}]`)).toEqual(logged);
      await tracing.stop();
    });

    test('stop rejects when nobody can read any more what it has not taken', async () => {
      const other = join(folder, 'other');
      execFileSync('mkfifo', [other]);
      const reader = openSync(other, constants.O_RDONLY | constants.O_NONBLOCK);
      const writer = openSync(other, constants.O_WRONLY | constants.O_NONBLOCK);
      const tracing = trace.start(writer);
      fill(0);
      const stopping = thrownBy(tracing.stop());
      closeSync(reader);
      await jest.advanceTimersByTimeAsync(10);
      expect(await stopping).toHaveProperty('code', 'EPIPE');
      closeSync(writer);
    });
  });

  test('at most one event waits: the next one is written with it', async () => {
    const stream = new PassThrough();
    const tracing = trace.start(stream);
    const written = (): number => (stream.read() as Buffer | null)?.toString().match(/"ph"/g)?.length ?? 0;
    expect(written()).toBe(1);
    const signal = live();
    const counts: number[] = [];
    for (let count = 0; count < 6; count++) {
      log(signal, 'count', String(count));
      counts.push(written());
    }
    expect(counts).toEqual([0, 2, 0, 2, 0, 2]);
    await tracing.stop();
  });

  test('asks for the next turn of the event loop once a turn, however much comes', async () => {
    const tracing = trace.start(file);
    const signal = live();
    for (let turn = 0; turn < 2; turn++) {
      let immediates = 0;
      const hook = createHook({ init: (_id, type) => void (type === 'Immediate' && immediates++) });
      hook.enable();
      for (let count = 0; count < 7; count++) log(signal, 'count', String(count));
      hook.disable();
      expect(immediates).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await tracing.stop();
    expect(load(file).instants).toHaveLength(14);
  });

  test('writes to a stream, and does not end it', async () => {
    const stream = new PassThrough();
    const tracing = trace.start(stream);
    await task('x', () => {})(live());
    await tracing.stop();
    expect(stream.writableEnded).toBe(false);
    expect(stream.listenerCount('error')).toBe(0);
    stream.end();
    expect(JSON.parse(await text(stream))).toHaveLength(4);
  });

  test('what goes wrong with a stream disturbs no task; stop rejects with it', async () => {
    const failure = new Error('full');
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(failure) });
    const tracing = trace.start(stream);
    await task('x', () => {})(live());
    expect(await thrownBy(tracing.stop())).toBe(failure);
  });

  test('stop rejects with what a stream has failed with in the meantime', async () => {
    const failure = new Error('in the meantime');
    const stream = new PassThrough();
    const tracing = trace.start(stream);
    stream.emit('error', failure);
    stream.emit('error', new Error('later'));
    expect(await thrownBy(tracing.stop())).toBe(failure);
  });

  test('leaves nothing on a stream that throws, at the start or in the end', async () => {
    const failure = new Error('thrown');
    const stream = new PassThrough();
    const { write } = stream;
    stream.write = () => {
      throw failure;
    };
    expect(() => trace.start(stream)).toThrow(failure);
    expect(stream.listenerCount('error')).toBe(0);
    stream.write = write;
    const tracing = trace.start(stream);
    stream.write = () => {
      throw failure;
    };
    expect(await thrownBy(tracing.stop())).toBe(failure);
    expect(stream.listenerCount('error')).toBe(0);
  });

  onFull('leaves no file open that cannot be written', () => {
    const open = (): string => readdirSync('/proc/self/fd').join(' ');
    const before = open();
    expect(() => trace.start(FULL)).toThrow('ENOSPC');
    expect(open()).toBe(before);
  });

  test('stop rejects with what a stream of Node has thrown in the middle, and which calls back no more', async () => {
    const failure = new Error('thrown');
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        if (String(chunk).includes('"x"')) throw failure;
        done();
      },
    });
    const tracing = trace.start(stream);
    await task('x', () => {})(live());
    await new Promise((resolve) => setImmediate(resolve));
    expect(await thrownBy(tracing.stop())).toBe(failure);
    expect([stream.listenerCount('error'), stream.listenerCount('close')]).toEqual([0, 0]);
  });

  test('stop rejects when the stream has been destroyed', async () => {
    const stream = new PassThrough();
    const tracing = trace.start(stream);
    stream.destroy();
    expect(await thrownBy(tracing.stop())).toHaveProperty('code', 'ERR_STREAM_DESTROYED');
  });

  test('an error that a stream is late with is told once: it is that of stop', async () => {
    const failure = new Error('full');
    let closed = (): void => {};
    const stream = new Writable({
      write: (chunk, _encoding, done) => done(String(chunk).endsWith(']\n') ? failure : null),
      destroy: (error, done) => void (closed = () => done(error)),
    });
    const tracing = trace.start(stream);
    await task('x', () => {})(live());
    expect(await thrownBy(tracing.stop())).toBe(failure);
    expect(await uncaught(() => closed())).toEqual([]);
    expect([stream.closed, stream.listenerCount('error'), stream.listenerCount('close')]).toEqual([true, 0, 0]);
  });

  test('stop rejects with what a stream is destroyed for, also while that lasts', async () => {
    const failure = new Error('full');
    let closed = (): void => {};
    const stream = new Writable({
      write: (chunk, _encoding, done) => done(String(chunk).includes('"x"') ? failure : null),
      destroy: (error, done) => void (closed = () => done(error)),
    });
    const tracing = trace.start(stream);
    await task('x', () => {})(live());
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.destroyed).toBe(true);
    expect(await thrownBy(tracing.stop())).toBe(failure);
    expect(await uncaught(() => closed())).toEqual([]);
  });

  test('stop rejects with the error of a stream that is not destroyed by one, and calls back no more', async () => {
    const failure = new Error('full');
    const stream = new Writable({ autoDestroy: false, write: (_chunk, _encoding, done) => done(failure) });
    const tracing = trace.start(stream);
    await task('x', () => {})(live());
    await new Promise((resolve) => setImmediate(resolve));
    expect(await thrownBy(tracing.stop())).toBe(failure);
    expect([stream.listenerCount('error'), stream.listenerCount('close')]).toEqual([0, 0]);
  });

  const corked = (): PassThrough => {
    const stream = new PassThrough();
    stream.cork();
    return stream;
  };
  test.each<[string, () => PassThrough, (stream: PassThrough) => void]>([
    ['that nobody reads', () => new PassThrough({ highWaterMark: 1 }), (stream) => stream.resume()],
    ['that is corked', corked, (stream) => stream.uncork()],
  ])('stop waits for a stream %s, until it takes the end, fails or is destroyed', async (_which, make, take) => {
    const failure = new Error('failed');
    for (const [act, outcome] of [
      [take, 'stopped'],
      [(stream: PassThrough) => stream.destroy(failure), failure],
      [(stream: PassThrough) => stream.emit('error', failure), failure],
      [(stream: PassThrough) => stream.destroy(), expect.objectContaining({ code: 'ERR_STREAM_DESTROYED' })],
    ] as const) {
      const stream = make();
      const tracing = trace.start(stream);
      await task('x', () => {})(live());
      const settled: unknown[] = [];
      const stopping = tracing.stop().then(
        () => settled.push('stopped'),
        (error) => settled.push(error),
      );
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(settled).toEqual([]);
      act(stream);
      await stopping;
      expect(settled).toEqual([outcome]);
      expect([stream.listenerCount('error'), stream.listenerCount('close')]).toEqual([0, 0]);
    }
  });

  test('stop rejects where a stream is destroyed while it waits for that, and throws from then on', async () => {
    const failure = new Error('written after the end');
    let last: (() => void) | undefined;
    const stream = new Writable({
      write: (chunk, _encoding, done) => (String(chunk).endsWith(']\n') ? (last = done) : done()),
    });
    const tracing = trace.start(stream);
    const stopping = thrownBy(tracing.stop());
    stream.write = () => {
      throw failure;
    };
    expect(last).toBeDefined();
    expect(await uncaught(() => stream.destroy())).toEqual([]);
    expect(await stopping).toBe(failure);
    expect([stream.listenerCount('error'), stream.listenerCount('close')]).toEqual([0, 0]);
  });

  test('what went wrong in the middle is not forgotten when the end is written well', async () => {
    const failure = new Error('for once');
    let writes = 0;
    const stream = new PassThrough();
    stream.write = (_text: unknown, then?: unknown) => {
      if (++writes === 2) throw failure;
      if (typeof then === 'function') (then as () => void)();
      return true;
    };
    const tracing = trace.start(stream);
    await task('x', () => {})(live());
    expect(await thrownBy(tracing.stop())).toBe(failure);
  });

  test('writes any number of types of tasks', async () => {
    const tracing = trace.start(file);
    const types = Array.from({ length: 1_100 }, (_, index) => `type ${index} "é"`);
    for (const type of types) await task(type, () => {})(live());
    await tracing.stop();
    expect(load(file).slices.map(({ name }) => name)).toEqual(types);
  });

  test('holds on to a few names, not to all that there have been', async () => {
    const heapUsed = async (): Promise<number> => {
      await new Promise((resolve) => setImmediate(resolve));
      globalThis.gc?.();
      return process.memoryUsage().heapUsed;
    };
    const tracing = trace.start(new Writable({ write: (_chunk, _encoding, done) => done() }));
    const signal = live();
    const long = 'x'.repeat(10_000);
    const before = await heapUsed();
    for (let index = 0; index < 5_000; index++) {
      log(signal, `${index} ${long}`, '');
      if (index % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    // All of them would be 50 MB, and what they are written as another 50.
    expect((await heapUsed()) - before).toBeLessThan(40_000_000);
    await tracing.stop();
  });

  test('a name may be any text', async () => {
    const tracing = trace.start(file);
    const types = ['', '"\\\n\u0000\u007f', 'é', '\u2028', '😀', '\ud800 alone', '[\n]'];
    for (const type of [...types, ...types]) await task(type, (signal) => log(signal, type, type))(live());
    await tracing.stop();
    const { slices, instants } = load(file);
    expect(slices.map(({ name }) => name)).toEqual([...types, ...types]);
    expect(instants.map(({ name, args }) => [name, args['message']])).toEqual(
      [...types, ...types].map((type) => [type, type]),
    );
  });

  test('what goes wrong with a file disturbs no task; stop rejects with it', async () => {
    const fd = openSync(file, 'w');
    const tracing = trace.start(fd);
    closeSync(fd);
    await task('x', () => {})(live());
    expect(await thrownBy(tracing.stop())).toHaveProperty('code', 'EBADF');
  });

  test('throws at once when the file cannot be opened or written, and when it is told none', () => {
    expect(() => trace.start(join(folder, 'none', 'trace.json'))).toThrow('ENOENT');
    expect(() => trace.start(undefined as never)).toThrow('destination must be');
    expect(() => trace.start({} as never)).toThrow(TypeError);
    expect(() => trace.start({} as never)).toThrow('got an object');
    writeFileSync(file, '');
    const fd = openSync(file, 'r');
    expect(() => trace.start(fd)).toThrow('EBADF');
    closeSync(fd);
  });
});

interface Loaded {
  name: string;
  start: number;
  end: number;
}

/** Loads a trace as the Performance panel does, and prints the slices that it has found. */
const DEVTOOLS = `
  import { readFileSync } from 'node:fs';
  import { TraceModel } from '@paulirish/trace_engine/models/trace/trace.js';
  const model = TraceModel.Model.createWithAllHandlers();
  await model.parse(JSON.parse(readFileSync(process.argv[1], 'utf8')));
  const threads = [...model.parsedTrace(0).data.Renderer.processes.values()].flatMap(({ threads }) => [...threads.values()]);
  const entries = threads.flatMap(({ entries }) => entries);
  console.log(JSON.stringify(entries.map(({ name, ts, dur }) => ({ name, start: ts, end: ts + dur }))));`;
const here = fileURLToPath(new URL('.', import.meta.url));

describe('trace.start in a program', () => {
  let all: Programs;
  let program: string;
  beforeAll(async () => {
    all = programs();
    program = await all.make(
      'traced',
      `import { trace } from '@x/proc/node';
       import { log, sequence, task } from '@x/proc';
       const tracing = trace.start(process.argv[2]);
       const end = {
         end: () => {},
         kill: () => process.kill(process.pid, 'SIGKILL'),
         exit: () => process.exit(3),
         crash: () => setTimeout(() => { throw new Error('crash'); }),
         wait: () => { console.log('waiting'); setInterval(() => {}, 1000); },
       }[process.argv[3]];
       await task('root', sequence(
         task('first', async (signal) => log(signal, 'here', '1')),
         task('second', async (signal) => {
           for (let i = 0; i < 10; i++) log(signal, 'step', String(i));
           end();
           if (process.argv[3] !== 'end') await new Promise((resolve) => setTimeout(resolve, 10_000));
         }),
       ))(new AbortController().signal);
       await tracing.stop();`,
    );
  }, 30_000);
  afterAll(() => all.remove());

  test.each([
    ['is killed by SIGKILL in the middle of its work', 'kill', 9],
    ['exits', 'exit', 10],
    ['crashes', 'crash', 10],
  ])(
    'the file is valid when the program %s',
    async (_what, end, steps) => {
      const file = join(all.folder, `${end}.json`);
      const running = new Program(process.execPath, [program, file, end]);
      await running.exit;
      JSON.parse(readFileSync(file, 'utf8'));
      const { open, instants, slices } = load(file);
      expect(open.map(({ name }) => name)).toEqual(['root', 'second']);
      expect(slices.map(({ name, inside }) => [name, inside?.name])).toEqual([
        ['root', undefined],
        ['first', 'root'],
        ['second', 'root'],
      ]);
      expect(instants.filter(({ name }) => name === 'step').length).toBeGreaterThanOrEqual(steps);
    },
    20_000,
  );

  test('nothing is missing when the program is killed while it waits', async () => {
    const file = join(all.folder, 'wait.json');
    const running = new Program(process.execPath, [program, file, 'wait']);
    await running.printed('waiting');
    // The last event is written in the next turn of its event loop.
    for (let tries = 0; tries < 1_000 && load(file).instants.length < 11; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    running.child.kill('SIGKILL');
    await running.exit;
    expect(load(file).instants).toHaveLength(11);
  }, 20_000);

  test.each(['end', 'kill'])(
    "the engine of Chrome's developer tools loads the file of a program that is to %s",
    async (end) => {
      const file = join(all.folder, `devtools-${end}.json`);
      await new Program(process.execPath, [program, file, end]).exit;
      const loading = new Program(process.execPath, ['--input-type=module', '--eval', DEVTOOLS, file], { cwd: here });
      expect([await loading.exit, loading.stderr]).toEqual([{ status: 0, signal: null }, '']);
      const entries = JSON.parse(loading.stdout) as Loaded[];
      expect(entries.map(({ name }) => name)).toEqual(['root', 'first', 'second']);
      const [root, first, second] = entries as [Loaded, Loaded, Loaded];
      expect(first.start).toBeGreaterThanOrEqual(root.start);
      expect(first.end).toBeLessThanOrEqual(second.start);
      if (end === 'end') expect(second.end).toBeLessThanOrEqual(root.end);
    },
    30_000,
  );
});
