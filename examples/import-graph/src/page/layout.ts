import type { LayoutTask } from './model/force.js';

/** Where everything is by now, as in the task. */
export interface LayoutNews {
  readonly places: Float32Array;
  readonly finished: boolean;
}

/**
 * Lays out in a worker, so that the page stays at hand, and tells how far it is. Returns what ends it early. Where there can be no worker, everything
 * stays where it was put at first.
 */
export function startLayout(task: LayoutTask, tell: (news: LayoutNews) => void): () => void {
  // This bundle is the worker's, too (see page.ts).
  const worker = new Worker(import.meta.url, { type: 'module' });
  const end = (): void => worker.terminate();
  worker.onmessage = ({ data }: MessageEvent<LayoutNews>) => {
    if (data.finished) end();
    tell(data);
  };
  worker.onerror = () => {
    end();
    tell({ places: task.places, finished: true });
  };
  worker.postMessage(task);
  return end;
}
