/** How often it is looked whether who started the program is there, in milliseconds. */
const patience = 200;

/**
 * Ends the program as SIGTERM does once a process is gone: what `npm start` has started hears of no signal that ends that at once.
 *
 * @param starter the number of the process; nothing where nobody left word
 */
export function endWith(starter: string | undefined = process.env['IMPORT_GRAPH_STARTER']): void {
  const pid = Number(starter);
  if (!Number.isInteger(pid) || pid <= 0) return;
  const looking = setInterval(() => {
    if (isThere(pid)) return;
    clearInterval(looking);
    process.kill(process.pid, 'SIGTERM');
  }, patience).unref();
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // One that belongs to somebody else is there.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
