import { checkProcess } from './arguments.js';
import { now } from './closing.js';
import { BOTH, RUNS, TELLS, TORN, WAITS } from './flags.js';
import type { Link } from './link.js';
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
 *
 * Source: none in goprocess, whose users could not see what a close waits for; pstree
 */
export function describe(p: Process): string {
  checkProcess('p', p);
  const lines: string[] = [];
  const told = new Set<Process>();
  // Those still to tell, the next one last.
  const open: [link: Link, depth: number][] = [[p, 0]];
  for (let next; (next = open.pop());) {
    const [link, depth] = next;
    const process = link.$child;
    const kind = depth > 0 ? link.$flags & BOTH : BOTH;
    const { name = '(no name)', state, $flags: flags, $since: since } = process;
    let line = '  '.repeat(Math.min(depth, DEEPEST)) + `${name}: ${state}`;
    if (state !== 'closed') line += ` for ${Math.max(0, now() - since) / 10} s`;
    if (flags & RUNS) line += `, its ${flags & TORN ? 'teardown' : 'function'} runs`;
    if (kind === TELLS) line += ', not waited for';
    if (kind === WAITS) line += ', only waited for';
    if (told.has(process)) line += ', see above';
    else for (const each of [...process.$links].reverse()) if (each) open.push([each, depth + 1]);
    told.add(process);
    lines.push(line);
  }
  return lines.join('\n');
}
