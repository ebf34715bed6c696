import { checkProcess } from './arguments.js';
import { now } from './closing.js';
import { RUNS, TORN } from './lifecycle.js';
import { TELLS, WAITS } from './link.js';
import type { Process } from './process.js';

/** Deeper levels are not indented further: a chain of a hundred thousand would fill the memory with blanks. */
const DEEPEST = 32;

/**
 * Returns a process and what it waits for or would close as text, a line each: name, state, since when, and what is still running. For logs,
 * when a shutdown hangs: those to blame are the ones whose function or teardown runs and that have nobody below them.
 *
 * A process with several parents is told once. Whoever has closed is gone.
 *
 * @example
 * ```ts
 * import { describe, Process } from '@x/process';
 *
 * const server = new Process({ name: 'server' });
 * const pool = new Process({ name: 'pool', parent: server });
 * new Process({ name: 'connection', parent: pool });
 * console.log(describe(server));
 * // Output:
 * // server: running for 0 s
 * //   pool: running for 0 s
 * //     connection: running for 0 s
 * ```
 * @throws TypeError when `p` is no process.
 */
export function describe(p: Process): string {
  checkProcess(p);
  const lines: string[] = [];
  const told = new Set<Process>();
  // Those still to tell, the next one last.
  const open: [process: Process, depth: number, note: string][] = [[p, 0, '']];
  for (let next; (next = open.pop());) {
    const [process, depth, note] = next;
    lines.push(
      '  '.repeat(Math.min(depth, DEEPEST)) +
        line(process) +
        note +
        (told.has(process) && process.first ? ', see above' : ''),
    );
    if (told.has(process)) continue;
    told.add(process);
    for (let link = process.last; link; link = link.previous) {
      const kind = link.kind & TELLS ? (link.kind & WAITS ? '' : ', not waited for') : ', only waited for';
      open.push([link.child, depth + 1, kind]);
    }
  }
  return lines.join('\n');
}

function line(process: Process): string {
  const { state, flags, by } = process;
  const name = process.name ?? '(no name)';
  if (state === 'closed') return `${name}: closed`;
  const parts = [`${name}: ${state} for ${(now() - (by?.since ?? process.since)) / 10} s`];
  if (flags & RUNS) parts.push('its function runs');
  if (flags & TORN) parts.push('its teardown runs');
  return parts.join(', ');
}
