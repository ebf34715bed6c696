import { describe, expect, it, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { aborted } from './index.js';
import { osSignal, SignalError } from './node.js';
import { uncaught } from '../../../test/test-support/uncaught.js';

const emit = (signal: NodeJS.Signals): void => void process.emit(signal, signal);
const handlers = (): number[] => [process.listenerCount('SIGUSR2'), process.listenerCount('SIGHUP')];

describe('osSignal', () => {
  it('aborts with a SignalError on the first of the named signals', async () => {
    const controller = osSignal(['SIGUSR2', 'SIGHUP']);
    expect(handlers()).toEqual([1, 1]);
    emit('SIGHUP');
    const reason = (await aborted(controller.signal)) as SignalError;
    expect(reason).toBeInstanceOf(SignalError);
    expect(reason).toBeInstanceOf(Error);
    expect({ ...reason, message: reason.message }).toMatchObject({
      name: 'SignalError',
      code: 'ERR_SIGNAL',
      signal: 'SIGHUP',
      exitCode: 129,
      message: 'received SIGHUP',
    });
    emit('SIGUSR2');
    expect(controller.reason).toBe(reason);
    controller[Symbol.dispose]();
    expect(handlers()).toEqual([0, 0]);
  });

  it('keeps a list of its own, and installs again what others have taken off with all their listeners', () => {
    const names: NodeJS.Signals[] = ['SIGUSR2'];
    const first = osSignal(names);
    names.length = 0;
    process.removeAllListeners('SIGUSR2');
    const second = osSignal('SIGUSR2');
    expect(process.listenerCount('SIGUSR2')).toBe(1);
    emit('SIGUSR2');
    expect([first.aborted, second.aborted]).toEqual([true, true]);
    first.unlink();
    second.unlink();
    expect(process.listenerCount('SIGUSR2')).toBe(0);
  });

  it('does not tell one that a callback of another has unlinked', () => {
    const told: string[] = [];
    const first = osSignal('SIGUSR2', { onSignal: () => second.unlink() });
    const second = osSignal('SIGUSR2', { onSignal: () => told.push('second') });
    const third = osSignal('SIGUSR2', { onSignal: () => told.push('third') });
    emit('SIGUSR2');
    expect([first.aborted, second.aborted, third.aborted, told]).toEqual([true, false, true, ['third']]);
    first.unlink();
    third.unlink();
    expect(handlers()).toEqual([0, 0]);
  });

  it('takes one name, too', () => {
    using(osSignal('SIGUSR2'), (controller) => {
      emit('SIGUSR2');
      expect((controller.reason as SignalError).exitCode).toBe(140);
    });
  });

  it('keeps its handlers after the first signal, until it is disposed or unlinked', () => {
    for (const end of ['dispose', 'unlink'] as const) {
      const seen: string[] = [];
      const controller = osSignal('SIGUSR2', { onSignal: (signal) => seen.push(signal) });
      emit('SIGUSR2');
      emit('SIGUSR2');
      expect([seen, handlers()]).toEqual([
        ['SIGUSR2', 'SIGUSR2'],
        [1, 0],
      ]);
      if (end === 'dispose') controller[Symbol.dispose]();
      else controller.unlink();
      expect(handlers()).toEqual([0, 0]);
    }
  });

  it('takes its handlers off when it is aborted by hand or by its parent', () => {
    const byHand = osSignal('SIGUSR2');
    byHand.abort('enough');
    expect([byHand.reason, handlers()]).toEqual(['enough', [0, 0]]);
    const parent = new AbortController();
    const child = osSignal('SIGUSR2', { signal: parent.signal });
    parent.abort('parent');
    expect([child.reason, handlers()]).toEqual(['parent', [0, 0]]);
  });

  it('installs nothing under a parent that has aborted', () => {
    const child = osSignal('SIGUSR2', { signal: AbortSignal.abort('gone') });
    expect([child.reason, handlers()]).toEqual(['gone', [0, 0]]);
  });

  it('has one handler a signal for any number of controllers, which are told in order', () => {
    const told: number[] = [];
    const controllers = Array.from({ length: 50 }, (_, index) =>
      osSignal('SIGUSR2', { onSignal: () => told.push(index) }),
    );
    expect(handlers()).toEqual([1, 0]);
    controllers[7]!.unlink();
    emit('SIGUSR2');
    expect(told).toEqual(Array.from({ length: 50 }, (_, index) => index).filter((index) => index !== 7));
    controllers.forEach((each) => each[Symbol.dispose]());
    expect(handlers()).toEqual([0, 0]);
  });

  it('lets what it aborts dispose it', () => {
    const controller = osSignal('SIGUSR2');
    const other = osSignal('SIGUSR2');
    controller.signal.addEventListener('abort', () => {
      controller[Symbol.dispose]();
      other[Symbol.dispose]();
    });
    emit('SIGUSR2');
    expect(handlers()).toEqual([0, 0]);
    expect((other.reason as Error).message).toBe('scope exited');
  });

  it('reports what onSignal throws as uncaught, and tells the other controllers', async () => {
    const error = new Error('onSignal');
    const bad = osSignal('SIGUSR2', {
      onSignal: () => {
        throw error;
      },
    });
    const good = osSignal('SIGUSR2');
    expect(await uncaught(() => emit('SIGUSR2'))).toEqual([error]);
    expect(good.aborted).toBe(true);
    bad.unlink();
    good.unlink();
  });

  it('reports it also if fake timers were there before the package', async () => {
    const errors = await uncaught(async () => {
      jest.useFakeTimers();
      jest.resetModules();
      try {
        const copy = await import('./node.js');
        const controller = copy.osSignal('SIGUSR2', {
          onSignal: () => {
            throw 'told';
          },
        });
        emit('SIGUSR2');
        controller.unlink();
      } finally {
        jest.useRealTimers();
      }
    });
    expect(errors).toEqual(['told']);
  });

  it('names what is wrong, and installs nothing', () => {
    const wrong = osSignal as (...args: unknown[]) => unknown;
    expect(() => wrong('SIGUSR2', { signal: 5 })).toThrow('signal must be an AbortSignal, got number 5');
    for (const value of [undefined, null, 5, {}, [5], [null]]) {
      expect(() => wrong(value)).toThrow(TypeError);
      expect(() => wrong(value)).toThrow(/^signals must be names of signals, got /);
    }
    for (const value of ['SIGNOPE', ['SIGUSR2', 'SIGKILL'], 'SIGSTOP', 'toString', []]) {
      expect(() => wrong(value)).toThrow(RangeError);
    }
    expect(() => wrong('SIGNOPE')).toThrow('SIGNOPE');
    expect(() => wrong('SIGUSR2', 5)).toThrow('options must be an object of options, got number 5');
    expect(() => wrong('SIGUSR2', { onSignal: 5 })).toThrow('onSignal must be a function, got number 5');
    expect(() => wrong('SIGUSR2', { signal: 5 })).toThrow(/must be an AbortSignal, got number 5/);
    expect(handlers()).toEqual([0, 0]);
  });

  it('keeps a program from ending by the signal, and does not keep it alive', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'os-signal-'));
    try {
      const outfile = join(folder, 'program.mjs');
      await build({
        stdin: {
          contents: `
            import { osSignal } from './node.ts';
            const interrupted = osSignal(['SIGINT', 'SIGTERM']);
            const alive = setInterval(() => {}, 1000);
            interrupted.signal.addEventListener('abort', () => {
              clearInterval(alive);
              console.log(interrupted.reason.signal, interrupted.reason.exitCode);
            });
            console.log('ready');
          `,
          resolveDir: import.meta.dirname,
          loader: 'ts',
        },
        bundle: true,
        platform: 'node',
        format: 'esm',
        outfile,
      });
      const child = spawn(process.execPath, [outfile], { stdio: ['ignore', 'pipe', 'inherit'] });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (!output.includes('ready')) child.kill('SIGTERM');
        output += text;
      });
      const [code, signal] = (await once(child, 'close')) as [number, string];
      expect([output, code, signal]).toEqual(['ready\nSIGTERM 143\n', 0, null]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('SignalError', () => {
  it('is recognised when another copy of the package made it, and other errors are not', () => {
    const other = Object.assign(new Error('x'), { [Symbol.for('@x/abort/SignalError')]: true });
    expect(other).toBeInstanceOf(SignalError);
    for (const value of [new Error('x'), undefined, null, 'x', {}]) expect(value).not.toBeInstanceOf(SignalError);
  });

  it('can be extended: a subclass recognises its own', () => {
    class Special extends SignalError {}
    const special = new Special('SIGINT', 130);
    expect(special).toBeInstanceOf(Special);
    expect(special).toBeInstanceOf(SignalError);
    expect(new SignalError('SIGINT', 130)).not.toBeInstanceOf(Special);
  });
});

function using<T extends Disposable>(resource: T, run: (resource: T) => void): void {
  try {
    run(resource);
  } finally {
    resource[Symbol.dispose]();
  }
}

it('installs nothing under a signal that has aborted', () => {
  const before = process.eventNames();
  const controller = osSignal('SIGUSR2', { signal: AbortSignal.abort('enough') });
  expect(controller.reason).toBe('enough');
  expect(process.eventNames()).toEqual(before);
});
