/// <reference lib="esnext.disposable" preserve="true" />
import { dispose } from './dispose.js';
import { makeOwnSignals } from './own-signal.js';
import { subscribe, type Span } from './tracing.js';

/** Knows which tasks and regions are running. */
export class RunningTasks implements Disposable {
  readonly #spans = new Map<number, Span>();
  readonly #subscription: Disposable = subscribe({
    start: (span) => void this.#spans.set(span.id, span),
    end: (span) => void this.#spans.delete(span.id),
  });

  constructor() {
    makeOwnSignals();
  }

  /** The tree as text: a line for each, with how long it has been running. */
  describe(): string {
    const children = new Map<number | undefined, Span[]>();
    for (const span of this.#spans.values()) {
      // Under a parent that has ended, or began before anybody was told, it stands at the top.
      const parent = this.#spans.has(span.parentId as number) ? span.parentId : undefined;
      const siblings = children.get(parent);
      if (siblings) siblings.push(span);
      else children.set(parent, [span]);
    }
    if (children.size === 0) return 'No task is running; what is wrapped in `task` would be named here.\n';
    const now = performance.now();
    const lines = ['Still running:'];
    const add = (parent: number | undefined, indent: string): void => {
      for (const { id, type, startTime } of children.get(parent) ?? []) {
        lines.push(`${indent}${type} (${((now - startTime) / 1000).toFixed(1)} s)`);
        add(id, `${indent}  `);
      }
    };
    add(undefined, '  ');
    return `${lines.join('\n')}\n`;
  }

  [dispose](): void {
    this.#subscription[dispose]();
  }
}
