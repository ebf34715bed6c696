import { Analysis } from '../analysis.js';
import { pause } from '../pause.js';
import { reportOf, type Report } from '../result.js';

/** The report on a folder, as the program makes it, and the cycles as the requests met them. */
export async function analyse(
  folder: string,
  concurrency = 16,
  signal: AbortSignal = new AbortController().signal,
): Promise<Report & { analysis: Analysis }> {
  const scope = { path: folder, kind: 'folder', boundary: folder } as const;
  const analysis = new Analysis(scope, { concurrency, signal });
  try {
    const report = await reportOf(scope, await analysis.run(), analysis.faults, pause(signal));
    return { ...report, analysis };
  } finally {
    await analysis.close();
  }
}
