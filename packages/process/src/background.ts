import { BACKGROUND } from './flags.js';
import { Process } from './process.js';

let process: Process | undefined;

/**
 * Returns the process that never closes, the same each time: a parent for processes that nothing else owns. It keeps no reference to its children.
 *
 * Calls that could only hang fail with a TypeError: `close`, `closeAfterChildren` and `err` of the background reject; waiting for it, or making it a
 * child, throws.
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
