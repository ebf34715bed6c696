import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { SignalError } from '@x/abort/node';
import { task, type Proc } from '@x/proc';
import { main, type MainOptions } from '@x/proc/node';
import { uncaught } from '../../../test/test-support/uncaught.js';
import { deferred, failWith, microtasks, thrownBy, untilAborted } from './test-support/deferred.js';
import { Program, programs, type Programs } from './test-support/program.js';

const send = (signal: NodeJS.Signals): boolean => process.emit(signal);
const stopTwice = (): boolean => send('SIGINT') && send('SIGTERM');
const listeners = (): number => process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');

describe('main', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
    expect(listeners()).toBe(0);
  });

  /** Stands in for the end of the program. */
  function catchExit(): { status: unknown[]; stderr: string[] } {
    const status: unknown[] = [];
    const stderr: string[] = [];
    jest.spyOn(process, 'exit').mockImplementation(((code: unknown) => void status.push(code)) as never);
    jest.spyOn(process.stderr, 'write').mockImplementation(((text: string) => stderr.push(text) > 0) as never);
    return { status, stderr };
  }

  test('runs a process until it has ended, and resolves with undefined when no signal came', async () => {
    const work = deferred();
    let over = false;
    const running = main(() => work.promise).then((value) => {
      over = true;
      return value;
    });
    await microtasks();
    expect(over).toBe(false);
    work.resolve();
    expect(await running).toBeUndefined();
    expect(await main(() => {})).toBeUndefined();
  });

  test("rejects with the process's own error, as it is", async () => {
    for (const error of [new Error('x'), undefined, 'x'])
      expect(await thrownBy(main(failWith(error)) as never)).toBe(error);
    const thrower: Proc = () => {
      throw 'at once';
    };
    expect(await thrownBy(main(thrower) as never)).toBe('at once');
  });

  test('installs its handlers before the process starts, and removes them before it settles', async () => {
    let during = 0;
    const running = main(() => void (during = listeners()));
    const after = running.then(listeners);
    expect(during).toBe(2);
    expect(await after).toBe(0);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s aborts the process, whose reason says which it was', async (name) => {
    let reason: unknown;
    const running = main((signal) => untilAborted(signal).catch((error) => void (reason = error)));
    send(name);
    expect(await running).toBe(name);
    expect(reason).toBeInstanceOf(SignalError);
    expect(reason).toMatchObject({ signal: name, exitCode: 128 + constants.signals[name] });
  });

  test('that the process ends with the reason is no error, also where it is the cause of an AbortError', async () => {
    const running = main(untilAborted);
    send('SIGINT');
    expect(await running).toBe('SIGINT');
    const wrapping = main((signal) =>
      untilAborted(signal).catch((cause: unknown) => {
        throw Object.assign(new Error('aborted', { cause }), { name: 'AbortError' });
      }),
    );
    send('SIGTERM');
    expect(await wrapping).toBe('SIGTERM');
  });

  test('a real error after a signal is rejected', async () => {
    const running = thrownBy(main((signal) => untilAborted(signal).catch(failWith('clean-up'))) as never);
    send('SIGINT');
    expect(await running).toBe('clean-up');
  });

  test('other signals may be named', async () => {
    const running = main(untilAborted, { signals: ['SIGUSR2'] });
    expect(listeners()).toBe(0);
    send('SIGUSR2');
    expect(await running).toBe('SIGUSR2');
  });

  test('onSignal is told before the process is', async () => {
    const log: string[] = [];
    const running = main((signal) => untilAborted(signal).catch(() => void log.push('process')), {
      onSignal: (name) => void log.push(name),
    });
    send('SIGINT');
    await running;
    expect(log).toEqual(['SIGINT', 'process']);
  });

  test('repeats within 500 ms count as one; a later one ends the program with 128 and the number of the signal', async () => {
    const { status, stderr } = catchExit();
    const repeats: string[] = [];
    const work = deferred();
    const running = main(
      task(
        'server',
        task('request', () => work.promise),
      ),
      { onRepeat: (name) => void repeats.push(name) },
    );
    send('SIGINT');
    await jest.advanceTimersByTimeAsync(499);
    send('SIGINT');
    expect([status, repeats]).toEqual([[], []]);
    await jest.advanceTimersByTimeAsync(1);
    send('SIGINT');
    expect([status, repeats]).toEqual([[130], ['SIGINT']]);
    expect(stderr.join('')).toBe(
      'SIGINT after SIGINT: the program ends before its process has.\n' +
        'Still running:\n  server (0.5 s)\n    request (0.5 s)\n',
    );
    work.resolve();
    await running;
  });

  test('how long the program has run before the first signal is nothing to what counts as one', async () => {
    const { status } = catchExit();
    const work = deferred();
    const running = main(() => work.promise);
    await jest.advanceTimersByTimeAsync(5_000);
    send('SIGINT');
    await jest.advanceTimersByTimeAsync(499);
    send('SIGINT');
    expect(status).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    send('SIGINT');
    expect(status).toEqual([130]);
    work.resolve();
    await running;
  });

  test('nobody need be told of further signals, nor of the end of the grace period', async () => {
    const { status, stderr } = catchExit();
    const work = deferred();
    const running = main(() => work.promise, { forceOnSecond: false, gracePeriod: 1_000 });
    expect(await uncaught(stopTwice)).toEqual([]);
    expect(status).toEqual([]);
    jest.advanceTimersByTime(1_000);
    expect([status, stderr.length]).toEqual([[130], 1]);
    work.resolve();
    await running;
  });

  test('a grace period that is longer than a timer can be is none', async () => {
    for (const [gracePeriod, timers] of [
      [2 ** 31 - 1, 1],
      [2 ** 31, 0],
    ]) {
      const work = deferred();
      const running = main(() => work.promise, { gracePeriod });
      send('SIGINT');
      expect(jest.getTimerCount()).toBe(timers);
      work.resolve();
      await running;
    }
  });

  test('a signal of another name is a second one at any time, and gives the status', async () => {
    const { status, stderr } = catchExit();
    const work = deferred();
    const running = main(() => work.promise);
    send('SIGINT');
    send('SIGTERM');
    expect(status).toEqual([143]);
    expect(stderr.join('')).toContain('No task is running');
    work.resolve();
    expect(await running).toBe('SIGINT');
  });

  test('with forceOnSecond false further signals only tell onRepeat', async () => {
    const { status } = catchExit();
    const repeats: string[] = [];
    const work = deferred();
    const running = main(() => work.promise, { forceOnSecond: false, onRepeat: (name) => void repeats.push(name) });
    send('SIGINT');
    send('SIGTERM');
    await jest.advanceTimersByTimeAsync(500);
    send('SIGINT');
    expect([status, repeats]).toEqual([[], ['SIGTERM', 'SIGINT']]);
    work.resolve();
    await running;
  });

  test('the end of the grace period ends the program, after onTimeout has been told', async () => {
    const { status, stderr } = catchExit();
    const told: string[] = [];
    const work = deferred();
    const running = main(
      task('stuck', () => work.promise),
      {
        gracePeriod: 1_000,
        onTimeout: (name) => void told.push(name),
      },
    );
    await jest.advanceTimersByTimeAsync(5_000);
    send('SIGTERM');
    await jest.advanceTimersByTimeAsync(999);
    expect(status).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect([status, told]).toEqual([[143], ['SIGTERM']]);
    expect(stderr.join('')).toBe(
      '1000 ms after SIGTERM the process has not ended: the program does.\nStill running:\n  stuck (6.0 s)\n',
    );
    work.resolve();
    await running;
  });

  test('what a callback throws at the forced end is told on stderr, and the program ends', async () => {
    for (const [name, options] of [
      ['onRepeat', { gracePeriod: 60_000 }],
      ['onTimeout', { gracePeriod: 1_000 }],
    ] as const) {
      const { status, stderr } = catchExit();
      const work = deferred();
      const rude = (): never => {
        throw new RangeError('rude');
      };
      const running = main(
        task('stuck', () => work.promise),
        { ...options, [name]: rude },
      );
      send('SIGINT');
      await jest.advanceTimersByTimeAsync(1_000);
      if (name === 'onRepeat') send('SIGTERM');
      expect(status).toEqual([name === 'onRepeat' ? 143 : 130]);
      expect(stderr.join('')).toMatch(
        new RegExp(`^.*\\n${name} threw RangeError: rude\\n    at [^]*\\nStill running:\\n  stuck \\(1.0 s\\)\\n$`),
      );
      work.resolve();
      await running;
      jest.restoreAllMocks();
    }
  });

  test('what does not let itself be inspected is told by its message', async () => {
    const { status, stderr } = catchExit();
    const rude = (): never => {
      throw Object.assign(new Error('rude'), { [inspect.custom]: rude });
    };
    jest.spyOn(process, 'exit').mockImplementationOnce(rude);
    const work = deferred();
    const running = main(() => work.promise, { onRepeat: rude });
    expect(await uncaught(stopTwice)).toEqual([]);
    expect(status).toEqual([143]);
    expect(stderr.join('')).toMatch(
      /^.*\nonRepeat threw rude\nNo task is running[^]*\nA listener of 'exit' threw rude\n$/,
    );
    work.resolve();
    await running;
  });

  test('with forceOnSecond false what onRepeat throws is an uncaught exception, as ever', async () => {
    const { status } = catchExit();
    const work = deferred();
    const running = main(() => work.promise, {
      forceOnSecond: false,
      onRepeat: () => {
        throw new Error('rude');
      },
    });
    expect(await uncaught(stopTwice)).toEqual([new Error('rude')]);
    expect(status).toEqual([]);
    work.resolve();
    await running;
  });

  test('nothing that goes wrong on the way keeps the program from ending', async () => {
    const { status } = catchExit();
    const work = deferred();
    const running = main(() => work.promise);
    jest.spyOn(process.stderr, 'write').mockImplementation(() => {
      throw new Error('no stderr');
    });
    expect(await uncaught(stopTwice)).toEqual([new Error('no stderr')]);
    expect(status).toEqual([143]);
    work.resolve();
    await running;
  });

  test("what a listener of 'exit' throws does not keep the program from ending either", async () => {
    const { status, stderr } = catchExit();
    jest.spyOn(process, 'exit').mockImplementationOnce(() => {
      throw new Error('at exit');
    });
    const work = deferred();
    const running = main(() => work.promise);
    expect(await uncaught(stopTwice)).toEqual([]);
    expect(status).toEqual([143]);
    expect(stderr).toHaveLength(2);
    expect(stderr[1]).toMatch(/^A listener of 'exit' threw Error: at exit\n {4}at [^]*\n$/);
    work.resolve();
    await running;
  });

  test("that what a listener of 'exit' throws cannot be told does not either", async () => {
    const { status } = catchExit();
    jest.spyOn(process, 'exit').mockImplementationOnce(() => {
      jest.spyOn(process.stderr, 'write').mockImplementation(() => {
        throw new Error('no stderr');
      });
      throw new Error('at exit');
    });
    const work = deferred();
    const running = main(() => work.promise);
    expect(await uncaught(stopTwice)).toEqual([new Error('no stderr')]);
    expect(status).toEqual([143]);
    work.resolve();
    await running;
  });

  test('a timer that hands on no arguments does as well', async () => {
    const { status } = catchExit();
    const work = deferred();
    const set = globalThis.setTimeout;
    const timers = jest
      .spyOn(globalThis, 'setTimeout')
      .mockImplementation(((callback: () => void, ms: number) => set(callback, ms)) as never);
    const running = main(() => work.promise, { gracePeriod: 1_000 });
    send('SIGINT');
    await jest.advanceTimersByTimeAsync(1_000);
    timers.mockRestore();
    expect(status).toEqual([130]);
    work.resolve();
    await running;
  });

  test('a process that obeys leaves no timer', async () => {
    const running = main(untilAborted, { gracePeriod: 60_000 });
    send('SIGINT');
    await running;
    expect(jest.getTimerCount()).toBe(0);
    const endless = main(untilAborted, { gracePeriod: Infinity });
    send('SIGINT');
    expect(jest.getTimerCount()).toBe(0);
    await endless;
  });

  test('names a task below the nearest that runs, and only those that run', async () => {
    const { stderr } = catchExit();
    const work = deferred();
    const orphan: Proc = (signal) => {
      void Promise.resolve(task('left behind', () => work.promise)(signal));
    };
    const running = main(async (signal) => {
      await task('over', orphan)(signal);
      await task('two', () => work.promise)(signal);
    });
    await microtasks();
    send('SIGINT');
    send('SIGTERM');
    expect(stderr.join('')).toContain('Still running:\n  left behind (0.0 s)\n  two (0.0 s)\n');
    work.resolve();
    await running;
  });

  test.each([
    [{ gracePeriod: -1 }, RangeError],
    [{ gracePeriod: 'x' }, TypeError],
    [{ onSignal: 1 }, TypeError],
    [{ onRepeat: 1 }, TypeError],
    [{ onTimeout: 1 }, TypeError],
    [{ signals: ['SIGKILL'] }, RangeError],
    [{ signals: 1 }, TypeError],
    [{ signals: 'SIGUSR2' }, TypeError],
    [{ signals: null }, TypeError],
    [{ signals: [1] }, TypeError],
    [{ signals: [] }, RangeError],
    [{ forceOnSecond: 1 }, TypeError],
    [{ forceOnSecond: null }, TypeError],
    [null, TypeError],
  ])('rejects %p before anything has happened', async (options, type) => {
    const log: string[] = [];
    const error = await thrownBy(main(() => void log.push('ran'), options as MainOptions) as never);
    expect((error as Error).constructor.name).toBe(type.name);
    expect(log).toEqual([]);
    // Nobody is subscribed: a task hands on the signal that it is given.
    const { signal } = new AbortController();
    await task('after', (given) => void log.push(String(given === signal)))(signal);
    expect(log).toEqual(['true']);
    expect(await thrownBy(main(undefined as never) as never)).toHaveProperty('name', 'TypeError');
  });
});

