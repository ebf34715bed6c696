import { BACKGROUND } from './flags.js';
import { Process } from './process.js';

let process: Process | undefined;

/**
 * Returns the process that never closes, the same each time: a parent for what nobody else closes. It holds none of its children.
 *
 * What could only hang throws a TypeError (as a rejection where there is a promise): its `close`, `closeAfterChildren` and `err`, and
 * waiting for it or making it a child.
 *
 * @example
 * ```ts
 * import { background, withParent } from '@x/process';
 *
 * const server = withParent(background());
 * await server.close();
 * console.log(server.state, background().state);
 * // Output:
 * // closed running
 * ```
 *
 * Source: goprocess Background
 */
export function background(): Process {
  if (!process) {
    process = new Process({ name: 'background' });
    process.$flags |= BACKGROUND;
  }
  return process;
}
