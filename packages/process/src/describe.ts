import { checkProcess } from './arguments.js';
import { now } from './closing.js';
import { BOTH, RUNS, TELLS, TORN, WAITS } from './flags.js';
import type { Link } from './link.js';
import type { Process } from './process.js';

/** Deeper levels are not indented further: a chain of a hundred thousand would fill the memory with blanks. */
const DEEPEST = 32;

/**
 * Returns a text for logs about a process and all processes that it waits for or would close. Each has a line: its name, its state, since when, and
 * whether its function or teardown runs. If a shutdown hangs, look for a process whose function or teardown runs and that has none below it.
 *
 * A process with several parents is described once; further lines about it say `see above`. Processes that have closed are left out.
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
 * @throws TypeError when `p` is not a process.
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