describe('main in a program', () => {
  let all: Programs;
  let file: string;
  beforeAll(async () => {
    all = programs();
    file = await all.make(
      'program',
      `import { main } from '@x/proc/node';
       import { concurrent, task } from '@x/proc';
       import { aborted, shield, sleep } from '@x/abort';
       const processes = {
         obeys: task('obeys', (signal) => aborted(signal)),
         slow: (signal) => aborted(signal).then(() => sleep(1_000)),
         ignores: concurrent(task('outer', task('inner', () => new Promise(() => {}))), task('other', () => new Promise(() => {}))),
         deep: Array.from({ length: 20_000 }).reduce(
           (inner, _, level) => task('level ' + level, (signal) => Promise.resolve().then(() => inner(signal))),
           () => new Promise(() => {}),
         ),
         busy: task('busy', () => new Promise(() => setInterval(() => {}, 10))),
         throws: async () => { throw new Error('mine'); },
       };
       process.on('uncaughtException', (error) => console.log('uncaught ' + error));
       const [name, gracePeriod, rude] = process.argv.slice(2);
       if (rude === 'exit') process.on('exit', () => { throw new Error('at exit'); });
       const running = main(processes[name ?? 'obeys'], {
         gracePeriod: Number(gracePeriod ?? 60_000),
         onSignal: (signal) => {
           console.log('asked by ' + signal);
           if (rude === 'rude') throw 'rude';
         },
       });
       console.log('ready');
       console.log('result ' + await running.catch((error) => error.message) + ' ' + process.exitCode);`,
    );
  }, 30_000);
  afterAll(() => all.remove());

  const start = (...args: string[]): Program => new Program(process.execPath, [file, ...args]);

  test('one signal: the process ends by itself, the exit code is left alone', async () => {
    const program = start('obeys');
    await program.printed('ready');
    program.child.kill('SIGINT');
    expect(await program.exit).toEqual({ status: 0, signal: null });
    expect(program.stdout).toBe('ready\nasked by SIGINT\nresult SIGINT undefined\n');
  }, 20_000);

  test('two signals: the second ends the program, and what still runs is named', async () => {
    const program = start('ignores');
    await program.printed('ready');
    program.child.kill('SIGINT');
    await program.printed('asked');
    program.child.kill('SIGTERM');
    expect(await program.exit).toEqual({ status: 143, signal: null });
    expect(program.stderr).toMatch(
      /^SIGTERM after SIGINT: .*\nStill running:\n {2}outer \(.*\)\n {4}inner \(.*\)\n {2}other /,
    );
  }, 20_000);

  test('tasks are named however deep they are, and the program ends', async () => {
    // A file takes all of it at once, which a pipe may not.
    const stderr = join(all.folder, 'stderr.txt');
    const fd = openSync(stderr, 'w');
    const program = new Program(process.execPath, [file, 'deep', '60000'], { stdio: ['ignore', 'pipe', fd] });
    await program.printed('ready');
    program.child.kill('SIGINT');
    await program.printed('asked');
    program.child.kill('SIGTERM');
    expect(await program.exit).toEqual({ status: 143, signal: null });
    closeSync(fd);
    const lines = readFileSync(stderr, 'utf8').split('\n');
    expect(lines.length).toBe(20_003);
    expect(lines[2]).toMatch(/^ {2}level 19999 \(\d+\.\d s\)$/);
    expect(lines.at(-2)).toMatch(/^ {64}level 0 \(\d+\.\d s, 20000 levels deep\)$/);
    expect(program.stdout).not.toContain('uncaught');
  }, 20_000);

  test("what a listener of 'exit' throws does not keep the program alive, though it catches what nobody has caught", async () => {
    const program = start('busy', '60000', 'exit');
    await program.printed('ready');
    program.child.kill('SIGINT');
    await program.printed('asked');
    program.child.kill('SIGTERM');
    expect(await program.exit).toEqual({ status: 143, signal: null });
    expect(program.stderr).toContain("\nA listener of 'exit' threw Error: at exit\n    at ");
  }, 20_000);

  test('the doubled signal of npm counts as one', async () => {
    const program = start('slow');
    await program.printed('ready');
    program.child.kill('SIGINT');
    await program.printed('asked');
    program.child.kill('SIGINT');
    expect(await program.exit).toEqual({ status: 0, signal: null });
    expect(program.stdout).toContain('result SIGINT');
  }, 20_000);

  test('a process that ignores its signal is ended when the grace period is over', async () => {
    const program = start('busy', '300');
    await program.printed('ready');
    program.child.kill('SIGTERM');
    expect(await program.exit).toEqual({ status: 143, signal: null });
    expect(program.stderr).toContain('Still running:\n  busy');
  }, 20_000);

  test('a process that throws', async () => {
    const program = start('throws');
    expect(await program.exit).toEqual({ status: 0, signal: null });
    expect(program.stdout).toBe('ready\nresult mine undefined\n');
  }, 20_000);

  test('what a callback throws does not keep the signal from the process, and is an uncaught exception', async () => {
    const program = start('slow', '60000', 'rude');
    await program.printed('ready');
    program.child.kill('SIGINT');
    expect(await program.exit).toEqual({ status: 0, signal: null });
    expect(program.stdout).toContain('uncaught rude\nresult SIGINT');
  }, 20_000);

  // Where the machine lets a test make a namespace the program is the first of one. Where not it is started by the same shell, which replaces itself with
  // it, without one; what differs then is that PID 1 has no default for a signal, and `main` has handlers of its own.
  const canUnshare = spawnSync('unshare', ['--fork', '--pid', '--mount-proc', 'true']).status === 0;
  const command = (name: string, ...args: string[]): string[] => {
    const shell = ['sh', '-c', `echo PID $$; exec "$@"`, 'sh', process.execPath, file, name, ...args];
    return canUnshare ? ['unshare', '--fork', '--pid', '--mount-proc', '--kill-child', ...shell] : shell;
  };
  /** The program's own id, seen from here. */
  const inside = (program: Program): number =>
    canUnshare
      ? Number(spawnSync('pgrep', ['-P', String(program.child.pid)]).stdout.toString())
      : Number(program.child.pid);
  const place = canUnshare ? 'as PID 1' : 'instead of its shell (a PID namespace is not to be had here)';

  test(`${place}, one signal stops it`, async () => {
    const [unshare, ...args] = command('obeys') as [string];
    const program = new Program(unshare, args);
    await program.printed('ready');
    process.kill(inside(program), 'SIGTERM');
    expect((await program.exit).status).toBe(0);
    expect(program.stdout).toMatch(/^PID \d+\nready\nasked by SIGTERM\nresult SIGTERM undefined\n$/);
    if (canUnshare) expect(program.stdout).toContain('PID 1\n');
  }, 20_000);

  test(`${place}, a process that ignores its signal is ended by the second, and by the end of the grace period`, async () => {
    const [unshare, ...args] = command('ignores') as [string];
    const ignoring = new Program(unshare, args);
    await ignoring.printed('ready');
    process.kill(inside(ignoring), 'SIGTERM');
    await ignoring.printed('asked');
    process.kill(inside(ignoring), 'SIGINT');
    expect((await ignoring.exit).status).toBe(130);
    expect(ignoring.stderr).toContain('Still running:\n  outer');

    const busy = new Program(unshare, command('busy', '200').slice(1));
    await busy.printed('ready');
    process.kill(inside(busy), 'SIGTERM');
    expect((await busy.exit).status).toBe(143);
    expect(busy.stderr).toContain('Still running:\n  busy');
  }, 20_000);

  test('Ctrl-C under npm start reaches all of the group at once, and npm passes it on again', async () => {
    const program = new Program('npm', ['start', '--silent', '--offline'], { detached: true, cwd: all.folder });
    await program.printed('ready');
    process.kill(-(program.child.pid as number), 'SIGINT');
    await program.exit;
    expect(program.stdout).toContain('asked by SIGINT\nresult SIGINT undefined\n');
    expect(program.stderr).not.toContain('Still running');
  }, 20_000);
});
