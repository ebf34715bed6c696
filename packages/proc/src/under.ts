import type { LinkedController } from '@x/abort';
import { dispose } from './dispose.js';
import type { Proc } from './proc.js';
import { inherit } from './tracing.js';

/** Runs a process under a controller made for it, which aborts when the process has ended. */
export async function under(own: LinkedController, signal: AbortSignal, proc: Proc): Promise<void> {
  try {
    await proc(inherit(own.signal, signal));
  } finally {
    own[dispose]();
  }
}
