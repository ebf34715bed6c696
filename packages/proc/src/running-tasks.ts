/// <reference lib="esnext.disposable" preserve="true" />
import { dispose } from './dispose.js';
import { makeOwnSignals } from './own-signal.js';
import { subscribe, type Span } from './tracing.js';

/** Deeper levels are not indented further: a chain of a hundred thousand would fill the memory with blanks. */
const DEEPEST = 32;

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

  /** The tree as text: a line for each, with how long it has been running, and how deep it is where that is not to be seen any more. */
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
    // Those still to tell, the next one last. Not by recursion: they may be nested as deep as memory allows.
    const open: [span: Span, depth: number][] = [];
    const add = (parent: number | undefined, depth: number): void => {
      for (const span of children.get(parent)?.reverse() ?? []) open.push([span, depth]);
    };
    add(undefined, 1);
    for (let next; (next = open.pop());) {
      const [{ id, type, startTime }, depth] = next;
      const deep = depth > DEEPEST ? `, ${depth} levels deep` : '';
      lines.push(`${'  '.repeat(Math.min(depth, DEEPEST))}${type} (${((now - startTime) / 1000).toFixed(1)} s${deep})`);
      add(id, depth + 1);
    }
    return `${lines.join('\n')}\n`;
  }

  [dispose](): void {
    this.#subscription[dispose]();
  }
}
